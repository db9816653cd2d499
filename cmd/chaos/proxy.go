package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// lateBy is how late an answer comes under linkDelay.
const lateBy = 120 * time.Millisecond

// mode is what a link does with bytes.
type mode int

const (
	passes   mode = iota
	swallows      // answers vanish
	delays        // answers come late
	holds         // nothing passes, nothing is lost
)

// link is a TCP proxy between one server and PostgreSQL, Redis or other servers. Its methods may be
// called from any goroutine. It starts a goroutine that accepts and two for each
// connection; Close ends them all.
type link struct {
	target string
	addr   string
	dialer func(net.Conn) string // who dials; nil: it does not matter
	wg     sync.WaitGroup

	mu      sync.Mutex // protects the fields below
	ln      net.Listener
	mode    mode
	changed chan struct{} // closed when mode changes
	conns   map[net.Conn]net.Conn
	walls   map[wall]bool
	closed  bool
}

// wall holds what goes one way on the connections of one dialer.
type wall struct {
	dialer  string
	answers bool
}

// newLink listens on a free port of host. dialer may tell who dials.
func newLink(ctx context.Context, host, target string, dialer func(net.Conn) string) (*link, error) {
	l := &link{
		target: target, dialer: dialer, addr: net.JoinHostPort(host, "0"), conns: map[net.Conn]net.Conn{},
		walls: map[wall]bool{}, changed: make(chan struct{}),
	}
	return l, l.listen(ctx)
}

// listen accepts connections, after refuse as well.
func (l *link) listen(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ln != nil || l.closed {
		return nil
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", l.addr)
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	l.ln, l.addr = ln, ln.Addr().String()
	alive := context.WithoutCancel(ctx) // Close ends it
	l.wg.Go(func() { l.accept(alive, ln) })
	return nil
}

func (l *link) accept(ctx context.Context, ln net.Listener) {
	for {
		down, err := ln.Accept()
		if err != nil {
			return // closed
		}
		up, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", l.target)
		if err != nil {
			reset(down)
			continue
		}
		l.mu.Lock()
		if l.closed {
			l.mu.Unlock()
			reset(down)
			reset(up)
			return
		}
		l.conns[down] = up
		l.mu.Unlock()
		who := ""
		if l.dialer != nil {
			who = l.dialer(down)
		}
		l.wg.Go(func() { l.pump(up, down, wall{who, false}) })
		l.wg.Go(func() { l.pump(down, up, wall{who, true}) })
	}
}

// pump carries bytes one way until either side breaks.
func (l *link) pump(to, from net.Conn, way wall) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && l.pass(way) {
			if _, werr := to.Write(buf[:n]); werr != nil {
				err = werr
			}
		}
		if err != nil {
			break
		}
	}
	down, up := from, to
	if way.answers {
		down, up = to, from
	}
	l.mu.Lock()
	delete(l.conns, down)
	l.mu.Unlock()
	reset(down)
	reset(up)
}

// pass waits as the mode says and tells whether the bytes go on.
func (l *link) pass(way wall) bool {
	for {
		l.mu.Lock()
		now, changed, closed := l.mode, l.changed, l.closed
		if l.walls[way] {
			now = holds
		}
		l.mu.Unlock()
		switch {
		case closed:
			return false
		case now == holds:
			<-changed
		case now == swallows && way.answers:
			return false
		case now == delays && way.answers:
			select {
			case <-time.After(lateBy):
			case <-changed:
			}
			return true
		default:
			return true
		}
	}
}

// set changes what the link does with bytes from now on.
func (l *link) set(m mode) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mode = m
	close(l.changed)
	l.changed = make(chan struct{})
}

// build puts a wall up, or takes it down.
func (l *link) build(w wall, up bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.walls[w] = up
	close(l.changed)
	l.changed = make(chan struct{})
}

// heal lets everything pass and everybody in.
func (l *link) heal(ctx context.Context) error {
	l.mu.Lock()
	clear(l.walls)
	l.mu.Unlock()
	l.set(passes)
	return l.listen(ctx)
}

// cut breaks all connections with a reset.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for down, up := range l.conns {
		reset(down)
		reset(up)
	}
}

// refuse breaks all connections and takes no new ones until listen.
func (l *link) refuse() {
	l.mu.Lock()
	if l.ln != nil {
		_ = l.ln.Close() // that is what ends accept
		l.ln = nil
	}
	l.mu.Unlock()
	l.cut()
}

// suffer breaks the link as a fault says, from its beginning to its end.
func (l *link) suffer(ctx context.Context, f fault, rng *rand.Rand) error {
	switch f.Kind {
	case linkSwallow:
		l.set(swallows)
		pause(ctx, f.Length)
		l.cut()
		l.set(passes)
	case linkDelay:
		l.set(delays)
		pause(ctx, f.Length)
		l.set(passes)
	case linkHole:
		l.set(holds)
		pause(ctx, f.Length)
		if rng.IntN(2) == 0 {
			l.cut() // what was held never arrives
		}
		l.set(passes)
	case linkRefuse:
		l.refuse()
		pause(ctx, f.Length)
		return l.listen(ctx)
	default:
		l.cut()
	}
	return nil
}

// Close ends all goroutines of the link.
func (l *link) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.set(passes)
	l.refuse()
	l.wg.Wait()
}

// reset closes without a handshake, as a broken network does.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the cut is only less rude
	}
	if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.EOF) {
		return // it is broken already
	}
}
