package gateway

import (
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"server5k/gateway/auth"
	"server5k/race"
)

// Reasons of answers 429 and 503; those of sockets are the socketRefusals'.
const (
	limitLogins      = "logins"      // too many wrong passwords
	limitHashes      = "hashes"      // too many passwords wait to be checked
	limitSpeed       = "rate"        // a client sends too fast
	limitUnavailable = "unavailable" // a store, an owner or the time failed
	limitProbe       = "not_ready"   // the answer to a probe
)

// Outcomes of records beside the codes of refusals.
const (
	recordStored    = "stored"
	recordDuplicate = "duplicate"
)

// outcomeCodes are the refusals that a record can meet.
var outcomeCodes = []race.Code{
	race.CodeMalformed, race.CodeUnknownType, race.CodeMissingField, race.CodeInvalidValue, race.CodeNoSuchTeam, race.CodeForeignTeam,
	race.CodeNotRunning, race.CodeTeamComplete, race.CodeConflict, race.CodeTooMany, race.CodeRateLimited, race.CodeUnavailable,
	race.CodeWithheld, race.CodeInternal,
}

// metrics counts what passes through the gateway. Children of vectors that the
// hot paths use are made once, and so that a series is there, as 0, before the
// first time. All methods may be called from any goroutine and do nothing on nil.
type metrics struct {
	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	refusals *prometheus.CounterVec
	records  map[outcome]prometheus.Counter
	offset   prometheus.Histogram
	open     *prometheus.GaugeVec
	overflow *prometheus.CounterVec
	rejected *prometheus.CounterVec
	frames   prometheus.Counter
	writes   prometheus.Counter
	fanout   prometheus.Histogram
	nowhere  *meter // requests that reached no route
}

// outcome is what became of a record of a source.
type outcome struct {
	source race.Source
	result string
}

// newMetrics registers the metrics with reg; nil keeps them to themselves. It
// panics when they are registered there already.
func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	m := &metrics{
		requests: f.NewCounterVec(prometheus.CounterOpts{
			Name: "server5k_http_requests_total", Help: "Requests by pattern of the path and status; 101 is an opened socket.",
		}, []string{"route", "status"}),
		latency: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: "server5k_http_request_seconds", Help: "Time from a request to its answer, by pattern of the path.",
			Buckets: []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		refusals: f.NewCounterVec(prometheus.CounterOpts{
			Name: "server5k_http_refused_total", Help: "Answers 429 and 503 by what the limit is.",
		}, []string{"reason"}),
		offset: f.NewHistogram(prometheus.HistogramOpts{
			Name: "server5k_clock_offset_seconds", Help: "Clock offset that a judge's device measured, for each record that says so.",
			Buckets: []float64{-10, -5, -2, -1, -0.5, -0.2, -0.1, -0.05, 0, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10},
		}),
		open: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "server5k_ws_connections", Help: "Open sockets, and the event streams of others as kind stream.",
		}, []string{"kind"}),
		overflow: f.NewCounterVec(prometheus.CounterOpts{
			Name: "server5k_ws_overflows_total", Help: "Times that a client did not read fast enough: a viewer gets a snapshot, a judge is closed.",
		}, []string{"kind"}),
		rejected: f.NewCounterVec(prometheus.CounterOpts{
			Name: "server5k_ws_refused_total", Help: "Sockets that were not opened.",
		}, []string{"kind", "reason"}),
		frames: f.NewCounter(prometheus.CounterOpts{
			Name: "server5k_fanout_frames_total", Help: "Events handed to sockets, counted once a socket.",
		}),
		writes: f.NewCounter(prometheus.CounterOpts{
			Name: "server5k_fanout_writes_total", Help: "Writes that carried them.",
		}),
		fanout: f.NewHistogram(prometheus.HistogramOpts{
			Name: "server5k_fanout_seconds", Help: "Time from an event's arrival at this node to its last socket's queue.",
			Buckets: []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5},
		}),
	}
	m.records = recordCounters(f)
	for _, kind := range []socketKind{kindJudge, kindViewer, kindStream} {
		m.open.WithLabelValues(string(kind))
		m.overflow.WithLabelValues(string(kind))
		for _, r := range socketRefusals {
			m.rejected.WithLabelValues(string(kind), r.reason)
		}
	}
	for _, reason := range []string{limitLogins, limitHashes, limitSpeed, limitUnavailable, limitProbe} {
		m.refusals.WithLabelValues(reason)
	}
	m.nowhere = m.meter("other", http.StatusNotFound)
	return m
}

