package race

import (
	"slices"
	"time"
)

// ResendWindow is how long the same positive time without an id, for the same
// team, is taken for the same record (wire contract, section 3).
const ResendWindow = 5 * time.Minute

// MaxHeldPerTeam bounds the refused marks that are kept for one team: far above
// any mistake of a person, low enough that a broken client cannot fill a disk.
const MaxHeldPerTeam = 200

// entry is what the ledger knows of a stored id.
type entry struct {
	team       TeamID
	elapsed    time.Duration
	receivedAt time.Time
}

// tally is what is stored for one team.
type tally struct {
	team    Team
	known   bool
	records []TimeRecord // counted ones
	held    int
}

// Ledger holds what is stored of one competition, or the part of it that a batch
// touches, and decides requests against it. It is not safe for concurrent use.
type Ledger struct {
	competition Competition
	seq, event  int64
	teams       map[TeamID]*tally
	ids         map[RecordID]entry
	held        map[HeldMark]bool
	adjustments map[TeamID]Adjustment
}

// NewLedger returns a ledger of competition c whose last record and event are
// numbered seq and event, with no team and no record yet.
func NewLedger(c Competition, seq, event int64) *Ledger {
	return &Ledger{competition: c, seq: seq, event: event, teams: map[TeamID]*tally{}, ids: map[RecordID]entry{}, held: map[HeldMark]bool{}}
}

// Competition returns the competition as last set.
func (l *Ledger) Competition() Competition { return l.competition }

// SetCompetition replaces the competition, for a start, a stop or new rules,
// announced by event number event.
func (l *Ledger) SetCompetition(c Competition, event int64) {
	l.competition, l.event = c, event
}

// Seq returns the number of the last record.
func (l *Ledger) Seq() int64 { return l.seq }

// Event returns the number of the last event.
func (l *Ledger) Event() int64 { return l.event }

// AddTeam makes a team known, or replaces what is known of it. held is how many
// refused marks of it are kept.
func (l *Ledger) AddTeam(t Team, held int) {
	y := l.tally(t.ID)
	y.team, y.known, y.held = t, true, held
}

// AddRecord adds a counted record that is stored.
func (l *Ledger) AddRecord(r TimeRecord) {
	l.ids[r.ID] = entry{r.Team, r.Elapsed, r.ReceivedAt}
	y := l.tally(r.Team)
	y.records = append(y.records, r)
}

// AddHeld makes known that a refused mark is kept, so that it is not kept again.
// How many there are of a team is told to AddTeam.
func (l *Ledger) AddHeld(m HeldMark) { l.held[m] = true }

// AddForeignID makes known that an id is taken by a record of another
// competition.
func (l *Ledger) AddForeignID(id RecordID) { l.ids[id] = entry{team: -1} }

// Team returns a known team.
func (l *Ledger) Team(id TeamID) (Team, bool) {
	y, ok := l.teams[id]
	if !ok || !y.known {
		return Team{}, false
	}
	return y.team, true
}

func (l *Ledger) tally(id TeamID) *tally {
	y, ok := l.teams[id]
	if !ok {
		y = &tally{}
		l.teams[id] = y
	}
	return y
}

// Decision is what a batch comes to: the records to store, counted and held,
// numbered and in order, and a reply for each request. Touched names the teams
// with new counted records, in the order of their events; twice when a store had
// to split the batch. A store refuses a request that it cannot store with
// CodeInvalidValue, which Decide never does: the values of a request are valid.
type Decision struct {
	Replies []Reply
	Store   []TimeRecord
	Touched []TeamID
	Seq     int64 // number of the last record afterwards
	Event   int64 // number of the last event afterwards
}

// HeldMark is what makes two held marks the same.
type HeldMark struct {
	Team    TeamID
	ID      RecordID
	Elapsed time.Duration
}

// HeldMark names r among held marks.
func (r TimeRecord) HeldMark() HeldMark { return HeldMark{r.Team, r.ID, r.Elapsed} }

// HeldMarks returns the marks that d holds.
func (d Decision) HeldMarks() []HeldMark {
	var marks []HeldMark
	for _, r := range d.Store {
		if r.State == StateHeld {
			marks = append(marks, r.HeldMark())
		}
	}
	return marks
}

