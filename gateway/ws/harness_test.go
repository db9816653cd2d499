package ws

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/valyala/fasthttp"
)

const (
	patience = 10 * time.Second
	fanOut   = 1000 // connections of the benchmark
)

const request = "GET /ws HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// recorder is a handler that hands all events to the test.
type recorder struct {
	conn   *Conn
	onText func(*Conn, []byte)
	onLag  func(*Conn)
	events chan string
}

func (r *recorder) OnText(payload []byte) {
	if r.onText != nil {
		r.onText(r.conn, payload)
		return
	}
	r.conn.Send(TextFrame(payload))
}
func (r *recorder) OnBinary()      { r.events <- "binary" }
func (r *recorder) OnRateLimited() { r.events <- "limited" }
func (r *recorder) OnClose()       { r.events <- "close" }
func (r *recorder) OnLag() {
	if r.onLag != nil {
		r.onLag(r.conn)
	}
	r.events <- "lag"
}

type rig struct {
	server  *Server
	addr    string
	events  chan string
	conns   chan *Conn
	options Options
	onText  func(*Conn, []byte)
	onLag   func(*Conn)
	start   func(*Conn) // before the handler is returned
	secure  *tls.Config // of the server; nil: plain
}

// setup serves WebSockets on a free port; change adapts the rig before it starts.
func setup(tb testing.TB, change func(*rig)) *rig {
	tb.Helper()
	r := &rig{
		server: NewServer(slog.New(slog.DiscardHandler)), events: make(chan string, 4*fanOut), conns: make(chan *Conn, 4000),
		options: Options{MaxMessage: 1 << 10, QueueFrames: 64, QueueBytes: 1 << 20, WriteTimeout: patience},
	}
	if change != nil {
		change(r)
	}
	ln, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	r.addr = ln.Addr().String()
	http := &fasthttp.Server{Handler: r.serve, KeepHijackedConns: true, ReduceMemoryUsage: true, ReadTimeout: patience, CloseOnShutdown: true}
	done := make(chan error, 1)
	if r.secure != nil {
		ln = tls.NewListener(ln, r.secure)
	}
	go func() { done <- http.Serve(ln) }()
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := r.server.Drain(ctx); err != nil {
			tb.Error(err)
		}
		if err := http.ShutdownWithContext(ctx); err != nil {
			tb.Error(err)
		}
		if err := <-done; err != nil {
			tb.Error(err)
		}
	})
	return r
}

func (r *rig) serve(ctx *fasthttp.RequestCtx) {
	if !CheckHandshake(ctx) {
		return
	}
	r.server.Upgrade(ctx, r.options, func(c *Conn) Handler {
		if r.start != nil {
			r.start(c)
		}
		r.conns <- c
		return &recorder{conn: c, onText: r.onText, onLag: r.onLag, events: r.events}
	})
}

func (r *rig) want(t *testing.T, events ...string) {
	t.Helper()
	for _, want := range events {
		select {
		case got := <-r.events:
			if got != want {
				t.Fatalf("event %q, want %q", got, want)
			}
		case <-time.After(patience):
			t.Fatalf("no event %q", want)
		}
	}
}

type client struct {
	tb testing.TB
	net.Conn
	br *bufio.Reader
}

// dial connects and sends the handshake, with extra bytes right behind it in the same write.
func (r *rig) dial(tb testing.TB, extra ...byte) *client {
	tb.Helper()
	c := r.dialRaw(tb, request+string(extra))
	answer, err := http.ReadResponse(c.br, nil)
	if err != nil {
		tb.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != 101 || answer.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		tb.Fatalf("answer %d %v", answer.StatusCode, answer.Header)
	}
	return c
}

func (r *rig) dialRaw(tb testing.TB, bytes string) *client {
	tb.Helper()
	conn, err := (&net.Dialer{}).DialContext(tb.Context(), "tcp4", r.addr)
	if err != nil {
		tb.Fatal(err)
	}
	if r.secure != nil {
		conn = tls.Client(conn, &tls.Config{RootCAs: rootsOf(tb, r.secure), ServerName: "localhost", MinVersion: tls.VersionTLS12})
	}
	tb.Cleanup(func() { _ = conn.Close() })
	c := &client{tb, conn, bufio.NewReader(conn)}
	_ = conn.SetDeadline(time.Now().Add(patience))
	c.raw([]byte(bytes))
	return c
}

func (c *client) raw(b []byte) {
	c.tb.Helper()
	if _, err := c.Write(b); err != nil {
		c.tb.Fatal(err)
	}
}

func masked(op ws.OpCode, fin bool, payload string) []byte {
	return ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(op, fin, []byte(payload))))
}

func (c *client) send(op ws.OpCode, fin bool, payload string) {
	c.tb.Helper()
	c.raw(masked(op, fin, payload))
}

func (c *client) read() ws.Frame {
	c.tb.Helper()
	h, err := ws.ReadHeader(c.br)
	if err != nil {
		c.tb.Fatal(err)
	}
	if h.Masked || h.Rsv != 0 {
		c.tb.Fatalf("header %+v", h)
	}
	f := ws.Frame{Header: h, Payload: make([]byte, h.Length)}
	if _, err := io.ReadFull(c.br, f.Payload); err != nil {
		c.tb.Fatal(err)
	}
	return f
}

func (c *client) want(op ws.OpCode, payload string) {
	c.tb.Helper()
	if f := c.read(); f.Header.OpCode != op || string(f.Payload) != payload {
		c.tb.Fatalf("frame %x %q, want %x %q", f.Header.OpCode, f.Payload, op, payload)
	}
}

// wantClose skips what comes before the close frame and wants the end of the stream behind it.
func (c *client) wantClose(code int) {
	c.tb.Helper()
	f := c.read()
	for f.Header.OpCode != ws.OpClose {
		f = c.read()
	}
	if got := int(binary.BigEndian.Uint16(f.Payload)); got != code {
		c.tb.Fatalf("close %d %q, want %d", got, f.Payload[2:], code)
	}
	if _, err := c.br.ReadByte(); err != io.EOF {
		c.tb.Fatalf("after the close frame: %v, want EOF", err)
	}
	_ = c.Close()
}
