package actors_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/race"
)

// Orders that wait are bounded, in the session and in the competition: who comes
// later is told to try again, nobody waits in vain, and marks are not refused.
func TestSystem_OrdersThatWaitAreBounded(t *testing.T) {
	t.Parallel()
	sys, store, _ := setup(t)
	start(t, sys)
	arrived, gate := make(chan struct{}, 1000), make(chan struct{})
	before := func(race.Order) error {
		arrived <- struct{}{}
		<-gate
		return race.Errorf(race.CodeRuling, "no")
	}
	store.beforeRule.Store(&before)
	box := &outbox{answers: make(chan string, 1000)}
	const sessions, each, taken = 4, 40, 100
	for i := range sessions {
		s := sys.OpenSession(1, []race.Team{{ID: 1, Competition: 1}}, box)
		t.Cleanup(s.Close)
		for range each { // 32 go on to the competition
			s.Rule("x", race.Order{Kind: race.RulingDeclare, Team: 1})
		}
		s.Submit("mark", mark(1, 1000+i))
	}
	<-arrived
	for waiting := int64(0); waiting < sessions; { // the marks, and so all that was sent before them
		select {
		case <-time.After(10 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatalf("only %d wait", waiting)
		}
		st, err := sys.Status()
		if err != nil {
			t.Fatal(err)
		}
		waiting = st.Owned[0].Waiting
	}
	close(gate)
	got := map[string]int{}
	for _, a := range box.take(t, sessions*(each+1)) {
		got[a]++
	}
	want := map[string]int{"x decision_imposible": taken, "x no_disponible": sessions*each - taken, "mark false": sessions}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}
