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

// single is one server on one PostgreSQL, with a second server on the same
// database now and then.
type single struct {
	binary  string
	dir     string
	targets *targets
	client  *http.Client

	db     *database
	a, b   *server    // b runs only during doubleOwner
	double sync.Mutex // held while b runs
}

func newSingle(c *campaign) stage {
	return &single{binary: c.binary, dir: c.dir, targets: &c.targets, client: newHTTPClient()}
}

// open starts PostgreSQL and the first server.
func (k *single) open(ctx context.Context, c cast) (err error) {
	if k.db, err = openDatabase(ctx); err != nil {
		return err
	}
	for name, s := range map[string]**server{"a": &k.a, "b": &k.b} {
		addr, err := freeAddr(ctx)
		if err != nil {
			return err
		}
		l, err := newLink(ctx, loopback, k.db.server.Addr(), nil)
		if err != nil {
			return err
		}
		p := place{name: name, binary: k.binary, dir: k.dir, addr: addr, health: "/api/health/", env: []string{"REDIS_URL="}}
		if *s, err = newServer(p, l); err != nil {
			return err
		}
	}
	if err := k.a.once("migrate"); err != nil {
		return err
	}
	if err := k.db.seed(ctx, c); err != nil {
		return err
	}
	k.targets.set(k.a.url)
	k.a.run()
	return k.a.ready(ctx, k.client)
}

func (k *single) base() *database { return k.db }

func (k *single) sum() string {
	return fmt.Sprintf("server started %d times, PostgreSQL %d", k.a.starts.Load()+k.b.starts.Load(), 1+k.db.starts.Load())
}

func (k *single) logs() string {
	if k.a == nil {
		return ""
	}
	return k.a.logs()
}

// finish drains the server; its own check has to agree then.
func (k *single) finish() (complaints []string) {
	if err := k.a.end(sigTerm, stopPatience); err != nil {
		complaints = append(complaints, err.Error())
	}
	if err := k.a.once("verify"); err != nil {
		complaints = append(complaints, err.Error())
	}
	return complaints
}

// close ends every process.
func (k *single) close() error {
	k.client.CloseIdleConnections()
	for _, s := range []*server{k.a, k.b} {
		if s != nil {
			s.close()
		}
	}
	if k.db != nil {
		return k.db.Close()
	}
	return nil
}

// strike carries one fault out, from its beginning to its end.
func (k *single) strike(ctx context.Context, f fault) ([]hit, error) { return nil, k.hurt(ctx, f) }

func (k *single) hurt(ctx context.Context, f fault) error {
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
	case linkSwallow, linkReset, linkDelay, linkHole, linkRefuse:
		return k.breakLink(ctx, f, rng)
	default:
		return k.db.suffer(ctx, f, rng)
	}
}

func (k *single) freezeServer(ctx context.Context, length time.Duration) error {
	if err := k.a.signal(sigStop); err != nil {
		return err
	}
	pause(ctx, length)
	return k.a.signal(sigCont)
}

// doubleOwner starts a second server on the same database while the first is
// frozen, wakes the first, and lets clients talk to both.
func (k *single) doubleOwner(ctx context.Context, length time.Duration, rng *rand.Rand) error {
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

func (k *single) breakLink(ctx context.Context, f fault, rng *rand.Rand) error {
	links := []*link{k.a.link, k.a.link, k.a.link, k.b.link}
	if k.double.TryLock() { // b does not run
		k.double.Unlock()
		links = links[:1]
	}
	return links[rng.IntN(len(links))].suffer(ctx, f, rng)
}

// heal ends every fault; only server a goes on.
func (k *single) heal(ctx context.Context) error {
	k.db.thaw()
	for _, l := range []*link{k.a.link, k.b.link} {
		if err := l.heal(ctx); err != nil {
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
