//go:build !linux

package ws

import "syscall"

// tune does nothing: TCP_NOTSENT_LOWAT is set on Linux only.
func tune(syscall.RawConn) {}
