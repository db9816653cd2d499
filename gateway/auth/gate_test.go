package auth

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestGate_QueuesThenTurnsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 1)
		if err := g.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		second := make(chan error, 1)
		go func() { second <- g.enter(t.Context()) }()
		synctest.Wait()
		if err := g.enter(t.Context()); !errors.Is(err, ErrBusy) {
			t.Errorf("third: got %v, want %v", err, ErrBusy)
		}
		g.leave()
		if err := <-second; err != nil {
			t.Errorf("second: got %v, want nil", err)
		}
		g.leave()
	})
}

func TestGate_EndedContextFreesThePlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(0, 1) // below 1 counts as 1
		if err := g.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		errGone := errors.New("client is gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		waiting := make(chan error, 1)
		go func() { waiting <- g.enter(ctx) }()
		synctest.Wait()
		cancel(errGone)
		if err := <-waiting; !errors.Is(err, errGone) {
			t.Errorf("waiting: got %v, want %v", err, errGone)
		}
		if err := g.enter(ctx); !errors.Is(err, errGone) {
			t.Errorf("ended before: got %v, want %v", err, errGone)
		}
		g.leave()
		if len(g.admitted) != 0 || len(g.running) != 0 {
			t.Errorf("got %d admitted, %d running, want none", len(g.admitted), len(g.running))
		}
	})
}
