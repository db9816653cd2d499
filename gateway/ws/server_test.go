package ws

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestServer_DrainCloses1012AndRefusesUpgrades(t *testing.T) {
	t.Parallel()
	r := setup(t, nil)
	var clients []*client
	for range 2*drainBatch + 1 {
		clients = append(clients, r.dial(t))
		<-r.conns
	}
	done := make(chan error, 1)
	go func() { done <- r.server.Drain(context.Background()) }()
	for _, c := range clients {
		c.wantClose(1012)
	}
	if err := <-done; err != nil || r.server.Len() != 0 {
		t.Fatalf("drain: %v, %d left", err, r.server.Len())
	}
	c := r.dialRaw(t, request)
	answer, err := http.ReadResponse(c.br, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if retry := answer.Header.Get("Retry-After"); answer.StatusCode != 503 || retry == "" {
		t.Errorf("status %d, retry after %q; want 503", answer.StatusCode, retry)
	}
}

func TestServer_CountsByClient(t *testing.T) {
	t.Parallel()
	client, stranger := netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("10.0.0.1")
	r := setup(t, func(r *rig) { r.options.Client = client })
	c := r.dial(t)
	<-r.conns
	if got := r.server.From(client); got != 1 {
		t.Errorf("%d connections of the client, want 1", got)
	}
	_ = c.Close()
	<-r.events // close
	r.dial(t)
	<-r.conns
	if got := r.server.From(stranger); got != 0 {
		t.Errorf("%d connections from a stranger", got)
	}
}

func TestServer_DrainCutsOffWhenContextEnds(t *testing.T) {
	t.Parallel()
	r := setup(t, nil)
	r.dial(t) // answers nothing
	<-r.conns
	cause := errors.New("drain: no time left")
	ctx, cancel := context.WithTimeoutCause(context.Background(), 20*time.Millisecond, cause)
	defer cancel()
	if err := r.server.Drain(ctx); !errors.Is(err, cause) {
		t.Errorf("error %v, want %v", err, cause)
	}
	r.want(t, "close")
}

func TestServer_UpgradeOvertakenByDrainGets503(t *testing.T) {
	t.Parallel()
	s := NewServer(slog.New(slog.DiscardHandler))
	if err := s.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
	peer, hijacked := net.Pipe()
	go s.adopt(hijacked, nil, Options{}, nil)
	answer, err := http.ReadResponse(bufio.NewReader(peer), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, _ := io.ReadAll(answer.Body); answer.StatusCode != 503 || !strings.Contains(string(body), "restarting") || answer.Header.Get("Retry-After") == "" {
		t.Errorf("status %d %s", answer.StatusCode, body)
	}
}

func TestCheckHandshake_Refuses(t *testing.T) {
	t.Parallel()
	r := setup(t, nil)
	for name, test := range map[string]struct {
		old, new string
		status   int
	}{
		"post":            {"GET", "POST", 400},
		"http 1.0":        {"HTTP/1.1", "HTTP/1.0", 400},
		"close":           {"keep-alive, Upgrade", "close, Upgrade", 400},
		"body":            {"Host: test", "Host: test\r\nContent-Length: 1", 400},
		"no upgrade":      {"Upgrade: websocket", "Upgrade: h2c", 426},
		"no connection":   {"keep-alive, Upgrade", "keep-alive", 426},
		"version":         {"Version: 13", "Version: 8", 426},
		"no key":          {"Sec-WebSocket-Key", "X-Key", 400},
		"short key":       {"dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub24=", 400},
		"key not base64":  {"dGhlIHNhbXBsZSBub25jZQ==", "!Ghl!HNhbXBsZSBub25jZQ==", 400},
		"key of 18 bytes": {"dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQAA", 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := r.dialRaw(t, strings.Replace(request, test.old, test.new, 1)+"x")
			answer, err := http.ReadResponse(c.br, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, _ := io.ReadAll(answer.Body)
			if answer.StatusCode != test.status || !strings.HasPrefix(string(body), `{"error":"`) {
				t.Errorf("status %d %s, want %d", answer.StatusCode, body, test.status)
			}
			if v := answer.Header.Get("Sec-WebSocket-Version"); (v == "13") != (test.status == 426) {
				t.Errorf("version header %q", v)
			}
		})
	}
}

func TestUpgrade_AnswersSubprotocolAndNoExtension(t *testing.T) {
	t.Parallel()
	r := setup(t, func(r *rig) { r.options.Subprotocol = "server5k" })
	c := r.dialRaw(t, strings.Replace(request, "Host", "Sec-WebSocket-Extensions: permessage-deflate\r\nHost", 1))
	answer, err := http.ReadResponse(c.br, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Sec-WebSocket-Protocol"); answer.StatusCode != 101 || got != "server5k" {
		t.Errorf("status %d protocol %q", answer.StatusCode, got)
	}
	if got := answer.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("extensions %q", got)
	}
}
