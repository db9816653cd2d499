package main

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// The environment that makes this program one node of a test: it echoes at one
// address, and says at another whether it gets an answer from a third.
const (
	echoAtEnv = "CHAOS_TEST_ECHO"
	tellAtEnv = "CHAOS_TEST_TELL"
	askAtEnv  = "CHAOS_TEST_ASK"
)

// TestMain is a node of a test when the environment says so.
func TestMain(m *testing.M) {
	if os.Getenv(echoAtEnv) == "" {
		os.Exit(m.Run())
	}
	go serveTest(os.Getenv(echoAtEnv), func(c net.Conn) { _, _ = io.Copy(c, c) })
	serveTest(os.Getenv(tellAtEnv), func(c net.Conn) {
		peer, err := net.Dial("tcp", os.Getenv(askAtEnv)) //nolint:noctx // it ends with the process
		if err != nil {
			return
		}
		defer func() { _ = peer.Close() }()
		go func() { _, _ = io.Copy(c, peer) }()
		_, _ = io.Copy(peer, c) // what comes goes on
	})
}

func serveTest(addr string, serve func(net.Conn)) {
	ln, err := net.Listen("tcp", addr) //nolint:noctx // it ends with the process
	if err != nil {
		os.Exit(1)
	}
	for {
		c, err := ln.Accept()
		if err != nil {
			os.Exit(1)
		}
		go func() {
			serve(c)
			_ = c.Close()
		}()
	}
}

// testNode runs this program as a node; it ends with the test.
func testNode(t *testing.T, s socketed, peer string) int {
	t.Helper()
	line := append(s.wrap, os.Args[0])
	cmd := exec.CommandContext(t.Context(), line[0], line[1:]...)
	cmd.Env = append(os.Environ(), echoAtEnv+"="+s.remoting, tellAtEnv+"="+s.clients, askAtEnv+"="+peer)
	cmd.SysProcAttr = attributes()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

// dialNode waits until a node listens.
func dialNode(t *testing.T, addr string) net.Conn {
	t.Helper()
	for t.Context().Err() == nil {
		c, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", addr)
		if err == nil {
			t.Cleanup(func() { _ = c.Close() })
			return c
		}
		pause(t.Context(), 10*time.Millisecond)
	}
	t.Fatal("no node listens at", addr)
	return nil
}

// nodePIDs are the processes of the nodes of a test.
type nodePIDs struct {
	mu    sync.Mutex // protects names
	names map[int]string
}

func (n *nodePIDs) put(pid int, name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.names == nil {
		n.names = map[int]string{}
	}
	n.names[pid] = name
}

func (n *nodePIDs) all() map[int]string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.names)
}

// checkWiring: what a cut holds does not arrive, one way or both, and does later.
func checkWiring(t *testing.T, w wiring, known *nodePIDs) {
	t.Helper()
	const long, short = 20 * time.Second, 300 * time.Millisecond
	a, err := w.plug(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	b, err := w.plug(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	known.put(testNode(t, a, b.advertise), "a")
	known.put(testNode(t, b, a.advertise), "b")
	dialNode(t, b.remoting)
	dialNode(t, a.remoting)
	ab, ba := dialNode(t, a.clients), dialNode(t, b.clients) // through a to b's echo, and the reverse
	for name, c := range map[string]net.Conn{"a to b": ab, "b to a": ba} {
		if err := ask(t, c, long); err != nil {
			t.Fatalf("%s: nothing passes: %v", name, err)
		}
	}
	for _, way := range [][2]string{{"a", "b"}, {"b", "a"}} {
		if err := w.cut(t.Context(), way[0], way[1], true); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]net.Conn{"a to b": ab, "b to a": ba} {
			if err := ask(t, c, short); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("cut from %s to %s, yet %s has an echo: %v", way[0], way[1], name, err)
			}
		}
		if err := w.cut(t.Context(), way[0], way[1], false); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]net.Conn{"a to b": ab, "b to a": ba} {
			if err := hear(t, c, long); err != nil {
				t.Errorf("%s: what a cut held is gone: %v", name, err)
			}
		}
	}
	if err := errors.Join(w.cut(t.Context(), "a", "b", true), w.cut(t.Context(), "b", "a", true), w.heal(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := ask(t, ab, long); err != nil {
		t.Errorf("not healed: %v", err)
	}
}

func TestNamespaces_CutOneWayAndLeaveNothing(t *testing.T) {
	t.Parallel()
	n, err := openNamespaces(t.Context(), []string{"a", "b"})
	if err != nil {
		if os.Geteuid() == 0 {
			t.Logf("root, and yet: %v", err)
		}
		return // this machine does not allow it: campaigns do with proxies
	}
	t.Cleanup(func() {
		if err := n.close(); err != nil {
			t.Error(err)
		}
		out, err := ip(context.Background(), "netns list")
		if err != nil || strings.Contains(out, n.prefix+"-") {
			t.Errorf("namespaces remain: %v %s", err, out)
		}
	})
	checkWiring(t, n, &nodePIDs{})
}

func TestProxies_CutOneWay(t *testing.T) {
	t.Parallel()
	pids := &nodePIDs{}
	p := &proxies{pids: pids.all, links: map[string]*link{}}
	t.Cleanup(func() { _ = p.close() })
	checkWiring(t, p, pids)
}
