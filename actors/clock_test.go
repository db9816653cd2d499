package actors_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"server5k/race"
)

// What listeners are told follows the clock policy, for marks that were just stored
// and for those that are loaded, and a change of the policy reaches them.
func TestSystem_TotalsFollowTheClock(t *testing.T) {
	t.Parallel()
	sys, store, heard := setup(t)
	policy := func(p race.ClockPolicy) {
		t.Helper()
		err := store.Edit(t.Context(), func(ctx context.Context, e race.Editor) error {
			c, err := e.Competition(ctx, 1)
			if err != nil {
				return err
			}
			c.Clock = p
			_, err = e.PutCompetition(ctx, c)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	policy(race.ClockCorrected)
	gun := time.Now().UTC().Truncate(time.Microsecond)
	if _, err := sys.StartCompetition(t.Context(), 1, gun, "admin"); err != nil {
		t.Fatal(err)
	}
	measured := func(ms int, at time.Duration) race.Request {
		q := mark(1, ms)
		q.Records[0].Mark = race.Mark{MarkedAt: gun.Add(at + 7*time.Minute), ClockOffset: -7 * time.Minute, ClockUncertainty: time.Millisecond}
		return q
	}
	sys.Watch(1)
	heard.wait(t, 1)
	submit(t, sys, measured(1000, 2*time.Second))
	if got := heard.wait(t, 2)[1]; got != `2 team 1 has 1, 2s from ""` {
		t.Errorf("heard %q", got)
	}
	rule(t, sys, order(race.RulingPenalty, func(o *race.Order) { o.Team, o.Amount = 1, time.Minute }))
	heard.wait(t, 3)
	submit(t, sys, measured(1000, 3*time.Second))
	if got := heard.wait(t, 4)[3]; got != `4 team 1 has 2, 1m5s from ""` {
		t.Errorf("heard %q", got)
	}
	policy(race.ClockClient)
	submit(t, sys, measured(1000, 3*time.Second))
	heard.wait(t, 5) // the new owner's snapshot, with or without the mark
	submit(t, sys, measured(1000, 3*time.Second))
	last := ""
	for n := 6; !strings.HasPrefix(last, "6 "); n++ {
		last = heard.wait(t, n)[n-1]
	}
	if last != `6 team 1 has 4, 1m4s from ""` {
		t.Errorf("heard %q", last)
	}
}
