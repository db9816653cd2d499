package ws

import (
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Conn is one WebSocket connection. Its methods may be called from any goroutine, also from within
// the Handler, and never call the Handler themselves.
type Conn struct {
	nc      net.Conn
	inner   net.Conn // what nc encrypts for; nil unless it is TLS
	o       Options
	log     *slog.Logger
	handler Handler // protected by callMu

	// Touched by the connection's goroutine only.
	src      source
	dec      decoder
	limiter  *rate.Limiter // nil means unlimited
	lastSeen time.Time     // bytes from the peer
	lastPing time.Time

	callMu sync.Mutex // held during each callback; protects closed
	closed bool       // OnClose was called

	mu         sync.Mutex // protects the fields below
	w          writer
	lagged     bool // frames were dropped, OnLag is due when the queue is empty
	closing    bool // the close frame is queued or written
	shut       bool // the close frame is written, the linger deadline runs
	discarding bool // the connection's goroutine only waits for the end
	dead       bool // the socket is of no use any more
}

// newConn prepares a connection whose first write is answer, by Conn.run; until then what is sent
// queues up behind it.
func newConn(nc net.Conn, early, answer []byte, o Options, log *slog.Logger) *Conn {
	o = o.withDefaults()
	raw, inner := rawConn(nc), innerConn(nc)
	c := &Conn{
		nc: nc, inner: inner, o: o, log: log, handler: nopHandler{}, dec: newDecoder(o.MaxMessage),
		limiter: o.limiter(), lastSeen: time.Now(),
	}
	c.src = source{nc: nc, raw: raw, data: early, onBytes: c.onBytes, onSilence: c.onSilence}
	c.src.tryRead = c.src.readOnce
	c.w.nc, c.w.raw = nc, raw
	c.w.tryWrite = c.w.writeOnce
	c.w.flushing = true
	c.w.push(answer)
	if inner != nil {
		tune(rawConn(inner))
	} else {
		tune(raw)
	}
	return c
}

// Send writes f or queues it, and never waits for the peer. It returns false when the frame will not
// arrive: the connection is closing or closed, or its queue overflowed and Options.Policy applies.
func (c *Conn) Send(f Frame) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing || c.dead || c.lagged {
		return false
	}
	if c.w.flushing && !c.w.fits(len(f), &c.o) {
		c.overflow()
		return false
	}
	if err := c.put(f); err != nil {
		c.kill()
		return false
	}
	return true
}

// overflow applies the policy. mu is held.
func (c *Conn) overflow() {
	c.w.drop()
	if c.o.OnOverflow != nil {
		c.o.OnOverflow()
	}
	if c.o.Policy == CoalesceOnOverflow {
		c.lagged = true
		return
	}
	c.startClose(codeTryAgainLater, defaultSpread().reason("reads too slowly", 1))
}

// sendControl writes a ping or pong, or drops it when it does not fit: a peer that does not read
// does not miss it, and a flood of pings does not grow the queue.
func (c *Conn) sendControl(f Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing || c.dead || c.w.flushing && !c.w.fits(len(f), &c.o) {
		return
	}
	if err := c.put(f); err != nil {
		c.kill()
	}
}

// call runs one callback, alone and never after OnClose. A panic costs this connection only.
func (c *Conn) call(name string, callback func()) {
	c.callMu.Lock()
	defer c.callMu.Unlock()
	if !c.closed {
		c.guard(name, callback)
	}
}

func (c *Conn) guard(name string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			c.log.Error("websocket handler panicked", "callback", name, "panic", r, "stack", string(debug.Stack()))
			c.Close(codeInternal, "internal error")
		}
	}()
	f()
}
