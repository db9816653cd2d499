package gateway

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	gobwas "github.com/gobwas/ws"

	"server5k/gateway/auth"
	"server5k/gateway/ws"
	"server5k/race"
)

// socketPatience ends a test that would hang.
const socketPatience = 60 * time.Second

// node is a gateway on a free port of the loopback.
type node struct {
	srv     *Server
	live    *Live
	sockets *ws.Server
	addr    string
}

// startNode serves competition 1 as newLive has it. change adapts the node before
// it serves.
func startNode(t *testing.T, cfg Config, change func(*node)) *node {
	t.Helper()
	n := &node{sockets: ws.NewServer(slog.New(slog.DiscardHandler))}
	n.live, _ = newLive(t)
	if cfg.Store == nil {
		cfg.Store = emptyStore{}
	}
	cfg.Sockets, cfg.Live, cfg.Location = n.sockets, n.live, quito
	cfg.Issuer = auth.NewIssuer([]byte("test-secret"), nil)
	cfg.AllowHost = func(string) bool { return true }
	n.srv = New(cfg)
	if change != nil {
		change(n)
	}
	ln, err := (&net.ListenConfig{KeepAlive: -1}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n.addr = ln.Addr().String()
	done := make(chan error, 1) // Serve returns once
	go func() { done <- n.srv.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), socketPatience)
		defer cancel()
		if err := n.srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := n.sockets.Drain(ctx); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return n
}

// socket is a client's end.
type socket struct {
	net.Conn
	br *bufio.Reader
}

// refusedError is an answer other than an upgrade.
type refusedError struct {
	status int
	retry  string
	body   string
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("refused: %d, retry after %s: %s", e.status, e.retry, e.body)
}

// open opens a socket, or returns a refusedError.
func (n *node) open(ctx context.Context, path string) (*socket, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp4", n.addr)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(socketPatience))
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", path); err != nil {
		return nil, err
	}
	c := &socket{conn, bufio.NewReaderSize(conn, 512)}
	answer, err := http.ReadResponse(c.br, nil)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusSwitchingProtocols {
		return c, nil
	}
	defer conn.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	return nil, &refusedError{answer.StatusCode, answer.Header.Get("Retry-After"), string(body)}
}

// closedError is the close frame of the server.
type closedError struct {
	code   int
	reason string
}

func (e *closedError) Error() string { return fmt.Sprintf("closed %d: %s", e.code, e.reason) }

// viewed is any message to a viewer.
type viewed struct {
	Type string `json:"tipo"`
	Seq  int64  `json:"sec"`
	Data struct {
		ID   race.CompetitionID `json:"competencia_id"`
		Live *bool              `json:"en_vivo"`
	} `json:"data"`
}

// String is what the tests compare.
func (v viewed) String() string {
	if v.Data.Live != nil {
		return fmt.Sprint(v.Type, " ", *v.Data.Live)
	}
	return fmt.Sprint(v.Type, " ", v.Seq)
}

// next reads one message, or returns a closedError.
func (c *socket) next() (v viewed, err error) {
	h, err := gobwas.ReadHeader(c.br)
	if err != nil {
		return v, err
	}
	payload := make([]byte, h.Length)
	if _, err := io.ReadFull(c.br, payload); err != nil {
		return v, err
	}
	if h.OpCode == gobwas.OpClose {
		c.Close()
		return v, &closedError{int(binary.BigEndian.Uint16(payload)), string(payload[2:])}
	}
	return v, json.Unmarshal(payload, &v)
}

// want reads the messages named.
func (c *socket) want(t *testing.T, messages ...string) {
	t.Helper()
	for _, want := range messages {
		got, err := c.next()
		if err != nil || got.String() != want {
			t.Fatalf("got %v, %v; want %s", got, err, want)
		}
	}
}

// watch opens a public socket and reads its welcome.
func (n *node) watch(t *testing.T) *socket {
	t.Helper()
	c, err := n.open(t.Context(), "/ws/competencia/1/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	got, err := c.next()
	if err != nil || got.Type != "conexion_establecida" {
		t.Fatalf("welcome %v, %v", got, err)
	}
	return c
}
