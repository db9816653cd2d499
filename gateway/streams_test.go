package gateway

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"server5k/gateway/ws"
	"server5k/race"
)

// reader is a client of an event stream.
type reader struct {
	*http.Response
	br *bufio.Reader
}

// read asks for the event stream of a path.
func (n *node) read(t *testing.T, path string, headers ...string) reader {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+n.addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return reader{res, bufio.NewReader(res.Body)}
}

// heads are the first lines of the next blocks: what they are and their id.
func (r reader) heads(t *testing.T, n int) []string {
	t.Helper()
	var out []string
	for range n {
		b := block(t, r.br)
		if head, data, found := strings.Cut(b, "\ndata: "); found {
			b = head
			if !strings.HasPrefix(data, `{"tipo":"`) || strings.Count(data, "\n") != 2 {
				t.Errorf("data %q", data)
			}
		}
		out = append(out, strings.TrimSpace(b))
	}
	return out
}

func (r reader) want(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, r.heads(t, len(want))); diff != "" {
		t.Fatalf("blocks (-want +got):\n%s", diff)
	}
}

// startStreaming is a node whose state stays live however long a test takes.
func startStreaming(t *testing.T, cfg Config, change func(*node)) *node {
	t.Helper()
	still := time.Now()
	return startNode(t, cfg, func(n *node) {
		n.live.now = func() time.Time { return still }
		n.live.Confirm(1)
		if change != nil {
			change(n)
		}
	})
}

const streamPath = "/competencia/1/eventos/"

func TestEventStream_SaysWhatSocketsAreTold(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	n := startStreaming(t, Config{Metrics: reg}, nil)
	n.srv.retryIn = ws.RetryIn
	fresh, slashless := n.read(t, streamPath), n.read(t, "/competencia/1/eventos")
	for name, want := range map[string]string{
		"Content-Type": "text/event-stream", "Access-Control-Allow-Origin": "*", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	} {
		if got := fresh.Header.Get(name); got != want || fresh.StatusCode != http.StatusOK {
			t.Errorf("%d, %s: %q", fresh.StatusCode, name, got)
		}
	}
	if retry := fresh.heads(t, 1)[0]; !strings.HasPrefix(retry, "retry: ") || !strings.HasSuffix(retry, "000") {
		t.Errorf("first %q", retry)
	}
	slashless.heads(t, 1)
	fresh.want(t, "id: 77-14\nevent: instantanea")
	slashless.want(t, "id: 77-14\nevent: instantanea")
	n.live.Publish(eventAt(15))
	hidden := eventAt(16)
	hidden.Total.Concealed = true
	n.live.Publish(hidden)
	n.live.Stale(1)
	n.live.Reset(snapshotAt(20))
	fresh.want(t, "id: 77-15\nevent: registros_actualizados", "id: 77-16\nevent: sin_cambios", "event: estado_en_vivo",
		"id: 77-20\nevent: instantanea", "event: estado_en_vivo")
	socket := n.watch(t)
	n.live.Publish(eventAt(21))
	socket.want(t, "registros_actualizados 21")
	fresh.want(t, "id: 77-21\nevent: registros_actualizados")
	await(t, reg, map[string]float64{
		`server5k_ws_connections{kind="stream"}`: 2, `server5k_http_requests_total{route="/competencia/{id}/eventos/",status="200"}`: 2,
	})
	fresh.Body.Close()
	slashless.Body.Close()
	await(t, reg, map[string]float64{`server5k_ws_connections{kind="stream"}`: 0})
}

func TestEventStream_GoesOnWhereItWasCut(t *testing.T) {
	t.Parallel()
	n := startStreaming(t, Config{}, nil)
	missed := []string{"id: 77-13\nevent: registros_actualizados", "id: 77-14\nevent: registros_actualizados"}
	anew := []string{"id: 77-14\nevent: instantanea"}
	for name, tc := range map[string]struct {
		query, id string
		want      []string
	}{
		"a header":                 {"", "77-12", missed},
		"an address":               {"?desde=12&epoca=77", "", missed},
		"the header is newer":      {"?desde=11&epoca=77", "77-12", missed},
		"and holds if the other":   {"?desde=x", "77-12", missed},
		"nothing missed":           {"", "77-14", nil},
		"too long ago":             {"", "77-9", anew},
		"another history":          {"", "76-12", anew},
		"the id of somebody else":  {"?desde=12", "abc", anew},
		"the id of no event":       {"", "77-", anew},
		"less than the first seen": {"", "77--1", anew},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var headers []string
			if tc.id != "" {
				headers = []string{"Last-Event-ID", tc.id}
			}
			r := n.read(t, streamPath+tc.query, headers...)
			r.heads(t, 1)
			r.want(t, tc.want...)
		})
	}
}

