//go:build unix

package ws

import (
	"errors"
	"net"
	"syscall"
)

// rawConn returns the descriptor's access, or nil when nc hides it, as TLS does.
func rawConn(nc net.Conn) syscall.RawConn {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// readOnce is a RawConn.Read callback: the buffer is taken only for the time of the read(2).
func (s *source) readOnce(fd uintptr) bool {
	s.buf = takeBuffer()
	for {
		n, err := syscall.Read(int(fd), s.buf[:])
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if errors.Is(err, syscall.EAGAIN) {
			s.release()
			return false
		}
		if n <= 0 {
			s.release()
		} else {
			s.data = s.buf[:n]
		}
		s.err = err
		return true
	}
}

// writeOnce is a RawConn.Write callback: one write(2), and never a wait for room.
func (w *writer) writeOnce(fd uintptr) bool {
	for {
		n, err := syscall.Write(int(fd), w.piece)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if errors.Is(err, syscall.EAGAIN) {
			err = nil
		}
		w.written, w.err = max(n, 0), err
		return true
	}
}
