package gateway

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestGate_BoundsArrivals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(10, 20, -1, 5, 0)
		count := func(n int) (in int) {
			for range n {
				leave, err := g.enter()
				switch {
				case err == nil:
					in++
					leave()
				case !errors.Is(err, refusedRate):
					t.Error(err)
				}
			}
			return in
		}
		if got := count(30); got != 20 {
			t.Errorf("%d out of the blue", got)
		}
		<-time.After(500 * time.Millisecond)
		if got := count(30); got != 5 {
			t.Errorf("%d after half a second", got)
		}
	})
}

func TestGate_BoundsSetups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(-1, 0, 2, 5, time.Second)
		first, second := must(t, &g), must(t, &g)
		late := make(chan error, 1)
		wait := func() {
			leave, err := g.enter()
			if err == nil {
				leave()
			}
			late <- err
		}
		go wait()
		<-time.After(time.Second - 1)
		first()
		if err := <-late; err != nil {
			t.Errorf("in time: %v", err)
		}
		must(t, &g)
		began := time.Now()
		go wait()
		if err := <-late; !errors.Is(err, refusedQueue) || time.Since(began) != time.Second {
			t.Errorf("too late: %v after %v", err, time.Since(began))
		}
		second()
		must(t, &g)

		hasty := newGate(-1, 0, 0, 1, 0)
		must(t, &hasty)
		if _, err := hasty.enter(); !errors.Is(err, refusedQueue) {
			t.Errorf("no patience: %v", err)
		}
	})
}

func must(t *testing.T, g *gate) (leave func()) {
	t.Helper()
	leave, err := g.enter()
	if err != nil {
		t.Fatal(err)
	}
	return leave
}

// TestDoor_AFieldOfJudgesComesInAtOnce: the phones of a whole event lose the
// network and find it, while viewers have used up all that they may.
func TestDoor_AFieldOfJudgesComesInAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(Config{})
		for range viewerHandshakes {
			must(t, &d.viewers)()
		}
		if _, err := d.viewers.enter(); !errors.Is(err, refusedRate) {
			t.Errorf("a viewer too many: %v", err)
		}
		const judges, reads = 200, 3 * 20 * time.Millisecond
		in := make(chan error, judges)
		for range 5 { // the network comes and goes
			for range judges {
				go func() {
					leave, err := d.judges.enter()
					if err == nil {
						<-time.After(reads)
						leave()
					}
					in <- err
				}()
			}
			for range judges {
				if err := <-in; err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestFull_KeepsSocketsForJudges(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		limit, open   int
		judge, viewer bool
	}{
		{0, 1 << 30, false, false},
		{1, 0, false, false},
		{1, 1, true, true},
		{100, 94, false, false},
		{100, 95, false, true},
		{100, 99, false, true},
		{100, 100, true, true},
	} {
		open := func() int { return tt.open }
		if judge, viewer := full(tt.limit, judgeSocket, open), full(tt.limit, viewerSocket, open); judge != tt.judge || viewer != tt.viewer {
			t.Errorf("%d of %d: full for judges %v, for viewers %v", tt.open, tt.limit, judge, viewer)
		}
	}
}
