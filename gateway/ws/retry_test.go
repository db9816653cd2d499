package ws

import (
	"encoding/binary"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

func TestSpread_WindowGrowsWithTheClients(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]time.Duration{
		0: time.Second, 1: time.Second, 500: time.Second, 501: 1002 * time.Millisecond,
		5000: 10 * time.Second, 7500: 15 * time.Second, 1 << 20: 15 * time.Second,
	} {
		if got := defaultSpread().window(n); got != want {
			t.Errorf("%d clients: %v, want %v", n, got, want)
		}
	}
	if got := (Spread{}).window(9); got != 0 {
		t.Errorf("no spread: %v", got)
	}
}

func TestRetryAfter_IsOneToThreeSeconds(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		seen[RetryAfter()] = true
	}
	if len(seen) != 3 || !seen["1"] || !seen["2"] || !seen["3"] {
		t.Errorf("got %v", seen)
	}
}

var restart = regexp.MustCompile(`^service restart; retry=(\d+)ms$`)

// closing reads up to the close frame and returns the hint in it.
func (c *client) closing() time.Duration {
	c.tb.Helper()
	f := c.read()
	for f.Header.OpCode != ws.OpClose {
		f = c.read()
	}
	m := restart.FindSubmatch(f.Payload[2:])
	if code := binary.BigEndian.Uint16(f.Payload); code != codeServiceRestart || m == nil {
		c.tb.Fatalf("close %d %q", code, f.Payload[2:])
	}
	ms, err := strconv.Atoi(string(m[1]))
	if err != nil {
		c.tb.Fatal(err)
	}
	_ = c.Close()
	return time.Duration(ms) * time.Millisecond
}

// TestServer_DrainTellsWhenToComeBack: the urgent ones soon, since they are few,
// and the others spread over a window for all of them.
func TestServer_DrainTellsWhenToComeBack(t *testing.T) {
	t.Parallel()
	const urgent, others = 20, 180
	r := setup(t, nil)
	r.server.Spread = Spread{Least: 100 * time.Millisecond, Most: time.Hour, PerSecond: 1}
	var clients []*client
	for i := range urgent + others {
		r.options.Urgent = i%10 == 0
		clients = append(clients, r.dial(t))
		<-r.conns
	}
	conns, n, _ := r.server.startDrain()
	for i, c := range conns {
		if c.o.Urgent != (i < urgent) || n != urgent {
			t.Fatalf("%d of %d urgent ones, number %d: %v", n, len(conns), i, c.o.Urgent)
		}
	}
	drained := make(chan error, 1)
	go func() { drained <- r.server.Drain(t.Context()) }()
	var late time.Duration
	for i, c := range clients {
		hint := c.closing()
		if i%10 == 0 && hint > urgent*time.Second {
			t.Errorf("an urgent one is asked to wait %v", hint)
		}
		late = max(late, hint)
	}
	if late < others/2*time.Second || late > others*time.Second {
		t.Errorf("the last comes back after %v", late)
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
}
