package gateway

import (
	"errors"
	"strings"
	"testing"
	"time"

	gobwas "github.com/gobwas/ws"
	"github.com/prometheus/client_golang/prometheus"

	"server5k/gateway/auth"
	"server5k/race"
)

// storingSessions stores all that they get.
type storingSessions struct{}

func (storingSessions) OpenSession(_ race.JudgeID, _ []race.Team, box Outbox) Session {
	return &storingSession{box: box}
}

type storingSession struct {
	fakeSession
	box Outbox
}

func (s *storingSession) Submit(ticket any, q race.Request) {
	s.box.Answer(ticket, race.Reply{Team: team, Outcomes: make([]race.Outcome, len(q.Records))}, nil)
}

func (s *storingSession) Echo(ticket any) { s.box.Answer(ticket, race.Reply{}, nil) }

// await waits until the series have these values.
func await(t *testing.T, reg *prometheus.Registry, want map[string]float64) {
	t.Helper()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for deadline := time.After(socketPatience); ; {
		got, same := scrape(t, reg), true
		for name, value := range want {
			same = same && got[name] == value
		}
		if same {
			return
		}
		select {
		case <-poll.C:
		case <-deadline:
			expect(t, reg, want)
			t.FailNow()
		}
	}
}

func (c *socket) say(t *testing.T, text string) {
	t.Helper()
	if err := gobwas.WriteFrame(c, gobwas.MaskFrame(gobwas.NewTextFrame([]byte(text)))); err != nil {
		t.Fatal(err)
	}
}

// TestMetrics_OfRealSockets: what passes through sockets is counted.
func TestMetrics_OfRealSockets(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	n := startNode(t, Config{Metrics: reg, Store: &stormStore{}, Sessions: storingSessions{}}, nil)
	expect(t, reg, map[string]float64{
		`server5k_ws_connections{kind="judge"}`:                   0,
		`server5k_ws_connections{kind="viewer"}`:                  0,
		`server5k_ws_refused_total{kind="viewer",reason="queue"}`: 0,
		`server5k_ws_overflows_total{kind="judge"}`:               0,
	})
	token, _, err := n.srv.cfg.Issuer.Pair(auth.Token{Audience: auth.JudgeAudience, JudgeID: 3, HasJudgeID: true})
	if err != nil {
		t.Fatal(err)
	}
	judge, err := n.open(t.Context(), "/ws/juez/3/?token="+token)
	if err != nil {
		t.Fatal(err)
	}
	defer judge.Close()
	judge.say(t, `{"tipo":"registrar_tiempo","equipo_id":7,"tiempo":1,"desfase_ms":120}`)
	judge.say(t, `{"tipo":"registrar_tiempos","equipo_id":7,"registros":[{"tiempo":1,"desfase_ms":-3000},5,{"tiempo":2}]}`)
	judge.say(t, `{"tipo":"nada"}`)
	for _, want := range []string{"conexion_establecida", "tiempo_registrado", "tiempos_registrados_batch", "error"} {
		if m, err := judge.next(); err != nil || m.Type != want {
			t.Fatalf("%v, %v; want %s", m, err, want)
		}
	}
	for path, status := range map[string]int{"/ws/juez/3/": 403, "/ws/competencia/1/?desde=x": 400} {
		_, err := n.open(t.Context(), path)
		if no, ok := errors.AsType[*refusedError](err); !ok || no.status != status {
			t.Errorf("%s: %v", path, err)
		}
	}
	first, second := n.watch(t), n.watch(t)
	n.live.Publish(eventAt(15))
	first.want(t, "registros_actualizados 15")
	second.want(t, "registros_actualizados 15")
	if m, err := judge.next(); err != nil || m.Type != "registros_actualizados" {
		t.Fatalf("%v, %v", m, err)
	}
	await(t, reg, map[string]float64{
		`server5k_records_total{code="stored",source="ws"}`:                 3,
		`server5k_records_total{code="valor_invalido",source="ws"}`:         1,
		`server5k_records_total{code="tipo_desconocido",source="ws"}`:       1,
		`server5k_clock_offset_seconds`:                                     2,
		`server5k_ws_connections{kind="judge"}`:                             1,
		`server5k_ws_connections{kind="viewer"}`:                            2,
		`server5k_ws_refused_total{kind="judge",reason="no_token"}`:         1,
		`server5k_ws_refused_total{kind="viewer",reason="resume"}`:          1,
		`server5k_fanout_frames_total`:                                      3,
		`server5k_fanout_writes_total`:                                      3,
		`server5k_http_requests_total{route="/ws/juez/{id}/",status="101"}`: 1,
	})
	if got := scrape(t, reg)["server5k_fanout_seconds"]; got < 2 || got > 3 { // one for each sweeper that wrote
		t.Errorf("%v sweeps were timed", got)
	}
	first.Close()
	judge.Close()
	await(t, reg, map[string]float64{`server5k_ws_connections{kind="judge"}`: 0, `server5k_ws_connections{kind="viewer"}`: 1})
}

// TestMetrics_OverflowOfARealSocket: a viewer that reads nothing is counted.
func TestMetrics_OverflowOfARealSocket(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	n := startNode(t, Config{Metrics: reg}, nil)
	n.watch(t)
	e := eventAt(14)
	e.Total.Team.Name = strings.Repeat("x", 8000)
	const overflows = `server5k_ws_overflows_total{kind="viewer"}`
	for range 10_000 { // 80 MB at most: more than any socket takes
		e.Seq++
		n.live.Publish(e)
		if scrape(t, reg)[overflows] > 0 {
			return
		}
	}
	await(t, reg, map[string]float64{overflows: 1})
}
