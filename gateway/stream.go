package gateway

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"server5k/gateway/ws"
)

// Bounds of one event stream.
const (
	// streamBeat is how often a stream with nothing to say says so: proxies give a
	// silent one up after a minute, some after 20 s.
	streamBeat = 15 * time.Second
	// streamQueue bytes may wait for a slow reader; what does not fit is thrown away
	// and a snapshot comes instead. It is what a socket of the public has.
	streamQueue = 256 << 10
	// streamWrite bounds one write to a reader that takes nothing.
	streamWrite = 15 * time.Second
	// streamBuffer is what the system may keep for a reader, so that a slow one is
	// noticed before it is minutes behind.
	streamBuffer = 64 << 10
	// streamIgnored is what a reader, who has nothing to say, may send nevertheless.
	streamIgnored = 4 << 10
)

var errStreamOver = errors.New("event stream closed")

// stream is one reader of text/event-stream. Send and close may be called from any
// goroutine. Two goroutines belong to it until it is over: one writes, one reads to
// learn that the reader is gone.
type stream struct {
	nc     net.Conn
	client netip.Addr
	onLag  func() // the queue was thrown away and is empty again
	onFull func() // it is thrown away

	mu     sync.Mutex // protects the fields below
	queue  []byte
	lagged bool
	last   []byte // the farewell; set once it is to end
	ending bool
	over   bool

	wake chan struct{} // capacity 1; who changes the fields above sends, write receives
	done chan struct{} // closed when the connection is
}

func newStream(nc net.Conn, client netip.Addr) *stream {
	nothing := func() {}
	return &stream{nc: nc, client: client, onLag: nothing, onFull: nothing, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// Send implements connection.
func (s *stream) Send(f ws.Frame) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || s.ending || s.lagged {
		return false
	}
	if len(s.queue) > 0 && len(s.queue)+len(f) > streamQueue { // anything fits when nothing waits
		s.queue, s.lagged = nil, true
		s.onFull()
		s.ring()
		return false
	}
	s.queue = append(s.queue, f...)
	s.ring()
	return true
}

// close ends the stream behind what waits, with last words.
func (s *stream) close(last string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ending {
		s.ending, s.last = true, []byte(last)
		s.ring()
	}
}

// abort ends it at once.
func (s *stream) abort() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	_ = s.nc.Close() // ends the read and the write under way
	s.ring()
}

func (s *stream) ring() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run writes until the stream is over and the connection closed. head comes first.
func (s *stream) run(head []byte) {
	limitBuffer(s.nc)
	go s.watch()
	defer func() {
		s.abort()
		close(s.done)
	}()
	if s.write(head) != nil {
		return
	}
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	for {
		var next []byte
		select {
		case <-s.wake:
		case <-beat.C:
			next = []byte(":\n\n")
		}
		if s.flush(next) != nil {
			return
		}
	}
}

// flush writes next and all that waits.
func (s *stream) flush(next []byte) error {
	for {
		s.mu.Lock()
		next = append(next, s.queue...)
		s.queue = nil
		over, lagged, ending := s.over, s.lagged, s.ending
		if ending {
			next = append(next, s.last...)
		}
		s.lagged = false
		s.mu.Unlock()
		if over {
			return errStreamOver
		}
		if err := s.write(next); err != nil {
			return err
		}
		switch {
		case ending:
			return errStreamOver
		case lagged:
			s.onLag()
			return nil
		case len(next) == 0:
			return nil
		}
		next = nil
	}
}

func (s *stream) write(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if err := s.nc.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil {
		return err
	}
	_, err := s.nc.Write(b)
	return err
}

// watch reads what nobody should send until the reader is gone, or sends too much.
func (s *stream) watch() {
	var piece [64]byte
	for range streamIgnored / len(piece) {
		if _, err := s.nc.Read(piece[:]); err != nil {
			break
		}
	}
	s.abort()
}

// limitBuffer keeps the system from holding more than streamBuffer for a reader.
func limitBuffer(nc net.Conn) {
	if secure, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = secure.NetConn()
	}
	if tcp, ok := nc.(interface{ SetWriteBuffer(bytes int) error }); ok {
		_ = tcp.SetWriteBuffer(streamBuffer) // without it a slow reader is only noticed later
	}
}
