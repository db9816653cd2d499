package ws

import (
	"net/netip"
	"time"

	"golang.org/x/time/rate"
)

// Policy says what happens to a connection whose peer does not read fast enough.
type Policy uint8

const (
	// CloseOnOverflow closes the connection with 1013; the peer resumes by sequence number. For judges.
	CloseOnOverflow Policy = iota
	// CoalesceOnOverflow drops the queued frames and calls Handler.OnLag once the socket takes bytes
	// again. For viewers.
	CoalesceOnOverflow
)

// Options are the limits of one connection. The zero value of a limit means what its comment says.
type Options struct {
	// MaxMessage bounds the bytes of a whole message, fragments together; over it the connection
	// closes with 1009. 0 means 64 KiB.
	MaxMessage int64
	// QueueFrames and QueueBytes bound what waits for a slow peer, the frame being written included.
	// A single frame is always taken when nothing waits, whatever its size.
	QueueFrames int
	QueueBytes  int
	// Policy decides what an overflow of these two does.
	Policy Policy
	// IdlePing is the silence of the peer after which the server pings it. 0 means never.
	IdlePing time.Duration
	// IdleTimeout is the silence of the peer after which the connection closes. 0 means never.
	IdleTimeout time.Duration
	// WriteTimeout bounds one write of the queue to a full socket. 0 means 10 seconds.
	WriteTimeout time.Duration
	// Rate and Burst bound the messages per second of the peer, control frames included. Over it
	// Handler.OnRateLimited is called and the message is thrown away. 0 in either means unlimited.
	Rate  rate.Limit
	Burst int
	// Subprotocol is answered as Sec-WebSocket-Protocol when not empty.
	Subprotocol string
	// Client is the address the connection counts for in Server.From: behind a proxy it is not the
	// peer's. The zero value means an unknown one.
	Client netip.Addr
	// Urgent connections are closed first by Drain, and asked to come back as if no others existed.
	Urgent bool
	// OnOverflow, unless nil, is called when the queue overflows, from within Send: it must not block
	// nor use the connection.
	OnOverflow func()
}

const (
	defaultMaxMessage   = 64 << 10
	defaultWriteTimeout = 10 * time.Second
)

func (o Options) withDefaults() Options {
	if o.MaxMessage <= 0 {
		o.MaxMessage = defaultMaxMessage
	}
	if o.WriteTimeout <= 0 {
		o.WriteTimeout = defaultWriteTimeout
	}
	return o
}

func (o Options) limiter() *rate.Limiter {
	if o.Rate <= 0 || o.Burst <= 0 {
		return nil
	}
	return rate.NewLimiter(o.Rate, o.Burst)
}

// Handler receives what happens on one connection. No two of its methods run at the same time. A
// method that panics closes the connection with 1011.
type Handler interface {
	// OnText gets one whole text message, valid UTF-8, in the order of arrival. The payload is valid
	// only during the call.
	OnText(payload []byte)
	// OnBinary tells that a binary message came; its payload was thrown away.
	OnBinary()
	// OnRateLimited is called instead of OnText or OnBinary, and for each unanswered ping, when the
	// peer exceeds Options.Rate.
	OnRateLimited()
	// OnLag tells, under CoalesceOnOverflow, that frames were dropped and that the socket takes bytes
	// again: the handler should Send the latest state.
	OnLag()
	// OnClose comes exactly once; nothing is called after it.
	OnClose()
}

// nopHandler stands in when start panicked or returned nil.
type nopHandler struct{}

func (nopHandler) OnText([]byte)  {}
func (nopHandler) OnBinary()      {}
func (nopHandler) OnRateLimited() {}
func (nopHandler) OnLag()         {}
func (nopHandler) OnClose()       {}
