package ws

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// unsentLowWater bounds what the kernel hides of a stalled peer: without it 1.6 MB per socket.
const unsentLowWater = 16 << 10

// tune sets what the limits rely on. A refusal is harmless: lag is only seen later.
func tune(raw syscall.RawConn) {
	if raw == nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsentLowWater)
	})
}
