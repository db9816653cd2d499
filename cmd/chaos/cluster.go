package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"time"
)

// extraNode is the one that runs during scaleOut only.
const extraNode = "d"

// node is a server that is part of a cluster.
type node struct {
	*server
	socketed
	redis *link
}

// cluster is three nodes, or four, with Redis and PostgreSQL.
//
//	phones, viewers ──► a, b, c (d) ──► a link each ──► PostgreSQL
//	                    └─ wiring ─┘└─► a link each ──► Redis
type cluster struct {
	binary  string
	dir     string
	out     io.Writer
	proxied bool // no network namespaces
	now     func() instant
	targets *targets
	client  *http.Client

	db    *database
	redis *memory
	wire  wiring
	nodes []*node // the extra one is the last
	extra sync.Mutex
}

func newCluster(c *campaign) stage {
	return &cluster{binary: c.binary, dir: c.dir, out: c.out, proxied: c.proxies, now: c.now, targets: &c.targets, client: newHTTPClient()}
}

// open starts PostgreSQL, Redis and three nodes.
func (k *cluster) open(ctx context.Context, c cast) (err error) {
	names := []string{"a", "b", "c", extraNode}
	if k.db, err = openDatabase(ctx); err != nil {
		return err
	}
	if k.redis, err = openMemory(ctx); err != nil {
		return err
	}
	k.wire = k.wires(ctx, names)
	_, _ = fmt.Fprintln(k.out, "  nodes are connected by", k.wire.how())
	for _, name := range names {
		n, err := k.plug(ctx, name)
		if err != nil {
			return fmt.Errorf("node %s: %w", name, err)
		}
		k.nodes = append(k.nodes, n)
	}
	if err := k.nodes[0].once("migrate"); err != nil {
		return err
	}
	if err := k.db.seed(ctx, c); err != nil {
		return err
	}
	for _, n := range k.regular() {
		n.run()
	}
	k.aim()
	return k.whole(ctx)
}

// wires makes networks of their own for the nodes, or does with proxies where that
// is not allowed, and says why.
func (k *cluster) wires(ctx context.Context, names []string) wiring {
	if !k.proxied {
		n, err := openNamespaces(ctx, names)
		if err == nil {
			return n
		}
		_, _ = fmt.Fprintln(k.out, "  no network namespaces:", err)
	}
	return &proxies{pids: k.pids, links: map[string]*link{}}
}

// plug makes a node with its links; it does not run yet.
func (k *cluster) plug(ctx context.Context, name string) (*node, error) {
	s, err := k.wire.plug(ctx, name)
	if err != nil {
		return nil, err
	}
	toPostgres, err := newLink(ctx, k.wire.host(), k.db.server.Addr(), nil)
	if err != nil {
		return nil, err
	}
	toRedis, err := newLink(ctx, k.wire.host(), k.redis.server.Addr(), nil)
	if err != nil {
		return nil, err
	}
	srv, err := newServer(place{
		name: name, binary: k.binary, dir: k.dir, addr: s.clients, wrap: s.wrap, health: "/api/health/ready/",
		env: []string{
			"REDIS_URL=redis://" + toRedis.addr + "/0", "CLUSTER_NAME=chaos", "NODE_NAME=" + name,
			"CLUSTER_ADDR=" + s.remoting, "CLUSTER_ADVERTISE=" + s.advertise, "METRICS_ADDR=" + s.metrics,
		},
	}, toPostgres)
	return &node{server: srv, socketed: s, redis: toRedis}, err
}

// regular are the nodes that always run.
func (k *cluster) regular() []*node { return k.nodes[:len(k.nodes)-1] }

// aim lets clients come to all regular nodes, and to others.
func (k *cluster) aim(more ...*node) {
	var urls []string
	for _, n := range append(k.regular()[:3:3], more...) {
		urls = append(urls, n.url)
	}
	k.targets.set(urls...)
}

// pids names the nodes by process.
func (k *cluster) pids() map[int]string {
	out := map[int]string{}
	for _, n := range k.nodes {
		if pid := n.pid(); pid != 0 {
			out[pid] = n.name
		}
	}
	return out
}

// whole waits until every regular node is ready.
func (k *cluster) whole(ctx context.Context) error {
	for _, n := range k.regular() {
		if err := n.ready(ctx, k.client); err != nil {
			return err
		}
	}
	return nil
}

func (k *cluster) base() *database { return k.db }

func (k *cluster) sum() string {
	starts := int64(0)
	for _, n := range k.nodes {
		starts += n.starts.Load()
	}
	return fmt.Sprintf("nodes started %d times, PostgreSQL %d, Redis %d", starts, 1+k.db.starts.Load(), 1+k.redis.starts.Load())
}

func (k *cluster) logs() string {
	out := ""
	for _, n := range k.nodes {
		out += n.name + ":\n" + n.logs() + "\n"
	}
	return out
}

// heal ends every fault; the extra node goes.
func (k *cluster) heal(ctx context.Context) error {
	k.db.thaw()
	var errs []error
	errs = append(errs, k.wire.heal(ctx))
	for _, n := range k.nodes {
		errs = append(errs, n.link.heal(ctx), n.redis.heal(ctx))
		_ = n.signal(sigCont) // it may be on its way up
	}
	k.aim()
	extra := k.nodes[len(k.nodes)-1]
	errs = append(errs, extra.end(os.Kill, time.Minute), k.db.alive(ctx), k.redis.heal(ctx))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return k.whole(ctx)
}

// finish drains all nodes at once; the server's own check has to agree then.
func (k *cluster) finish() (complaints []string) {
	var wg sync.WaitGroup
	errs := make([]error, len(k.nodes))
	for i, n := range k.nodes {
		wg.Go(func() { errs[i] = n.end(sigTerm, stopPatience) })
	}
	wg.Wait()
	for _, err := range append(errs, k.nodes[0].once("verify")) {
		if err != nil {
			complaints = append(complaints, err.Error())
		}
	}
	return complaints
}

// close ends every process and removes the networks.
func (k *cluster) close() error {
	k.client.CloseIdleConnections()
	for _, n := range k.nodes {
		n.close()
		n.redis.Close()
	}
	var errs []error
	if k.wire != nil {
		errs = append(errs, k.wire.close())
	}
	if k.redis != nil {
		errs = append(errs, k.redis.Close())
	}
	if k.db != nil {
		errs = append(errs, k.db.Close())
	}
	return errors.Join(errs...)
}

// any is a regular node by chance.
func (k *cluster) any(rng *rand.Rand) *node {
	all := k.regular()
	return all[rng.IntN(len(all))]
}
