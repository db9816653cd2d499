package gateway

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

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

func newProbed(ping func(context.Context) error) *Server {
	return New(Config{Store: pingStore{ping: ping}, AllowHost: func(string) bool { return false }})
}

func TestServer_ProbesNeedNoAllowedHost(t *testing.T) {
	t.Parallel()
	s := newProbed(func(context.Context) error { return nil })
	for path, want := range map[string]int{
		"/health/live": 200, "/health/live/": 200, "/health/ready": 200, "/health/ready/": 200,
		"/health/": 404, "/health/x": 404, "/health/../api/health/": 400, "/api/health/": 400, "/api/": 400, "/ws/competencia/1/": 400,
	} {
		if got, body := ask(s, path); got != want {
			t.Errorf("%s: got %d %s, want %d", path, got, body, want)
		}
	}
}

func TestServer_NotReadyWithoutDatabase(t *testing.T) {
	t.Parallel()
	s := newProbed(func(context.Context) error { return errors.New("disk on fire") })
	if status, body := ask(s, "/health/ready"); status != http.StatusServiceUnavailable || body != `{"status":"database"}` {
		t.Errorf("ready: %d %s", status, body)
	}
	if status, _ := ask(s, "/health/live"); status != http.StatusOK {
		t.Errorf("live: %d", status)
	}
}

func TestServer_NotReadyWhenTheDatabaseHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newProbed(func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		if status, _ := ask(s, "/health/ready"); status != http.StatusServiceUnavailable {
			t.Errorf("got %d", status)
		}
	})
}

func TestServer_NotReadyWhileItStops(t *testing.T) {
	t.Parallel()
	s := newProbed(func(context.Context) error { return nil })
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status, body := ask(s, "/health/ready"); status != http.StatusServiceUnavailable || body != `{"status":"draining"}` {
		t.Errorf("got %d %s", status, body)
	}
}
