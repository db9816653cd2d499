package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"time"
)

// breaker carries out the plan. Faults may overlap; heal makes everything whole.
type breaker struct {
	clock   clock
	db      *database
	a, b    *server // b runs only during doubleOwner
	targets *targets
	client  *http.Client
	tell    func(string, ...any)

	wg     sync.WaitGroup
	double sync.Mutex // held while b runs

	mu    sync.Mutex // protects blows
	blows []blow
}

// run starts each fault at its time and returns when the last has ended.
func (k *breaker) run(ctx context.Context, plan []fault) {
	for _, f := range plan {
		if wait := f.After - time.Duration(k.clock.now()); wait > 0 && !pause(ctx, wait) {
			break
		}
		k.wg.Go(func() {
			b := blow{fault: f, At: k.clock.now()}
			if err := k.strike(ctx, f); err != nil {
				b.Error = err.Error()
			}
			k.tell("  %s %s", f, b.Error)
			k.mu.Lock()
			defer k.mu.Unlock()
			k.blows = append(k.blows, b)
		})
	}
	k.wg.Wait()
}

// strike carries one fault out, from its beginning to its end.
func (k *breaker) strike(ctx context.Context, f fault) error {
	rng := rand.New(rand.NewPCG(f.Coin, 1))
	switch f.Kind {
	case serverKill:
		return k.a.signal(os.Kill)
	case serverTerm:
		return k.a.signal(sigTerm)
	case serverFreeze:
		return k.freezeServer(ctx, f.Length)
	case doubleOwner:
		return k.doubleOwner(ctx, f.Length, rng)
	case backendKill:
		return k.db.killSession(ctx, rng)
	case postmasterKill:
		return k.db.server.Signal(os.Kill)
	case postgresCrash:
		return k.db.server.Signal(sigQuit)
	case postgresFreeze:
		k.db.freeze()
		pause(ctx, f.Length)
		k.db.thaw()
		return nil
	case connectionsFull:
		return k.db.fill(ctx, f.Length)
	case backendTerminate:
		return k.db.terminate(ctx)
	case linkSwallow, linkReset, linkDelay, linkHole, linkRefuse:
		return k.breakLink(ctx, f, rng)
	}
	return fmt.Errorf("unknown fault %q", f.Kind)
}

func (k *breaker) freezeServer(ctx context.Context, length time.Duration) error {
	if err := k.a.signal(sigStop); err != nil {
		return err
	}
	pause(ctx, length)
	return k.a.signal(sigCont)
}

// doubleOwner starts a second server on the same database while the first is
// frozen, wakes the first, and lets clients talk to both.
func (k *breaker) doubleOwner(ctx context.Context, length time.Duration, rng *rand.Rand) error {
	if !k.double.TryLock() {
		return errors.New("there is a second server already")
	}
	defer k.double.Unlock()
	if err := k.a.signal(sigStop); err != nil {
		return err
	}
	k.b.run()
	ready, cancel := context.WithTimeoutCause(ctx, 5*time.Second, errors.New("second server: not ready in 5s"))
	defer cancel()
	err := k.b.ready(ready, k.client)
	k.targets.set(k.b.url)
	if rng.IntN(2) == 0 {
		k.targets.set(k.a.url, k.b.url)
	}
	pause(ctx, length)
	err = errors.Join(err, k.a.signal(sigCont))
	k.targets.set(k.a.url, k.b.url)
	pause(ctx, length+spread(rng, time.Second))
	k.targets.set(k.a.url)
	sig, patience := os.Kill, time.Minute
	if rng.IntN(2) == 0 {
		sig, patience = sigTerm, 25*time.Second
	}
	return errors.Join(err, k.b.end(sig, patience))
}

func (k *breaker) breakLink(ctx context.Context, f fault, rng *rand.Rand) error {
	links := []*link{k.a.link, k.a.link, k.a.link, k.b.link}
	if k.double.TryLock() { // b does not run
		k.double.Unlock()
		links = links[:1]
	}
	l := links[rng.IntN(len(links))]
	switch f.Kind {
	case linkSwallow:
		l.set(swallows)
		pause(ctx, f.Length)
		l.cut()
		l.set(passes)
	case linkDelay:
		l.set(delays)
		pause(ctx, f.Length)
		l.set(passes)
	case linkHole:
		l.set(holds)
		pause(ctx, f.Length)
		if rng.IntN(2) == 0 {
			l.cut() // what was held never arrives
		}
		l.set(passes)
	case linkRefuse:
		l.refuse()
		pause(ctx, f.Length)
		return l.listen(context.WithoutCancel(ctx))
	default:
		l.cut()
	}
	return nil
}

// heal ends every fault; only server a goes on.
func (k *breaker) heal(ctx context.Context) error {
	k.db.thaw()
	for _, l := range []*link{k.a.link, k.b.link} {
		l.set(passes)
		if err := l.listen(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
	err := k.b.end(os.Kill, time.Minute)
	_ = k.a.signal(sigCont) // it may be on its way up
	k.targets.set(k.a.url)
	if err := errors.Join(err, k.db.alive(ctx)); err != nil {
		return err
	}
	return k.a.ready(ctx, k.client)
}
