package redis

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"server5k/cluster"
)

const (
	// callTimeout bounds a call to Redis: a beat that takes longer is late anyway.
	callTimeout = 500 * time.Millisecond
	// retryEvery bounds the wait after a failure, however rare beats are.
	retryEvery = 500 * time.Millisecond
	// leaveTries: the connection may have been broken, nobody knew.
	leaveTries = 2
	// statusEvery is how often what List shows is written anew.
	statusEvery = time.Second
	// maxStatus bounds what one node may store in Redis.
	maxStatus = 16 << 10
	// viewQueue is room for changes while a View is being handled.
	viewQueue = 64
	// suspectQueue is room for broken connections; the lease ends without it too.
	suspectQueue = 64
)

// membership is one node's place in the cluster. What has no lock above it belongs
// to the goroutine of run.
type membership struct {
	o       Options
	keys    keys
	address string
	owns    *atomic.Bool
	onView  func(cluster.View)

	work     sync.WaitGroup
	first    chan error        // the outcome of the first beat
	wake     chan struct{}     // of one: beat now
	suspects chan string       // addresses whose connection broke
	probed   chan string       // ids that may be probed again
	answers  chan answer       // of one: a beat is in flight at most once
	views    chan cluster.View // closed by run
	epoch    atomic.Int64      // as the last answer had it
	graceful atomic.Bool       // set before the context ends
	leaveErr error             // to be read when work is done

	id         string
	joinedAt   time.Time
	registered bool
	leaseEnds  time.Time // by the monotonic clock
	holdUntil  time.Time // no joining again before
	statusAt   time.Time
	flying     bool // a beat is in flight
	again      bool // another one is wanted after it
	probing    map[string]bool
	roster     *roster
	view       cluster.View
	handed     bool // view was handed over once

	beatTimer, leaseTimer *time.Timer

	mu     sync.Mutex // protects health and lease
	health Health
	lease  time.Time // until when health.Leased is true
}

func newMembership(o Options, k keys, address string, owns *atomic.Bool, onView func(cluster.View)) *membership {
	return &membership{
		o: o, keys: k, address: address, owns: owns, onView: onView,
		first: make(chan error, 1), wake: make(chan struct{}, 1), suspects: make(chan string, suspectQueue),
		probed: make(chan string), answers: make(chan answer, 1), views: make(chan cluster.View, viewQueue),
		probing: make(map[string]bool), roster: newRoster(o.TTL+2*o.Beat, o.Tombstone-o.Tombstone/10),
	}
}

// start lets the membership run until ctx ends; work tells when it has.
func (m *membership) start(ctx context.Context) {
	m.work.Go(func() { m.run(ctx) })
	m.work.Go(func() { m.listen(ctx) })
	m.work.Go(func() {
		for v := range m.views {
			m.onView(v)
		}
	})
}

// nudge asks for a beat now.
func (m *membership) nudge() {
	select {
	case m.wake <- struct{}{}:
	default: // one is asked for already
	}
}

func (m *membership) run(ctx context.Context) {
	defer close(m.views)
	m.newID()
	m.leaseTimer, m.beatTimer = time.NewTimer(m.o.TTL), time.NewTimer(0)
	defer m.leaseTimer.Stop()
	defer m.beatTimer.Stop()
	for {
		select {
		case <-ctx.Done():
			m.leave(ctx)
			return
		case <-m.beatTimer.C:
			m.send(ctx)
		case <-m.wake:
			m.send(ctx)
		case a := <-m.answers:
			m.flying = false
			m.receive(a)
		case <-m.leaseTimer.C:
			m.publish()
		case address := <-m.suspects:
			m.suspect(ctx, address)
		case id := <-m.probed:
			delete(m.probing, id)
		}
	}
}

// newID begins a new life.
func (m *membership) newID() {
	m.id, m.joinedAt, m.registered, m.statusAt = uuid.NewString(), time.Now(), false, time.Time{}
}

// send lets a beat fly, or another one follow that which does.
func (m *membership) send(ctx context.Context) {
	if m.flying {
		m.again = true
		return
	}
	now := time.Now()
	if now.Before(m.holdUntil) {
		m.beatTimer.Reset(m.holdUntil.Sub(now))
		return
	}
	m.flying, m.again = true, false
	rec := record{Name: m.o.Name, Address: m.address, Owns: m.owns.Load(), JoinedMS: m.joinedAt.UnixMilli()}
	r := request{id: m.id, record: rec.encode(), status: m.status(now), graves: m.roster.graves(now)}
	m.work.Go(func() { m.answers <- m.beat(ctx, r) })
}

// status is what the next beat has to write, or nothing.
func (m *membership) status(now time.Time) string {
	if m.o.Status == nil || now.Sub(m.statusAt) < statusEvery {
		return ""
	}
	m.statusAt = now
	data := m.o.Status()
	if len(data) > maxStatus {
		m.o.Log.Warn("status is too long to be shown", "bytes", len(data))
		return ""
	}
	return string(data)
}

