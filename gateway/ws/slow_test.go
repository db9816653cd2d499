package ws

import (
	"bytes"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// fill sends numbered frames until the connection refuses one; the peer does not read.
func fill(t *testing.T, c *Conn) (sent int) {
	t.Helper()
	for ; sent < 100_000; sent++ {
		if !c.Send(numbered(sent)) {
			return sent
		}
	}
	t.Fatal("no overflow")
	return 0
}

func numbered(n int) Frame {
	return TextFrame(append(bytes.Repeat([]byte{'x'}, 8000), strconv.Itoa(n)...))
}

// wantNumbered reads frames in sequence and returns the first other one.
func (c *client) wantNumbered() (ws.Frame, int) {
	c.tb.Helper()
	for n := 0; ; n++ {
		f := c.read()
		if len(f.Payload) < 8000 {
			return f, n
		}
		if got := string(f.Payload[8000:]); got != strconv.Itoa(n) {
			c.tb.Fatalf("frame %s, want %d", got, n)
		}
	}
}

func TestConn_OverflowClosesJudge(t *testing.T) {
	t.Parallel()
	overflows := 0
	r := setup(t, func(r *rig) { r.options.OnOverflow = func() { overflows++ } })
	c := r.dial(t)
	fill(t, <-r.conns)
	f, n := c.wantNumbered()
	hint := regexp.MustCompile(`^reads too slowly; retry=\d{1,4}ms$`)
	if f.Header.OpCode != ws.OpClose || string(f.Payload[:2]) != "\x03\xf5" || !hint.Match(f.Payload[2:]) {
		t.Fatalf("after %d frames: %x %q, want close 1013", n, f.Header.OpCode, f.Payload)
	}
	if overflows != 1 {
		t.Errorf("%d overflows", overflows)
	}
	_ = c.Close()
	r.want(t, "close")
}

func TestConn_OverflowCoalescesForViewer(t *testing.T) {
	t.Parallel()
	r := setup(t, func(r *rig) {
		r.options.Policy = CoalesceOnOverflow
		r.onLag = func(c *Conn) { c.Send(TextFrame([]byte("snapshot"))) }
	})
	c := r.dial(t)
	conn := <-r.conns
	for range 2 { // a viewer may lag again
		sent := fill(t, conn)
		f, n := c.wantNumbered()
		if string(f.Payload) != "snapshot" {
			t.Fatalf("%x %q, want the snapshot", f.Header.OpCode, f.Payload)
		}
		if n > sent { // the refused one is lost; those before it may have been on their way
			t.Errorf("%d frames arrived of %d", n, sent)
		}
		r.want(t, "lag")
	}
	c.send(ws.OpText, true, "ok")
	c.want(ws.OpText, "ok")
	if len(r.events) != 0 {
		t.Errorf("event %q, want OnLag once for each lag", <-r.events)
	}
}

func TestConn_StalledPeerIsCutOffAfterWriteTimeout(t *testing.T) {
	t.Parallel()
	r := setup(t, func(r *rig) { r.options.WriteTimeout = 50 * time.Millisecond })
	r.dial(t)
	fill(t, <-r.conns)
	r.want(t, "close")
}

func TestConn_FramesOfManySendersDoNotInterleave(t *testing.T) {
	t.Parallel()
	const senders, each = 8, 200
	r := setup(t, func(r *rig) { r.options.QueueFrames, r.options.QueueBytes = 1<<20, 1<<30 })
	c := r.dial(t)
	conn := <-r.conns
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for n := range each {
				text := strconv.Itoa(s) + " " + strconv.Itoa(n)
				if !conn.Send(TextFrame(append(bytes.Repeat([]byte{'y'}, 3000), text...))) {
					t.Error("frame refused")
				}
			}
		})
	}
	var next [senders]int
	for range senders * each {
		f := c.read()
		s, n, _ := bytes.Cut(f.Payload[3000:], []byte{' '})
		sender, err := strconv.Atoi(string(s))
		if err != nil || string(n) != strconv.Itoa(next[sender]) {
			t.Fatalf("sender %s frame %s, want %d", s, n, next[sender])
		}
		next[sender]++
	}
	wg.Wait()
}
