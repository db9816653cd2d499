package redis_test

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	protocluster "github.com/asynkron/protoactor-go/cluster"
	"github.com/asynkron/protoactor-go/remote"
	goredis "github.com/redis/go-redis/v9"

	"server5k/cluster"
	"server5k/cluster/redis"
	"server5k/cluster/redis/redistest"
)

const (
	// patience is for what must happen: far more than it takes.
	patience = 15 * time.Second
	// slowBeat is too long to wait for: with it only messages bring news.
	slowBeat = 30 * time.Second
)

var (
	shared redistest.Lazy
	ports  atomic.Int64
	names  atomic.Int64
)

// TestMain plays the part of a node in a child process, or runs the tests and fails
// when a goroutine of a provider outlives them.
func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		child(url)
		return
	}
	redis.LogTo(slog.New(slog.DiscardHandler))
	trust, err := newAuthority()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	authorityFiles = trust
	code := shared.Run(m)
	if left := leaked(5 * time.Second); code == 0 && left != "" {
		fmt.Fprintln(os.Stderr, "leaked goroutines:\n"+left)
		code = 1
	}
	_ = os.RemoveAll(trust.dir)
	os.Exit(code)
}

func leaked(wait time.Duration) string {
	deadline := time.After(wait)
	for {
		var left []string
		stacks := make([]byte, 4<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		for g := range strings.SplitSeq(string(stacks), "\n\n") {
			if strings.Contains(g, "redis.(*membership)") || strings.Contains(g, "go-redis") {
				left = append(left, g)
			}
		}
		if len(left) == 0 {
			return ""
		}
		select {
		case <-deadline:
			return strings.Join(left, "\n\n")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// node is a provider with its views.
type node struct {
	tb     testing.TB
	name   string
	p      *redis.Provider
	proto  *protocluster.Cluster
	client goredis.UniversalClient
	views  chan cluster.View
	known  chan protocluster.Members // what protoactor knows, each time
	seen   []cluster.View            // taken from views
}

// options are short times; tests change what they need.
func options(tb testing.TB, url string) redis.Options {
	tb.Helper()
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == '_' {
			return '-'
		}
		return r
	}, tb.Name())
	client, err := redis.Dial(url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { client.Close() })
	return redis.Options{
		Client: client, Cluster: fmt.Sprint(name, "-", names.Add(1)), Log: slog.New(slog.NewTextHandler(tb.Output(), nil)),
		TTL: 800 * time.Millisecond, Beat: 80 * time.Millisecond, Suspect: 200 * time.Millisecond, Tombstone: time.Minute,
	}
}

// newNode makes a node that has not joined, at an address of its own.
func newNode(tb testing.TB, name string, o redis.Options) *node {
	tb.Helper()
	return newNodeAt(tb, name, fmt.Sprintf("10.1.2.3:%d", 1000+ports.Add(1)), o)
}

func newNodeAt(tb testing.TB, name, address string, o redis.Options) *node {
	tb.Helper()
	n := &node{tb: tb, name: name, client: o.Client, views: make(chan cluster.View, 4096)}
	o.Name = name
	o.Log = o.Log.With("node", name)
	o.OnView = func(v cluster.View) { n.views <- v }
	n.p = redis.New(o)
	n.proto = newProto(n.p, address)
	n.known = make(chan protocluster.Members, 4096)
	n.proto.ActorSystem.EventStream.Subscribe(func(event any) {
		if e, ok := event.(*protocluster.ClusterTopology); ok {
			n.known <- e.Members
		}
	})
	tb.Cleanup(func() { n.p.Shutdown(false) }) //nolint:errcheck // most tests have shut it down
	return n
}

// newProto is protoactor without a port.
func newProto(p *redis.Provider, address string) *protocluster.Cluster {
	system := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	system.ProcessRegistry.Address = address
	config := remote.Configure("127.0.0.1", 0)
	c := protocluster.New(system, protocluster.Configure("test", p, nil, config))
	c.Remote = remote.NewRemote(system, config)
	return c
}

func (n *node) join() *node {
	n.tb.Helper()
	if err := n.p.StartMember(n.proto); err != nil {
		n.tb.Fatal(err)
	}
	return n
}

// until waits for a view.
func (n *node) until(what string, ok func(cluster.View) bool) cluster.View {
	n.tb.Helper()
	deadline := time.After(patience)
	for {
		select {
		case v := <-n.views:
			n.seen = append(n.seen, v)
			if ok(v) {
				return v
			}
		case <-deadline:
			n.tb.Fatalf("%s: %s: not in %v; views: %+v", n.name, what, patience, n.seen)
		}
	}
}

func (n *node) untilMembers(count int) cluster.View {
	n.tb.Helper()
	if len(n.seen) > 0 && len(n.last().Members) == count {
		return n.last()
	}
	return n.until(fmt.Sprintf("%d members", count), func(v cluster.View) bool { return len(v.Members) == count })
}

// untilKnown waits until protoactor knows so many members.
func (n *node) untilKnown(count int) protocluster.Members {
	n.tb.Helper()
	deadline := time.After(patience)
	for {
		select {
		case members := <-n.known:
			if len(members) == count {
				return members
			}
		case <-deadline:
			n.tb.Fatalf("%s: protoactor does not know %d members", n.name, count)
		}
	}
}

// last is the newest view taken.
func (n *node) last() cluster.View { return n.seen[len(n.seen)-1] }

// quiet takes all views of a while, and returns them.
func (n *node) quiet(d time.Duration) []cluster.View {
	first := len(n.seen)
	for deadline := time.After(d); ; {
		select {
		case v := <-n.views:
			n.seen = append(n.seen, v)
		case <-deadline:
			return n.seen[first:]
		}
	}
}

// three joins three nodes and waits until all know all.
func three(tb testing.TB, o redis.Options) (a, b, c *node) {
	tb.Helper()
	a, b, c = newNode(tb, "a", o).join(), newNode(tb, "b", o).join(), newNode(tb, "c", o).join()
	for _, n := range []*node{a, b, c} {
		n.untilMembers(3)
	}
	return a, b, c
}

// eventually asks until the answer is yes.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); !ok(); {
		select {
		case <-tick.C:
		case <-deadline:
			tb.Fatalf("%s: not in %v", what, patience)
		}
	}
}

func own(tb testing.TB, settings ...string) *redistest.Server {
	tb.Helper()
	s, err := redistest.New(tb.Context(), settings...)
	return closed(tb, s, err)
}

func closed(tb testing.TB, s *redistest.Server, err error) *redistest.Server {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func closedPort(tb testing.TB) string {
	tb.Helper()
	ln, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
