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
	Official time.Duration // by the corrected gun; 0 when absent
	Voided   bool          // a ruling says that it does not count
	Moved    bool          // For is another team than Team
	Included bool          // it was held or typed in, and a ruling counts it
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
}

func (e Evidence) state() *state {
	s := &state{
		e: e, holds: inForce(e.Rulings), finishes: make([]Finish, len(e.Records)),
		penalties: map[TeamID]time.Duration{}, disqualified: map[TeamID]Ruling{}, accepted: map[string]Ruling{},
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
			f.Official = f.Elapsed - s.shift
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
	default:
	}
	if f == nil {
		return
	}
	switch r.Kind {
	case RulingInclude, RulingReinstate, RulingAdd, RulingAbsence:
		f.Counts, f.Voided, f.Included = true, false, f.State != StateCounted
	case RulingVoid:
		f.Counts, f.Voided = false, true
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
	change := func(id TeamID, by int, r TimeRecord) {
		a := out[id]
		a.Records += by
		a.Elapsed += time.Duration(by) * r.Elapsed
		if !r.Absent() {
			a.Ran += by
		}
		out[id] = a
	}
	for _, f := range s.finishes {
		if f.State == StateCounted {
			change(f.Team, -1, f.TimeRecord)
		}
		if f.Counts {
			change(f.For, 1, f.TimeRecord)
		}
	}
	for id, p := range s.penalties {
		a := out[id]
		a.Elapsed += p
		out[id] = a
	}
	for id, a := range out {
		if a == (Adjustment{}) {
			delete(out, id)
		}
	}
	return out
}

// Adjustment is what rulings add to what a team has on record.
type Adjustment struct {
	Records int           // that count
	Ran     int           // of them, not absent
	Elapsed time.Duration // of them, by the announced start, and penalties
}

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
