package gateway

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/singleflight"
)

// readyTimeout is how long a check may take, and so all of them together.
const readyTimeout = 2 * time.Second

// Check is something without which a node is not in order. Name is a word of its
// own that anybody may read; Test must end when its context does and may be called
// from any goroutine, though never twice at once.
type Check struct {
	Name string
	Test func(ctx context.Context) error
}

// readiness knows whether a node is in order. However many ask, a check runs once
// at a time: the question is public and each costs the database a query.
type readiness struct {
	checks   []Check // the database's first
	log      *slog.Logger
	draining *atomic.Bool
	flight   singleflight.Group

	mu     sync.Mutex // protects failed
	failed map[string]bool
}

// verdict is the result of all checks, in their order; empty when none was made.
type verdict []checked

type checked struct {
	name string
	err  error
}

// ready says whether all checks passed.
func (v verdict) ready() bool {
	for _, c := range v {
		if c.err != nil {
			return false
		}
	}
	return true
}

// MarshalJSONTo writes {name: "ok" or "error"}: why something fails is not for
// everybody.
func (v verdict) MarshalJSONTo(enc *jsontext.Encoder) error {
	tokens := []jsontext.Token{jsontext.BeginObject}
	for _, c := range v {
		word := "ok"
		if c.err != nil {
			word = "error"
		}
		tokens = append(tokens, jsontext.String(c.name), jsontext.String(word))
	}
	for _, token := range append(tokens, jsontext.EndObject) {
		if err := enc.WriteToken(token); err != nil {
			return err
		}
	}
	return nil
}

// ask runs all checks at once, or waits for those that run.
func (r *readiness) ask() verdict {
	v := make(verdict, len(r.checks))
	var all sync.WaitGroup
	for i, c := range r.checks {
		all.Go(func() { v[i] = r.test(c) })
	}
	all.Wait()
	return v
}

// serving is ask with the first check alone.
func (r *readiness) serving() verdict { return verdict{r.test(r.checks[0])} }

// test runs a check, or waits for it if it runs.
func (r *readiness) test(c Check) checked {
	_, err, _ := r.flight.Do(c.Name, func() (any, error) {
		ctx, cancel := context.WithTimeoutCause(context.Background(), readyTimeout, timeoutError("check"))
		defer cancel()
		err := c.Test(ctx)
		r.note(c.Name, err)
		return nil, err
	})
	return checked{c.Name, err}
}

// note logs what changed since the last time.
func (r *readiness) note(name string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch failed := r.failed[name]; {
	case err != nil && !failed:
		r.log.Error("not ready", "check", name, "err", err)
	case err == nil && failed:
		r.log.Info("ready again", "check", name)
	}
	r.failed[name] = err != nil
}

var (
	readyDesc = prometheus.NewDesc("server5k_ready", "Whether all is in order, as /health/ready answers.", nil, nil)
	checkDesc = prometheus.NewDesc("server5k_ready_check", "Whether a part of what is needed works.", []string{"check"}, nil)
)

// Describe implements prometheus.Collector.
func (r *readiness) Describe(to chan<- *prometheus.Desc) { to <- readyDesc; to <- checkDesc }

// Collect implements prometheus.Collector. It runs the checks: what is scraped is
// true even if nobody else asks.
func (r *readiness) Collect(to chan<- prometheus.Metric) {
	if r.draining.Load() {
		to <- prometheus.MustNewConstMetric(readyDesc, prometheus.GaugeValue, 0)
		return
	}
	v := r.ask()
	to <- prometheus.MustNewConstMetric(readyDesc, prometheus.GaugeValue, number01(v.ready()))
	for _, c := range v {
		to <- prometheus.MustNewConstMetric(checkDesc, prometheus.GaugeValue, number01(c.err == nil), c.name)
	}
}

func number01(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
