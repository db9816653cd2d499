package race_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"server5k/race"
)

// finish gives a team n records whose times in milliseconds are given; the last
// one repeats.
func finish(team race.TeamID, n int, ms ...int) []race.TimeRecord {
	var out []race.TimeRecord
	for i := range n {
		r := mark(int(team)*100+i, ms[min(i, len(ms)-1)])
		r.Team, r.State, r.Slot = team, race.StateCounted, i+1
		out = append(out, r)
	}
	return out
}

func TestRank(t *testing.T) {
	t.Parallel()
	c := race.Competition{ID: 1, TeamSize: 15, Rounding: race.RoundRaw}
	var teams []race.Team
	for n, category := range []race.Category{"e", "e", "i", "e", "i", "e"} {
		teams = append(teams, race.Team{ID: race.TeamID(n + 1), Bib: n + 1, Category: category})
	}
	var records []race.TimeRecord
	records = append(records, finish(1, 15, 2000)...)    // 30 s
	records = append(records, finish(2, 15, 1000)...)    // 15 s
	records = append(records, finish(3, 15, 2000)...)    // 30 s: tie with 1
	records = append(records, finish(4, 14, 1)...)       // incomplete, though its sum is the least
	records = append(records, finish(5, 15, 0, 1000)...) // one absent
	records = append(records, finish(6, 15, 3000)...)    // 45 s
	held := mark(999, 1)
	held.Team, held.State = 4, race.StateHeld
	records = append(records, held) // does not count

	type line struct {
		Team            race.TeamID
		Place, Category int
		Status          race.TeamStatus
		Total           time.Duration
	}
	var got []line
	for _, s := range race.Rank(c, teams, records) {
		got = append(got, line{s.Team.ID, s.Place, s.CategoryPlace, s.Status, s.Total})
	}
	want := []line{
		{2, 1, 1, race.StatusRanked, 15 * time.Second},
		{1, 2, 2, race.StatusRanked, 30 * time.Second},
		{3, 2, 1, race.StatusRanked, 30 * time.Second},
		{6, 4, 3, race.StatusRanked, 45 * time.Second},
		{5, 0, 0, race.StatusDisqualified, 14 * time.Second},
		{4, 0, 0, race.StatusIncomplete, 14 * time.Millisecond},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("standings (-want +got):\n%s", diff)
	}
}

func TestRank_Rounding(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		policy race.Rounding
		want   time.Duration
	}{
		{race.RoundRaw, 15 * 1001 * time.Millisecond},
		{race.RoundUpEach, 30 * time.Second},
		{race.RoundUpTotal, 16 * time.Second},
	} {
		t.Run(string(tc.policy), func(t *testing.T) {
			t.Parallel()
			c := race.Competition{TeamSize: 15, Rounding: tc.policy}
			got := race.Rank(c, []race.Team{{ID: 1}}, finish(1, 15, 1001))[0]
			if got.Total != tc.want || got.Best == 0 || got.Average == 0 {
				t.Errorf("got %+v, want total %v", got, tc.want)
			}
		})
	}
}

// TestRank_Properties: every team has one line, an incomplete one or one with an
// absent runner never ranks, and a better total never has a worse place.
func TestRank_Properties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := race.Competition{TeamSize: 3, Rounding: rapid.SampledFrom([]race.Rounding{race.RoundRaw, race.RoundUpEach, race.RoundUpTotal}).Draw(t, "policy")}
		var teams []race.Team
		var records []race.TimeRecord
		for n := range rapid.IntRange(1, 8).Draw(t, "teams") {
			id := race.TeamID(n + 1)
			teams = append(teams, race.Team{ID: id, Bib: n})
			for i := range rapid.IntRange(0, 3).Draw(t, "records") {
				r := mark(n*10+i, rapid.IntRange(0, 3000).Draw(t, "ms"))
				r.Team, r.State, r.Slot = id, race.StateCounted, i+1
				records = append(records, r)
			}
		}
		lines := race.Rank(c, teams, records)
		if len(lines) != len(teams) {
			t.Fatalf("%d lines for %d teams", len(lines), len(teams))
		}
		for i, s := range lines {
			if (s.Place > 0) != (s.Records == 3 && s.Absent == 0) {
				t.Fatalf("place %d with %d records, %d absent", s.Place, s.Records, s.Absent)
			}
			if i == 0 || s.Place == 0 {
				continue
			}
			p := lines[i-1]
			if s.Total < p.Total || (s.Total == p.Total) != (s.Place == p.Place) || (s.Total > p.Total && s.Place != i+1) {
				t.Fatalf("place %d with %v behind place %d with %v", s.Place, s.Total, p.Place, p.Total)
			}
		}
	})
}
