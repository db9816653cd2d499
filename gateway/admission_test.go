package gateway

import (
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
				leave, no := g.enter()
				switch no {
				case nil:
					in++
					leave()
				case refusedRate:
				default:
					t.Error(no.reason)
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
		late := make(chan *socketRefusal, 1)
		wait := func() {
			leave, no := g.enter()
			if no == nil {
				leave()
			}
			late <- no
		}
		go wait()
		<-time.After(time.Second - 1)
		first()
		if no := <-late; no != nil {
			t.Errorf("in time: %v", no)
		}
		must(t, &g)
		began := time.Now()
		go wait()
		if no := <-late; no != refusedQueue || time.Since(began) != time.Second {
			t.Errorf("too late: %v after %v", no, time.Since(began))
		}
		second()
		must(t, &g)

		hasty := newGate(-1, 0, 0, 1, 0)
		must(t, &hasty)
		if _, no := hasty.enter(); no != refusedQueue {
			t.Errorf("no patience: %v", no)
		}
	})
}

func must(t *testing.T, g *gate) (leave func()) {
	t.Helper()
	leave, no := g.enter()
	if no != nil {
		t.Fatal(no.reason)
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
		if _, no := d.viewers.enter(); no != refusedRate {
			t.Errorf("a viewer too many: %v", no)
		}
		const judges, reads = 200, 3 * 20 * time.Millisecond
		in := make(chan *socketRefusal, judges)
		for range 5 { // the network comes and goes
			for range judges {
				go func() {
					leave, no := d.judges.enter()
					if no == nil {
						<-time.After(reads)
						leave()
					}
					in <- no
				}()
			}
			for range judges {
				if no := <-in; no != nil {
					t.Fatal(no.reason)
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
		if judge, viewer := full(tt.limit, kindJudge, open), full(tt.limit, kindViewer, open); judge != tt.judge || viewer != tt.viewer {
			t.Errorf("%d of %d: full for judges %v, for viewers %v", tt.open, tt.limit, judge, viewer)
		}
	}
}
