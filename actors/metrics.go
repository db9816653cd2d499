package actors

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"server5k/race"
)

// metrics are what operators see of the actors of a node. README of deploy/grafana
// and the alert rules use these names.
type metrics struct {
	acks         *prometheus.CounterVec
	ackSeconds   prometheus.Histogram
	batchRecords prometheus.Histogram
	commit       prometheus.Histogram
	queue        prometheus.Gauge
	owned        prometheus.Gauge
	activations  prometheus.Counter
	fenced       prometheus.Counter
	handovers    prometheus.Counter
	gaps         prometheus.Counter
	retries      prometheus.Counter
	forwarded    prometheus.Counter
	peerSeconds  *prometheus.GaugeVec

	stored, duplicate, refused, unavailable prometheus.Counter // of acks
}

// newMetrics registers with reg, which may be nil. stale counts the competitions
// whose owner is silent.
func newMetrics(reg prometheus.Registerer, stale *atomic.Int64) *metrics {
	f := promauto.With(reg)
	counter := func(name, help string) prometheus.Counter {
		return f.NewCounter(prometheus.CounterOpts{Name: "server5k_" + name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return f.NewGauge(prometheus.GaugeOpts{Name: "server5k_" + name, Help: help})
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return f.NewHistogram(prometheus.HistogramOpts{Name: "server5k_" + name, Help: help, Buckets: buckets})
	}
	seconds := prometheus.ExponentialBuckets(0.0005, 2, 15) // to 8 s, where judges are told to try again
	m := &metrics{
		acks: f.NewCounterVec(prometheus.CounterOpts{
			Name: "server5k_acks_total", Help: "Records answered, by outcome: stored, duplicate, refused, unavailable.",
		}, []string{"outcome"}),
		ackSeconds:   histogram("ack_seconds", "Time from a judge's message to its answer.", seconds),
		batchRecords: histogram("batch_records", "Records committed at once.", prometheus.ExponentialBuckets(1, 2, 10)),
		commit:       histogram("commit_seconds", "Time of one durable commit, with its retries.", seconds),
		queue:        gauge("queue_records", "Records that wait for the database in the competitions owned here."),
		owned:        gauge("owned_competitions", "Competitions owned by this node."),
		activations:  counter("activations_total", "Competitions loaded to be owned here."),
		fenced:       counter("fenced_total", "Writes and confirmations refused because another owner had taken over."),
		handovers:    counter("handovers_total", "Competitions given to another node."),
		gaps:         counter("gaps_total", "Snapshots that were needed because events were missing."),
		retries:      counter("retries_total", "Requests sent again because there was no answer of the owner."),
		forwarded:    counter("forwarded_total", "Messages passed on to the owner on another node."),
		peerSeconds: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "server5k_cluster_peer_seconds", Help: "Last round trip to another node.",
		}, []string{"node"}),
	}
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "server5k_stale_competitions", Help: "Competitions watched here whose owner is silent.",
	}, func() float64 { return float64(stale.Load()) })
	m.stored, m.duplicate = m.acks.WithLabelValues("stored"), m.acks.WithLabelValues("duplicate")
	m.refused, m.unavailable = m.acks.WithLabelValues("refused"), m.acks.WithLabelValues("unavailable")
	return m
}

func (m *metrics) observeCommit(c committed) {
	m.commit.Observe(c.took.Seconds())
	m.batchRecords.Observe(float64(len(c.decision.Store)))
}

// observeAnswer counts the records of a request that was answered.
func (m *metrics) observeAnswer(e effort, r race.Reply, err error) {
	m.ackSeconds.Observe(time.Since(e.since).Seconds())
	if err != nil {
		m.unavailable.Inc()
		return
	}
	for _, o := range r.Outcomes {
		switch {
		case !o.Stored():
			m.refused.Inc()
		case o.Duplicate:
			m.duplicate.Inc()
		default:
			m.stored.Inc()
		}
	}
}
