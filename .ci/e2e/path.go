package e2e

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

const (
	// pathQueue is how many pieces of pieceSize wait in a direction of a connection;
	// then its sender waits, as on a network.
	pathQueue = 1024
	pieceSize = 32 << 10
)

// Path is a network between browsers and a server: it can be slow, differently in
// each direction, silent, or cut, also for connections that are open. Its methods are
// safe for several goroutines.
type Path struct {
	URL string // of the server, through this path

	tb     testing.TB
	listen net.Listener
	server string // address

	mu       sync.Mutex // protects all below
	up, down time.Duration
	silent   chan struct{} // closed when what waits may go on; nil: nothing waits
	cut      bool
	pages    bool              // pages only: sockets are refused
	open     map[net.Conn]bool // both ends of each connection; true: of a socket
	all      sync.WaitGroup
}

// NewPath makes a path to the server at address, as http://127.0.0.1:8000. It ends
// with tb.
func NewPath(tb testing.TB, address string) *Path {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	var config net.ListenConfig
	listen, err := config.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Path{tb: tb, listen: listen, server: u.Host, open: map[net.Conn]bool{}}
	p.URL = u.Scheme + "://" + listen.Addr().String()
	p.all.Go(p.accept)
	tb.Cleanup(func() {
		_ = listen.Close() // ends accept
		p.Cut()
		p.all.Wait()
	})
	return p
}

// Delay makes what is sent from now on arrive later: up to the server, down to the
// browser.
func (p *Path) Delay(up, down time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up, p.down = up, down
}

// RefuseSockets ends all sockets and refuses new ones, but lets pages pass, as some
// proxies do.
func (p *Path) RefuseSockets(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages = refuse
	for conn, socket := range p.open {
		if refuse && socket {
			abort(conn)
		}
	}
}

// Cut ends all connections and refuses new ones.
func (p *Path) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for conn := range p.open {
		abort(conn)
	}
	if p.silent != nil {
		close(p.silent)
		p.silent = nil
	}
}

// Silence keeps all connections and takes new ones, but nothing arrives any more: a
// phone out of reach, which neither side is told of.
func (p *Path) Silence() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.silent == nil {
		p.silent = make(chan struct{})
	}
}

// Mend undoes RefuseSockets, Cut and Silence; what was sent in the silence arrives.
func (p *Path) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut, p.pages = false, false
	if p.silent != nil {
		close(p.silent)
		p.silent = nil
	}
}

// abort ends a connection with a reset.
func abort(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0) // it is closed anyway
	_ = conn.Close()
}

func (p *Path) accept() {
	for {
		browser, err := p.listen.Accept()
		if err != nil {
			return
		}
		p.all.Go(func() { p.carry(browser) })
	}
}

// enter notes an end of a connection, or aborts it when the path is cut.
func (p *Path) enter(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut {
		abort(conn)
		return false
	}
	p.open[conn] = false
	return true
}

// admit notes that a connection is that of a socket, by the first that the browser
// sends, and says whether it may pass.
func (p *Path) admit(first []byte, ends ...net.Conn) bool {
	if !bytes.HasPrefix(first, []byte("GET /ws/")) {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range ends {
		p.open[conn] = true
		if p.pages {
			abort(conn)
		}
	}
	return !p.pages
}

func (p *Path) leave(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
	_ = conn.Close()
}

// carry connects a browser with the server until one of them ends.
func (p *Path) carry(browser net.Conn) {
	if !p.enter(browser) {
		return
	}
	defer p.leave(browser)
	dialer := net.Dialer{Timeout: answerTimeout}
	server, err := dialer.DialContext(context.Background(), "tcp", p.server)
	if err != nil || !p.enter(server) {
		return
	}
	defer p.leave(server)
	var both sync.WaitGroup
	admit := func(first []byte) bool { return p.admit(first, browser, server) }
	both.Go(func() { p.pass(browser, server, func() time.Duration { return p.up }, admit) })
	both.Go(func() { p.pass(server, browser, func() time.Duration { return p.down }, nil) })
	both.Wait()
}

// piece is what was read at once, and when it arrives.
type piece struct {
	data []byte
	at   time.Time
}

// pass carries one direction. The delay is read with the lock held; first, unless it
// is nil, sees what comes first and may refuse the connection.
func (p *Path) pass(from, to net.Conn, delay func() time.Duration, first func([]byte) bool) {
	pieces := make(chan piece, pathQueue) // this goroutine sends and closes
	var writer sync.WaitGroup
	writer.Go(func() { p.arrive(to, pieces) })
	for {
		data := make([]byte, pieceSize)
		n, err := from.Read(data)
		if n > 0 && first != nil && !first(data[:n]) {
			break
		}
		if n > 0 {
			first = nil
			p.mu.Lock()
			at := time.Now().Add(delay())
			p.mu.Unlock()
			pieces <- piece{data[:n], at}
		}
		if err != nil {
			break
		}
	}
	close(pieces)
	writer.Wait()
}

// arrive writes pieces when their time has come, in order, and then the end.
func (p *Path) arrive(to net.Conn, pieces <-chan piece) {
	for next := range pieces {
		if wait := time.Until(next.at); wait > 0 {
			<-time.After(wait)
		}
		p.mu.Lock()
		silent := p.silent
		p.mu.Unlock()
		if silent != nil {
			<-silent
		}
		if _, err := to.Write(next.data); err != nil {
			_ = to.Close() // the other direction ends too
			for range pieces {
				continue // so that the reader does not wait
			}
			return
		}
	}
	if tcp, ok := to.(*net.TCPConn); ok {
		_ = tcp.CloseWrite() // unless it is closed
	}
}
