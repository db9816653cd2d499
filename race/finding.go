package race

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// FindingKind says what is odd.
type FindingKind string

// The kinds of findings.
const (
	FindingHeld        FindingKind = "held"        // a mark was refused and nobody has ruled on it
	FindingMissing     FindingKind = "missing"     // the race is over and the team has too few
	FindingSurplus     FindingKind = "surplus"     // the team has too many
	FindingNear        FindingKind = "near"        // two finishes of a team almost at once: a double tap?
	FindingImplausible FindingKind = "implausible" // nobody runs 5 km in that time
	FindingBeforeGun   FindingKind = "before-gun"
)

// What counts as odd. The world record over 5 km on the road is 12:49 and a walker
// needs about an hour; two runners of one team are rarely within 0.3 s, a finger
// that bounces always is.
const (
	NearFinish     = 300 * time.Millisecond
	FastestFinish  = 12*time.Minute + 30*time.Second
	SlowestFinish  = time.Hour
	findingsAtMost = 1000 // enough to see that something is wrong throughout
)

// Finding is something that an organizer should look at before results become
// official. It goes away when the evidence changes, or is accepted as it is.
type Finding struct {
	Key      string // stable while the same records are concerned
	Kind     FindingKind
	Team     TeamID
	Records  []int64       // Seq of the records concerned
	Count    int           // FindingMissing, FindingSurplus: records that count
	Amount   time.Duration // FindingNear: between the two; FindingImplausible: the time
	Accepted bool
	By       Ruling // that accepted it
}

// Findings returns what is odd in the evidence, by team and kind; at most 1,000.
func (e Evidence) Findings() []Finding { return e.state().findings() }

func (s *state) findings() []Finding {
	var out []Finding
	byTeam := map[TeamID][]Finish{}
	for _, f := range s.finishes {
		if f.Counts {
			byTeam[f.For] = append(byTeam[f.For], f)
		}
		out = append(out, s.ofRecord(f)...)
	}
	for _, t := range s.e.Teams {
		out = append(out, s.ofTeam(t.ID, byTeam[t.ID])...)
	}
	order := map[TeamID]int{}
	for i, t := range s.e.Teams {
		order[t.ID] = i
	}
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(order[a.Team], order[b.Team]), cmp.Compare(a.Kind, b.Kind))
	})
	out = out[:min(len(out), findingsAtMost)]
	for i := range out {
		out[i].By, out[i].Accepted = s.accepted[out[i].Key]
	}
	return out
}

// ofRecord looks at one record.
func (s *state) ofRecord(f Finish) []Finding {
	var out []Finding
	odd := func(k FindingKind, amount time.Duration) {
		out = append(out, Finding{Key: fmt.Sprintf("%s-%d", k, f.Seq), Kind: k, Team: f.For, Records: []int64{f.Seq}, Amount: amount})
	}
	if f.Voided {
		return nil
	}
	if f.State == StateHeld && !f.Counts && f.Source != SourceManual {
		odd(FindingHeld, f.Elapsed-s.shift)
	}
	if !f.Counts || f.Absent() {
		return out
	}
	switch gun := s.e.Competition.StartedAt.Add(s.shift); {
	case f.Official <= 0 || (f.Source != SourceManual && f.ReceivedAt.Before(gun)):
		odd(FindingBeforeGun, f.Official)
	case f.Official < FastestFinish || f.Official > SlowestFinish:
		odd(FindingImplausible, f.Official)
	}
	return out
}

// ofTeam looks at the records of a team that count.
func (s *state) ofTeam(id TeamID, members []Finish) []Finding {
	var out []Finding
	size := s.e.Competition.TeamSize
	n := len(members)
	switch {
	case n > size:
		out = append(out, Finding{Key: fmt.Sprintf("%s-%d-%d", FindingSurplus, id, n), Kind: FindingSurplus, Team: id, Count: n})
	case n < size && !s.e.Competition.Running && !s.e.Competition.FinishedAt.IsZero():
		out = append(out, Finding{Key: fmt.Sprintf("%s-%d-%d", FindingMissing, id, n), Kind: FindingMissing, Team: id, Count: n})
	}
	sorted := slices.Clone(members)
	slices.SortFunc(sorted, func(a, b Finish) int { return cmp.Or(cmp.Compare(a.Official, b.Official), cmp.Compare(a.Seq, b.Seq)) })
	for i := 1; i < n; i++ {
		a, b := sorted[i-1], sorted[i]
		if gap := b.Official - a.Official; !a.Absent() && !b.Absent() && gap < NearFinish {
			first, second := min(a.Seq, b.Seq), max(a.Seq, b.Seq)
			out = append(out, Finding{
				Key: fmt.Sprintf("%s-%d-%d", FindingNear, first, second), Kind: FindingNear, Team: id, Records: []int64{first, second}, Amount: gap,
			})
		}
	}
	return out
}
