//go:build !unix

package ws

import (
	"net"
	"syscall"
)

// rawConn returns nil: descriptors are not written without waiting here, so each frame passes
// through the queue and reads go straight into place.
func rawConn(net.Conn) syscall.RawConn { return nil }

// readOnce is never called without a RawConn.
func (s *source) readOnce(uintptr) bool { return true }

// writeOnce is never called without a RawConn.
func (w *writer) writeOnce(uintptr) bool { return true }
