package race

import (
	"cmp"
	"slices"
	"time"
)

// Rounding is the policy that turns measured times into official ones.
type Rounding string

// Road races round any fraction up to the next whole second (World Athletics
// Competition Rules, road times); for a sum it must be said whether each time
// or the total is rounded, since the sum of rounded times can exceed the
// rounded sum by almost one second a runner.
const (
	RoundRaw     Rounding = "raw"      // milliseconds as measured
	RoundUpEach  Rounding = "up-each"  // every time up, then the sum
	RoundUpTotal Rounding = "up-total" // the sum up
)

// Valid says whether r is one of the policies.
func (r Rounding) Valid() bool { return r == RoundRaw || r == RoundUpEach || r == RoundUpTotal }

func (r Rounding) each(d time.Duration) time.Duration {
	if r == RoundUpEach {
		return up(d)
	}
	return d
}

func (r Rounding) total(d time.Duration) time.Duration {
	if r == RoundUpTotal {
		return up(d)
	}
	return d
}

func up(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}

// TeamStatus says how a team stands.
type TeamStatus string

// A ranked team is complete; a disqualified one has an absent runner or was ruled
// out; an incomplete one has fewer records than runners, a surplus one more, and
// neither ever ranks.
const (
	StatusRanked       TeamStatus = "clasificado"
	StatusDisqualified TeamStatus = "descalificado"
	StatusIncomplete   TeamStatus = "incompleto"
	StatusSurplus      TeamStatus = "excedido"
)

// Cause says why a team is not ranked.
type Cause string

// The causes.
const (
	CauseAbsent  Cause = "absent"
	CauseMissing Cause = "missing"
	CauseSurplus Cause = "surplus"
	CauseRuling  Cause = "ruling" // Standing.Reason is what the organizer wrote
)

// Standing is one line of the results.
type Standing struct {
	Team          Team
	Status        TeamStatus
	Cause         Cause  // why the team is not ranked
	Reason        string // the same for people
	Place         int    // 0 when not ranked; ties share it: 1-2-2-4
	CategoryPlace int    // the same within the category
	Records       int    // that count
	Absent        int
	Penalty       time.Duration // sum of the penalties, part of Total
	Total         time.Duration // sum under the rounding policy
	Average       time.Duration // Total without Penalty by the runners that ran, 0 if none
	Best          time.Duration // best member, 0 if none
	// Uncertainty is that of Total by the devices' clocks and the fingers on them,
	// one standard deviation of the taps and the bounds of the clocks; 0 unknown.
	Uncertainty time.Duration
	// Close says that the next or the one before cannot be told apart: their totals
	// differ by no more than their uncertainties together. CategoryClose is the same
	// within the category.
	Close, CategoryClose bool
	Members              []Finish // that count, by time, absent last
}

// Rank computes the results of counted records alone, without any ruling.
func Rank(c Competition, teams []Team, records []TimeRecord) []Standing {
	return Evidence{Competition: c, Teams: teams, Records: records}.Standings()
}

// arrange orders the lines and numbers them.
func arrange(out []Standing) {
	slices.SortFunc(out, func(a, b Standing) int {
		if a.Status != b.Status {
			return cmp.Compare(order(a.Status), order(b.Status))
		}
		if a.Status == StatusRanked && a.Total != b.Total {
			return cmp.Compare(a.Total, b.Total)
		}
		return cmp.Or(cmp.Compare(a.Team.Bib, b.Team.Bib), cmp.Compare(a.Team.ID, b.Team.ID))
	})
	place(out, func(Standing) Category { return "" }, func(s *Standing, n int) { s.Place = n })
	place(out, func(s Standing) Category { return s.Team.Category }, func(s *Standing, n int) { s.CategoryPlace = n })
	compare(out)
}

func stand(c Competition, t Team, members []Finish, penalty time.Duration) Standing {
	s := Standing{Team: t, Records: len(members), Members: slices.Clone(members), Penalty: penalty}
	slices.SortFunc(s.Members, func(a, b Finish) int {
		if a.Absent() != b.Absent() {
			if a.Absent() {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(a.Official, b.Official), cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Seq, b.Seq))
	})
	for _, r := range s.Members {
		if r.Absent() {
			s.Absent++
			continue
		}
		s.Total += c.Rounding.each(r.Official)
	}
	s.Total = c.Rounding.total(s.Total)
	if ran := s.Records - s.Absent; ran > 0 {
		s.Best = c.Rounding.each(s.Members[0].Official)
		s.Average = (s.Total / time.Duration(ran)).Round(time.Millisecond)
	}
	s.Total += penalty
	s.Uncertainty = c.uncertainty(s.Members)
	s.Status, s.Cause, s.Reason = c.status(s.Records, s.Absent)
	return s
}

// status says how a team with so many records stands, and why it is not ranked.
func (c Competition) status(records, absent int) (TeamStatus, Cause, string) {
	switch {
	case absent > 0:
		return StatusDisqualified, CauseAbsent, "Integrante ausente"
	case records < c.TeamSize:
		return StatusIncomplete, CauseMissing, "Faltan registros"
	case records > c.TeamSize:
		return StatusSurplus, CauseSurplus, "Sobran registros"
	}
	return StatusRanked, "", ""
}

func order(s TeamStatus) int {
	switch s {
	case StatusRanked:
		return 0
	case StatusDisqualified:
		return 1
	case StatusIncomplete:
		return 2
	case StatusSurplus:
		return 3
	}
	return 4
}

// place numbers the ranked lines within each group; equal totals share a place
// and the next one counts them all.
func place(out []Standing, group func(Standing) Category, set func(*Standing, int)) {
	type last struct {
		count, place int
		total        time.Duration
	}
	seen := map[Category]last{}
	for i := range out {
		if out[i].Status != StatusRanked {
			continue
		}
		g := seen[group(out[i])]
		g.count++
		if g.place == 0 || out[i].Total != g.total {
			g.place, g.total = g.count, out[i].Total
		}
		set(&out[i], g.place)
		seen[group(out[i])] = g
	}
}
