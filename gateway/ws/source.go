package ws

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// source reads a socket for its connection's goroutine. It holds a buffer only while that has unread
// bytes, so an idle connection costs none.
type source struct {
	nc        net.Conn
	raw       syscall.RawConn // nil where the descriptor cannot be read directly
	tryRead   func(fd uintptr) bool
	data      []byte  // unread; part of buf, or the early bytes of the handshake
	buf       *buffer // from the pool, nil while idle
	err       error   // of the last tryRead
	onBytes   func()
	onSilence func() error // the read deadline passed; nil means go on reading
}

// Read implements io.Reader. Deadlines that onSilence accepts are not seen by the caller.
func (s *source) Read(p []byte) (int, error) {
	for len(s.data) == 0 {
		s.release()
		n, err := s.fetch(p)
		switch {
		case n > 0:
			s.onBytes()
			return n, nil
		case len(s.data) > 0:
			s.onBytes()
		case errors.Is(err, os.ErrDeadlineExceeded):
			if err := s.onSilence(); err != nil {
				return 0, err
			}
		case err != nil:
			return 0, err
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, s.data)
	if s.data = s.data[n:]; len(s.data) == 0 {
		s.release()
	}
	return n, nil
}

// fetch waits for bytes: into data when the descriptor is at hand, else straight into p.
func (s *source) fetch(p []byte) (int, error) {
	if s.raw == nil {
		return s.nc.Read(p)
	}
	if err := s.raw.Read(s.tryRead); err != nil {
		return 0, err
	}
	return 0, s.err
}

func (s *source) release() {
	if s.buf != nil {
		buffers.Put(s.buf)
	}
	s.buf, s.data = nil, nil
}
