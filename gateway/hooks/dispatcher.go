package hooks

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"server5k/race"
)

// Queue is what the dispatcher needs of the database; see persistence.Webhooks and
// persistence.Office for what each method promises.
type Queue interface {
	WebhookSpans(ctx context.Context) ([]race.WebhookSpan, error)
	WebhookNews(ctx context.Context, id race.CompetitionID, after int64) (bool, error)
	Evidence(ctx context.Context, id race.CompetitionID) (race.Evidence, error)
	Version(ctx context.Context, id race.CompetitionID, number int) (race.Version, error)
	Enqueue(ctx context.Context, s race.WebhookSpan, deliveries []race.Delivery) (bool, error)

	DueDeliveries(ctx context.Context, now time.Time, each, limit int) ([]race.DueDelivery, error)
	LeaseDelivery(ctx context.Context, id race.DeliveryID, now, until time.Time) (race.Delivery, race.Webhook, error)
	SettleDelivery(ctx context.Context, d race.Delivery) (bool, error)
	SweepDeliveries(ctx context.Context, now, before time.Time) (expired, deleted int, err error)
}

const (
	pollEvery = time.Second
	// maxInFlight bounds what a node sends at once, maxPerHost what it sends to one
	// host, which may be a small machine.
	maxInFlight = 8
	maxPerHost  = 2
	// maxDue is how many deliveries are looked at in a round: enough to find work
	// beside hosts that are busy.
	maxDue = 64
	// leaseFor is how long a node has for an attempt, its timeout and the storing of
	// what came of it, before another takes over.
	leaseFor = time.Minute
	// roundTimeout bounds the work with the database in one round, settleTimeout the
	// storing of one outcome.
	roundTimeout  = 15 * time.Second
	settleTimeout = 10 * time.Second
	// stopGrace is how long Stop waits for what is being sent.
	stopGrace = 3 * time.Second

	sweepEvery = 10 * time.Minute
	keepFor    = 30 * 24 * time.Hour
)

// errRound is why a round ended before its work was done.
var errRound = errors.New("webhooks: the database took more than 15s")

// Config is what a dispatcher works with.
type Config struct {
	Queue Queue
	Guard Guard
	Now   func() time.Time
	Log   *slog.Logger
	// Metrics is where the metrics are registered, nil nowhere.
	Metrics prometheus.Registerer
	// RootCAs are the certificate authorities to trust, nil those of the system.
	RootCAs *x509.CertPool
	// Resolver looks names up, nil that of the system.
	Resolver *net.Resolver
}

// Dispatcher tells webhooks what happens. Every node of a cluster runs one.
type Dispatcher struct {
	cfg     Config
	sender  *sender
	metrics *metrics
	random  func() float64 // in [0, 1)
	derive  *deriver

	stopOnce sync.Once
	stopping chan struct{} // closed by Stop
	looped   chan struct{} // closed when run does not run
	wake     chan struct{} // capacity 1; senders send, run receives
	abort    context.CancelFunc

	sends sync.WaitGroup // goroutines that send
	mu    sync.Mutex     // protects busy and hosts
	busy  int
	hosts map[string]int // deliveries that are being sent, by host

	// Of run alone.
	swept   time.Time
	failing bool
}

// New returns a dispatcher that does nothing until Start.
func New(cfg Config) *Dispatcher {
	d := &Dispatcher{
		cfg: cfg, sender: newSender(cfg), metrics: newMetrics(cfg.Metrics), random: rand.Float64,
		stopping: make(chan struct{}), looped: make(chan struct{}), wake: make(chan struct{}, 1),
		abort: func() {}, hosts: map[string]int{},
	}
	close(d.looped)
	d.derive = newDeriver(cfg, d.metrics)
	return d
}

// Start begins to work. It is called once, before Stop; ctx gives values, not an end:
// Stop does.
func (d *Dispatcher) Start(ctx context.Context) {
	d.looped = make(chan struct{})
	ctx, d.abort = context.WithCancel(context.WithoutCancel(ctx))
	go d.run(ctx)
}

