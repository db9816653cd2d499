//go:build linux || darwin

package main

import (
	"bufio"
	"fmt"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"server5k/race"
)

const (
	// benchEvents is how many events one run of BenchmarkViewers may need.
	benchEvents = 30_000
	// benchDials connections are opened at once.
	benchDials = 8
	// benchIdle connections stand still in BenchmarkIdleMemory.
	benchIdle       = 1000
	benchBuffer     = 1 << 10
	benchViewerPath = "/ws/competencia/1/"
)

// BenchmarkViewers tells N viewers of each time that a judge registers, the next
// one when all have the last, and compares the processor time of the process
// with that of a bare loop of write(2) of the same bytes to as many sockets.
// Both have the same readers, which are part of the figures; the server's also
// have the judge and the store.
func BenchmarkViewers(b *testing.B) {
	for _, viewers := range []int{1000, 5000} {
		b.Run(fmt.Sprintf("viewers=%d", viewers), func(b *testing.B) {
			benchNeedFiles(b, 2*viewers+500)
			s := benchServe(b, 1, benchEvents/race.MaxTeamSize)
			crowd := benchGather(b, viewers, func() (*benchConn, error) { return benchDial(b.Context(), s.addr, benchViewerPath, benchBuffer) })
			judge := s.judge(b, 1)
			sent := 0
			event := func() {
				if err := judge.mark(s.team(0)+race.TeamID(sent/race.MaxTeamSize), sent+1); err != nil {
					b.Fatal(err)
				}
				sent++
				crowd.wait(b)
			}
			event() // warms up
			before := benchCPU(b)
			for b.Loop() {
				event()
			}
			served := (benchCPU(b) - before) / time.Duration(b.N)
			frame := crowd.leave()
			s.stop()

			bare := benchBareWrites(b, viewers, frame, b.N)
			perServed, perBare := micros(served)/float64(viewers), micros(bare)/float64(viewers)
			b.ReportMetric(perServed, "cpu-us/delivery")
			b.ReportMetric(perBare, "bare-cpu-us/delivery")
			b.ReportMetric(perServed/perBare, "ratio")
		})
	}
}

