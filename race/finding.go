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
	FindingUndeclared  FindingKind = "undeclared" // the judge has not said how many marks there are
	FindingDeclared    FindingKind = "declared"   // the judge said another number than is stored
	FindingGap         FindingKind = "gap"        // a device has given numbers that are not stored
	FindingUnmeasured  FindingKind = "unmeasured" // clocks decide, and some marks have none that was measured
	FindingClock       FindingKind = "clock"      // the corrected instant is after the mark came
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
	Count    int           // FindingMissing, FindingSurplus: records that count; FindingDeclared: stored; FindingUnmeasured: how many
	Declared int           // FindingDeclared
	Device   string        // FindingGap
	Numbers  []int64       // FindingGap: that are missing; not all when there are very many
	Amount   time.Duration // FindingNear: between the two; FindingImplausible: the time; FindingClock: by how much
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
	for i, p := range s.posts() {
		id := s.e.Teams[i].ID
		out = append(out, s.ofTeam(id, byTeam[id])...)
		out = append(out, s.ofClocks(id, byTeam[id])...)
		out = append(out, s.ofPost(p)...)
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
	if f.State == StateHeld && !f.Counts && f.Source != SourceManual && !s.countsAs(f) {
		odd(FindingHeld, f.Official)
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
	if late := f.Mark.CorrectedAt().Sub(f.ReceivedAt); f.Corrected && late > f.Mark.ClockUncertainty+clockSlack {
		odd(FindingClock, late)
	}
	return out
}

// countsAs says whether a held mark was sent again and counts since.
func (s *state) countsAs(held Finish) bool {
	return slices.ContainsFunc(s.finishes, func(f Finish) bool {
		return f.ID == held.ID && f.Team == held.Team && f.Elapsed == held.Elapsed && f.State == StateCounted
	})
}

// clockSlack is what the clocks of two nodes may differ by.
const clockSlack = time.Second

// over says whether the race has been run.
func (s *state) over() bool { return !s.e.Competition.Running && !s.e.Competition.FinishedAt.IsZero() }

// ofClocks looks at whether all times of a team are by the same rule.
func (s *state) ofClocks(id TeamID, members []Finish) []Finding {
	if s.e.Competition.Clock != ClockCorrected || !s.over() {
		return nil
	}
	n := 0
	for _, f := range members {
		if !f.Absent() && !f.Corrected {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return []Finding{{Key: fmt.Sprintf("%s-%d-%d", FindingUnmeasured, id, n), Kind: FindingUnmeasured, Team: id, Count: n}}
}

// ofPost looks at whether all marks that were made are here.
func (s *state) ofPost(p Post) []Finding {
	if !s.over() {
		return nil // more may be on their way
	}
	var out []Finding
	for _, d := range p.Devices {
		if len(d.Missing) > 0 {
			out = append(out, Finding{
				Key:  fmt.Sprintf("%s-%d-%s-%d-%d", FindingGap, p.Team, d.Name, d.Claimed, len(d.Missing)),
				Kind: FindingGap, Team: p.Team, Device: d.Name, Numbers: d.Missing,
			})
		}
	}
	switch {
	case p.Declared == nil && p.Stored > 0 && !p.Complete:
		out = append(out, Finding{Key: fmt.Sprintf("%s-%d-%d", FindingUndeclared, p.Team, p.Stored), Kind: FindingUndeclared, Team: p.Team, Count: p.Stored})
	case p.Declared != nil && p.Declared.Declared.Total != p.Stored:
		n := p.Declared.Declared.Total
		out = append(out, Finding{
			Key: fmt.Sprintf("%s-%d-%d-%d", FindingDeclared, p.Team, n, p.Stored), Kind: FindingDeclared, Team: p.Team, Count: p.Stored, Declared: n,
		})
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
	case n < size && s.over():
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
