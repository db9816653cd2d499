package hooks_test

import (
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/gateway/hooks"
	"server5k/persistence"
	"server5k/persistence/sqlite"
	"server5k/persistence/storetest"
	"server5k/race"
)

// A store is what both parts need.
var (
	_ hooks.Store = persistence.Store(nil)
	_ hooks.Queue = persistence.Store(nil)
)

// patience is for what must happen: far more than it takes.
const patience = 20 * time.Second

// received is what came in with one request.
type received struct{ id, body string }

// inbox is a receiver over HTTPS that takes everything it is sent, if the signature
// is good.
func inbox(tb testing.TB, secret func() string) (*httptest.Server, *x509.CertPool, <-chan received) {
	tb.Helper()
	got := make(chan received, 100)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		header := r.Header.Get(hooks.HeaderSignature)
		near := false // to now: the second may have passed since
		for back := range 20 {
			near = near || header == hooks.Sign(secret(), time.Now().Add(-time.Duration(back)*time.Second), body)
		}
		if err != nil || !near {
			tb.Errorf("signature %q of %q: %v", header, body, err)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		got <- received{r.Header.Get(hooks.HeaderDelivery), string(body)}
	}))
	tb.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s, pool, got
}

// Two nodes on one database tell a whole race once, and again what they are asked
// to.
func TestDispatcher_TwoNodesOnADatabase(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "race.db")
	open := func() *sqlite.Store {
		s, err := sqlite.Open(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	store := open()
	if _, err := store.Add(ctx, storetest.Dump(), false); err != nil {
		t.Fatal(err)
	}
	secrets := make(chan string, 1)
	server, pool, got := inbox(t, func() string { s := <-secrets; secrets <- s; return s })
	guard := hooks.Guard{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	registry := hooks.NewRegistry(store, guard, time.Now)
	who := hooks.Who{Author: "root", All: true}
	kinds := race.WebhookKinds()
	w, err := registry.Create(ctx, who, hooks.Form{Competition: 2, URL: &server.URL, Kinds: &kinds})
	if err != nil {
		t.Fatal(err)
	}
	secrets <- w.Secret
	for range 2 {
		d := hooks.New(hooks.Config{Queue: open(), Guard: guard, RootCAs: pool, Now: time.Now, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
		d.Start(ctx)
		defer func() {
			if err := d.Stop(ctx); err != nil {
				t.Error(err)
			}
		}()
	}

	wholeRace(t, store)
	bodies := map[string]string{}
	counts := map[string]int{}
	for range 4 {
		m := await(t, got)
		bodies[m.id] = m.body
		counts[kindOf(t, m)]++
	}
	want := map[string]int{"competencia.iniciada": 1, "equipo.completo": 1, "competencia.detenida": 1, "resultados.oficiales": 1}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}

	last := delivered(t, registry, who, w.ID, 4)
	if _, err := registry.Redeliver(ctx, who, w.ID, last.ID); err != nil {
		t.Fatal(err)
	}
	if m := await(t, got); m.id != last.ID.String() || m.body != bodies[m.id] {
		t.Errorf("sent again: %+v, first %q", m, bodies[m.id])
	}
}

// delivered waits until it is stored that all of a webhook's deliveries arrived,
// which is after they did, and returns the newest.
func delivered(tb testing.TB, r *hooks.Registry, who hooks.Who, id race.WebhookID, want int) race.Delivery {
	tb.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); ; {
		list, total, err := r.Deliveries(tb.Context(), who, id, 0, 0)
		if err != nil || total != want {
			tb.Fatalf("%d deliveries: %v", total, err)
		}
		pending := func(d race.Delivery) bool { return d.State != race.DeliveryDelivered }
		if !slices.ContainsFunc(list, pending) {
			return list[0]
		}
		select {
		case <-tick.C:
		case <-deadline:
			tb.Fatalf("not delivered: %+v", list)
		}
	}
}

func await(tb testing.TB, got <-chan received) received {
	tb.Helper()
	select {
	case m := <-got:
		return m
	case <-time.After(patience):
		tb.Fatal("nothing came")
		return received{}
	}
}

func kindOf(tb testing.TB, m received) string {
	tb.Helper()
	var v struct {
		ID   string `json:"id"`
		Type string `json:"tipo"`
	}
	if err := json.Unmarshal([]byte(m.body), &v); err != nil || v.ID != m.id {
		tb.Errorf("message %+v: %v", m, err)
	}
	return v.Type
}

// wholeRace starts the second competition of the dump, times its team of three,
// stops it and publishes the results.
func wholeRace(tb testing.TB, s *sqlite.Store) {
	tb.Helper()
	ctx, gun := tb.Context(), time.Now().Add(-time.Hour)
	a, err := s.Activate(ctx, 2)
	if err != nil {
		tb.Fatal(err)
	}
	if _, _, err := s.Transition(ctx, race.Transition{Competition: 2, Epoch: a.Epoch, Start: true, At: gun, Author: "root"}); err != nil {
		tb.Fatal(err)
	}
	q := race.Request{Judge: 1, Team: 21}
	for n := range 3 {
		elapsed := time.Duration(20+n) * time.Minute
		q.Records = append(q.Records, race.TimeRecord{ID: race.NewRecordID(), Elapsed: elapsed, ReceivedAt: gun.Add(elapsed), Source: race.SourceSocket})
	}
	if _, _, err := s.Append(ctx, race.Batch{Competition: 2, Epoch: a.Epoch, Requests: []race.Request{q}}); err != nil {
		tb.Fatal(err)
	}
	if _, _, err := s.Transition(ctx, race.Transition{Competition: 2, Epoch: a.Epoch, At: gun.Add(50 * time.Minute), Author: "root"}); err != nil {
		tb.Fatal(err)
	}
	_, err = s.Rule(ctx, race.Order{
		Competition: 2, Epoch: a.Epoch, Key: race.NewRecordID(), Kind: race.RulingOfficial, Override: true, Author: "root", At: time.Now(), Reason: "final",
	})
	if err != nil {
		tb.Fatal(err)
	}
}
