package main

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPlan_SeedRepeatsItAndDealsEveryKind(t *testing.T) {
	t.Parallel()
	for pace, kinds := range map[int][]kind{1: allKinds, 2: clusterKinds} {
		plan := newPlan(7, time.Minute, kinds, pace)
		if diff := cmp.Diff(plan, newPlan(7, time.Minute, kinds, pace)); diff != "" {
			t.Errorf("the same seed made another plan:\n%s", diff)
		}
		if cmp.Equal(plan, newPlan(8, time.Minute, kinds, pace)) {
			t.Error("another seed made the same plan")
		}
		for _, k := range kinds {
			if !slices.ContainsFunc(plan, func(f fault) bool { return f.Kind == k }) {
				t.Errorf("a minute without %s", k)
			}
		}
		for _, f := range plan {
			if f.After < quietStart || f.After > time.Minute || f.Length > longestBreak {
				t.Errorf("%s is out of bounds", f)
			}
		}
	}
}

func TestCast_EveryJudgeHasTeamsEverywhere(t *testing.T) {
	t.Parallel()
	c := newCast(5, 20)
	for judge := int64(1); judge <= 5; judge++ {
		seen := map[int64]bool{}
		for i := range c.TeamsEach {
			team := c.team(judge, i)
			if c.judgeOf(team) != judge {
				t.Errorf("team %d of judge %d is said to be of %d", team, judge, c.judgeOf(team))
			}
			seen[c.competitionOf(team)] = true
		}
		if len(seen) != c.Competitions {
			t.Errorf("judge %d has teams in %d competitions", judge, len(seen))
		}
	}
}
