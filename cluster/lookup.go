package cluster

import (
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
	protocluster "github.com/asynkron/protoactor-go/cluster"
	"github.com/cespare/xxhash/v2"

	"server5k/race"
)

// Lookup says which node owns a competition: of the nodes that can, the one with
// the highest hash of its address and the competition's number (rendezvous
// hashing), so that a node that comes or goes moves only what it owns. All nodes
// with the same view agree. Its methods may be called from any goroutine and do
// not block.
//
// It is also what protoactor asks for the place of an identity; the answer is
// then the actor that passes messages on to the competitions of that node.
type Lookup struct {
	placement atomic.Pointer[placement]
	changes   atomic.Int64
	router    string

	mu       sync.Mutex // protects watchers
	watchers []func()
}

// placement is what follows from a view. It is never changed.
type placement struct {
	view   View
	owners []owner
	nodes  []string
}

type owner struct {
	address string
	hash    uint64
}

var _ protocluster.IdentityLookup = (*Lookup)(nil)

// NewLookup returns a lookup without nodes. router names the actor on each node
// that passes messages on to competitions.
func NewLookup(router string) *Lookup {
	l := &Lookup{router: router}
	l.placement.Store(&placement{})
	return l
}

// Alone returns the lookup of a node without others: it owns everything. address
// is that of its actor system.
func Alone(address string) *Lookup {
	l := NewLookup("")
	l.Set(View{Members: []Member{{Address: address, Owns: true}}, Leased: true})
	return l
}

// Set takes a new view and tells who watches.
func (l *Lookup) Set(v View) {
	p := &placement{view: v}
	for _, m := range v.Members {
		p.nodes = append(p.nodes, m.Address)
		if m.Owns {
			p.owners = append(p.owners, owner{m.Address, xxhash.Sum64String(m.Address)})
		}
	}
	l.placement.Store(p)
	l.changes.Add(1)
	l.mu.Lock()
	watchers := slices.Clone(l.watchers)
	l.mu.Unlock()
	for _, f := range watchers {
		f()
	}
}

// View returns the view that was set last.
func (l *Lookup) View() View { return l.placement.Load().view }

// Owner returns the address of the node that owns a competition, empty when no
// node can.
func (l *Lookup) Owner(id race.CompetitionID) string {
	best, address := uint64(0), ""
	for _, o := range l.placement.Load().owners {
		if score := mix(o.hash ^ mix(uint64(id))); address == "" || score > best { //nolint:gosec // ids are positive
			best, address = score, o.address
		}
	}
	return address
}

// mix spreads similar numbers over all 64 bits: the finalizer of splitmix64
// (Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Changes counts the views that were set.
func (l *Lookup) Changes() int64 { return l.changes.Load() }

// Nodes returns the addresses of all nodes.
func (l *Lookup) Nodes() []string { return l.placement.Load().nodes }

// Membership returns the name of this node's membership, empty while there is
// none, and whether it has not run out.
func (l *Lookup) Membership() (name string, valid bool) {
	v := l.placement.Load().view
	return v.Self, v.Leased
}

// Watch makes f be called after each change, by the goroutine that sets the view;
// f must not block.
func (l *Lookup) Watch(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watchers = append(l.watchers, f)
}

// Get implements protoactor's lookup: identities are the numbers of competitions.
func (l *Lookup) Get(id *protocluster.ClusterIdentity) *actor.PID {
	n, err := strconv.ParseInt(id.GetIdentity(), 10, 64)
	if err != nil {
		return nil
	}
	address := l.Owner(race.CompetitionID(n))
	if address == "" {
		return nil
	}
	return actor.NewPID(address, l.router)
}

// RemovePid implements protoactor's lookup; nothing is kept that could go stale.
func (*Lookup) RemovePid(*protocluster.ClusterIdentity, *actor.PID) {}

// Setup implements protoactor's lookup.
func (*Lookup) Setup(*protocluster.Cluster, []string, bool) {}

// Shutdown implements protoactor's lookup.
func (*Lookup) Shutdown() {}
