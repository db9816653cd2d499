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

// A ranked team is complete; a disqualified one has an absent runner; an
// incomplete one has fewer records than runners and never ranks.
const (
	StatusRanked       TeamStatus = "clasificado"
	StatusDisqualified TeamStatus = "descalificado"
	StatusIncomplete   TeamStatus = "incompleto"
)

// Standing is one line of the results.
type Standing struct {
	Team          Team
	Status        TeamStatus
	Reason        string // for people; why the team is not ranked
	Place         int    // 0 when not ranked; ties share it: 1-2-2-4
	CategoryPlace int    // the same within the category
	Records       int
	Absent        int
	Total         time.Duration // sum under the rounding policy
	Average       time.Duration // Total by the runners that ran, 0 if none
	Best          time.Duration // best member, 0 if none
	Members       []TimeRecord  // by time, absent last
}

// Rank computes the results of a competition: ranked teams by total, then
// disqualified, then incomplete ones, each by bib. The total is the sum of the
// counted records; an absent runner disqualifies the team.
func Rank(c Competition, teams []Team, records []TimeRecord) []Standing {
	byTeam := map[TeamID][]TimeRecord{}
	for _, r := range records {
		if r.State == StateCounted {
			byTeam[r.Team] = append(byTeam[r.Team], r)
		}
	}
	out := make([]Standing, 0, len(teams))
	for _, t := range teams {
		out = append(out, stand(c, t, byTeam[t.ID]))
	}
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
	return out
}

func stand(c Competition, t Team, records []TimeRecord) Standing {
	s := Standing{Team: t, Records: len(records), Members: slices.Clone(records)}
	slices.SortFunc(s.Members, func(a, b TimeRecord) int {
		if a.Absent() != b.Absent() {
			if a.Absent() {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(a.Elapsed, b.Elapsed), cmp.Compare(a.Slot, b.Slot))
	})
	for _, r := range s.Members {
		if r.Absent() {
			s.Absent++
			continue
		}
		s.Total += c.Rounding.each(r.Elapsed)
		if s.Best == 0 {
			s.Best = c.Rounding.each(r.Elapsed)
		}
	}
	s.Total = c.Rounding.total(s.Total)
	if ran := s.Records - s.Absent; ran > 0 {
		s.Average = (s.Total / time.Duration(ran)).Round(time.Millisecond)
	}
	switch {
	case s.Absent > 0:
		s.Status, s.Reason = StatusDisqualified, "Integrante ausente"
	case s.Records < c.TeamSize:
		s.Status, s.Reason = StatusIncomplete, "Faltan registros"
	default:
		s.Status = StatusRanked
	}
	return s
}

func order(s TeamStatus) int {
	switch s {
	case StatusRanked:
		return 0
	case StatusDisqualified:
		return 1
	case StatusIncomplete:
		return 2
	}
	return 3
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