// Stop ends the work. It lets what is being sent go on for a moment,
// or until ctx ends, and then aborts it: that is sent again by whoever runs next. It
// may be called twice.
func (d *Dispatcher) Stop(ctx context.Context) error {
	d.stopOnce.Do(func() { close(d.stopping) })
	ended := make(chan struct{})
	go func() {
		<-d.looped
		d.sends.Wait()
		close(ended)
	}()
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-ended:
	case <-grace.C:
	case <-ctx.Done():
	}
	d.abort()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return errors.Join(errors.New("stop webhooks"), context.Cause(ctx))
	}
}

func (d *Dispatcher) run(ctx context.Context) {
	defer close(d.looped)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-d.stopping:
			return
		case <-tick.C:
			d.report(d.round(ctx))
		case <-d.wake:
			d.report(d.refill(ctx))
		}
	}
}

// report logs when the work begins to fail and when it goes on.
func (d *Dispatcher) report(err error) {
	switch {
	case err != nil && !d.failing:
		d.cfg.Log.Warn("webhooks do not get on", "error", err)
	case err == nil && d.failing:
		d.cfg.Log.Info("webhooks get on again")
	}
	d.failing = err != nil
}

// round derives what is new, sends what is due and, now and then, cleans up.
// What it sends goes on after it, until base ends.
func (d *Dispatcher) round(base context.Context) error {
	ctx, cancel := context.WithTimeoutCause(base, roundTimeout, errRound)
	defer cancel()
	return errors.Join(d.derive.round(ctx), d.sweep(ctx), d.dispatch(ctx, base))
}

// refill sends what is due now that there is room again.
func (d *Dispatcher) refill(base context.Context) error {
	ctx, cancel := context.WithTimeoutCause(base, roundTimeout, errRound)
	defer cancel()
	return d.dispatch(ctx, base)
}

func (d *Dispatcher) sweep(ctx context.Context) error {
	now := d.cfg.Now()
	if now.Sub(d.swept) < sweepEvery {
		return nil
	}
	expired, deleted, err := d.cfg.Queue.SweepDeliveries(ctx, now, now.Add(-keepFor))
	if err != nil {
		return err
	}
	d.swept = now
	d.metrics.count(outcomeFailed, expired)
	if expired+deleted > 0 {
		d.cfg.Log.Info("webhook deliveries swept", "expired", expired, "deleted", deleted)
	}
	return nil
}

// dispatch begins to send what is due, as far as there is room; base ends the
// attempts.
func (d *Dispatcher) dispatch(ctx, base context.Context) error {
	if d.full() {
		return nil
	}
	due, err := d.cfg.Queue.DueDeliveries(ctx, d.cfg.Now(), maxPerHost, maxDue)
	if err != nil {
		return err
	}
	for _, item := range due {
		host := hostOf(item.URL)
		if !d.enter(host) {
			continue
		}
		now := d.cfg.Now()
		delivery, webhook, err := d.cfg.Queue.LeaseDelivery(ctx, item.ID, now, now.Add(leaseFor))
		if err != nil {
			d.leave(host)
			if errors.Is(err, race.ErrNotFound) { // another node has it
				continue
			}
			return err
		}
		d.sends.Go(func() {
			defer d.leave(host)
			d.send(base, webhook, delivery)
		})
	}
	return nil
}

func (d *Dispatcher) full() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.busy >= maxInFlight
}

// enter takes a place for a host; false when there is none.
func (d *Dispatcher) enter(host string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy >= maxInFlight || d.hosts[host] >= maxPerHost {
		return false
	}
	d.busy++
	d.hosts[host]++
	return true
}

// leave gives a place back and has the next due one sent.
func (d *Dispatcher) leave(host string) {
	d.mu.Lock()
	d.busy--
	if d.hosts[host]--; d.hosts[host] == 0 {
		delete(d.hosts, host)
	}
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}
