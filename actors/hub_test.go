package actors

import (
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

// resets is a Publisher that tells of snapshots.
type resets chan race.Snapshot

func (r resets) Reset(s race.Snapshot)    { r <- s }
func (resets) Publish(race.Event)         {}
func (resets) Confirm(race.CompetitionID) {}
func (resets) Stale(race.CompetitionID)   {}

// TestHub_AsksAgainWhenNobodyAnswers: a subscription that reached an owner while
// it ended is lost without a word; the listener must not wait for it for ever.
func TestHub_AsksAgainWhenNobodyAnswers(t *testing.T) {
	t.Parallel()
	system := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	t.Cleanup(system.Shutdown)
	lost := 0
	owners := system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		m, ok := ctx.Message().(route)
		if !ok {
			return
		}
		if lost++; lost <= 2 {
			return // as an owner that has ended
		}
		ctx.Request(ctx.Sender(), snapshot{race.Snapshot{Competition: race.Competition{ID: m.Competition}, Seq: 7}})
	}))
	heard := make(resets, 1000)
	h := newHub(deps{
		pub: heard, metrics: newMetrics(nil, &atomic.Int64{}), staleCount: &atomic.Int64{}, log: slog.New(slog.DiscardHandler),
	}, owners)
	h.renewEvery = time.Millisecond
	pid := system.Root.Spawn(actor.PropsFromProducer(func() actor.Actor { return h }))
	system.Root.Send(pid, watch{1})
	select {
	case s := <-heard:
		if s.Seq != 7 {
			t.Errorf("snapshot %+v", s)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the hub waits for an answer that never comes")
	}
}

// silence is a Publisher that tells of owners that are silent and back.
type silence chan string

func (s silence) Reset(race.Snapshot)        {}
func (s silence) Publish(race.Event)         {}
func (s silence) Confirm(race.CompetitionID) { s <- "confirmed" }
func (s silence) Stale(race.CompetitionID)   { s <- "stale" }

// TestHub_TellsOfASilentOwner: the publisher hears once that nothing is heard of
// the owner, and again when it is back.
func TestHub_TellsOfASilentOwner(t *testing.T) {
	t.Parallel()
	system := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	t.Cleanup(system.Shutdown)
	var answers atomic.Bool
	answers.Store(true)
	owners := system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		m, ok := ctx.Message().(route)
		if !ok || !answers.Load() {
			return
		}
		if m.Message.(subscribe) == (subscribe{1, 7}) { //nolint:forcetypeassert // the hub sends nothing else
			ctx.Request(ctx.Sender(), current{m.Competition})
			return
		}
		ctx.Request(ctx.Sender(), snapshot{race.Snapshot{Competition: race.Competition{ID: m.Competition}, Stream: 1, Seq: 7}})
	}))
	heard := make(silence, 1000)
	h := newHub(deps{pub: heard, metrics: newMetrics(nil, &atomic.Int64{}), staleCount: &atomic.Int64{}, log: slog.New(slog.DiscardHandler)}, owners)
	h.renewEvery, h.silentOwner = time.Millisecond, 50*time.Millisecond
	pid := system.Root.Spawn(actor.PropsFromProducer(func() actor.Actor { return h }))
	system.Root.Send(pid, watch{1})
	next := func() string {
		select {
		case s := <-heard:
			return s
		case <-time.After(10 * time.Second):
			t.Fatal("nothing is heard of the hub")
			return ""
		}
	}
	if got := next(); got != "confirmed" {
		t.Fatalf("heard %q", got)
	}
	answers.Store(false)
	got := next()
	for got == "confirmed" { // of before
		got = next()
	}
	if got != "stale" || h.staleCount.Load() != 1 {
		t.Fatalf("heard %q, %d stale", got, h.staleCount.Load())
	}
	answers.Store(true)
	if got := next(); got != "confirmed" {
		t.Errorf("heard %q", got)
	}
}
