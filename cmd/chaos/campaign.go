package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	setupTimeout = 60 * time.Second
	// healTimeout and drainTimeout bound how long the whole may take to be well
	// again, and every judge to get a final answer for everything.
	healTimeout  = 60 * time.Second
	drainTimeout = 60 * time.Second
	// viewTimeout bounds how late a viewer may see the end.
	viewTimeout = 20 * time.Second
	// progressEvery is how often a campaign says how it goes.
	progressEvery = 2 * time.Second
	// stopPatience is above the server's own limit for a drain.
	stopPatience = 25 * time.Second
)

// campaign is one run: a seed against a binary.
type campaign struct {
	seed     uint64
	duration time.Duration
	judges   int
	viewers  int
	kinds    []kind
	plan     []fault // instead of one drawn from the seed
	binary   string
	dir      string // for this run only
	out      io.Writer
	make     func(*campaign) stage
	pace     int  // stretches the plan
	failover int  // owners to kill instead of a plan
	rolling  int  // rolling restarts instead of a plan
	proxies  bool // no network namespaces

	clock   clock
	cast    cast
	stage   stage
	targets targets
	resting atomic.Bool
	tally   tally
	mu      sync.Mutex // held while a line is written
}

func (c *campaign) say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = fmt.Fprintf(c.out, format+"\n", args...)
}

// run plays the campaign and returns what there is to judge. An error says that
// there is nothing to judge.
func (c *campaign) run(ctx context.Context) (e *evidence, err error) {
	c.cast = newCast(c.judges, int(c.length().Seconds()))
	c.stage = c.make(c)
	defer func() { err = errors.Join(err, c.stage.close()) }()
	setup, cancel := context.WithTimeoutCause(ctx, setupTimeout, errors.New("set up: not done in 60s"))
	defer cancel()
	if err := c.stage.open(setup, c.cast); err != nil {
		return nil, err
	}
	c.clock = clock{time.Now()}
	client := newHTTPClient()
	defer client.CloseIdleConnections()
	o := &organizer{cast: c.cast, rng: c.rng(1), clock: c.clock, targets: &c.targets, client: client}
	if err := o.login(setup); err != nil {
		return nil, err
	}
	if err := o.all(setup, true); err != nil {
		return nil, err
	}
	judges, err := c.people(ctx)
	if err != nil {
		return nil, err
	}
	viewers := c.watchers()
	crowd := newCrowd(ctx)
	defer crowd.end()
	audience := newCrowd(ctx)
	defer audience.end()
	for _, j := range judges {
		crowd.join(j.run)
	}
	for _, v := range viewers {
		audience.join(v.run)
	}
	k := &breaker{clock: c.clock, stage: c.stage, tell: c.say}
	e = &evidence{Seed: c.seed, Cluster: c.cluster(), Cast: c.cast}
	if err := c.storm(ctx, k, o); err != nil {
		return nil, err
	}
	e.Complaint = append(e.Complaint, c.settle(ctx, o, judges)...)
	crowd.end()
	c.printRequests(judges)
	e.Complaint = append(e.Complaint, c.finish(ctx, o, viewers)...)
	audience.end()
	for _, j := range judges {
		sends, complaints := j.history()
		e.Sends = append(e.Sends, sends...)
		e.Complaint = append(e.Complaint, complaints...)
	}
	for _, v := range viewers {
		w, _ := v.seen()
		e.Complaint = append(e.Complaint, v.complaints...)
		e.Viewings = append(e.Viewings, w)
	}
	e.Complaint = append(e.Complaint, c.stage.finish()...)
	c.say("  %5.1fs: the servers have stopped", seconds(c.clock.now()))
	e.Changes, e.Blows = o.history(), k.history()
	if e.Tables, err = c.stage.base().readTables(ctx); err != nil {
		return nil, err
	}
	return e, context.Cause(ctx)
}

func (c *campaign) cluster() bool {
	_, ok := c.stage.(*cluster)
	return ok
}

func (c *campaign) now() instant { return c.clock.now() }

// rng is a source of chance of its own for each part.
func (c *campaign) rng(part uint64) *rand.Rand { return rand.New(rand.NewPCG(c.seed, part)) }

// people are the judges: phones of all sorts, or what a measurement needs.
func (c *campaign) people(ctx context.Context) ([]judge, error) {
	loot := &pool{}
	var out []judge
	for n := range c.judges {
		id := int64(n) + 1
		token, err := judgeToken(id)
		if err != nil {
			return nil, err
		}
		client := newHTTPClient()
		context.AfterFunc(ctx, client.CloseIdleConnections)
		rng := c.rng(1000 + uint64(id))
		if c.rolling > 0 {
			out = append(out, &app{
				id: id, cast: c.cast, clock: c.clock, rng: rng, token: token, targets: &c.targets, client: client,
				resting: &c.resting, tally: &c.tally,
			})
			continue
		}
		p := &phone{
			id: id, cast: c.cast, clock: c.clock, rng: rng, token: token, targets: &c.targets, pool: loot, client: client,
			resting: &c.resting, tally: &c.tally, inbox: make(chan incoming, 64), waits: answerTimeout,
		}
		if c.failover > 0 {
			p.steady, p.waits = true, appTimeout
		}
		out = append(out, p)
	}
	return out, nil
}

