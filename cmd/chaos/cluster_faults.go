package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"
)

const (
	// restartPatience bounds how long one node may take to go and to come back,
	// while other faults go on.
	restartPatience = 20 * time.Second
	// joinPatience is how long the extra node may take to come.
	joinPatience = 10 * time.Second
)

// strike carries one fault out, from its beginning to its end.
func (k *cluster) strike(ctx context.Context, f fault) ([]hit, error) {
	rng := rand.New(rand.NewPCG(f.Coin, 1))
	switch f.Kind {
	case rollingRestart:
		return k.roll(ctx)
	case scaleOut:
		return k.scale(ctx, f.Length, rng)
	case redisKill, redisFlush, redisFreeze:
		return nil, k.redis.suffer(ctx, f)
	case linkSwallow:
		return nil, k.swallow(ctx, f, rng)
	case ownerKill, ownerLoss, nodeKill, twoKills, nodeTerm, nodeFreeze, pairCut, nodeCut, redisCut, postgresCut, ownerTerm, ownerFreeze:
		v, err := k.choose(ctx, f, rng)
		if err != nil {
			return nil, err
		}
		err = k.hurt(ctx, f, &v, rng)
		return v.hits, err
	default:
		return nil, k.db.suffer(ctx, f, rng)
	}
}

// victim is the node of a blow and what it owned.
type victim struct {
	*node
	owners map[int64]owner // of all competitions
	hits   []hit
}

// choose picks an owner, or for half of the kinds of faults any node half of the
// time.
func (k *cluster) choose(ctx context.Context, f fault, rng *rand.Rand) (victim, error) {
	owners := k.owners(ctx)
	n := k.any(rng)
	switch f.Kind {
	case ownerKill, ownerLoss, ownerTerm, ownerFreeze, twoKills:
		if len(owners) == 0 {
			return victim{}, errors.New("no node says that it owns a competition")
		}
		n = k.ownerOf(owners, rng)
	default:
		if rng.IntN(2) == 0 && len(owners) > 0 {
			n = k.ownerOf(owners, rng)
		}
	}
	return victim{n, owners, hitsOf(n, owners)}, nil
}

// hitsOf are what a blow to a node hits.
func hitsOf(n *node, owners map[int64]owner) (hits []hit) {
	for competition, o := range owners {
		if o.node == n {
			hits = append(hits, hit{Node: n.name, URL: n.url, Competition: competition, Epoch: o.epoch})
		}
	}
	if len(hits) == 0 {
		hits = []hit{{Node: n.name, URL: n.url}}
	}
	return hits
}

// hurt does to one node what the fault says.
func (k *cluster) hurt(ctx context.Context, f fault, v *victim, rng *rand.Rand) error {
	var second *node
	if f.Kind == twoKills {
		second = k.other(v.node, rng)
		v.hits = append(v.hits, hitsOf(second, v.owners)...)
	}
	for i := range v.hits {
		v.hits[i].At = k.now()
	}
	switch f.Kind {
	case nodeTerm, ownerTerm:
		return v.signal(sigTerm)
	case nodeFreeze, ownerFreeze:
		if err := v.signal(sigStop); err != nil {
			return err
		}
		pause(ctx, f.Length)
		return v.signal(sigCont)
	case ownerLoss:
		v.absent.Store(int64(f.Length))
		err := v.signal(os.Kill)
		pause(ctx, f.Length)
		return err
	case pairCut:
		return k.cutPair(ctx, v.node, f.Length, rng)
	case nodeCut:
		return k.cutNode(ctx, v.node, f.Length, rng)
	case redisCut:
		return v.redis.suffer(ctx, k.anyLink(f, rng), rng)
	case postgresCut:
		return v.link.suffer(ctx, k.anyLink(f, rng), rng)
	case twoKills:
		return errors.Join(v.signal(os.Kill), second.signal(os.Kill))
	default:
		return v.signal(os.Kill)
	}
}

