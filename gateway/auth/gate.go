package auth

import (
	"context"
	"errors"
)

// ErrBusy means that as many password hashes wait as may; try again in a second or so.
var ErrBusy = errors.New("too many password hashes are waiting")

// gate lets a few callers in, a few more wait, and turns the rest away.
type gate struct {
	// admitted holds one item per caller inside or waiting, running one per caller inside. Each
	// caller sends its own item and takes one out; neither channel is closed.
	admitted, running chan struct{}
}

func newGate(parallel, queue int) gate {
	parallel, queue = max(parallel, 1), max(queue, 0)
	return gate{
		admitted: make(chan struct{}, parallel+queue),
		running:  make(chan struct{}, parallel),
	}
}

// enter waits for a place; after nil the caller must leave.
func (g gate) enter(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case g.admitted <- struct{}{}:
	default:
		return ErrBusy
	}
	select {
	case g.running <- struct{}{}:
		return nil
	case <-ctx.Done():
		<-g.admitted
		return context.Cause(ctx)
	}
}

// leave gives the place back, the inner one first so that admitted never counts too few.
func (g gate) leave() {
	<-g.running
	<-g.admitted
}
