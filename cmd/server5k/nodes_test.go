package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"server5k/cluster/redis/redistest"
)

// redisServer is the Redis of all tests.
var redisServer redistest.Lazy

// builtServer is the program, built once for all tests that start it.
var builtServer = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "server5k-test-")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "server5k")
	if out, err := exec.CommandContext(context.Background(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return binary, nil
})

// nodes is a cluster of real processes on one PostgreSQL and one Redis.
type nodes struct {
	tb    testing.TB
	cfg   *Config
	redis string
	name  string
	extra []string // of the environment

	mu   sync.Mutex // protects list
	list []*testNode
}

// testNode is one place of a cluster; a restart puts another process there.
type testNode struct {
	name string
	*child
	ops  string // URL of the private listener
	gone bool
}

// startNodes starts a cluster of n nodes and waits until each knows all others.
// extra adds to their environment.
func startNodes(tb testing.TB, cfg *Config, n int, extra ...string) *nodes {
	tb.Helper()
	c := &nodes{tb: tb, cfg: cfg, redis: redisServer.Server(tb).URL(), extra: extra, name: "test-" + strings.ToLower(filepath.Base(cfg.DataDir)) + fmt.Sprint(time.Now().UnixNano())}
	for i := range n {
		c.add(fmt.Sprintf("nodo%d", i+1))
	}
	c.whole()
	return c
}

var opsLine = regexp.MustCompile(`msg="private listener ready" .*addr=(\S+)`)

// add starts a node.
func (c *nodes) add(name string) {
	c.tb.Helper()
	n := &testNode{name: name}
	n.child = c.start(name)
	c.tb.Cleanup(func() {
		if !c.isGone(n) {
			n.terminate(c.tb)
		}
		if c.tb.Failed() {
			c.tb.Logf("log of %s:\n%s", n.name, n.logs.String())
		}
	})
	n.ops = "http://" + opsLine.FindStringSubmatch(n.logs.String())[1]
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, n)
}

func (c *nodes) start(name string) *child {
	c.tb.Helper()
	binary, err := builtServer()
	if err != nil {
		c.tb.Fatal(err)
	}
	cfg := *c.cfg
	cfg.DataDir = c.tb.TempDir()
	return startChild(c.tb, binary, &cfg, append([]string{
		"REDIS_URL=" + c.redis, "CLUSTER_NAME=" + c.name, "NODE_NAME=" + name, "CLUSTER_ADDR=127.0.0.1:0", "METRICS_ADDR=127.0.0.1:0",
	}, c.extra...)...)
}

// alive are the nodes that were not ended.
func (c *nodes) alive() []*testNode {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*testNode
	for _, n := range c.list {
		if !n.gone {
			out = append(out, n)
		}
	}
	return out
}

func (c *nodes) isGone(n *testNode) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return n.gone
}

// remove notes that a node was ended.
func (c *nodes) remove(n *testNode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n.gone = true
}

// status asks a node what it knows.
func (n *testNode) status(ctx context.Context) (report, error) {
	var r report
	ctx, cancel := context.WithTimeoutCause(ctx, time.Second, errors.New("status: no answer in 1s"))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.ops+"/status", http.NoBody)
	if err != nil {
		return r, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return r, err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	return r, json.NewDecoder(res.Body).Decode(&r)
}

// await asks until ok says yes.
func (c *nodes) await(what string, ok func() bool) {
	c.tb.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.After(30 * time.Second); !ok(); {
		select {
		case <-poll.C:
		case <-deadline:
			c.tb.Fatalf("%s: not within 30 s", what)
		}
	}
}

// whole waits until every node that lives hears exactly the others.
func (c *nodes) whole() {
	c.tb.Helper()
	c.await("a whole cluster", func() bool {
		alive := c.alive()
		for _, n := range alive {
			r, err := n.status(c.tb.Context())
			if err != nil || r.Member == "" || len(r.Peers) != len(alive)-1 {
				return false
			}
			for _, p := range r.Peers {
				if p.Silent || p.Trip == 0 {
					return false
				}
			}
		}
		return true
	})
}

// owner returns the node that owns competition 1 with the highest epoch.
func (c *nodes) owner() *testNode {
	c.tb.Helper()
	var owner *testNode
	c.await("an owner of competition 1", func() bool {
		owner = nil
		epoch := int64(0)
		for _, n := range c.alive() {
			r, err := n.status(c.tb.Context())
			if err != nil {
				continue
			}
			for _, o := range r.Owned {
				if o.Competition == 1 && o.Epoch > epoch {
					owner, epoch = n, o.Epoch
				}
			}
		}
		return owner != nil
	})
	return owner
}

// urls are where the nodes that live are called.
func (c *nodes) urls() []string {
	var out []string
	for _, n := range c.alive() {
		out = append(out, n.url)
	}
	return out
}
