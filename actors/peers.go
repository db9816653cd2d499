package actors

import (
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

const (
	// pingEvery and silentAfter: a node that did not answer for so long is sent
	// nothing but pings, since what is sent to a frozen one is never refused, only
	// kept in memory. Its lease runs out soon after.
	pingEvery   = 500 * time.Millisecond
	silentAfter = 2 * time.Second
)

// peers knows which of the other nodes answer. It belongs to the owners.
type peers struct {
	deps
	began   time.Time
	nodes   map[string]*peer
	ticking bool
}

type peer struct {
	heard time.Time
	trip  time.Duration // of the last ping
}

func newPeers(d deps) *peers {
	return &peers{deps: d, began: time.Now(), nodes: map[string]*peer{}}
}

// onNodes takes the nodes that there are now. A new one counts as heard.
func (p *peers) onNodes(ctx actor.Context, nodes []string) {
	for address := range p.nodes {
		if !slices.Contains(nodes, address) {
			delete(p.nodes, address)
			p.metrics.peerSeconds.DeleteLabelValues(address)
		}
	}
	for _, address := range nodes {
		if _, ok := p.nodes[address]; !ok && address != ctx.Self().Address {
			p.nodes[address] = &peer{heard: time.Now()}
		}
	}
	if len(p.nodes) > 0 && !p.ticking {
		p.onTick(ctx)
	}
}

func (p *peers) onTick(ctx actor.Context) {
	p.ticking = len(p.nodes) > 0
	if !p.ticking {
		return
	}
	for address := range p.nodes {
		tell(ctx, actor.NewPID(address, ownersName), ping{time.Since(p.began)})
	}
	tickIn(ctx, pingEvery)
}

func (p *peers) onPong(address string, m pong) {
	if n, ok := p.nodes[address]; ok {
		n.heard, n.trip = time.Now(), time.Since(p.began)-m.sentAt
		p.metrics.peerSeconds.WithLabelValues(address).Set(n.trip.Seconds())
	}
}

// silent says whether a node has not answered for too long.
func (p *peers) silent(address string) bool {
	n, ok := p.nodes[address]
	return ok && time.Since(n.heard) > silentAfter
}
