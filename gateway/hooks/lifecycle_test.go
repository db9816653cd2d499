package hooks

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"server5k/race"
)

// transport answers without a network, as synctest needs.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// inBubble starts a dispatcher whose clock is that of synctest.
func inBubble(t *testing.T, answer transport) (*Dispatcher, *memory) {
	t.Helper()
	store := newMemory()
	oneRace(t, store)
	w := race.Webhook{Competition: 1, URL: "https://example.org/", Kinds: race.WebhookKinds(), Active: true}
	if _, err := store.AddWebhook(t.Context(), w, race.AuditEntry{}); err != nil {
		t.Fatal(err)
	}
	d := New(Config{Queue: store, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	d.sender.client.Transport = answer
	d.Start(t.Context())
	return d, store
}

func TestDispatcher_PollsEverySecondUntilStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, store := inBubble(t, func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		})
		store.ruling(race.RulingStart)
		<-time.After(pollEvery + time.Millisecond)
		synctest.Wait()
		if ds := store.all(); len(ds) != 1 || ds[0].State != race.DeliveryDelivered {
			t.Errorf("after a second: %+v", ds)
		}
		if err := d.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if err := d.Stop(t.Context()); err != nil {
			t.Errorf("again: %v", err)
		}
		store.ruling(race.RulingStop)
		<-time.After(time.Minute)
		if n := len(store.all()); n != 1 {
			t.Errorf("%d deliveries after the stop", n)
		}
	})
}

// What hangs when the server stops is aborted, and due at once for who runs next.
func TestDispatcher_StopAbortsWhatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, store := inBubble(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		store.ruling(race.RulingStart)
		<-time.After(pollEvery + time.Millisecond)
		synctest.Wait()
		began := time.Now()
		if err := d.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != stopGrace {
			t.Errorf("it took %v, want %v", took, stopGrace)
		}
		got := store.all()[0]
		if got.State != race.DeliveryPending || got.NextAt.After(time.Now()) || got.LastFault != "" || len(store.leases) != 0 {
			t.Errorf("got %+v, leases %v", got, store.leases)
		}
	})
}

func TestDispatcher_StopWithoutStart(t *testing.T) {
	t.Parallel()
	d := New(Config{Queue: newMemory(), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err := d.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestDispatcher_StopKeepsItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		d, store := inBubble(t, func(*http.Request) (*http.Response, error) {
			<-release // hears nothing
			return nil, errors.New("late")
		})
		store.ruling(race.RulingStart)
		<-time.After(pollEvery + time.Millisecond)
		synctest.Wait()
		ctx, cancel := context.WithTimeoutCause(t.Context(), 5*time.Second, errors.New("stop: not done in 5s"))
		defer cancel()
		if err := d.Stop(ctx); err == nil || !strings.Contains(err.Error(), "not done in 5s") {
			t.Errorf("got %v", err)
		}
		close(release)
		if err := d.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
