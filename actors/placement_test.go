package actors_test

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"server5k/actors"
	"server5k/race"
)

// movable is a placement that a test changes.
type movable struct {
	mu      sync.Mutex // protects the fields below
	owner   string
	member  string
	expired bool
	changes int64
	watch   []func()
}

func (m *movable) Changes() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changes
}

func (m *movable) Owner(race.CompetitionID) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.owner
}

func (m *movable) Nodes() []string { return nil }

func (m *movable) Membership() (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.member, !m.expired
}

func (m *movable) Watch(f func()) { m.watch = append(m.watch, f) }

func (m *movable) change(f func()) {
	m.mu.Lock()
	f()
	m.changes++
	m.mu.Unlock()
	for _, tell := range m.watch {
		tell()
	}
}

func setupMovable(t *testing.T) (*actors.System, *faultyStore, *listener, *movable) {
	t.Helper()
	place := &movable{member: "life-1"}
	sys, store, l := setupPlaced(t, slog.DiscardHandler, func(address string) actors.Placement {
		place.owner = address
		return place
	})
	return sys, store, l, place
}

// epochOf is the epoch under which the node owns competition 1, 0 when it does
// not.
func epochOf(t *testing.T, sys *actors.System) int64 {
	t.Helper()
	st, err := sys.Status()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range st.Owned {
		if o.Competition == 1 {
			return o.Epoch
		}
	}
	return 0
}

// A competition whose owner is to be another node is answered to the end and given
// up; what is asked meanwhile waits for whoever owns it next.
func TestPlacement_HandOver(t *testing.T) {
	t.Parallel()
	sys, store, l, place := setupMovable(t)
	sys.Watch(1)
	l.wait(t, 1)
	start(t, sys)
	before := epochOf(t, sys)
	store.gate, store.waiting = make(chan struct{}), make(chan struct{}, 10)
	first, second := make(chan race.Reply, 1), make(chan race.Reply, 1)
	go func() { first <- submit(t, sys, mark(1, 1000)) }()
	<-store.waiting // it is with the store
	home := place.owner
	place.change(func() { place.owner = "" })
	go func() { second <- submit(t, sys, mark(2, 500)) }()
	close(store.gate)
	if r := <-first; r.Err != nil || r.Outcomes[0].Duplicate {
		t.Errorf("what was with the store: %+v", r)
	}
	if e := epochOf(t, sys); e != 0 {
		t.Errorf("still owned, epoch %d", e)
	}
	place.change(func() { place.owner = home })
	if r := <-second; r.Err != nil || r.Outcomes[0].Duplicate {
		t.Errorf("what came meanwhile: %+v", r)
	}
	if e := epochOf(t, sys); e <= before {
		t.Errorf("epoch %d after %d", e, before)
	}
	records, err := store.Records(t.Context(), 1)
	if err != nil || len(records) != 2 {
		t.Errorf("stored %d, %v", len(records), err)
	}
	for _, heard := range l.wait(t, 4) {
		if heard == "1 is stale" {
			t.Errorf("heard %q", heard)
		}
	}
}

// A node that was declared dead drops what it owns: others may have written.
func TestPlacement_Rejoin(t *testing.T) {
	t.Parallel()
	sys, _, _, place := setupMovable(t)
	start(t, sys)
	before := epochOf(t, sys)
	place.change(func() { place.member = "life-2" })
	if r := submit(t, sys, mark(1, 1000)); r.Err != nil {
		t.Fatalf("%+v", r)
	}
	if e := epochOf(t, sys); e != before+1 {
		t.Errorf("epoch %d, want %d: it was not loaded anew", e, before+1)
	}
}

// A node that was fenced and cannot know by whom does not take the competition
// back; it does once its membership is good again.
func TestPlacement_NoTugOfWar(t *testing.T) {
	t.Parallel()
	sys, store, _, place := setupMovable(t)
	start(t, sys)
	place.change(func() { place.expired = true })
	if r := submit(t, sys, mark(1, 1000)); r.Err != nil {
		t.Fatalf("an owner goes on without a membership: %+v", r)
	}
	a, err := store.Activate(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	reply := make(chan race.Reply, 1)
	go func() { reply <- submit(t, sys, mark(2, 500)) }()
	select {
	case r := <-reply:
		t.Fatalf("taken back: %+v", r)
	case <-time.After(time.Second): // it tries four times a second
	}
	if err := store.Confirm(t.Context(), 1, a.Epoch); err != nil {
		t.Errorf("the new owner: %v", err)
	}
	place.change(func() { place.expired = false })
	if r := <-reply; r.Err != nil {
		t.Errorf("once it knows who is there: %+v", r)
	}
}

// An owner that lost its competition without hearing of it stops calling what it
// has current.
func TestPlacement_SilentTakeoverIsNoticed(t *testing.T) {
	t.Parallel()
	sys, store, l, _ := setupMovable(t)
	sys.Watch(1)
	l.wait(t, 1)
	before := epochOf(t, sys)
	a, err := store.Activate(t.Context(), 1) // and stores, as another owner
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Transition(t.Context(), race.Transition{Competition: 1, Epoch: a.Epoch, Start: true, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if got := l.wait(t, 2)[1]; got != "snapshot 1 of 3 teams" {
		t.Errorf("heard %q", got)
	}
	if e := epochOf(t, sys); e != before+2 {
		t.Errorf("epoch %d, want %d", e, before+2)
	}
}