// Decide judges the requests in order, each seeing what the ones before it
// store, and applies what it decides to the ledger. Call it on a ledger that
// stands for what is stored: either inside the transaction that stores
// Decision.Store, or throw the ledger away when storing fails.
//
// Rules (wire contract, section 3): the team must exist, be in this competition
// and belong to the judge; the same id with the same team and time is a
// duplicate whatever the state of the race, also when it was held and a ruling
// counted it; the same id otherwise is a conflict; a record without an id that equals a stored positive one of the
// last ResendWindow is that record, each stored one standing for one sent one;
// the competition must run; a team has TeamSize slots.
func (l *Ledger) Decide(requests []Request) Decision {
	d := Decision{Seq: l.seq, Event: l.event}
	events := map[TeamID]int64{}
	for _, q := range requests {
		r, store := l.decide(q)
		for _, rec := range store {
			d.Seq++
			rec.Seq = d.Seq
			if rec.State == StateCounted {
				if events[q.Team] == 0 {
					d.Event++
					events[q.Team] = d.Event
					d.Touched = append(d.Touched, q.Team)
				}
				rec.Event = events[q.Team]
				l.AddRecord(rec)
			} else {
				l.AddHeld(rec.HeldMark())
				l.tally(q.Team).held++
			}
			d.Store = append(d.Store, rec)
		}
		d.Replies = append(d.Replies, r)
	}
	l.seq, l.event = d.Seq, d.Event
	return d
}

// decide judges one request and returns its reply and the records to store,
// without numbers.
func (l *Ledger) decide(q Request) (Reply, []TimeRecord) {
	y, ok := l.teams[q.Team]
	if !ok || !y.known || y.team.Competition != l.competition.ID {
		return Refuse(q, Team{ID: q.Team}, Errorf(CodeNoSuchTeam, "El equipo %d no existe", q.Team)), nil
	}
	if q.Judge == 0 || y.team.Judge != q.Judge {
		return Refuse(q, Team{ID: q.Team}, Errorf(CodeForeignTeam, "El equipo %d no está asignado a usted", q.Team)), nil
	}
	v := newView(l, y, q)
	reply := Reply{Team: y.team, Outcomes: make([]Outcome, len(q.Records))}
	var store []TimeRecord
	for i, rec := range q.Records {
		out, counted := v.judge(rec)
		reply.Outcomes[i] = out
		if counted != nil {
			store = append(store, *counted)
		}
		if out.Err != nil && reply.Err == nil {
			reply.Err = out.Err
		}
	}
	if reply.Err == nil {
		return reply, store
	}
	if q.Atomic {
		return l.refuseAtomic(q, reply, v.held)
	}
	if len(store) > 0 || slices.ContainsFunc(reply.Outcomes, Outcome.Stored) {
		reply.Err = nil
	}
	for i, rec := range q.Records {
		out := &reply.Outcomes[i]
		out.Held = l.keep(CodeOf(out.Err), q, rec, &v.held, &store)
	}
	return reply, store
}

// refuseAtomic turns a reply with at least one refusal into one that stores
// nothing as counted: what is not stored already is refused, the good records
// with CodeWithheld. What the race or the team had no room for is kept, with the
// good records beside it.
func (l *Ledger) refuseAtomic(q Request, reply Reply, held int) (Reply, []TimeRecord) {
	var store []TimeRecord
	holds := holdable(CodeOf(reply.Err))
	for i, rec := range q.Records {
		out := &reply.Outcomes[i]
		_, stored := l.ids[out.ID]
		if _, included := l.includedID(out.ID); (stored || included) && out.Err == nil {
			continue
		}
		reason := CodeOf(out.Err)
		if out.Err == nil {
			out.Err, out.Duplicate = Errorf(CodeWithheld, "No se guardó porque el envío se rechazó completo"), false
			if reason = ""; holds {
				reason = CodeOf(reply.Err)
			}
		}
		out.Held = l.keep(reason, q, rec, &held, &store)
	}
	return reply, store
}

// holdable says whether a refusal for this reason keeps the mark: the person
// and the data were right, only the race or the team had no place for it.
func holdable(code Code) bool { return code == CodeNotRunning || code == CodeTeamComplete }

// keep appends rec of q as held when the reason asks for it and the team has
// room, and says whether it is kept now, which it may have been before.
func (l *Ledger) keep(reason Code, q Request, rec TimeRecord, held *int, store *[]TimeRecord) bool {
	if !holdable(reason) {
		return false
	}
	rec.Judge, rec.Team = q.Judge, q.Team
	rec.State, rec.Reason = StateHeld, reason
	mark := rec.HeldMark()
	if l.held[mark] || slices.ContainsFunc(*store, func(r TimeRecord) bool { return r.State == StateHeld && r.HeldMark() == mark }) {
		return true
	}
	if *held >= MaxHeldPerTeam {
		return false
	}
	*held++
	*store = append(*store, rec)
	return true
}

// view is what one request sees: the ledger and what the request itself adds.
type view struct {
	l       *Ledger
	y       *tally
	judgeID JudgeID
	mine    map[RecordID]time.Duration // accepted earlier in this request
	slots   []int                      // free ones, ascending
	resent  []TimeRecord               // stored records that an anonymous one may repeat
	held    int
}

