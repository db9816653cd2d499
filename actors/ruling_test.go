package actors_test

import (
	"strings"
	"testing"
	"time"

	"server5k/actors"
	"server5k/race"
)

// order makes an order of an organizer.
func order(kind race.RulingKind, change func(o *race.Order)) race.Order {
	o := race.Order{Competition: 1, Key: race.NewRecordID(), Kind: kind, Author: "admin", At: time.Now(), Reason: "prueba"}
	change(&o)
	return o
}

func rule(t *testing.T, sys *actors.System, o race.Order) race.Ruled {
	t.Helper()
	r, err := sys.Rule(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSystem_RulingReachesListeners(t *testing.T) {
	t.Parallel()
	sys, store, heard := setup(t)
	sys.Watch(1)
	heard.wait(t, 1)
	start(t, sys)
	submit(t, sys, mark(1, 1000))
	submit(t, sys, mark(1, 2000))
	heard.wait(t, 4)
	r := rule(t, sys, order(race.RulingVoid, func(o *race.Order) { o.Record = 1 }))
	if r.Ruling.Event != 4 || r.Ruling.Team != 1 {
		t.Errorf("ruling %+v", r.Ruling)
	}
	if got := heard.wait(t, 5)[4]; !strings.Contains(got, `4 team 1 has 1, 2s`) {
		t.Errorf("heard %q", got)
	}
	submit(t, sys, mark(1, 4000))
	if got := heard.wait(t, 6)[5]; !strings.Contains(got, `5 team 1 has 2, 6s`) {
		t.Errorf("heard %q", got)
	}
	// What no single total says comes as the state; what no total shows, as its number.
	rule(t, sys, order(race.RulingGun, func(o *race.Order) { o.Amount = 100 * time.Millisecond }))
	if got := heard.wait(t, 7)[6]; got != "snapshot 6 of 3 teams" {
		t.Errorf("heard %q", got)
	}
	rule(t, sys, order(race.RulingDeclare, func(o *race.Order) { o.Team, o.Declared.Total = 1, 2 }))
	if got := heard.wait(t, 8)[7]; got != "ruling 7" {
		t.Errorf("heard %q", got)
	}
	e, err := store.Evidence(t.Context(), 1)
	if err != nil || len(e.Records) != 3 || len(e.Rulings) != 4 {
		t.Errorf("stored: %d records, %d rulings, %v", len(e.Records), len(e.Rulings), err)
	}
}

func TestSystem_OrderWhoseAnswerIsLostIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	sys, store, _ := setup(t)
	start(t, sys)
	store.loseAnswers.Store(2)
	o := order(race.RulingPenalty, func(o *race.Order) { o.Team, o.Amount = 1, time.Minute })
	if r := rule(t, sys, o); !r.Repeated {
		t.Error("the answer is not that of the first try")
	}
	submit(t, sys, mark(1, 1000)) // waits until the state is loaded
	epoch := epochOf(t, sys)
	if r := rule(t, sys, o); !r.Repeated || epochOf(t, sys) != epoch {
		t.Errorf("the order was carried out again: repeated %v, epoch %d after %d", r.Repeated, epochOf(t, sys), epoch)
	}
	e, err := store.Evidence(t.Context(), 1)
	if err != nil || e.Adjustments()[1].Penalty != time.Minute {
		t.Errorf("adjustments %+v, %v", e.Adjustments(), err)
	}
}

func TestSystem_OrderRefused(t *testing.T) {
	t.Parallel()
	sys, _, _ := setup(t)
	start(t, sys)
	for name, tc := range map[string]struct {
		order race.Order
		want  race.Code
	}{
		"no record":      {order(race.RulingVoid, func(o *race.Order) { o.Record = 9 }), race.CodeNoRecord},
		"no competition": {order(race.RulingVoid, func(o *race.Order) { o.Competition = 9 }), race.CodeNoCompetition},
		"while it runs":  {order(race.RulingOfficial, func(*race.Order) {}), race.CodeAlreadyRuns},
	} {
		if _, err := sys.Rule(t.Context(), tc.order); race.CodeOf(err) != tc.want {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
	submit(t, sys, mark(1, 1000)) // it goes on
}

func TestSystem_GunIsCorrectedForEverybody(t *testing.T) {
	t.Parallel()
	sys, _, heard := setup(t)
	start(t, sys)
	submit(t, sys, mark(1, 60_000))
	submit(t, sys, mark(2, 61_000))
	r := rule(t, sys, order(race.RulingGun, func(o *race.Order) { o.Amount = 2350 * time.Millisecond }))
	if got := r.Competition; got.GunShift != 2350*time.Millisecond || !got.Gun().Equal(got.StartedAt.Add(got.GunShift)) {
		t.Errorf("competition %+v", got)
	}
	sys.Watch(1)
	heard.wait(t, 1)
	submit(t, sys, mark(1, 70_000)) // still by the announced gun
	if got := heard.wait(t, 2)[1]; !strings.Contains(got, "team 1 has 2, 2m5.3s") {
		t.Errorf("heard %q", got)
	}
}

func TestSystem_ReopenedRaceTakesTimes(t *testing.T) {
	t.Parallel()
	sys, _, _ := setup(t)
	start(t, sys)
	if _, err := sys.StopCompetition(t.Context(), 1, time.Now(), "admin"); err != nil {
		t.Fatal(err)
	}
	if r := submit(t, sys, mark(1, 1000)); race.CodeOf(r.Outcomes[0].Err) != race.CodeNotRunning || !r.Outcomes[0].Held {
		t.Fatalf("after the stop: %+v", r.Outcomes[0])
	}
	if r := rule(t, sys, order(race.RulingReopen, func(*race.Order) {})); !r.Competition.Running || !r.Competition.FinishedAt.IsZero() {
		t.Errorf("competition %+v", r.Competition)
	}
	if r := submit(t, sys, mark(1, 2000)); !r.Outcomes[0].Stored() {
		t.Errorf("after the reopening: %+v", r.Outcomes[0])
	}
}
