package main

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// echo answers every byte; it ends with the test.
func echo(t *testing.T) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	return ln.Addr().String()
}

func dialLink(t *testing.T, l *link) net.Conn {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// ask sends a byte and waits for its echo.
func ask(t *testing.T, c net.Conn, patience time.Duration) error {
	t.Helper()
	if _, err := c.Write([]byte{1}); err != nil {
		return err
	}
	return hear(t, c, patience)
}

func hear(t *testing.T, c net.Conn, patience time.Duration) error {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	_, err := io.ReadFull(c, make([]byte, 1))
	return err
}

func TestLink_DoesWhatItIsTold(t *testing.T) {
	t.Parallel()
	const long, short = 10 * time.Second, 50 * time.Millisecond
	l, err := newLink(t.Context(), loopback, echo(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	c := dialLink(t, l)
	if err := ask(t, c, long); err != nil {
		t.Fatalf("nothing passes: %v", err)
	}
	l.set(holds)
	if err := ask(t, c, short); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a hole let something through: %v", err)
	}
	l.set(passes)
	if err := hear(t, c, long); err != nil {
		t.Errorf("what a hole held is gone: %v", err)
	}
	l.set(delays)
	began := time.Now()
	if err := ask(t, c, long); err != nil || time.Since(began) < lateBy {
		t.Errorf("delayed by %v, %v", time.Since(began), err)
	}
	l.set(swallows)
	if err := ask(t, c, short); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("an answer was not swallowed: %v", err)
	}
	l.cut()
	l.set(passes)
	if err := hear(t, c, long); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection was not cut: %v", err)
	}
	if err := ask(t, dialLink(t, l), long); err != nil {
		t.Errorf("no new connection after a cut: %v", err)
	}
	l.refuse()
	if c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.addr); err == nil {
		_ = c.Close()
		t.Error("a connection was not refused")
	}
	if err := l.listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := ask(t, dialLink(t, l), long); err != nil {
		t.Errorf("no new connection after the refusal: %v", err)
	}
}
