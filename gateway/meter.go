package gateway

import (
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// meteredStatuses are those the gateway answers with; others count together.
var meteredStatuses = [...]int{101, 200, 201, 205, 301, 400, 401, 403, 404, 405, 408, 409, 413, 415, 426, 429, 431, 500, 503}

// meter measures one route. It finds the counter of a status without asking the
// vector, which would hash the labels of each request.
type meter struct {
	route    string
	requests *prometheus.CounterVec
	latency  prometheus.Observer
	statuses [len(meteredStatuses) + 1]atomic.Pointer[prometheus.Counter] // filled when first used
}

// meter returns what measures a route; usual is the status that it answers with.
func (m *metrics) meter(route string, usual int) *meter {
	r := &meter{route: route, requests: m.requests, latency: m.latency.WithLabelValues(route)}
	r.counter(usual)
	return r
}

// observe measures one request.
func (r *meter) observe(status int, took time.Duration) {
	r.count(status)
	r.latency.Observe(took.Seconds())
}

// count counts a request that has no latency: it was never read whole.
func (r *meter) count(status int) { (*r.counter(status)).Inc() }

func (r *meter) counter(status int) *prometheus.Counter {
	i := slices.Index(meteredStatuses[:], status)
	if i < 0 {
		i = len(meteredStatuses)
	}
	if c := r.statuses[i].Load(); c != nil {
		return c
	}
	label := "other"
	if i < len(meteredStatuses) {
		label = strconv.Itoa(status)
	}
	c := r.requests.WithLabelValues(r.route, label)
	r.statuses[i].Store(&c)
	return &c
}
