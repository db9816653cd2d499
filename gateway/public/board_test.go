package public

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/race"
)

// marks makes evidence of a running race of teams of three; each mark is a team's bib
// and its second.
func marks(list ...[2]int) race.Evidence {
	e := race.Evidence{Competition: race.Competition{ID: 1, Active: true, Running: true, StartedAt: start, TeamSize: 3, Rounding: race.RoundRaw}}
	seen := map[int]bool{}
	for i, m := range list {
		if !seen[m[0]] {
			seen[m[0]] = true
			e.Teams = append(e.Teams, race.Team{ID: race.TeamID(m[0]), Bib: m[0], Name: "E" + itoa(int64(m[0])), Category: race.Category("c" + itoa(int64(m[0]%2)))})
		}
		e.Records = append(e.Records, race.TimeRecord{
			Team: race.TeamID(m[0]), Elapsed: time.Duration(m[1]) * time.Second, State: race.StateCounted, Slot: i + 1, Seq: int64(i + 1), Event: int64(i + 1),
		})
	}
	return e
}

func TestBoard_PodiumWithTies(t *testing.T) {
	t.Parallel()
	var all [][2]int
	for bib, seconds := range map[int]int{1: 100, 2: 100, 3: 101, 4: 102, 5: 101} {
		for range 3 {
			all = append(all, [2]int{bib, seconds})
		}
	}
	b := build(marks(all...), nil, nil)
	type place struct{ Place, Bib int }
	for scope, want := range map[race.Category][]place{
		"": {{1, 1}, {1, 2}, {3, 3}, {3, 5}}, "c1": {{1, 1}, {2, 3}, {2, 5}}, "c0": {{1, 2}, {2, 4}}, "none": nil,
	} {
		var got []place
		for _, l := range b.podium(scope) {
			got = append(got, place{l.placeIn(scope), l.Team.Bib})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", scope, diff)
		}
	}
	if l, _ := b.team(3); l.Gap != 3*time.Second || l.CategoryGap != 3*time.Second {
		t.Errorf("gaps %v, %v", l.Gap, l.CategoryGap)
	}
	if l, _ := b.team(4); l.Gap != 6*time.Second || l.CategoryGap != 6*time.Second {
		t.Errorf("gaps %v, %v", l.Gap, l.CategoryGap)
	}
}

func TestBoard_RecentIsOneOfEachTeam(t *testing.T) {
	t.Parallel()
	b := build(marks([2]int{1, 10}, [2]int{2, 11}, [2]int{1, 12}, [2]int{3, 0}, [2]int{1, 13}), nil, nil)
	type recent struct {
		Team    race.TeamID
		Records int
		Time    time.Duration
		Done    bool
	}
	var got []recent
	for _, a := range b.Recent {
		got = append(got, recent{a.Team.ID, a.Records, a.Time, a.Done})
	}
	want := []recent{{1, 3, 13 * time.Second, true}, {3, 1, 0, false}, {2, 1, 11 * time.Second, false}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if b.Complete != 1 || b.Marks != 5 || b.Seq != 5 {
		t.Errorf("complete %d, marks %d, seq %d", b.Complete, b.Marks, b.Seq)
	}
}

// TestExpected_ProjectsByThePaceOfTheTeam: a team with marks at 100 and 110 is taken to
// complete at 120, or now if that is past.
func TestExpected_ProjectsByThePaceOfTheTeam(t *testing.T) {
	t.Parallel()
	list := [][2]int{{1, 100}, {1, 110}, {2, 90}, {2, 91}, {3, 100}, {4, 50}, {4, 60}, {4, 70}, {5, 20}, {5, 0}}
	b := build(marks(list...), nil, nil)
	type expected struct {
		Team      race.TeamID
		At, Total time.Duration
		Place     int
		Due       bool
	}
	look := func(now time.Duration) (got []expected) {
		for _, e := range b.expected(start.Add(now)) {
			got = append(got, expected{e.Team.ID, e.at, e.total, e.place, e.due})
		}
		return got
	}
	s := time.Second
	if diff := cmp.Diff([]expected{{2, 105 * s, 286 * s, 2, true}, {1, 120 * s, 330 * s, 2, false}}, look(105*s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b.Phase = provisional
	if got := look(105 * s); got != nil {
		t.Errorf("of a race that is over: %v", got)
	}
}
