package race

import (
	"slices"
	"time"
)

// Evidence is all that the results of a competition are made of. The results are
// a function of it; nothing in it is ever changed, only added to.
type Evidence struct {
	Competition Competition
	Teams       []Team       // by bib
	Records     []TimeRecord // counted and held, by Seq
	Rulings     []Ruling     // by ID
}

// Finish is a record as the rulings leave it. Team of the record is the one that
// the judge marked.
type Finish struct {
	TimeRecord
	For      TeamID // the team that it belongs to
	Counts   bool
	Official time.Duration // by the clock policy and the corrected gun; 0 when absent
	// Corrected says that Official counts from the corrected instant of the tap.
	Corrected bool
	Voided    bool // a ruling says that it does not count
	Retracted bool // that ruling is the judge's own
	Moved     bool // For is another team than Team
	Included  bool // it was held or typed in, and a ruling counts it
}

// state is what the rulings that hold come to.
type state struct {
	e            Evidence
	holds        map[RulingID]bool
	shift        time.Duration
	finishes     []Finish
	penalties    map[TeamID]time.Duration
	disqualified map[TeamID]Ruling
	accepted     map[string]Ruling
	declared     map[TeamID]Ruling // the latest of each
	claimed      map[string]int64  // by device: the highest number that a declaration names
	concealed    Concealment
}

func (e Evidence) state() *state {
	s := &state{
		e: e, holds: inForce(e.Rulings), finishes: make([]Finish, len(e.Records)),
		penalties: map[TeamID]time.Duration{}, disqualified: map[TeamID]Ruling{}, accepted: map[string]Ruling{},
		declared: map[TeamID]Ruling{}, claimed: map[string]int64{},
		concealed: Concealment{map[TeamID]bool{}, map[int64]bool{}},
	}
	bySeq := make(map[int64]*Finish, len(e.Records))
	for i, r := range e.Records {
		s.finishes[i] = Finish{TimeRecord: r, For: r.Team, Counts: r.State == StateCounted}
		bySeq[r.Seq] = &s.finishes[i]
	}
	for _, r := range e.Rulings {
		if s.holds[r.ID] {
			s.apply(r, bySeq[r.Record])
		}
	}
	for i := range s.finishes {
		if f := &s.finishes[i]; !f.Absent() {
			f.Official, f.Corrected = e.Competition.Clocked(f.TimeRecord)
			f.Official -= s.shift
		}
	}
	return s
}

// apply adds one ruling; f is the record that it is about, nil if none.
func (s *state) apply(r Ruling, f *Finish) {
	switch r.Kind {
	case RulingStart: // times count from this gun
		s.shift = 0
	case RulingGun:
		s.shift = r.Amount
	case RulingPenalty:
		s.penalties[r.Team] += r.Amount
	case RulingDisqualify:
		s.disqualified[r.Team] = r
	case RulingAccept:
		s.accepted[r.Finding] = r
	case RulingDeclare:
		s.declared[r.Team] = r
		s.claimed[r.Declared.Device] = max(s.claimed[r.Declared.Device], r.Declared.Highest)
	case RulingConceal:
		if r.Record == 0 {
			s.concealed.Teams[r.Team] = true
		} else {
			s.concealed.Records[r.Record] = true
		}
	default:
	}
	if f == nil {
		return
	}
	switch r.Kind {
	case RulingInclude, RulingReinstate, RulingAdd, RulingAbsence:
		f.Counts, f.Voided, f.Retracted, f.Included = true, false, false, f.State != StateCounted
	case RulingVoid, RulingRetract:
		f.Counts, f.Voided, f.Retracted = false, true, r.Kind == RulingRetract
	case RulingMove:
		f.For, f.Moved = r.Team, r.Team != f.Team
	default:
	}
}

// Finishes returns every record as the rulings leave it, by Seq.
func (e Evidence) Finishes() []Finish { return e.state().finishes }

// Holds returns the ids of the rulings that hold.
func (e Evidence) Holds() map[RulingID]bool { return inForce(e.Rulings) }

// GunShift returns by how much the gun was later than the announced start.
func (e Evidence) GunShift() time.Duration { return e.state().shift }

// Adjustments returns what the rulings change in what each team has on record;
// teams without a change are left out.
func (e Evidence) Adjustments() map[TeamID]Adjustment {
	s := e.state()
	out := map[TeamID]Adjustment{}
	change := func(id TeamID, f func(*Adjustment)) {
		a := out[id]
		f(&a)
		out[id] = a
	}
	for _, f := range s.finishes {
		counted := f.State == StateCounted
		if counted && f.Counts && f.For == f.Team {
			continue
		}
		if counted {
			change(f.Team, func(a *Adjustment) { a.Without = append(a.Without, f.TimeRecord) })
		}
		if f.Counts {
			change(f.For, func(a *Adjustment) { a.With = append(a.With, f.TimeRecord) })
		}
	}
	included := map[int64]bool{}
	for _, r := range e.Rulings {
		if r.Kind == RulingInclude {
			included[r.Record] = true
		}
	}
	for _, f := range s.finishes {
		if included[f.Seq] && f.State == StateHeld {
			change(f.Team, func(a *Adjustment) { a.Included = append(a.Included, f.TimeRecord) })
		}
	}
	for id, p := range s.penalties {
		change(id, func(a *Adjustment) { a.Penalty = p })
	}
	for id := range s.disqualified {
		change(id, func(a *Adjustment) { a.Disqualified = true })
	}
	for id := range s.concealed.Teams {
		change(id, func(a *Adjustment) { a.Concealed = true })
	}
	return out
}

// Adjustment is what rulings change in what a team has on record.
type Adjustment struct {
	With, Without []TimeRecord // that count as well, and that do not although they were counted
	Penalty       time.Duration
	Disqualified  bool
	Concealed     bool
	// Included are the held records of the team that a ruling has counted, whatever
	// became of it since: who sends one again is told that it is stored.
	Included []TimeRecord
}

// Concealment is what the public is not shown: teams, and finishes of single
// runners by the Seq of their records. Results stay what they are.
type Concealment struct {
	Teams   map[TeamID]bool
	Records map[int64]bool
}

// Concealment returns what the rulings that hold conceal.
func (e Evidence) Concealment() Concealment { return e.state().concealed }

// Standings computes the results: ranked teams by total, then disqualified, then
// incomplete ones and those with too many records, each by bib. The total is the
// sum of the records that count, by the corrected gun and the rounding policy,
// and of the penalties; an absent runner disqualifies the team.
func (e Evidence) Standings() []Standing { return e.state().standings() }

func (s *state) standings() []Standing {
	byTeam := map[TeamID][]Finish{}
	for _, f := range s.finishes {
		if f.Counts {
			byTeam[f.For] = append(byTeam[f.For], f)
		}
	}
	out := make([]Standing, 0, len(s.e.Teams))
	for _, t := range s.e.Teams {
		line := stand(s.e.Competition, t, byTeam[t.ID], s.penalties[t.ID])
		if r, out := s.disqualified[t.ID]; out {
			line.Status, line.Cause, line.Reason = StatusDisqualified, CauseRuling, r.Reason
		}
		out = append(out, line)
	}
	arrange(out)
	return out
}

// has says whether a team is in the competition.
func (e Evidence) has(id TeamID) bool {
	return slices.ContainsFunc(e.Teams, func(t Team) bool { return t.ID == id })
}

// counting returns how many records of a team count.
func (s *state) counting(id TeamID) int {
	n := 0
	for _, f := range s.finishes {
		if f.Counts && f.For == id {
			n++
		}
	}
	return n
}