func (c *campaign) watchers() []*viewer {
	var out []*viewer
	for n := range c.viewers {
		out = append(out, &viewer{
			n: n, competition: int64(n%c.cast.Competitions) + 1, clock: c.clock, rng: c.rng(2000 + uint64(n)), targets: &c.targets,
			cluster: c.cluster(),
		})
	}
	return out
}

// storm is the time of the faults.
func (c *campaign) storm(ctx context.Context, k *breaker, o *organizer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	work := newCrowd(ctx)
	defer work.end()
	broken := make(chan error, 1)
	if list := c.series(); len(list) > 0 {
		go func() { broken <- c.measure(ctx, k, list) }() // ends with the last fault
	} else {
		work.join(o.run)
		plan, from := slices.Clone(c.plan), time.Duration(c.clock.now())
		if len(plan) == 0 {
			plan = newPlan(c.seed, c.duration, c.kinds, c.pace)
		}
		for i, f := range plan {
			c.say("  plan: %s", f)
			plan[i].After += from // the plan counts from here
		}
		go func() { // ends with the last fault
			k.run(ctx, plan)
			pause(ctx, from+c.duration-time.Duration(c.clock.now()))
			broken <- nil
		}()
	}
	for {
		select {
		case err := <-broken:
			c.resting.Store(true)
			return errors.Join(err, context.Cause(ctx))
		case <-time.After(progressEvery):
			c.say("  %5.1fs: %d records sent, %d acknowledged, %s",
				seconds(c.clock.now()), c.tally.sent.Load(), c.tally.acked.Load(), c.stage.sum())
		}
	}
}

// settle heals all and waits until every judge has a final answer for everything.
func (c *campaign) settle(ctx context.Context, o *organizer, judges []judge) (complaints []string) {
	heal, cancel := context.WithTimeoutCause(ctx, healTimeout, errors.New("heal: not done in 60s"))
	defer cancel()
	if err := c.stage.heal(heal); err != nil {
		return []string{err.Error()}
	}
	c.say("  %5.1fs: healed", seconds(c.clock.now()))
	drain, cancel := context.WithTimeoutCause(ctx, drainTimeout, errors.New("drain: not done in 60s"))
	defer cancel()
	for drain.Err() == nil {
		_ = o.restart(drain) // what was stopped late; tried again
		busy := 0
		for _, j := range judges {
			if !j.delivered() {
				busy++
			}
		}
		if busy == 0 {
			c.say("  %5.1fs: every judge has its answers", seconds(c.clock.now()))
			return nil
		}
		pause(drain, 100*time.Millisecond)
	}
	for _, j := range judges {
		if !j.delivered() {
			complaints = append(complaints, fmt.Sprintf("%s has messages without a final answer %v after all was well", j.name(), drainTimeout))
		}
	}
	return complaints
}

// finish stops the competitions and waits until all viewers have seen it.
func (c *campaign) finish(ctx context.Context, o *organizer, viewers []*viewer) []string {
	ctx, cancel := context.WithTimeoutCause(ctx, viewTimeout, errors.New("finish: not done in 20s"))
	defer cancel()
	if err := o.all(ctx, false); err != nil {
		return []string{err.Error()}
	}
	events, err := c.stage.base().events(ctx)
	if err != nil {
		return []string{err.Error()}
	}
	for _, v := range viewers {
		for {
			if _, last := v.seen(); last == events[v.competition] {
				break
			}
			if !pause(ctx, 20*time.Millisecond) {
				return nil // the verdict says who did not
			}
		}
	}
	c.say("  %5.1fs: every viewer has seen the end", seconds(c.clock.now()))
	return nil
}

// crowd is a group of goroutines that ends as one.
type crowd struct {
	ctx    context.Context //nolint:containedctx // it is the life of the group
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

func newCrowd(ctx context.Context) *crowd {
	c := &crowd{}
	c.ctx, c.cancel = context.WithCancel(ctx)
	return c
}

func (c *crowd) join(f func(context.Context)) { c.wg.Go(func() { f(c.ctx) }) }

// end ends all and waits; calling it again does nothing.
func (c *crowd) end() {
	c.cancel()
	c.wg.Wait()
}

// historyFile is where the history of a run goes.
func (c *campaign) historyFile() string { return filepath.Join(c.dir, "history.jsonl") }
