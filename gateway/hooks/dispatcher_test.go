package hooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"server5k/race"
)

// rig is a dispatcher that tests drive round by round, and what it works with.
type rig struct {
	testing.TB
	*Dispatcher
	store *memory
	clock *clock
	reg   *prometheus.Registry
	logs  *lockedBuilder
}

// lockedBuilder is a log that goroutines may write to.
type lockedBuilder struct {
	mu sync.Mutex // protects b
	b  strings.Builder
}

func (l *lockedBuilder) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuilder) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// setup has one race and one webhook that wants everything, at a handler.
func setup(tb testing.TB, h http.HandlerFunc) *rig {
	tb.Helper()
	server, cfg := receiver(tb, h)
	store := newMemory()
	oneRace(tb, store)
	w := to(server.URL + "/hook?clave=oculta")
	w.Competition, w.Kinds, w.Active = 1, race.WebhookKinds(), true
	if _, err := store.AddWebhook(tb.Context(), w, race.AuditEntry{}); err != nil {
		tb.Fatal(err)
	}
	return newRig(tb, store, newClock(), cfg)
}

func newRig(tb testing.TB, store *memory, c *clock, cfg Config) *rig {
	tb.Helper()
	r := &rig{TB: tb, store: store, clock: c, reg: prometheus.NewRegistry(), logs: &lockedBuilder{}}
	cfg.Queue, cfg.Now, cfg.Metrics = store, c.now, r.reg
	cfg.Log = slog.New(slog.NewTextHandler(r.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.Dispatcher = New(cfg)
	r.random = func() float64 { return 0.5 } // no jitter
	return r
}

// step does one round and waits for what it sends.
func (r *rig) step() {
	r.Helper()
	if err := r.round(r.Context()); err != nil {
		r.Fatal(err)
	}
	r.sends.Wait()
}

func (r *rig) count(state string) float64 {
	r.Helper()
	families, err := r.reg.Gather()
	if err != nil {
		r.Fatal(err)
	}
	for _, m := range families[0].GetMetric() {
		if m.GetLabel()[0].GetValue() == state {
			return m.GetCounter().GetValue()
		}
	}
	r.Fatalf("no counter of %s", state)
	return 0
}

func TestDispatcher_TellsARaceOnce(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex // protects got
	var got []string
	r := setup(t, func(_ http.ResponseWriter, req *http.Request) {
		var m message
		if err := json.NewDecoder(req.Body).Decode(&m); err != nil || m.ID != req.Header.Get(HeaderDelivery) {
			t.Errorf("message %+v: %v", m, err)
		}
		mu.Lock()
		defer mu.Unlock()
		got = append(got, fmt.Sprintf("%d %s", m.Event, m.Type))
	})
	for _, happen := range []func(){
		func() { r.store.ruling(race.RulingStart) }, r.store.finish, r.store.finish,
		func() { r.store.ruling(race.RulingStop) }, func() { r.store.ruling(race.RulingOfficial) },
		func() { r.store.ruling(race.RulingPenalty) }, func() { r.store.ruling(race.RulingOfficial) },
	} {
		happen()
		r.step()
		r.step()
	}
	want := []string{
		"1 competencia.iniciada", "3 equipo.completo", "4 competencia.detenida", "5 resultados.oficiales", "7 resultados.oficiales",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if q, d := r.count(outcomeQueued), r.count(outcomeDelivered); q != 5 || d != 5 {
		t.Errorf("queued %v, delivered %v", q, d)
	}
	if logs := r.logs.String(); strings.Contains(logs, "oculta") || strings.Contains(logs, "whsec") {
		t.Errorf("a secret is in the log:\n%s", logs)
	}
}

func TestDispatcher_TellsOnlyWhatIsWanted(t *testing.T) {
	t.Parallel()
	r := setup(t, func(http.ResponseWriter, *http.Request) {})
	r.store.with(func() { r.store.webhooks[0].Kinds = []race.WebhookKind{race.WebhookStop} })
	r.store.ruling(race.RulingStart)
	r.store.ruling(race.RulingStop)
	r.step()
	if ds := r.store.all(); len(ds) != 1 || ds[0].Subject != "stop:2" {
		t.Errorf("got %+v", ds)
	}
}

// A receiver that fails twice gets the same bytes a third time.
func TestDispatcher_RetriesWithBackoff(t *testing.T) {
	t.Parallel()
	var bodies []string // one request at a time
	r := setup(t, func(w http.ResponseWriter, req *http.Request) {
		b, _ := io.ReadAll(req.Body)
		bodies = append(bodies, req.Header.Get(HeaderDelivery)+string(b))
		if len(bodies) <= 2 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	r.store.ruling(race.RulingStart)
	r.step()
	for i, wait := range waits[:2] {
		d := r.store.all()[0]
		if d.State != race.DeliveryPending || d.LastStatus != 500 || d.LastFault != race.FaultStatus || !d.NextAt.Equal(r.clock.now().Add(wait)) {
			t.Fatalf("after attempt %d: %+v", i+1, d)
		}
		r.clock.add(wait - time.Millisecond)
		r.step()
		if len(bodies) != i+1 {
			t.Fatalf("attempt %d came early", i+2)
		}
		r.clock.add(time.Millisecond)
		r.step()
	}
	d := r.store.all()[0]
	if d.State != race.DeliveryDelivered || d.LastStatus != 200 || d.LastFault != "" || d.Attempts != 3 || !d.DeliveredAt.Equal(r.clock.now()) {
		t.Errorf("at last: %+v", d)
	}
	if len(bodies) != 3 || bodies[0] != bodies[1] || bodies[1] != bodies[2] {
		t.Errorf("sent %q", bodies)
	}
	if n := r.count(outcomeRetried); n != 2 {
		t.Errorf("retried %v", n)
	}
}

func TestDispatcher_GivesUpAfterADay(t *testing.T) {
	t.Parallel()
	attempts := 0
	r := setup(t, func(w http.ResponseWriter, _ *http.Request) {
		attempts++
		w.WriteHeader(http.StatusBadGateway)
	})
	r.store.ruling(race.RulingStart)
	for range 24 * 60 {
		r.step()
		r.clock.add(time.Minute)
	}
	d := r.store.all()[0]
	if d.State != race.DeliveryFailed || d.LastFault != race.FaultStatus || attempts < 8 || attempts > 10 || r.count(outcomeFailed) != 1 {
		t.Errorf("%d attempts, %+v", attempts, d)
	}
	if !strings.Contains(r.logs.String(), "given up") {
		t.Error("it was not logged")
	}
}

func TestDispatcher_GoneSwitchesOff(t *testing.T) {
	t.Parallel()
	r := setup(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	r.store.ruling(race.RulingStart)
	r.step()
	if d := r.store.all()[0]; d.State != race.DeliveryFailed || d.LastFault != race.FaultGone || r.store.webhooks[0].Active {
		t.Errorf("got %+v, %+v", d, r.store.webhooks[0])
	}
}

// Two nodes poll the same database: each piece of news is stored and sent once.
func TestDispatcher_ManyNodesSendOnce(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	one := setup(t, func(http.ResponseWriter, *http.Request) { sent.Add(1) })
	nodes := []*rig{one}
	for range 3 {
		nodes = append(nodes, newRig(t, one.store, one.clock, one.cfg))
	}
	one.store.ruling(race.RulingStart)
	one.store.finish()
	one.store.finish()
	var wg sync.WaitGroup
	for _, n := range nodes {
		wg.Go(func() {
			for range 5 {
				if err := n.round(t.Context()); err != nil {
					t.Error(err)
				}
			}
			n.sends.Wait()
		})
	}
	wg.Wait()
	if n := len(one.store.all()); n != 2 || sent.Load() != 2 {
		t.Errorf("%d deliveries, sent %d times", n, sent.Load())
	}
}

// A node that dies while it sends leaves a lease; another sends once it is over.
func TestDispatcher_TakesOverFromADeadNode(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	r := setup(t, func(http.ResponseWriter, *http.Request) { sent.Add(1) })
	r.store.ruling(race.RulingStart)
	if err := r.derive.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := r.clock.now()
	if _, _, err := r.store.LeaseDelivery(t.Context(), r.store.all()[0].ID, now, now.Add(leaseFor)); err != nil {
		t.Fatal(err)
	}
	r.clock.add(leaseFor)
	r.step()
	if sent.Load() != 0 {
		t.Fatal("sent while another had it")
	}
	r.clock.add(time.Second)
	r.step()
	if d := r.store.all()[0]; sent.Load() != 1 || d.State != race.DeliveryDelivered || d.Attempts != 2 {
		t.Errorf("sent %d times, %+v", sent.Load(), d)
	}
}

func TestDispatcher_BoundsWhatItSendsAtOnce(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}, 100), make(chan struct{})
	r := setup(t, func(http.ResponseWriter, *http.Request) {
		entered <- struct{}{}
		<-release
	})
	for range 5 {
		r.store.ruling(race.RulingStart)
	}
	// Other webhooks, on hosts of their own.
	hosts := func(n int) string {
		return strings.Replace(r.store.webhooks[0].URL, "127.0.0.1", fmt.Sprintf("127.0.0.%d", n), 1)
	}
	for n := range 6 {
		w := r.store.webhooks[0]
		w.URL = hosts(n + 2)
		if _, err := r.store.AddWebhook(t.Context(), w, race.AuditEntry{}); err != nil {
			t.Fatal(err)
		}
	}
	r.store.with(func() { clear(r.store.cursors) })
	if err := r.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	busy, most := r.busy, 0
	for _, n := range r.hosts {
		most = max(most, n)
	}
	r.mu.Unlock()
	if busy != maxInFlight || most != maxPerHost {
		t.Errorf("%d at once, %d to one host", busy, most)
	}
	<-entered
	close(release)
	r.sends.Wait()
	if r.busy != 0 || len(r.hosts) != 0 {
		t.Errorf("%d are busy, %v", r.busy, r.hosts)
	}
}

// Events that are no news cost a look at the evidence once, and a write rarely.
func TestDispatcher_MovesTheCursorSeldom(t *testing.T) {
	t.Parallel()
	r := setup(t, func(http.ResponseWriter, *http.Request) {})
	r.store.with(func() {
		e := r.store.evidence[1]
		e.Competition.TeamSize = 15
		r.store.evidence[1] = e
	})
	for range 60 {
		r.store.finish()
		r.step()
		r.step()
		r.clock.add(time.Second)
	}
	if r.store.reads > 60 || r.store.moves > 3 {
		t.Errorf("%d reads of evidence, %d writes in a minute", r.store.reads, r.store.moves)
	}
	if ds := r.store.all(); len(ds) != 1 { // the 15th record made the team complete
		t.Errorf("%d deliveries", len(ds))
	}
}

func TestDispatcher_ReportsAFailureOnce(t *testing.T) {
	t.Parallel()
	r := setup(t, func(http.ResponseWriter, *http.Request) {})
	r.store.ruling(race.RulingStart)
	for i := range 6 {
		r.store.with(func() {
			if r.store.failure = nil; i < 3 {
				r.store.failure = errors.New("no database")
			}
		})
		r.report(r.round(t.Context()))
		r.sends.Wait()
	}
	logs := r.logs.String()
	if strings.Count(logs, "do not get on") != 1 || strings.Count(logs, "get on again") != 1 {
		t.Errorf("log:\n%s", logs)
	}
	if d := r.store.all(); len(d) != 1 || d[0].State != race.DeliveryDelivered {
		t.Errorf("got %+v", d)
	}
}
