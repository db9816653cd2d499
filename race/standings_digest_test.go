package race_test

import (
	"testing"
	"time"

	"server5k/race"
)

func ranked() (race.Competition, []race.Standing) {
	c := race.Competition{ID: 5, Name: "Final", TeamSize: 2, Rounding: race.RoundUpEach}
	teams := []race.Team{{ID: 7, Competition: 5, Bib: 1, Category: "a"}, {ID: 8, Competition: 5, Bib: 2, Category: "b"}}
	var records []race.TimeRecord
	for i, ms := range []int{61_500, 62_000, 60_000, 0} {
		records = append(records, race.TimeRecord{
			ID: race.RecordID{byte(i + 1)}, Team: race.TeamID(7 + i/2), Elapsed: time.Duration(ms) * time.Millisecond,
			State: race.StateCounted, Slot: i%2 + 1, Seq: int64(i + 1),
		})
	}
	return c, race.Rank(c, teams, records)
}

// The digest is in files: other versions must come to the same one.
func TestStandingsDigest_Stable(t *testing.T) {
	t.Parallel()
	const want = "48b09b02e415ddd9ca47771b3b5681dd28f47bbc36b288745d2e73aab65e8d72"
	if got := race.StandingsDigest(ranked()).String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestStandingsDigest_EveryFieldCounts(t *testing.T) {
	t.Parallel()
	seen := map[race.Digest]int{race.StandingsDigest(ranked()): -1}
	for i, change := range []func(c *race.Competition, s []race.Standing){
		func(c *race.Competition, _ []race.Standing) { c.ID++ },
		func(c *race.Competition, _ []race.Standing) { c.TeamSize++ },
		func(c *race.Competition, _ []race.Standing) { c.Rounding = race.RoundRaw },
		func(c *race.Competition, _ []race.Standing) { c.Rounding = race.RoundUpTotal },
		func(_ *race.Competition, s []race.Standing) { s[0].Team.ID++ },
		func(_ *race.Competition, s []race.Standing) { s[0].Status = race.StatusIncomplete },
		func(_ *race.Competition, s []race.Standing) { s[0].Status = race.StatusDisqualified },
		func(_ *race.Competition, s []race.Standing) { s[0].Place++ },
		func(_ *race.Competition, s []race.Standing) { s[0].CategoryPlace++ },
		func(_ *race.Competition, s []race.Standing) { s[0].Records++ },
		func(_ *race.Competition, s []race.Standing) { s[0].Absent++ },
		func(_ *race.Competition, s []race.Standing) { s[0].Total += time.Millisecond },
		func(_ *race.Competition, s []race.Standing) { s[0].Members[1].ID[15]++ },
		func(_ *race.Competition, s []race.Standing) { s[0].Members[1].Official += time.Millisecond },
		func(_ *race.Competition, s []race.Standing) { s[0].Members = s[0].Members[:1] },
		func(_ *race.Competition, s []race.Standing) { s[0], s[1] = s[1], s[0] },
	} {
		c, s := ranked()
		change(&c, s)
		d := race.StandingsDigest(c, s)
		if other, ok := seen[d]; ok {
			t.Errorf("change %d has the digest of %d", i, other)
		}
		seen[d] = i
	}
}

func TestStandingsDigest_NamesDoNotCount(t *testing.T) {
	t.Parallel()
	c, s := ranked()
	want := race.StandingsDigest(c, s)
	c.Name, s[0].Team.Name, s[1].Reason = "Otra", "Otros", "?"
	if got := race.StandingsDigest(c, s); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