// recordCounters makes a counter for everything that can happen to a record.
func recordCounters(f promauto.Factory) map[outcome]prometheus.Counter {
	vec := f.NewCounterVec(prometheus.CounterOpts{
		Name: "server5k_records_total",
		Help: "Records by source and by what was answered: stored, duplicate or the code of the refusal. A message that cannot be read counts as one.",
	}, []string{"source", "code"})
	all := map[outcome]prometheus.Counter{}
	for _, source := range []race.Source{race.SourceSocket, race.SourceHTTP} {
		results := []string{recordStored, recordDuplicate}
		for _, code := range outcomeCodes {
			results = append(results, string(code))
		}
		for _, result := range results {
			all[outcome{source, result}] = vec.WithLabelValues(string(source), result)
		}
	}
	return all
}

// watch exposes the load of the HTTP server beside its limit.
func (m *metrics) watch(reg prometheus.Registerer, concurrency, rejected func() uint32) {
	f := promauto.With(reg)
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "server5k_http_connections", Help: "Connections that are not sockets.",
	}, func() float64 { return float64(concurrency()) })
	f.NewCounterFunc(prometheus.CounterOpts{
		Name: "server5k_http_rejected_connections_total", Help: "Connections that were turned away because there were too many.",
	}, func() float64 { return float64(rejected()) })
}

// refused counts an answer that is a refusal for now.
func (m *metrics) refused(r *refusal) {
	if m == nil || r.status != http.StatusTooManyRequests && r.status != http.StatusServiceUnavailable {
		return
	}
	reason := r.reason
	switch {
	case reason != "":
	case errors.Is(r.cause, auth.ErrBusy):
		reason = limitHashes
	case r.status == http.StatusTooManyRequests:
		reason = limitSpeed
	default:
		reason = limitUnavailable
	}
	m.refusals.WithLabelValues(reason).Inc()
}

// recorded counts n records for which a source gets the same answer; nil is
// success.
func (m *metrics) recorded(source race.Source, n int, err error) {
	if m == nil || n == 0 {
		return
	}
	result := recordStored
	if err != nil {
		result = string(race.CodeOf(err))
	}
	m.count(source, n, result)
}

// replied counts what an owner decided.
func (m *metrics) replied(source race.Source, reply race.Reply) {
	if m == nil {
		return
	}
	for _, o := range reply.Outcomes {
		switch {
		case o.Err != nil:
			m.count(source, 1, string(race.CodeOf(o.Err)))
		case o.Duplicate:
			m.count(source, 1, recordDuplicate)
		default:
			m.count(source, 1, recordStored)
		}
	}
}

// answered counts the records of a judge's message, given what Outbox.Answer
// got for it.
func (m *metrics) answered(ticket any, reply race.Reply, err error) {
	sent := 1
	switch t := ticket.(type) {
	case errorTicket:
		m.count(race.SourceSocket, 1, string(t.message.Code))
		return
	case singleTicket:
	case batchTicket:
		for _, bad := range t.bad {
			m.count(race.SourceSocket, 1, string(bad.Code))
		}
		sent = len(t.index)
	default:
		return
	}
	if err != nil {
		m.recorded(race.SourceSocket, sent, err)
		return
	}
	m.replied(race.SourceSocket, reply)
}

func (m *metrics) count(source race.Source, n int, result string) {
	if m == nil {
		return
	}
	if c, ok := m.records[outcome{source, result}]; ok {
		c.Add(float64(n))
		return
	}
	m.records[outcome{source, string(race.CodeInternal)}].Add(float64(n)) // no code that a record meets
}

// marked notes the clocks of the devices that measured them.
func (m *metrics) marked(records []race.TimeRecord) {
	if m == nil {
		return
	}
	for i := range records {
		// Neither is ever exactly 0 when it was measured.
		if mark := &records[i].Mark; mark.ClockOffset != 0 || mark.ClockUncertainty != 0 {
			m.offset.Observe(mark.ClockOffset.Seconds())
		}
	}
}

// joined and left count an open socket.
func (m *metrics) joined(kind socketKind) {
	if m != nil {
		m.open.WithLabelValues(string(kind)).Inc()
	}
}

func (m *metrics) left(kind socketKind) {
	if m != nil {
		m.open.WithLabelValues(string(kind)).Dec()
	}
}

// delivered counts a sweep: frames events in one write to each of sockets.
func (m *metrics) delivered(frames, sockets int) {
	if m == nil {
		return
	}
	m.frames.Add(float64(frames * sockets))
	m.writes.Add(float64(sockets))
}

// overflowed counts a client that reads too slowly.
func (m *metrics) overflowed(kind socketKind) {
	if m != nil {
		m.overflow.WithLabelValues(string(kind)).Inc()
	}
}

// handshakeRefused counts a socket that was not opened.
func (m *metrics) handshakeRefused(kind socketKind, r *socketRefusal) {
	if m != nil {
		m.rejected.WithLabelValues(string(kind), r.reason).Inc()
	}
}

// fanoutDelay notes how long the oldest event of a sweep was under way in this
// node.
func (m *metrics) fanoutDelay(d time.Duration) {
	if m != nil {
		m.fanout.Observe(d.Seconds())
	}
}
