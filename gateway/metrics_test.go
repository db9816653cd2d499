package gateway

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"server5k/gateway/auth"
	"server5k/race"
)

// scrape returns each series as name{label="value",…}: a counter or gauge with its
// value, a histogram with how much it saw.
func scrape(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			name := family.GetName()
			if len(labels) > 0 {
				name += "{" + strings.Join(labels, ",") + "}"
			}
			all[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

// expect compares some of the series.
func expect(t *testing.T, reg *prometheus.Registry, want map[string]float64) {
	t.Helper()
	got := scrape(t, reg)
	for name, value := range want {
		if v, ok := got[name]; !ok || v != value {
			t.Errorf("%s: got %v (there: %v), want %v", name, v, ok, value)
		}
	}
}

func TestMetrics_RequestsByPattern(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	p := setup(t, Config{Metrics: reg})
	judge := p.bearer(1)
	for _, line := range []string{"GET /api/health/", "GET /api/health/", "GET /api/health", "GET /api/equipos/1/", "GET /api/nope/", "GET /api/nada/7/x/"} {
		p.send(line, "")
	}
	p.send("GET /api/me/", "", judge)
	p.send("GET /api/me/", "", p.bearer(9)) // its handler panics
	expect(t, reg, map[string]float64{
		`server5k_http_requests_total{route="/api/health/",status="200"}`:       2,
		`server5k_http_requests_total{route="/api/health/",status="301"}`:       1,
		`server5k_http_request_seconds{route="/api/health/"}`:                   3,
		`server5k_http_requests_total{route="/api/equipos/{id}/",status="401"}`: 1,
		`server5k_http_requests_total{route="other",status="404"}`:              2,
		`server5k_http_requests_total{route="/api/me/",status="200"}`:           1,
		`server5k_http_requests_total{route="/api/me/",status="500"}`:           1,
		`server5k_http_rejected_connections_total`:                              0,
	})
}

func TestMetrics_UnreadableRequestIsCounted(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	p := setup(t, Config{Metrics: reg})
	p.send("GET /api/", "", "X-Long: "+strings.Repeat("x", maxHeaderBytes))
	expect(t, reg, map[string]float64{
		`server5k_http_requests_total{route="other",status="431"}`: 1,
		`server5k_http_request_seconds{route="other"}`:             0,
	})
}

func TestMetrics_RefusedLogins(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	s := New(Config{Metrics: reg, Store: emptyStore{}})
	c := newCall(s, `{"username":"nadie","password":"x"}`)
	for range auth.MaxPeerFailures {
		if wait, err := s.logins.TryCode(s.clientAddr(c.ctx), func() error { return auth.ErrWrongLogin }); wait > 0 || err == nil {
			t.Fatalf("turned away after %v, %v", wait, err)
		}
	}
	c.fail(s.login(c))
	expect(t, reg, map[string]float64{`server5k_http_refused_total{reason="logins"}`: 1, `server5k_http_refused_total{reason="unavailable"}`: 0})
}

func TestMetrics_RefusalReasonFollowsTheCause(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	m := newMetrics(reg)
	for _, r := range []*refusal{
		{status: 503, cause: fmt.Errorf("verify password: %w", auth.ErrBusy)},
		{status: 503, cause: errors.New("no database")},
		{status: 429},
		{status: 503, reason: limitProbe},
		{status: 404},
	} {
		m.refused(r)
	}
	expect(t, reg, map[string]float64{
		`server5k_http_refused_total{reason="hashes"}`:      1,
		`server5k_http_refused_total{reason="unavailable"}`: 1,
		`server5k_http_refused_total{reason="rate"}`:        1,
		`server5k_http_refused_total{reason="not_ready"}`:   1,
	})
}

// decidingRaces answers as told.
type decidingRaces struct {
	Races
	reply func(race.Request) (race.Reply, error)
}

func (r decidingRaces) Submit(_ context.Context, q race.Request, _ string) (race.Reply, error) {
	return r.reply(q)
}

// newCall is a POST of judge 1 for team 7 without a network.
func newCall(s *Server, body string) *call {
	ctx := &fasthttp.RequestCtx{}
	ctx.Request.Header.SetContentType("application/json")
	ctx.Request.SetBodyString(body)
	return &call{s: s, ctx: ctx, id: 7, idText: "7", judge: race.Judge{ID: 1}}
}

// teamStore has every team.
type teamStore struct{ emptyStore }

func (teamStore) Team(_ context.Context, id race.TeamID) (race.TeamRow, error) {
	return race.TeamRow{Team: race.Team{ID: id, Judge: 1, Competition: 1}}, nil
}

func TestMetrics_RecordsOfHTTP(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	var fail error
	s := New(Config{Metrics: reg, Store: teamStore{}, Races: decidingRaces{reply: func(q race.Request) (race.Reply, error) {
		r := race.Reply{Outcomes: make([]race.Outcome, len(q.Records))}
		r.Outcomes[0].Duplicate = true
		return r, fail
	}}})
	submit := func(body string) {
		t.Helper()
		c := newCall(s, body)
		if err := s.submitRecords(c); err != nil {
			c.fail(err)
		}
	}
	submit(`{"registros":[{"tiempo":1,"desfase_ms":-2500},{"tiempo":2,"desfase_ms":120,"incertidumbre_ms":4},{"tiempo":3}]}`)
	submit(`{"registros":[{"tiempo":1},{"tiempo":"x"}]}`)
	submit(`{"registros":[]}`)
	submit(`[]`)
	fail = race.Errorf(race.CodeUnavailable, "no")
	submit(`{"registros":[{"tiempo":1},{"tiempo":2}]}`)
	expect(t, reg, map[string]float64{
		`server5k_records_total{code="duplicate",source="http"}`:        1,
		`server5k_records_total{code="stored",source="http"}`:           2,
		`server5k_records_total{code="valor_invalido",source="http"}`:   2,
		`server5k_records_total{code="campo_faltante",source="http"}`:   1,
		`server5k_records_total{code="mensaje_invalido",source="http"}`: 1,
		`server5k_records_total{code="no_disponible",source="http"}`:    2,
		`server5k_records_total{code="stored",source="ws"}`:             0,
		`server5k_clock_offset_seconds`:                                 2,
		`server5k_http_refused_total{reason="unavailable"}`:             1,
	})
}

func TestMetrics_RecordsOfSockets(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	m := newMetrics(reg)
	full := race.Outcome{Err: race.Errorf(race.CodeTeamComplete, "x")}
	m.answered(singleTicket{}, race.Reply{Outcomes: []race.Outcome{{}}}, nil)
	m.answered(singleTicket{}, race.Reply{}, race.Errorf(race.CodeUnavailable, "x"))
	m.answered(batchTicket{sent: 4, index: []int{0, 1, 3}, bad: []failedItem{{2, "", race.CodeInvalidValue}}}, race.Reply{Outcomes: []race.Outcome{{}, {Duplicate: true}, full}}, nil)
	m.answered(batchTicket{sent: 1, bad: []failedItem{{0, "", race.CodeInvalidValue}}}, race.Reply{}, nil)
	m.answered(errorTicket{errorMessage{Code: race.CodeRateLimited}}, race.Reply{}, nil)
	m.answered(errorTicket{errorMessage{Code: "no such code"}}, race.Reply{}, nil)
	m.answered(pongTicket{}, race.Reply{}, nil)
	expect(t, reg, map[string]float64{
		`server5k_records_total{code="stored",source="ws"}`:              2,
		`server5k_records_total{code="duplicate",source="ws"}`:           1,
		`server5k_records_total{code="equipo_completo",source="ws"}`:     1,
		`server5k_records_total{code="valor_invalido",source="ws"}`:      2,
		`server5k_records_total{code="no_disponible",source="ws"}`:       1,
		`server5k_records_total{code="limite_de_velocidad",source="ws"}`: 1,
		`server5k_records_total{code="error_interno",source="ws"}`:       1,
	})
}

func TestMetrics_Sockets(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	m := newMetrics(reg)
	m.joined(kindJudge)
	m.joined(kindViewer)
	m.joined(kindViewer)
	m.left(kindViewer)
	m.left(kindJudge)
	m.delivered(3, 100)
	m.overflowed(kindViewer)
	m.handshakeRefused(kindJudge, refusedToken)
	m.fanoutDelay(time.Millisecond)
	expect(t, reg, map[string]float64{
		`server5k_ws_connections{kind="judge"}`:                   0,
		`server5k_ws_connections{kind="viewer"}`:                  1,
		`server5k_fanout_frames_total`:                            300,
		`server5k_fanout_writes_total`:                            100,
		`server5k_ws_overflows_total{kind="viewer"}`:              1,
		`server5k_ws_refused_total{kind="judge",reason="token"}`:  1,
		`server5k_ws_refused_total{kind="viewer",reason="owner"}`: 0,
		`server5k_fanout_seconds`:                                 1,
	})
}

// TestMetrics_AreBounded: no client can add a series, however it calls.
func TestMetrics_AreBounded(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	s := New(Config{Metrics: reg, Store: pingStore{ping: func(context.Context) error { return nil }}, AllowHost: func(string) bool { return true }})
	for i := range 300 {
		ask(s, fmt.Sprintf("/api/x%d/", i))
		ask(s, fmt.Sprintf("/api/equipos/%d/", i))
	}
	for status := range 600 {
		s.metrics.nowhere.count(status)
	}
	if n := len(scrape(t, reg)); n > 300 {
		t.Errorf("%d series", n)
	}
}

// TestMetrics_Nil: parts that are used without a Server count nothing.
func TestMetrics_Nil(t *testing.T) {
	t.Parallel()
	var m *metrics
	m.joined(kindJudge)
	m.left(kindViewer)
	m.delivered(1, 1)
	m.overflowed(kindJudge)
	m.handshakeRefused(kindJudge, refusedToken)
	m.fanoutDelay(1)
	m.marked([]race.TimeRecord{{}})
	m.recorded(race.SourceHTTP, 1, nil)
	m.refused(&refusal{status: 503})
	m.answered(singleTicket{}, race.Reply{Outcomes: make([]race.Outcome, 1)}, nil)
	m.answered(errorTicket{}, race.Reply{}, nil)
}

func TestMeter_DoesNotAllocate(t *testing.T) {
	m := newMetrics(prometheus.NewRegistry()).meter("/api/", 200)
	m.observe(404, 0)
	if n := testing.AllocsPerRun(100, func() { m.observe(200, time.Millisecond); m.observe(404, time.Second) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMeter(b *testing.B) {
	m := newMetrics(prometheus.NewRegistry()).meter("/api/", 200)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m.observe(200, 3*time.Millisecond)
		}
	})
}

// BenchmarkAnswered is the cost of a judge's message.
func BenchmarkAnswered(b *testing.B) {
	m := newMetrics(prometheus.NewRegistry())
	reply, records := race.Reply{Outcomes: make([]race.Outcome, 1)}, []race.TimeRecord{{Mark: race.Mark{ClockOffset: time.Millisecond}}}
	var ticket any = singleTicket{}
	b.ReportAllocs()
	for b.Loop() {
		m.marked(records)
		m.answered(ticket, reply, nil)
	}
}

// BenchmarkServe is a whole request without a network, metrics included.
func BenchmarkServe(b *testing.B) {
	s := newProbed(func(context.Context) error { return nil })
	ctx := newCall(s, "").ctx
	ctx.Request.SetRequestURI("/health/live/")
	b.ReportAllocs()
	for b.Loop() {
		s.serve(ctx)
	}
}

func TestMetrics_ClockOffsetOfBothSigns(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	m := newMetrics(reg)
	m.marked([]race.TimeRecord{
		{Mark: race.Mark{ClockOffset: -3 * time.Second}}, {Mark: race.Mark{ClockOffset: 3 * time.Second}}, {Mark: race.Mark{ClockUncertainty: 1}}, {},
	})
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "server5k_clock_offset_seconds" {
			continue
		}
		for _, b := range family.GetMetric()[0].GetHistogram().GetBucket() {
			want := uint64(0)
			switch at := b.GetUpperBound(); {
			case at >= 3:
				want = 3
			case at >= 0:
				want = 2
			case at >= -3:
				want = 1
			}
			if b.GetCumulativeCount() != want {
				t.Errorf("up to %v: %d, want %d", b.GetUpperBound(), b.GetCumulativeCount(), want)
			}
		}
		if sum := family.GetMetric()[0].GetHistogram().GetSampleSum(); math.Abs(sum) > 1e-9 {
			t.Errorf("sum %v", sum)
		}
		return
	}
	t.Error("no histogram")
}
