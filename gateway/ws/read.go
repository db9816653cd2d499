package ws

import (
	"errors"
	"io"
	"time"

	"github.com/gobwas/ws"
)

// errGone ends the reading of a connection that nobody needs any more.
var errGone = errors.New("connection is gone")

// run is the goroutine of a connection, from the 101 answer to OnClose.
func (c *Conn) run(start func(*Conn) Handler) {
	c.flush() // the answer, and the close frame of a drain that came first
	if !c.isClosing() {
		c.call("start", func() {
			if h := start(c); h != nil {
				c.handler = h
			}
		})
	}
	c.arm()
	err := c.read()
	c.src.release()
	c.dec.text.release()
	c.end(err)
}

// read decodes and dispatches until the connection ends, and tells why.
func (c *Conn) read() error {
	for {
		m, err := c.dec.next(&c.src)
		if err != nil {
			return err
		}
		if m.op == ws.OpClose {
			return closeAnswer(m.payload)
		}
		c.dispatch(m)
	}
}

func (c *Conn) dispatch(m message) {
	if c.isClosing() {
		return // what comes after our close frame has no receiver
	}
	if c.limiter != nil && !c.limiter.Allow() {
		c.call("on rate limited", func() { c.handler.OnRateLimited() })
		return
	}
	switch m.op {
	case ws.OpText:
		c.call("on text", func() { c.handler.OnText(m.payload) })
	case ws.OpBinary:
		c.call("on binary", func() { c.handler.OnBinary() })
	case ws.OpPing:
		c.sendControl(compile(ws.NewPongFrame(m.payload)))
	default: // a pong says what its arrival says; the decoder keeps the rest
	}
}

func (c *Conn) isClosing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing || c.dead
}

func (c *Conn) onBytes() { c.lastSeen = time.Now() }

// onSilence runs when the read deadline passed: it pings, closes, or finds that the time of a
// closing connection is over.
func (c *Conn) onSilence() error {
	c.mu.Lock()
	over := c.dead || c.shut || c.discarding
	c.mu.Unlock()
	if over {
		return errGone
	}
	now := time.Now()
	if c.o.IdleTimeout > 0 && now.Sub(c.lastSeen) >= c.o.IdleTimeout {
		return closeError{codeGoingAway, "no sign of life"}
	}
	if c.o.IdlePing > 0 && now.Sub(c.quietSince()) >= c.o.IdlePing {
		c.lastPing = now
		c.sendControl(ws.CompiledPing)
	}
	c.arm()
	return nil
}

// quietSince is the later of the last bytes and the last ping, so that pings repeat.
func (c *Conn) quietSince() time.Time {
	if c.lastPing.After(c.lastSeen) {
		return c.lastPing
	}
	return c.lastSeen
}

// arm sets the read deadline to the next ping or timeout. It is not moved with each message: when it
// passes early, onSilence finds out and arms again. Most connections thus set it once a minute.
func (c *Conn) arm() {
	var at time.Time
	if c.o.IdlePing > 0 {
		at = c.quietSince().Add(c.o.IdlePing)
	}
	if c.o.IdleTimeout > 0 {
		if end := c.lastSeen.Add(c.o.IdleTimeout); at.IsZero() || end.Before(at) {
			at = end
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead || c.shut {
		return // their deadline stands
	}
	_ = c.nc.SetReadDeadline(at) // fails on a closed socket only, where the read fails too
}

// lingerBytes bounds what is read from a peer that goes on sending after the close.
const lingerBytes = 256 << 10

// discard reads until the peer ends the stream, the deadline passes or it sent too much. Closing a
// socket with unread input would reset it and destroy the close frame on its way.
func (c *Conn) discard() error {
	buf := takeBuffer()
	defer buffers.Put(buf)
	for total := 0; total < lingerBytes; {
		n, err := c.src.Read(buf[:])
		if err != nil {
			return err
		}
		total += n
	}
	return io.ErrShortBuffer
}
