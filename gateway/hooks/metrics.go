package hooks

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// What became of a delivery, as the metric names it.
const (
	outcomeQueued    = "queued"
	outcomeDelivered = "delivered"
	outcomeRetried   = "retried" // the attempt failed, another will follow
	outcomeFailed    = "failed"
)

// metrics counts deliveries.
type metrics struct{ deliveries *prometheus.CounterVec }

// newMetrics registers the metrics with reg; nil keeps them to themselves.
func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{promauto.With(reg).NewCounterVec(prometheus.CounterOpts{
		Name: "server5k_webhook_deliveries_total",
		Help: "Webhook deliveries of this node by what became of them: queued, delivered, retried (an attempt failed), failed.",
	}, []string{"state"})}
	for _, state := range []string{outcomeQueued, outcomeDelivered, outcomeRetried, outcomeFailed} {
		m.deliveries.WithLabelValues(state)
	}
	return m
}

func (m *metrics) count(state string, n int) { m.deliveries.WithLabelValues(state).Add(float64(n)) }