// BenchmarkViewerDelay says how long after a judge has read the acknowledgement of a
// time the viewers have read the event of it: 0 for who had it before the judge. The
// next time comes when all have the last, so every event meets an idle server.
func BenchmarkViewerDelay(b *testing.B) {
	for _, viewers := range []int{1000, 5000} {
		b.Run(fmt.Sprintf("viewers=%d", viewers), func(b *testing.B) {
			benchNeedFiles(b, 2*viewers+500)
			s := benchServe(b, 1, benchEvents/race.MaxTeamSize)
			crowd := benchGather(b, viewers, func() (*benchConn, error) { return benchDial(b.Context(), s.addr, benchViewerPath, benchBuffer) })
			judge := s.judge(b, 1)
			var delays []time.Duration
			sent := 0
			for b.Loop() {
				at := time.Now()
				crowd.sent.Store(at.UnixNano())
				if err := judge.mark(s.team(0)+race.TeamID(sent/race.MaxTeamSize), sent+1); err != nil {
					b.Fatal(err)
				}
				acknowledged := time.Since(at)
				sent++
				crowd.wait(b)
				for _, d := range crowd.arrived {
					delays = append(delays, max(d-acknowledged, 0))
				}
			}
			crowd.leave()
			s.stop()
			slices.Sort(delays)
			for _, p := range []int{50, 95, 99} {
				b.ReportMetric(float64(delays[(len(delays)-1)*p/100].Microseconds())/1000, fmt.Sprintf("p%d-ms", p))
			}
		})
	}
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// benchBareWrites returns the processor time of one round of writes to n sockets.
func benchBareWrites(b *testing.B, n int, frame []byte, rounds int) time.Duration {
	b.Helper()
	ln, err := (&net.ListenConfig{KeepAlive: -1}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var mu sync.Mutex // protects ours and fds
	var ours []net.Conn
	var fds []int
	crowd := benchGather(b, n, func() (*benchConn, error) {
		mu.Lock()
		defer mu.Unlock()
		nc, err := (&net.Dialer{Timeout: benchPatience}).DialContext(b.Context(), "tcp4", ln.Addr().String())
		if err != nil {
			return nil, err
		}
		peer, err := ln.Accept()
		if err != nil {
			return nil, err
		}
		ours = append(ours, peer)
		raw, err := peer.(*net.TCPConn).SyscallConn()
		if err != nil {
			return nil, err
		}
		err = raw.Control(func(fd uintptr) { fds = append(fds, int(fd)) })
		return &benchConn{tcp: nc.(*net.TCPConn), br: bufio.NewReaderSize(nc, benchBuffer)}, err
	})
	round := func() {
		var wg sync.WaitGroup
		per := (n + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0) // as many writers as the server has
		for from := 0; from < n; from += per {
			wg.Go(func() {
				for _, fd := range fds[from:min(from+per, n)] {
					_, _ = syscall.Write(fd, frame) // what is missing shows at the readers
				}
			})
		}
		wg.Wait()
		crowd.wait(b)
	}
	round() // warms up
	before := benchCPU(b)
	for range rounds {
		round()
	}
	used := (benchCPU(b) - before) / time.Duration(rounds)
	crowd.leave()
	for _, c := range ours {
		_ = c.Close()
	}
	_ = ln.Close()
	return used
}

// benchCrowd are readers that count what comes, a goroutine each.
type benchCrowd struct {
	conns   []*benchConn
	pending atomic.Int64
	all     chan struct{} // capacity 1; the last reader of an event sends
	readers sync.WaitGroup
	last    []byte // the last frame of the first connection, its reader's until leave
	// sent is when the event that is awaited was sent, in nanoseconds since 1970;
	// arrived has for each reader how long after that it got it.
	sent    atomic.Int64
	arrived []time.Duration
}

func benchGather(b *testing.B, n int, open func() (*benchConn, error)) *benchCrowd {
	b.Helper()
	k := &benchCrowd{conns: make([]*benchConn, n), all: make(chan struct{}, 1)}
	k.pending.Store(int64(n))
	var g errgroup.Group
	g.SetLimit(benchDials)
	for i := range k.conns {
		g.Go(func() (err error) {
			k.conns[i], err = open()
			return err
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	k.arrived = make([]time.Duration, n)
	for i, c := range k.conns {
		k.readers.Go(func() { k.read(i, c) })
	}
	return k
}

func (k *benchCrowd) read(i int, c *benchConn) {
	for {
		first, payload, err := c.frame()
		if err != nil {
			return
		}
		if first != 0x81 { // a ping
			continue
		}
		k.arrived[i] = time.Duration(time.Now().UnixNano() - k.sent.Load())
		if i == 0 {
			k.last = append(k.last[:0], payload...)
		}
		if k.pending.Add(-1) == 0 {
			k.pending.Store(int64(len(k.conns)))
			k.all <- struct{}{}
		}
	}
}

// wait returns when every reader got one more frame.
func (k *benchCrowd) wait(b *testing.B) {
	b.Helper()
	select {
	case <-k.all:
	case <-time.After(benchPatience):
		b.Fatalf("%d of %d frames are missing", k.pending.Load(), len(k.conns))
	}
}

// leave closes all connections and returns the last frame as it was on the wire.
func (k *benchCrowd) leave() []byte {
	for _, c := range k.conns {
		c.close()
	}
	k.readers.Wait()
	head := []byte{0x81, byte(len(k.last))}
	if len(k.last) > 125 {
		head = []byte{0x81, 126, byte(len(k.last) >> 8), byte(len(k.last))}
	}
	return append(head, k.last...)
}

// BenchmarkIdleMemory measures what a connection that says nothing costs the
// server: spans of the heap and stacks in use. The clients are bare descriptors
// of the same process, which cost neither; kernel memory is not counted.
func BenchmarkIdleMemory(b *testing.B) {
	b.Run("viewer", func(b *testing.B) {
		benchIdleMemory(b, func(*benchNode, int) string { return benchViewerPath })
	})
	b.Run("judge", func(b *testing.B) {
		benchIdleMemory(b, func(s *benchNode, i int) string { return s.judgePath(race.JudgeID(i + 1)) })
	})
}

func benchIdleMemory(b *testing.B, path func(*benchNode, int) string) {
	b.Helper()
	benchNeedFiles(b, 2*benchIdle+500)
	var total int64
	for b.Loop() {
		s := benchServe(b, benchIdle+1, 1)
		fds := make([]int, 0, benchIdle+1)
		fds = append(fds, benchDescriptor(b, s.addr, path(s, benchIdle))) // warms up
		before := benchMemory()
		for i := range benchIdle {
			fds = append(fds, benchDescriptor(b, s.addr, path(s, i)))
		}
		total += benchMemory() - before
		go benchSeeOff(fds)
		s.stop()
	}
	b.ReportMetric(float64(total)/float64(b.N*benchIdle), "B/conn")
}

// benchMemory is what the heap and the stacks use after the garbage is gone; the
// second collection empties the pools, the third what that freed.
func benchMemory() int64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// benchDescriptor opens a socket as a bare descriptor, no memory of this process.
func benchDescriptor(b *testing.B, addr, path string) int {
	b.Helper()
	c, err := benchDial(b.Context(), addr, path, benchBuffer)
	if err != nil {
		b.Fatal(err)
	}
	raw, err := c.tcp.SyscallConn()
	if err != nil {
		b.Fatal(err)
	}
	fd := -1
	var dupErr error
	if err := raw.Control(func(own uintptr) { fd, dupErr = syscall.Dup(int(own)) }); err != nil || dupErr != nil {
		b.Fatal(err, dupErr)
	}
	_ = c.tcp.Close()
	return fd
}

// benchSeeOff reads each descriptor until the server ends it.
func benchSeeOff(fds []int) {
	buf := make([]byte, benchBuffer)
	for _, fd := range fds {
		_ = syscall.SetNonblock(fd, false)
		for {
			if n, err := syscall.Read(fd, buf); n <= 0 || err != nil {
				break
			}
		}
		_ = syscall.SetsockoptLinger(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
		_ = syscall.Close(fd)
	}
}

// benchNeedFiles skips when n descriptors cannot be open. The runtime has raised
// the soft limit to the hard one already.
func benchNeedFiles(b *testing.B, n int) {
	b.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		b.Fatal(err)
	}
	if limit.Cur < uint64(n) {
		b.Skipf("%d files may be open, %d are needed", limit.Cur, n)
	}
}

// benchCPU is the processor time that this process has used.
func benchCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