func TestEventStream_Refusals(t *testing.T) {
	t.Parallel()
	n := startStreaming(t, Config{MaxSocketsPerIP: 2}, func(n *node) { n.srv.streams.limit = 3 })
	for path, want := range map[string]int{
		"/competencia/2/eventos/": http.StatusNotFound, "/competencia/99999999999999999999/eventos/": http.StatusNotFound,
		streamPath + "?desde=x": http.StatusBadRequest,
	} {
		if r := n.read(t, path); r.StatusCode != want || r.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d, shared with %q", path, r.StatusCode, r.Header.Get("Access-Control-Allow-Origin"))
		}
	}
	if r := n.read(t, "/competencia/x/eventos/"); r.StatusCode != http.StatusNotFound {
		t.Errorf("no number: %d", r.StatusCode)
	}
	for range 2 {
		n.read(t, streamPath).heads(t, 1)
	}
	if r := n.read(t, streamPath); r.StatusCode != http.StatusTooManyRequests || r.Header.Get("Retry-After") != "10" {
		t.Errorf("a third of one address: %d", r.StatusCode)
	}
	n.srv.streams.limit = 2
	r := n.read(t, streamPath)
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" || !strings.Contains(string(body), "no_disponible") {
		t.Errorf("more than there may be: %d %s, %v", r.StatusCode, body, err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+n.addr+streamPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET" {
		t.Errorf("POST: %d, allows %q", res.StatusCode, res.Header.Get("Allow"))
	}
}

// TestEventStream_Encrypted: a node that speaks TLS itself has streams, too.
func TestEventStream_Encrypted(t *testing.T) {
	t.Parallel()
	n := startStreaming(t, Config{}, nil)
	model := httptest.NewTLSServer(nil)
	defer model.Close()
	ln, err := (&net.ListenConfig{KeepAlive: -1}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1) // Serve returns once
	go func() {
		done <- n.srv.Serve(tls.NewListener(ln, &tls.Config{Certificates: model.TLS.Certificates, MinVersion: tls.VersionTLS12}))
	}()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+ln.Addr().String()+streamPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := model.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	r := reader{res, bufio.NewReader(res.Body)}
	r.heads(t, 1)
	r.want(t, "id: 77-14\nevent: instantanea")
	n.live.Publish(eventAt(15))
	r.want(t, "id: 77-15\nevent: registros_actualizados")
	if err := n.srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if rest, err := io.ReadAll(r.br); err != nil || !strings.HasPrefix(string(rest), "retry: ") {
		t.Errorf("at last %q, %v", rest, err)
	}
}

// TestEventStream_Drain: who reads is told when to come back, and nobody comes in.
func TestEventStream_Drain(t *testing.T) {
	t.Parallel()
	n := startStreaming(t, Config{}, nil)
	r := n.read(t, streamPath)
	r.heads(t, 2)
	if err := n.srv.streams.drain(t.Context()); err != nil {
		t.Error(err)
	}
	rest, err := io.ReadAll(r.br)
	if err != nil || !strings.HasPrefix(string(rest), "retry: ") {
		t.Errorf("at last %q, %v", rest, err)
	}
	if r := n.read(t, streamPath); r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after the drain: %d", r.StatusCode)
	}
}

// TestEventStream_DrainCutsOff: nobody holds the node up.
func TestEventStream_DrainCutsOff(t *testing.T) {
	t.Parallel()
	n := startStreaming(t, Config{}, nil)
	r := n.read(t, streamPath)
	r.heads(t, 2)
	for seq := int64(15); ; seq++ { // until it takes no more
		e := eventAt(seq)
		e.Total.Team.Name = strings.Repeat("x", 8000)
		n.live.Publish(e)
		if n.srv.streams.behind() {
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := n.srv.streams.drain(ctx); err == nil {
		t.Error("waited for who does not read")
	}
}

// behind says whether something waits for a stream that is being written to.
func (l *streams) behind() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.open {
		s.mu.Lock()
		waits := len(s.queue) > streamQueue/2 || s.lagged
		s.mu.Unlock()
		if waits {
			return true
		}
	}
	return false
}

// BenchmarkStreams_Fanout compares what an event costs for readers of streams: it
// is encoded once.
func BenchmarkStreams_Fanout(b *testing.B) {
	l := NewLive(quito, slog.New(slog.DiscardHandler))
	defer l.Close()
	l.SetWatch(func(race.CompetitionID) {})
	l.Reset(race.Snapshot{Competition: comp, Seq: 10, Stream: 77})
	work := []delivery{{topic: l.topic(1), seq: 11, frame: l.stamp.viewerMessage(eventAt(11)).frame(), text: l.stamp.viewerMessage(eventAt(11)).text()}}
	for _, readers := range []int{1, 1000} {
		b.Run(fmt.Sprint(readers), func(b *testing.B) {
			s := &sweeper{topics: map[*topic][]*subscriber{}, metrics: &l.metrics}
			for range readers {
				s.topics[work[0].topic] = append(s.topics[work[0].topic], &subscriber{conn: nowhere{}, stream: true})
			}
			b.ReportAllocs()
			for b.Loop() {
				for _, sub := range s.topics[work[0].topic] {
					sub.seen = 10
				}
				s.sweep(work)
			}
		})
	}
}

// nowhere takes everything.
type nowhere struct{}

func (nowhere) Send(ws.Frame) bool { return true }
