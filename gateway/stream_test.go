package gateway

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"server5k/gateway/ws"
)

// piped runs a stream whose reader is the other end, within a bubble.
func piped(t *testing.T, change func(*stream)) (*stream, net.Conn) {
	t.Helper()
	near, far := net.Pipe()
	s := newStream(near, netip.Addr{})
	if change != nil {
		change(s)
	}
	go s.run([]byte("head\n\n"))
	t.Cleanup(func() {
		s.abort()
		<-s.done
		far.Close()
	})
	return s, far
}

// block reads up to an empty line.
func block(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	var got strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("after %q: %v", got.String(), err)
		}
		if got.WriteString(line); line == "\n" {
			return got.String()
		}
	}
}

func TestStream_BeatsWhenItHasNothingToSay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, far := piped(t, nil)
		r := bufio.NewReader(far)
		if got := block(t, r); got != "head\n\n" {
			t.Errorf("first %q", got)
		}
		began := time.Now()
		if got := block(t, r); got != ":\n\n" || time.Since(began) != streamBeat {
			t.Errorf("%q after %s", got, time.Since(began))
		}
		s.Send(ws.Frame("event: a\n\n"))
		s.Send(ws.Frame("event: b\n\n"))
		if got := block(t, r) + block(t, r); got != "event: a\n\nevent: b\n\n" {
			t.Errorf("then %q", got)
		}
		s.close("retry: 1\n\n")
		s.close("retry: 2\n\n")
		if rest, err := io.ReadAll(r); err != nil || string(rest) != "retry: 1\n\n" {
			t.Errorf("at last %q, %v", rest, err)
		}
		if <-s.done; s.Send(ws.Frame("late")) {
			t.Error("took something after its end")
		}
	})
}

// TestStream_SlowReader: what does not fit is thrown away, the reader gets the state
// when it reads again, and one that does not is given up.
func TestStream_SlowReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lags, overflows := make(chan struct{}, 9), 0
		s, far := piped(t, func(s *stream) {
			s.onLag = func() { lags <- struct{}{} }
			s.onFull = func() { overflows++ }
		})
		r := bufio.NewReader(far)
		block(t, r)
		big := ws.Frame(append(bytes.Repeat([]byte{'x'}, streamQueue-1), "\n\n"...)) // more than may wait
		if !s.Send(big) {
			t.Fatal("a snapshot must fit")
		}
		synctest.Wait() // it is being written
		if !s.Send(ws.Frame("event: waits\n\n")) || s.Send(big) || s.Send(ws.Frame("event: lost\n\n")) {
			t.Fatal("took what has no room, or not what has")
		}
		block(t, r)
		if <-lags; overflows != 1 {
			t.Errorf("%d overflows", overflows)
		}
		if !s.Send(ws.Frame("event: state\n\n")) {
			t.Error("the state is not taken")
		}
		if got := block(t, r); got != "event: state\n\n" {
			t.Errorf("got %.40q", got)
		}
		began := time.Now()
		s.Send(big)
		if <-s.done; time.Since(began) != streamWrite {
			t.Errorf("given up after %s", time.Since(began))
		}
	})
}

// TestStream_EndsWithItsReader: one that leaves, or talks, costs nothing any more.
func TestStream_EndsWithItsReader(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(far net.Conn){
		"gone":  func(far net.Conn) { far.Close() },
		"talks": func(far net.Conn) { _, _ = far.Write(make([]byte, streamIgnored+64)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, far := piped(t, nil)
				block(t, bufio.NewReaderSize(far, 16))
				leave(far)
				<-s.done
			})
		})
	}
}