func newView(l *Ledger, y *tally, q Request) *view {
	v := &view{l: l, y: y, judgeID: q.Judge, held: y.held}
	taken := make(map[int]bool, len(y.records))
	for _, r := range y.records {
		taken[r.Slot] = true
	}
	for s := 1; s <= l.competition.TeamSize; s++ {
		if !taken[s] {
			v.slots = append(v.slots, s)
		}
	}
	v.resent = slices.Clone(y.records)
	return v
}

// judge decides one record; the second result is the record to count, if any.
func (v *view) judge(rec TimeRecord) (Outcome, *TimeRecord) {
	out := Outcome{ID: rec.ID, Elapsed: rec.Elapsed, ReceivedAt: rec.ReceivedAt}
	if e, ok := v.l.ids[rec.ID]; ok {
		if e.team != v.y.team.ID || e.elapsed != rec.Elapsed {
			out.Err = Errorf(CodeConflict, "id_registro ya se usó para otro tiempo")
			return out, nil
		}
		out.Duplicate, out.ReceivedAt = true, e.receivedAt
		return out, nil
	}
	if held, ok := v.l.includedID(rec.ID); ok {
		if held.Team != v.y.team.ID || held.Elapsed != rec.Elapsed {
			out.Err = Errorf(CodeConflict, "id_registro ya se usó para otro tiempo")
			return out, nil
		}
		out.Duplicate, out.ReceivedAt = true, held.ReceivedAt
		return out, nil
	}
	if elapsed, ok := v.mine[rec.ID]; ok {
		if elapsed != rec.Elapsed {
			out.Err = Errorf(CodeConflict, "id_registro se repite con otro tiempo en el mismo envío")
			return out, nil
		}
		out.Duplicate = true
		return out, nil
	}
	if same, ok := v.repeats(rec); ok {
		out.ID, out.Duplicate, out.ReceivedAt = same.ID, true, same.ReceivedAt
		return out, nil
	}
	if !v.l.competition.Running {
		out.Err = Errorf(CodeNotRunning, "La competencia no está en curso")
		return out, nil
	}
	if len(v.slots) == 0 {
		out.Err = Errorf(CodeTeamComplete, "El equipo ya tiene sus %d registros. No se permiten más", v.l.competition.TeamSize)
		return out, nil
	}
	rec.Judge, rec.Team = v.judgeID, v.y.team.ID
	rec.State, rec.Slot = StateCounted, v.slots[0]
	v.slots = v.slots[1:]
	if v.mine == nil {
		v.mine = map[RecordID]time.Duration{}
	}
	v.mine[rec.ID] = rec.Elapsed
	return out, &rec
}

// repeats finds the stored record that an anonymous one repeats and takes it out
// of the candidates, so that two runners with the same time in one message stay
// two.
func (v *view) repeats(rec TimeRecord) (TimeRecord, bool) {
	if !rec.Anonymous || rec.Absent() {
		return TimeRecord{}, false
	}
	for i, r := range v.resent {
		if r.Elapsed == rec.Elapsed && rec.ReceivedAt.Sub(r.ReceivedAt).Abs() <= ResendWindow {
			v.resent = slices.Delete(v.resent, i, i+1)
			return r, true
		}
	}
	return TimeRecord{}, false
}

// Known answers a request from memory when every record of it is stored already
// with the same content, counted or included by a ruling, and the team is the
// judge's: stored records are immutable, so even an owner whose epoch is over
// answers the truth.
func (l *Ledger) Known(q Request) (Reply, bool) {
	y, ok := l.teams[q.Team]
	if !ok || !y.known || q.Judge == 0 || y.team.Judge != q.Judge {
		return Reply{}, false
	}
	r := Reply{Team: y.team, Outcomes: make([]Outcome, len(q.Records))}
	for i, rec := range q.Records {
		e, ok := l.ids[rec.ID]
		if held, included := l.Included(HeldMark{q.Team, rec.ID, rec.Elapsed}); !ok && included {
			e, ok = entry{held.Team, held.Elapsed, held.ReceivedAt}, true
		}
		if !ok || e.team != q.Team || e.elapsed != rec.Elapsed {
			return Reply{}, false
		}
		r.Outcomes[i] = Outcome{ID: rec.ID, Elapsed: rec.Elapsed, ReceivedAt: e.receivedAt, Duplicate: true}
	}
	return r, true
}

// Apply takes over what a store has decided and stored; teams are the teams
// that it touched, as they are stored.
func (l *Ledger) Apply(d Decision, teams []Team) {
	for _, t := range teams {
		l.AddTeam(t, 0)
	}
	for _, rec := range d.Store {
		if rec.State == StateCounted {
			l.AddRecord(rec)
		}
	}
	l.seq, l.event = d.Seq, d.Event
}
