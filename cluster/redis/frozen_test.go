package redis_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"server5k/cluster"
	"server5k/cluster/redis"
)

// What a child process is told in its environment.
const (
	childURL     = "REDISTEST_CHILD_URL"
	childCluster = "REDISTEST_CHILD_CLUSTER"
)

const frozenTTL = 800 * time.Millisecond

// The signals of Linux; elsewhere the test below cannot run.
const (
	sigStop = syscall.Signal(19)
	sigCont = syscall.Signal(18)
)

// child is a node that prints its id whenever it has another one.
func child(url string) {
	client, err := redis.Dial(url)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	self := ""
	p := redis.New(redis.Options{
		Client: client, Cluster: os.Getenv(childCluster), Name: "child", TTL: frozenTTL, Beat: frozenTTL / 10,
		OnView: func(v cluster.View) {
			if v.Self != self {
				self = v.Self
				_, _ = fmt.Fprintf(os.Stdout, "self %s.\n", self)
			}
		},
	})
	if err := p.StartMember(newProto(p, "10.7.7.7:8090")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, _ = os.Stdin.Read(make([]byte, 1)) // until the parent is gone
}

// TestFrozen_FindsOutAtItsFirstBeat freezes the process of a node for longer than
// its lease: it comes back under another id.
func TestFrozen_FindsOutAtItsFirstBeat(t *testing.T) {
	t.Parallel()
	url := shared.Server(t).URL()
	o := options(t, url)
	o.TTL = frozenTTL
	a := newNode(t, "a", o).join()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childURL+"="+url, childCluster+"="+o.Cluster)
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	next := func() string {
		if !lines.Scan() {
			t.Fatalf("the child ended: %v", lines.Err())
		}
		return strings.TrimSuffix(strings.TrimPrefix(lines.Text(), "self "), ".")
	}
	old := next()
	a.untilMembers(2)
	if err := cmd.Process.Signal(sigStop); err != nil {
		t.Fatal(err)
	}
	a.untilMembers(1)
	if err := cmd.Process.Signal(sigCont); err != nil {
		t.Fatal(err)
	}
	if self := next(); self != "" {
		t.Errorf("self %q after %q", self, old)
	}
	self := next()
	if self == "" || self == old {
		t.Errorf("self %q after %q", self, old)
	}
	a.until("the new id", func(v cluster.View) bool {
		return len(v.Members) == 2 && (v.Members[0].ID == self || v.Members[1].ID == self)
	})
	if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
		t.Error(err)
	}
}