// receive draws the consequences of a beat.
func (m *membership) receive(a answer) {
	m.note(a)
	if a.err != nil {
		m.plan(a, jitter(min(m.o.Beat, retryEvery)))
		m.publish()
		return
	}
	now := time.Now()
	m.epoch.Store(a.epoch)
	m.roster.update(now, a)
	if a.fenced {
		m.rejoin(now)
		m.publish()
		m.plan(a, 0)
		return
	}
	if !m.registered {
		m.registered = true
		m.o.Log.Info("joined the cluster", "member_id", m.id, "address", m.address)
	}
	m.leaseEnds = a.sentAt.Add(m.o.TTL) // Redis has counted from later on
	m.leaseTimer.Reset(time.Until(m.leaseEnds))
	m.publish()
	wait := jitter(m.o.Beat) - a.took
	if ends := a.ends + rand.N(10*time.Millisecond); ends < wait {
		wait = ends // somebody's lease ends before: bury it in time
	}
	m.plan(a, wait)
}

// plan sets when the next beat is due, and tells who waits for the first.
func (m *membership) plan(a answer, wait time.Duration) {
	if m.again {
		wait = 0
	}
	m.beatTimer.Reset(max(wait, 0))
	select {
	case m.first <- a.err:
	default: // it was not the first
	}
}

// note keeps the account of beats.
func (m *membership) note(a answer) {
	m.mu.Lock()
	before := m.health.Err
	m.health.Err = a.err
	if a.err != nil {
		m.health.Failures++
	} else {
		m.health.Beats++
		m.health.LastBeat, m.health.RoundTrip = time.Now(), a.took
		m.lease = a.sentAt.Add(m.o.TTL)
		if a.fenced {
			m.health.Rejoins++
			m.lease = time.Time{}
		}
	}
	m.mu.Unlock()
	switch {
	case a.err != nil && before == nil:
		m.o.Log.Warn("redis does not answer; the last members stay", "error", a.err)
	case a.err == nil && before != nil:
		m.o.Log.Info("redis answers again")
	}
}

func (m *membership) state() Health {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.health
	h.Leased = time.Now().Before(m.lease)
	return h
}

// rejoin begins a new life after this one was declared over.
func (m *membership) rejoin(now time.Time) {
	m.o.Log.Warn("declared dead, joining again", "member_id", m.id)
	m.roster.bury(now, m.id)
	if other := m.roster.at(m.address); other != "" {
		// Two that take the address from each other at every beat would be worse.
		m.o.Log.Error("another node has registered this one's address", "address", m.address, "other_id", other)
		m.holdUntil = now.Add(m.o.TTL)
	}
	m.newID()
}

// publish hands over the view if it is another one than before.
func (m *membership) publish() {
	v := cluster.View{Members: m.roster.list()}
	if m.registered {
		v.Self, v.Leased = m.id, time.Now().Before(m.leaseEnds)
	}
	if !m.handed && !m.registered {
		return // the first view is that of a member
	}
	if m.handed && v.Self == m.view.Self && v.Leased == m.view.Leased && slices.Equal(v.Members, m.view.Members) {
		return
	}
	if m.handed && v.Leased != m.view.Leased && v.Self == m.view.Self {
		m.o.Log.Info("lease changed", "leased", v.Leased)
	}
	if len(v.Members) != len(m.view.Members) {
		m.o.Log.Info("members changed", "members", len(v.Members))
	}
	m.view, m.handed = v, true
	m.views <- v
}

// leave says goodbye, if that is wanted, and hands over the view of one outside.
func (m *membership) leave(ctx context.Context) {
	select {
	case m.first <- errors.New("shut down"):
	default:
	}
	if m.graceful.Load() {
		m.leaveErr = m.goodbye(context.WithoutCancel(ctx))
	}
	m.mu.Lock()
	m.lease = time.Time{}
	m.mu.Unlock()
	m.registered = false
	delete(m.roster.members, m.id)
	m.publish()
}

func (m *membership) goodbye(ctx context.Context) (err error) {
	for range leaveTries {
		if err = m.sayGoodbye(ctx); err == nil {
			m.o.Log.Info("left the cluster", "member_id", m.id)
			return nil
		}
	}
	return fmt.Errorf("leave: %w", err)
}

func (m *membership) sayGoodbye(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, errors.New("no answer from Redis in 500ms"))
	defer cancel()
	err := leaveScript.Run(ctx, m.o.Client, m.keys.all, m.id, ms(m.o.Tombstone), m.keys.events).Err()
	if err == nil || errors.Is(err, errNil) {
		return nil // the script answers nothing
	}
	return causeOf(ctx, err)
}

// jitter keeps nodes from beating in step.
func jitter(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1)
}
