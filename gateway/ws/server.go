package ws

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	// drainBatch connections are closed each drainPause: 5,000 a second, so that the clients do not
	// all come back at the same instant.
	drainBatch = 50
	drainPause = 10 * time.Millisecond
	// refuseTimeout bounds the 503 that a hijacked socket gets when the drain overtook its upgrade.
	refuseTimeout = time.Second
)

// Server owns all live connections of the process. The fasthttp server in front of it must run with
// KeepHijackedConns, and should run with ReduceMemoryUsage.
type Server struct {
	// Spread may be changed before the first connection.
	Spread Spread

	log *slog.Logger

	mu       sync.Mutex // protects the fields below
	conns    map[*Conn]struct{}
	byIP     map[netip.Addr]int // open connections; no zeros
	draining bool
	empty    chan struct{} // made by Drain, closed by the last connection that leaves
}

// NewServer returns a server without connections. It starts nothing.
func NewServer(log *slog.Logger) *Server {
	return &Server{Spread: defaultSpread(), log: log.With("part", "websocket"), conns: map[*Conn]struct{}{}, byIP: map[netip.Addr]int{}}
}

// Len returns the number of connections that are open or closing.
func (s *Server) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// From returns the number of connections of a client that are open or closing.
func (s *Server) From(client netip.Addr) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byIP[client]
}

// Upgrade answers 101 and takes the socket over once the request handler returned; CheckHandshake
// must have passed. start runs in the connection's goroutine, may Send at once and returns the
// Handler. It is not called when the peer is gone by then, and not after Drain started, which is
// answered with 503: resources of the connection belong into start. Nothing of ctx may be used in it.
func (s *Server) Upgrade(ctx *fasthttp.RequestCtx, o Options, start func(*Conn) Handler) {
	if s.isDraining() {
		refuse(ctx, fasthttp.StatusServiceUnavailable, drainMessage)
		ctx.Response.Header.Set(fasthttp.HeaderRetryAfter, RetryAfter())
		ctx.SetConnectionClose()
		return
	}
	answer := switchingProtocols(ctx.Request.Header.Peek(fasthttp.HeaderSecWebSocketKey), o.Subprotocol)
	ctx.SetStatusCode(fasthttp.StatusSwitchingProtocols) // for the access log; the answer is ours
	// Without a response of fasthttp the hijack cannot be skipped after a 101 was sent.
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(hijacked net.Conn) { s.adopt(hijacked, answer, o, start) })
}

// adopt starts the connection. It returns at once, which gives the RequestCtx back to its pool.
func (s *Server) adopt(hijacked net.Conn, answer []byte, o Options, start func(*Conn) Handler) {
	early := earlyBytes(hijacked)
	nc := hijacked
	if u, ok := hijacked.(interface{ UnsafeConn() net.Conn }); ok {
		nc = u.UnsafeConn()
	}
	c := newConn(nc, early, answer, o, s.log)
	if !s.add(c) {
		refuseRaw(nc)
		return
	}
	go func() {
		defer s.remove(c)
		c.run(start)
	}()
}

// earlyBytes returns what the peer sent right behind the handshake and fasthttp read along with it.
// The past deadline makes Read return buffered bytes only.
func earlyBytes(hijacked net.Conn) []byte {
	_ = hijacked.SetReadDeadline(time.Unix(1, 0)) // an error shows at the first read
	var early bytes.Buffer
	var piece [512]byte
	for {
		n, err := hijacked.Read(piece[:])
		early.Write(piece[:n])
		if err != nil || n == 0 {
			_ = hijacked.SetReadDeadline(time.Time{})
			return early.Bytes()
		}
	}
}

const (
	drainMessage  = "the server is restarting"
	restartReason = "service restart"
)

func refuseRaw(nc net.Conn) {
	body := errorBody(drainMessage)
	_ = nc.SetWriteDeadline(time.Now().Add(refuseTimeout))
	_, _ = fmt.Fprintf(nc, "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: %s\r\n"+
		"Content-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", RetryAfter(), len(body), body)
	_ = nc.Close()
}

func (s *Server) isDraining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

func (s *Server) add(c *Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return false
	}
	s.conns[c] = struct{}{}
	s.byIP[c.o.Client]++
	return true
}

func (s *Server) remove(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if s.byIP[c.o.Client]--; s.byIP[c.o.Client] <= 0 {
		delete(s.byIP, c.o.Client)
	}
	if s.draining && len(s.conns) == 0 {
		close(s.empty)
	}
}

// Drain closes all connections with 1012, 5,000 a second and the urgent ones first, and waits until
// they are gone. The reason tells each client when to come back, see Spread. When ctx ends first,
// the rest is cut off and the cause of ctx returned. It may be called again.
func (s *Server) Drain(ctx context.Context) error {
	conns, urgent, empty := s.startDrain()
	tick := time.NewTicker(drainPause)
	defer tick.Stop()
	for from := 0; from < len(conns); from += drainBatch {
		for i, c := range conns[from:min(from+drainBatch, len(conns))] {
			peers := urgent // who comes back together
			if from+i >= urgent {
				peers = len(conns) - urgent
			}
			c.Close(codeServiceRestart, s.Spread.reason(restartReason, peers))
		}
		select {
		case <-ctx.Done():
			return s.cutOff(ctx)
		case <-empty:
			return nil
		case <-tick.C:
		}
	}
	select {
	case <-ctx.Done():
		return s.cutOff(ctx)
	case <-empty:
		return nil
	}
}

// startDrain returns the connections, the urgent ones first, and how many these are.
func (s *Server) startDrain() (conns []*Conn, urgent int, empty <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.draining {
		s.draining = true
		s.empty = make(chan struct{})
		if len(s.conns) == 0 {
			close(s.empty)
		}
		s.log.Info("websocket drain started", "connections", len(s.conns))
	}
	conns = slices.Collect(maps.Keys(s.conns))
	for i, c := range conns {
		if c.o.Urgent {
			conns[i], conns[urgent] = conns[urgent], c
			urgent++
		}
	}
	return conns, urgent, s.empty
}

func (s *Server) cutOff(ctx context.Context) error {
	s.mu.Lock()
	rest := slices.Collect(maps.Keys(s.conns))
	s.mu.Unlock()
	for _, c := range rest {
		c.Close(codeServiceRestart, s.Spread.reason(restartReason, len(rest)))
		c.abort()
	}
	return fmt.Errorf("drain websockets, %d left: %w", len(rest), context.Cause(ctx))
}
