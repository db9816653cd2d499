package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"server5k/race"
)

// clock stands still unless it is moved.
type clock struct {
	start time.Time
	moved atomic.Int64
}

func (c *clock) now() time.Time       { return c.start.Add(time.Duration(c.moved.Load())) }
func (c *clock) move(d time.Duration) { c.moved.Add(int64(d)) }

// startClocked is a node whose Live has a clock of the test.
func startClocked(t *testing.T) (*node, *clock) {
	t.Helper()
	c := &clock{start: time.Now()}
	n := startNode(t, Config{}, func(n *node) {
		n.live.now = c.now
		n.live.Confirm(1)
		n.srv.door.setup = 50 * time.Millisecond
	})
	return n, c
}

func snapshotAt(seq int64) race.Snapshot {
	return race.Snapshot{Competition: comp, Seq: seq, Stream: 77, Totals: []race.TeamTotal{{Team: team, Records: 1, Elapsed: time.Second}}}
}

func eventAt(seq int64) race.Event {
	return race.Event{Kind: race.TimesRecorded, Seq: seq, Stream: 77, Competition: comp, Total: race.TeamTotal{Team: team, Records: 1, Elapsed: time.Minute}}
}

func TestLive_TellsViewersOnceThatItIsNotLive(t *testing.T) {
	t.Parallel()
	n, _ := startClocked(t)
	first, second := n.watch(t), n.watch(t) // of different sweepers, where there are two processors
	both := func(messages ...string) {
		t.Helper()
		first.want(t, messages...)
		second.want(t, messages...)
	}
	n.live.Publish(eventAt(15))
	n.live.Stale(1)
	n.live.Stale(1)
	both("registros_actualizados 15", "estado_en_vivo false")
	n.live.Reset(snapshotAt(20))
	n.live.Confirm(1)
	both("resincronizar 20", "instantanea 20", "estado_en_vivo true")
	n.live.Publish(eventAt(21))
	n.live.Stale(1)
	n.live.Confirm(1)
	n.live.Stale(1)
	n.live.Publish(eventAt(22))
	n.live.Stale(2) // nobody knows it
	n.live.Confirm(2)
	same := snapshotAt(22) // nothing was missed
	same.Totals[0].Elapsed = time.Minute
	n.live.Reset(same)
	n.live.Publish(eventAt(23))
	both("registros_actualizados 21", "estado_en_vivo false", "estado_en_vivo true",
		"estado_en_vivo false", "registros_actualizados 22", "estado_en_vivo true", "registros_actualizados 23")
}

// TestLive_OldStateIsNotServed: a node that was frozen refuses viewers before any
// timer of it ran.
func TestLive_OldStateIsNotServed(t *testing.T) {
	t.Parallel()
	n, clock := startClocked(t)
	clock.move(freshFor - time.Nanosecond)
	n.watch(t)
	clock.move(time.Nanosecond)
	_, err := n.open(t.Context(), "/ws/competencia/1/")
	refused, ok := errors.AsType[*refusedError](err)
	if !ok || refused.status != 503 || !regexp.MustCompile("^[123]$").MatchString(refused.retry) ||
		refused.body != `{"error":"Servicio no disponible en este momento, reintente","codigo":"no_disponible"}` {
		t.Errorf("got %v", err)
	}
	n.live.Confirm(1)
	n.watch(t)
	clock.move(-time.Hour) // a confirmation of the future is current
	n.watch(t)
}

func TestLive_JoinsWaitForAConfirmation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewLive(quito, slog.New(slog.DiscardHandler))
		defer l.Close()
		l.SetWatch(func(race.CompetitionID) {})
		tried := make(chan error, 1)
		join := func() {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), socketSetup)
			defer cancel()
			_, err := l.awaitLive(ctx, 1)
			tried <- err
		}
		blocked := func(when string) {
			t.Helper()
			go join()
			synctest.Wait()
			if len(tried) != 0 {
				t.Errorf("%s: joined, %v", when, <-tried)
			}
		}
		joined := func(when string) {
			t.Helper()
			synctest.Wait()
			if len(tried) != 1 {
				t.Fatalf("%s: still waits", when)
			}
			if err := <-tried; err != nil {
				t.Errorf("%s: %v", when, err)
			}
		}
		blocked("unknown")
		l.Confirm(1)
		l.Stale(1)
		blocked("confirmed but unknown")
		if err := errors.Join(<-tried, <-tried); !errors.Is(err, context.DeadlineExceeded) { // in bubble time
			t.Errorf("unknown for long: %v", err)
		}
		blocked("unknown again")
		l.Reset(snapshotAt(1))
		joined("first snapshot")
		<-time.After(freshFor - 1)
		join()
		joined("just below the limit")
		<-time.After(1)
		blocked("old")
		if _, err := l.await(t.Context(), 1); err != nil {
			t.Errorf("a judge: %v", err)
		}
		l.Confirm(1)
		joined("confirmed")
		l.Stale(1)
		blocked("stale")
		l.Publish(eventAt(2))
		joined("an event")
	})
}

// TestLive_GreetsWithTheTruth: a viewer that was let in just before the node froze
// is told, and so are all others, before the hub can notice.
func TestLive_GreetsWithTheTruth(t *testing.T) {
	t.Parallel()
	n, clock := startClocked(t)
	before := n.watch(t)
	let, err := n.live.awaitLive(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	clock.move(15 * time.Second)
	sub := &subscriber{}
	if f := n.live.greet(let, sub, nil); !strings.HasSuffix(string(f), `"en_vivo":false}}`) || !sub.down || sub.seen != 14 {
		t.Errorf("greeted with %q, %+v", f, sub)
	}
	before.want(t, "estado_en_vivo false")
	n.live.Confirm(1)
	before.want(t, "estado_en_vivo true")
	sub = &subscriber{}
	if f := n.live.greet(let, sub, nil); strings.Contains(string(f), "en_vivo") || sub.down {
		t.Errorf("greeted with %q", f)
	}
}

// TestLive_RemindsWhoLostFrames: what was said of the state may have been among
// them.
func TestLive_RemindsWhoLostFrames(t *testing.T) {
	t.Parallel()
	n, _ := startClocked(t)
	slow, quick := n.watch(t), n.watch(t)
	n.live.Stale(1)
	quick.want(t, "estado_en_vivo false")
	seq := int64(14)
	for range 500 { // 4 MB, one by one; the first takes the false back
		seq++
		e := eventAt(seq)
		e.Total.Team.Name = strings.Repeat("x", 8000)
		n.live.Publish(e)
		for {
			got, err := quick.next()
			if err != nil {
				t.Fatal(err)
			}
			if got.Seq == seq {
				break
			}
		}
	}
	slow.want(t, "estado_en_vivo false")
	snapshots := 0
	for last := int64(0); last < seq; {
		got, err := slow.next()
		if err != nil {
			t.Fatal(err)
		}
		if last = got.Seq; got.Type == "resincronizar" {
			snapshots++
			slow.want(t, fmt.Sprint("instantanea ", last), "estado_en_vivo true")
		}
	}
	if snapshots == 0 {
		t.Error("the viewer lost nothing")
	}
}

func TestLive_StatusMessages(t *testing.T) {
	t.Parallel()
	golden(t, "viewer_estado_en_vivo_falso", payload(t, liveMessage(1, false).frame()))
	golden(t, "viewer_estado_en_vivo", payload(t, liveMessage(1, true).frame()))
}
