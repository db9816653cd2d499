package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// stage is where a campaign is played: servers, their database, and what can be
// broken there.
type stage interface {
	// open starts everything and stores the cast; clients may come when it returns.
	open(ctx context.Context, c cast) error
	base() *database
	// strike carries one fault out, from its beginning to its end.
	strike(ctx context.Context, f fault) ([]hit, error)
	// heal ends every fault and waits until everything is well.
	heal(ctx context.Context) error
	// sum counts processes, for people.
	sum() string
	logs() string
	// finish ends the servers as operators do and says what was wrong with that.
	finish() []string
	// close ends every process, at any time.
	close() error
}

// breaker carries out a plan on a stage. Faults may overlap.
type breaker struct {
	clock clock
	stage stage
	tell  func(string, ...any)

	wg sync.WaitGroup

	mu    sync.Mutex // protects blows
	blows []blow
}

// run starts each fault at its time and returns when the last has ended.
func (k *breaker) run(ctx context.Context, plan []fault) {
	for _, f := range plan {
		if wait := f.After - time.Duration(k.clock.now()); wait > 0 && !pause(ctx, wait) {
			break
		}
		k.wg.Go(func() { k.blow(ctx, f) })
	}
	k.wg.Wait()
}

// history is what was carried out, in order.
func (k *breaker) history() []blow {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.SortedFunc(slices.Values(k.blows), func(a, b blow) int { return cmp.Compare(a.At, b.At) })
}

// blow carries one fault out and notes it.
func (k *breaker) blow(ctx context.Context, f fault) {
	b := blow{fault: f, At: k.clock.now()}
	hits, err := k.stage.strike(ctx, f)
	b.Until, b.Hits = k.clock.now(), hits
	if err != nil {
		b.Error = err.Error()
	}
	k.tell("  %s%s %s", f, where(hits), b.Error)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.blows = append(k.blows, b)
}

// where tells whom a blow hit.
func where(hits []hit) string {
	out, last := "", ""
	for _, h := range hits {
		if h.Node != last {
			out += " " + h.Node
			last = h.Node
		}
		if h.Competition > 0 {
			out += fmt.Sprintf(" (owner %d of %d)", h.Epoch, h.Competition)
		}
	}
	return out
}
