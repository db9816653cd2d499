package ws

import (
	"errors"
	"io"
	"net"
	"time"
)

// linger is how long a closed connection waits for the peer to end its side.
const linger = 2 * time.Second

// Close ends the connection with a close frame of code and reason behind the frames already queued.
// It does not wait; Handler.OnClose tells the end. Only the first call counts. A code that may not be
// on the wire is sent as 1011, a reason over 123 bytes is cut.
func (c *Conn) Close(code int, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.startClose(code, reason)
}

// startClose queues the close frame whatever the limits. mu is held.
func (c *Conn) startClose(code int, reason string) {
	if c.closing || c.dead {
		return
	}
	c.closing = true
	if err := c.put(closeFrame(code, reason)); err != nil {
		c.kill()
		return
	}
	if !c.w.flushing {
		c.closeWritten()
	}
}

// innerConn returns the socket below TLS, or nil when nc is none.
func innerConn(nc net.Conn) net.Conn {
	if t, ok := nc.(interface{ NetConn() net.Conn }); ok {
		return t.NetConn()
	}
	return nil
}

// farewell ends the stream of TLS, which takes a write: to a peer that does not read
// it may wait some seconds, so it must not hold mu. It is called, and returns, with mu
// held, by the flush that wrote the close frame: nothing can be queued any more.
func (c *Conn) farewell() {
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
		c.mu.Unlock()
		_ = half.CloseWrite() // a socket that is gone shows at the read
		c.mu.Lock()
	}
}

// hangUp closes the socket. TLS would first try to tell the peer, who was told by
// farewell or is not there any more.
func (c *Conn) hangUp() {
	if c.inner != nil {
		_ = c.inner.Close()
		return
	}
	_ = c.nc.Close()
}

// closeWritten ends our side of the stream and gives the peer the linger time. mu is held.
func (c *Conn) closeWritten() {
	c.shut = true
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok && c.inner == nil {
		_ = half.CloseWrite() // a socket that is gone shows at the read
	}
	_ = c.nc.SetReadDeadline(time.Now().Add(linger))
}

// kill gives the socket up: the past deadline wakes the reader, which closes it, and ends a flush.
// mu is held. The descriptor is not closed here, since that waits for its users.
func (c *Conn) kill() {
	if c.dead {
		return
	}
	c.dead = true
	c.w.drop()
	_ = c.nc.SetDeadline(time.Unix(1, 0))
}

// abort is kill for callers without the lock.
func (c *Conn) abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kill()
}

// end finishes the connection after reading stopped with err, in the connection's goroutine.
func (c *Conn) end(err error) {
	if ce, ok := errors.AsType[closeError](err); ok {
		c.Close(ce.code, ce.reason)
		c.lastWords()
	} else {
		c.abort()
	}
	c.waitWriter()
	c.abort() // nothing is sent after this
	c.hangUp()
	c.call("on close", func() {
		c.closed = true
		c.handler.OnClose()
	})
}

// lastWords waits, bounded in time and bytes, until the peer saw our close frame.
func (c *Conn) lastWords() {
	c.mu.Lock()
	c.discarding = true
	if !c.shut && !c.dead {
		_ = c.nc.SetReadDeadline(time.Now().Add(c.o.WriteTimeout + linger))
	}
	c.mu.Unlock()
	err := c.discard()
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrShortBuffer) {
		c.abort()
	}
}
