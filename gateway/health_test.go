package gateway

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"
)

// pingStore answers pings as told and nothing else.
type pingStore struct {
	Store
	ping func(context.Context) error
}

func (s pingStore) Ping(ctx context.Context) error { return s.ping(ctx) }

// ask calls s without a network, by a host that is not allowed.
func ask(s *Server, path string) (status int, body string) {
	var ctx fasthttp.RequestCtx
	ctx.Request.SetRequestURI(path)
	ctx.Request.Header.SetHost("10.1.2.3")
	s.serve(&ctx)
	return ctx.Response.StatusCode(), string(ctx.Response.Body())
}

func newProbed(ping func(context.Context) error, more ...Check) *Server {
	return New(Config{Store: pingStore{ping: ping}, Ready: more, AllowHost: func(string) bool { return false }})
}

func works(context.Context) error { return nil }

func hangs(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func TestServer_ProbesNeedNoAllowedHost(t *testing.T) {
	t.Parallel()
	s := newProbed(works)
	for path, want := range map[string]int{
		"/health/live": 200, "/health/live/": 200, "/health/serving": 200, "/health/serving/": 200, "/health/ready": 200, "/health/ready/": 200, "/api/health/ready": 200, "/api/health/ready/": 200,
		"/health/": 404, "/health/x": 404, "/health/../api/health/": 400, "/api/health/": 400, "/api/health/ready/x": 400, "/api/": 400, "/ws/competencia/1/": 400,
	} {
		if got, body := ask(s, path); got != want {
			t.Errorf("%s: got %d %s, want %d", path, got, body, want)
		}
	}
}

func TestServer_ReadyNamesWhatWasChecked(t *testing.T) {
	t.Parallel()
	broken := Check{"redis", func(context.Context) error { return errors.New("dial 10.0.0.7: secret") }}
	const fine, unavailable = `{"status":"ok"}`, `{"status":"unavailable"}`
	for _, tc := range []struct {
		name    string
		s       *Server
		status  int
		body    string
		serving string
	}{
		{"store alone", newProbed(works), 200, `{"status":"ok","checks":{"database":"ok"}}`, fine},
		{"all", newProbed(works, Check{"migrations", works}, Check{"redis", works}), 200, `{"status":"ok","checks":{"database":"ok","migrations":"ok","redis":"ok"}}`, fine},
		{"no redis", newProbed(works, broken), 503, `{"status":"unavailable","checks":{"database":"ok","redis":"error"}}`, fine},
		{"no database", newProbed(broken.Test, Check{"migrations", works}), 503, `{"status":"unavailable","checks":{"database":"error","migrations":"ok"}}`, unavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/health/ready", "/api/health/ready/"} {
				if status, body := ask(tc.s, path); status != tc.status || body != tc.body {
					t.Errorf("%s: %d %s, want %d %s", path, status, body, tc.status, tc.body)
				}
			}
			if status, body := ask(tc.s, "/health/live"); status != http.StatusOK || body != fine {
				t.Errorf("live: %d %s", status, body)
			}
			if status, body := ask(tc.s, "/health/serving"); body != tc.serving || (status == http.StatusOK) != (body == fine) {
				t.Errorf("serving: %d %s, want %s", status, body, tc.serving)
			}
		})
	}
}

// TestServer_ChecksShareOneLimit: two parts that hang cost no more than one.
func TestServer_ChecksShareOneLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newProbed(hangs, Check{"redis", hangs}, Check{"migrations", works})
		start := s.cfg.Now()
		if status, body := ask(s, "/health/ready"); status != http.StatusServiceUnavailable ||
			body != `{"status":"unavailable","checks":{"database":"error","redis":"error","migrations":"ok"}}` {
			t.Errorf("got %d %s", status, body)
		}
		if took := s.cfg.Now().Sub(start); took != readyTimeout {
			t.Errorf("took %v", took)
		}
		s = newProbed(works, Check{"redis", hangs})
		start = s.cfg.Now()
		if status, body := ask(s, "/health/serving"); status != http.StatusOK || s.cfg.Now() != start {
			t.Errorf("serving: %d %s after %v", status, body, s.cfg.Now().Sub(start))
		}
	})
}

// TestServer_ChecksRunOnceAtATime: however many ask whatever, it costs the database
// one query.
func TestServer_ChecksRunOnceAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		release := make(chan struct{})
		s := newProbed(func(context.Context) error { asked.Add(1); <-release; return nil })
		done := make(chan int, 100)
		for i := range cap(done) {
			path := []string{"/health/ready", "/health/serving"}[i%2]
			go func() {
				status, _ := ask(s, path)
				done <- status
			}()
		}
		synctest.Wait()
		close(release)
		for range cap(done) {
			if status := <-done; status != http.StatusOK {
				t.Errorf("got %d", status)
			}
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("%d pings", n)
		}
	})
}

func TestServer_NotReadyIsLoggedOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var fault error
	s := New(Config{
		Store: pingStore{ping: works}, AllowHost: func(string) bool { return false }, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Ready: []Check{{"redis", func(context.Context) error { return fault }}},
	})
	for _, fault = range []error{nil, errors.New("gone"), errors.New("gone"), nil, nil, errors.New("gone again")} {
		ask(s, "/health/ready")
	}
	got := strings.Count(log.String(), "\n")
	if n := strings.Count(log.String(), `msg="not ready" check=redis err="gone`) + strings.Count(log.String(), `msg="not ready" check=redis err=gone`); n != 2 || got != 3 {
		t.Errorf("logged:\n%s", log.String())
	}
}

func TestServer_NotReadyWhileItStops(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	s := New(Config{Metrics: reg, Store: pingStore{ping: works}, Ready: []Check{{"redis", hangs}}, AllowHost: func(string) bool { return false }})
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status, body := ask(s, "/health/ready"); status != http.StatusServiceUnavailable || body != `{"status":"draining","checks":{}}` {
		t.Errorf("got %d %s", status, body)
	}
	if status, body := ask(s, "/health/serving"); status != http.StatusServiceUnavailable || body != `{"status":"draining"}` {
		t.Errorf("serving: %d %s", status, body)
	}
	expect(t, reg, map[string]float64{"server5k_ready": 0})
}

func TestServer_ReadyIsAMetric(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	var fault error
	s := New(Config{Metrics: reg, Store: pingStore{ping: works}, Ready: []Check{{"redis", func(context.Context) error { return fault }}}})
	expect(t, reg, map[string]float64{"server5k_ready": 1, `server5k_ready_check{check="database"}`: 1, `server5k_ready_check{check="redis"}`: 1})
	fault = errors.New("gone")
	expect(t, reg, map[string]float64{"server5k_ready": 0, `server5k_ready_check{check="database"}`: 1, `server5k_ready_check{check="redis"}`: 0})
	_ = s
}
