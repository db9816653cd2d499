package ws

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// secured makes a rig serve TLS with a certificate of its own for localhost.
func secured(tb testing.TB, change func(*rig)) func(*rig) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	return func(r *rig) {
		r.secure = &tls.Config{
			Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
			NextProtos:   []string{"http/1.1"}, MinVersion: tls.VersionTLS12,
		}
		if change != nil {
			change(r)
		}
	}
}

func rootsOf(tb testing.TB, config *tls.Config) *x509.CertPool {
	tb.Helper()
	cert, err := x509.ParseCertificate(config.Certificates[0].Certificate[0])
	if err != nil {
		tb.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return roots
}

func TestTLS_EchoesWhatComesWithTheHandshakeAndAfterIt(t *testing.T) {
	t.Parallel()
	r := setup(t, secured(t, nil))
	frame := masked(ws.OpText, true, "in halves")
	c := r.dial(t, append(masked(ws.OpText, true, "early"), frame[:5]...)...)
	c.want(ws.OpText, "early")
	c.raw(frame[5:])
	c.want(ws.OpText, "in halves")
	c.send(ws.OpPing, true, "p")
	c.want(ws.OpPong, "p")
	for _, text := range []string{"", strings.Repeat("ñ", 500)} {
		c.send(ws.OpText, true, text)
		c.want(ws.OpText, text)
	}
	_ = c.Close()
	r.want(t, "close")
}

func TestTLS_PingsASilentPeerAndGoesOn(t *testing.T) {
	t.Parallel()
	r := setup(t, secured(t, func(r *rig) { r.options.IdlePing = 20 * time.Millisecond }))
	c := r.dial(t)
	for range 2 { // a read whose deadline passed leaves TLS as it was
		c.want(ws.OpPing, "")
	}
	c.send(ws.OpText, true, "here")
	for f := c.read(); f.Header.OpCode != ws.OpText; f = c.read() {
	}
}

func TestTLS_OverflowClosesJudge(t *testing.T) {
	t.Parallel()
	r := setup(t, secured(t, nil))
	c := r.dial(t)
	sent := fill(t, <-r.conns)
	f, n := c.wantNumbered()
	if f.Header.OpCode != ws.OpClose || string(f.Payload[:2]) != "\x03\xf5" {
		t.Fatalf("after %d frames: %x %q, want close 1013", n, f.Header.OpCode, f.Payload)
	}
	// 1 MiB may wait here; what the kernel takes of a peer that does not read is
	// bounded as without TLS.
	if most := 1000; sent > most {
		t.Errorf("%d frames went before the overflow", sent)
	}
	if _, err := c.br.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("after the close frame: %v, want the end of the stream", err)
	}
	_ = c.Close()
	r.want(t, "close")
}

func TestTLS_OverflowCoalescesForViewer(t *testing.T) {
	t.Parallel()
	r := setup(t, secured(t, func(r *rig) {
		r.options.Policy = CoalesceOnOverflow
		r.onLag = func(c *Conn) { c.Send(TextFrame([]byte("snapshot"))) }
	}))
	c := r.dial(t)
	conn := <-r.conns
	for range 2 {
		fill(t, conn)
		if f, _ := c.wantNumbered(); string(f.Payload) != "snapshot" {
			t.Fatalf("%x %q, want the snapshot", f.Header.OpCode, f.Payload)
		}
		r.want(t, "lag")
	}
}

func TestTLS_StalledPeerIsCutOffAfterWriteTimeout(t *testing.T) {
	t.Parallel()
	r := setup(t, secured(t, func(r *rig) { r.options.WriteTimeout = 50 * time.Millisecond }))
	r.dial(t)
	started := time.Now()
	fill(t, <-r.conns)
	r.want(t, "close")
	if took := time.Since(started); took > 3*time.Second { // TLS alone would try for 5 s more
		t.Errorf("took %v", took)
	}
}

func TestTLS_FramesOfManySendersArriveWhole(t *testing.T) {
	t.Parallel()
	const senders, each = 8, 50
	r := setup(t, secured(t, func(r *rig) { r.options.QueueFrames, r.options.QueueBytes = 1<<20, 1<<30 }))
	c := r.dial(t)
	conn := <-r.conns
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for range each {
				if !conn.Send(TextFrame(bytes.Repeat([]byte{'y'}, 3000))) {
					t.Error("frame refused")
				}
			}
		})
	}
	for range senders * each {
		c.want(ws.OpText, strings.Repeat("y", 3000))
	}
	wg.Wait()
}

func TestTLS_DrainCloses1012(t *testing.T) {
	t.Parallel()
	r := setup(t, secured(t, nil))
	var clients []*client
	for range 5 {
		clients = append(clients, r.dial(t))
		<-r.conns
	}
	done := make(chan error, 1)
	go func() { done <- r.server.Drain(context.Background()) }()
	for _, c := range clients {
		c.wantClose(1012) // and the end of the stream, not a broken one
	}
	if err := <-done; err != nil || r.server.Len() != 0 {
		t.Fatalf("drain: %v, %d left", err, r.server.Len())
	}
}

// stuck is a socket below which TLS cannot say goodbye: CloseWrite waits.
type stuck struct {
	net.Conn
	entered, release chan struct{}
}

func (s *stuck) NetConn() net.Conn { return s.Conn }

func (s *stuck) CloseWrite() error {
	close(s.entered)
	<-s.release
	return nil
}

func TestTLS_GoodbyeToAStalledPeerHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	peer, inner := net.Pipe()
	nc := &stuck{Conn: inner, entered: make(chan struct{}), release: make(chan struct{})}
	s := NewServer(slog.New(slog.DiscardHandler))
	events := make(chan string, 4)
	go s.adopt(nc, []byte("answer"), Options{WriteTimeout: patience}, func(c *Conn) Handler {
		c.Close(1000, "")
		return &recorder{conn: c, events: events}
	})
	go func() { _, _ = io.Copy(io.Discard, peer) }()
	<-nc.entered
	s.mu.Lock()
	conns := slices.Collect(maps.Keys(s.conns))
	s.mu.Unlock()
	for _, c := range conns {
		if c.Send(TextFrame(nil)) { // would wait for the lock
			t.Error("a frame behind the close frame was taken")
		}
	}
	close(nc.release)
	_ = peer.Close()
	if got := <-events; got != "close" {
		t.Errorf("event %q", got)
	}
}
