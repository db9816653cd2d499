//go:build unix

package ws

import (
	"bytes"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// BenchmarkFanOut sends one frame to 1,000 connections, beside a bare loop of write(2) on as many
// sockets. The peers read and throw away in the same process.
func BenchmarkFanOut(b *testing.B) {
	frame := TextFrame(bytes.Repeat([]byte{'x'}, 250))
	b.Run("send", func(b *testing.B) {
		conns := benchConns(b)
		deliver(b, func() {
			for _, c := range conns {
				c.Send(frame)
			}
		})
	})
	b.Run("bare", func(b *testing.B) {
		var fds []int
		for _, c := range benchConns(b) {
			nc := c.nc.(*net.TCPConn)
			raw, err := nc.SyscallConn()
			if err != nil {
				b.Fatal(err)
			}
			if err := raw.Control(func(fd uintptr) { fds = append(fds, int(fd)) }); err != nil {
				b.Fatal(err)
			}
		}
		deliver(b, func() {
			for _, fd := range fds {
				_, _ = syscall.Write(fd, frame) // a full socket is as good: the call is what counts
			}
		})
	})
}

func benchConns(b *testing.B) []*Conn {
	b.Helper()
	r := setup(b, func(r *rig) { r.options.QueueFrames, r.options.QueueBytes = 1<<16, 1<<30 })
	conns := make([]*Conn, fanOut)
	for i := range conns {
		c := r.dial(b)
		go func() {
			defer c.Close()
			_, _ = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c.Conn}, make([]byte, 4<<10))
		}()
		conns[i] = <-r.conns
		_ = c.SetDeadline(time.Time{})
	}
	return conns
}

func deliver(b *testing.B, sweep func()) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		sweep()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*fanOut), "ns/delivery")
}