func (k *cluster) anyLink(f fault, rng *rand.Rand) fault {
	f.Kind = linkKinds[rng.IntN(len(linkKinds))]
	return f
}

// other is another regular node.
func (k *cluster) other(n *node, rng *rand.Rand) *node {
	for {
		if o := k.any(rng); o != n {
			return o
		}
	}
}

// cutPair cuts n off from one other node, in one direction or in both.
func (k *cluster) cutPair(ctx context.Context, n *node, length time.Duration, rng *rand.Rand) error {
	o := k.other(n, rng)
	way := rng.IntN(3)
	if way == 1 { // o does not reach n
		n, o = o, n
	}
	back := way == 2
	err := k.wire.cut(ctx, n.name, o.name, true)
	if back {
		err = errors.Join(err, k.wire.cut(ctx, o.name, n.name, true))
	}
	pause(ctx, length)
	err = errors.Join(err, k.wire.cut(ctx, n.name, o.name, false))
	if back {
		err = errors.Join(err, k.wire.cut(ctx, o.name, n.name, false))
	}
	return err
}

// cutNode cuts n off from all other nodes, and half of the time from Redis.
func (k *cluster) cutNode(ctx context.Context, n *node, length time.Duration, rng *rand.Rand) error {
	alone := rng.IntN(2) == 0
	all := func(broken bool) (err error) {
		for _, o := range k.nodes {
			if o != n {
				err = errors.Join(err, k.wire.cut(ctx, n.name, o.name, broken), k.wire.cut(ctx, o.name, n.name, broken))
			}
		}
		return err
	}
	err := all(true)
	if alone {
		n.redis.set(holds)
	}
	pause(ctx, length)
	if alone {
		n.redis.set(passes)
	}
	return errors.Join(err, all(false))
}

// swallow makes the answers of PostgreSQL to all nodes vanish, then breaks the
// connections: what was stored meanwhile nobody knows of.
func (k *cluster) swallow(ctx context.Context, f fault, rng *rand.Rand) error {
	var wg sync.WaitGroup
	errs := make([]error, len(k.regular()))
	for i, n := range k.regular() {
		own := rand.New(rand.NewPCG(rng.Uint64(), 1))
		wg.Go(func() { errs[i] = n.link.suffer(ctx, f, own) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// roll restarts all nodes one after the other, each when the one before is ready.
func (k *cluster) roll(ctx context.Context) (hits []hit, err error) {
	for _, n := range k.regular() {
		step, cancel := context.WithTimeoutCause(ctx, restartPatience, fmt.Errorf("node %s has not come back in %v", n.name, restartPatience))
		hits = append(hits, hit{Node: n.name, URL: n.url, At: k.now()})
		before := n.starts.Load()
		if e := n.signal(sigTerm); e == nil {
			err = errors.Join(err, n.back(step, before, k.client))
		} else {
			err = errors.Join(err, n.ready(step, k.client)) // it is being started
		}
		cancel()
	}
	return hits, err
}

// scale lets a fourth node come and go again.
func (k *cluster) scale(ctx context.Context, length time.Duration, rng *rand.Rand) (hits []hit, err error) {
	if !k.extra.TryLock() {
		return nil, errors.New("there is a fourth node already")
	}
	defer k.extra.Unlock()
	d := k.nodes[len(k.nodes)-1]
	for competition, o := range k.owners(ctx) {
		hits = append(hits, hit{Node: d.name, URL: d.url, At: k.now(), Competition: competition, Epoch: o.epoch})
	}
	d.run()
	join, cancel := context.WithTimeoutCause(ctx, joinPatience, errors.New("the fourth node is not ready in 10s"))
	defer cancel()
	err = d.ready(join, k.client)
	k.aim(d)
	pause(ctx, length)
	k.aim()
	sig := os.Kill
	if rng.IntN(3) > 0 {
		sig = sigTerm
	}
	return hits, errors.Join(err, d.end(sig, stopPatience))
}
