package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	protocluster "github.com/asynkron/protoactor-go/cluster"
	"github.com/asynkron/protoactor-go/eventstream"
	"github.com/asynkron/protoactor-go/remote"
	goredis "github.com/redis/go-redis/v9"

	"server5k/cluster"
)

// Options are what a Provider needs; Client, Cluster and OnView must be given.
type Options struct {
	Client  goredis.UniversalClient // as Dial makes it; the caller closes it, after Shutdown
	Cluster string                  // whose members these are; a namespace in Redis
	Name    string                  // of this node, for people
	// OnView hears of each change, from one goroutine, in order. It must not block
	// nor call Shutdown.
	OnView func(cluster.View)
	// Status, if given, is asked about once a second for the JSON that List shows
	// of this node, 16 KiB at most. It must not block.
	Status func() []byte
	Log    *slog.Logger // nil: silent

	TTL       time.Duration // how long a silent member stays; 0: 3s
	Beat      time.Duration // between two heartbeats; 0: 500ms
	Suspect   time.Duration // what is left of the lease of a member whose port is closed; more than a beat; 0: 750ms
	Tombstone time.Duration // how long an id stays dead; 0: 1h
}

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		value *time.Duration
		other time.Duration
	}{{&o.TTL, 3 * time.Second}, {&o.Beat, 500 * time.Millisecond}, {&o.Suspect, 750 * time.Millisecond}, {&o.Tombstone, time.Hour}} {
		if *d.value == 0 {
			*d.value = d.other
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Health is how a node stands with Redis.
type Health struct {
	Err       error         // of the last beat
	LastBeat  time.Time     // when the last good answer came; zero before the first
	Leased    bool          // this node is a member and its lease has not run out
	Rejoins   int64         // how often it was declared dead while it lived
	Beats     int64         // that were answered
	Failures  int64         // beats that were not
	RoundTrip time.Duration // of the last answered beat
}

// ErrRefused is why StartMember gives up: another REDIS_URL is needed, or another ACL.
var ErrRefused = errors.New("REDIS_URL: Redis no acepta el usuario o la contraseña, o no les permite lo necesario")

// Provider is protoactor's ClusterProvider on Redis, for one life of one node. Its
// methods may be called from any goroutine.
type Provider struct {
	o    Options
	owns atomic.Bool
	told protocluster.Members // of whom protoactor has heard; of the goroutine that hands over

	mu         sync.Mutex // protects what follows
	membership *membership
	cancel     context.CancelFunc
	stream     *eventstream.EventStream
	events     *eventstream.Subscription
	closed     bool

	stop    sync.Once
	stopErr error
}

var _ protocluster.ClusterProvider = (*Provider)(nil)

// New returns a Provider that does nothing before StartMember. Its node owns
// nothing before SetOwns.
func New(o Options) *Provider { return &Provider{o: o.withDefaults()} }

// StartMember makes the node a member and returns after the first beat. It is no
// error if Redis does not answer: it is asked again with each beat, and the first
// View comes when it has answered. It is one, ErrRefused, if Redis does not take the
// credentials. The remoting of c must have its address.
func (p *Provider) StartMember(c *protocluster.Cluster) error {
	k, err := keysOf(p.o.Cluster)
	if err != nil {
		return fmt.Errorf("join: %w", err)
	}
	address := c.ActorSystem.Address()
	if _, _, err := splitAddress(address); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	p.mu.Lock()
	if p.closed || p.membership != nil {
		p.mu.Unlock()
		return errors.New("join: a provider starts once")
	}
	m := newMembership(p.o, k, address, &p.owns, func(v cluster.View) { p.handOver(c, v) })
	ctx, cancel := context.WithCancel(context.Background())
	p.membership, p.cancel, p.stream = m, cancel, c.ActorSystem.EventStream
	p.events = p.stream.Subscribe(func(event any) {
		if e, ok := event.(*remote.EndpointTerminatedEvent); ok {
			m.suspectAt(e.Address)
		}
	})
	m.start(ctx)
	p.mu.Unlock()
	err = <-m.first
	if err == nil || !refused(err) {
		return nil
	}
	return errors.Join(fmt.Errorf("join: %w: %w", ErrRefused, err), p.Shutdown(false))
}

// refused says that asking again is of no use.
func refused(err error) bool {
	return goredis.IsAuthError(err) || goredis.IsPermissionError(err)
}

// handOver tells a View to whom it may concern. protoactor hears of members that
// come, not of those that go: it would break the connection to one that leaves and
// still waits for answers, and hold the break against whatever connects there next.
// A connection to a node that is really gone ends by itself.
func (p *Provider) handOver(c *protocluster.Cluster, v cluster.View) {
	p.o.OnView(v)
	kinds, news := c.GetClusterKinds(), false
	for _, m := range v.Members {
		if slices.ContainsFunc(p.told, func(t *protocluster.Member) bool { return t.Id == m.ID }) {
			continue
		}
		host, port, err := splitAddress(m.Address)
		if err != nil {
			p.o.Log.Warn("member with an unusable address", "member_id", m.ID, "error", err)
			continue
		}
		p.told, news = append(p.told, &protocluster.Member{Id: m.ID, Host: host, Port: port, Kinds: kinds}), true
	}
	if news {
		c.MemberList.UpdateClusterTopology(slices.Clone(p.told))
	}
}

// splitAddress keeps the brackets of an IPv6 host: protoactor puts a colon between
// the two again, nothing else.
func splitAddress(address string) (string, int32, error) {
	i := strings.LastIndexByte(address, ':')
	if i <= 0 {
		return "", 0, fmt.Errorf("address %q is not HOST:PORT", address)
	}
	port, err := strconv.Atoi(address[i+1:])
	if err != nil || port <= 0 || port > math.MaxUint16 {
		return "", 0, fmt.Errorf("address %q is not HOST:PORT", address)
	}
	return address[:i], int32(port), nil
}

// StartClient is not offered: a node that owns nothing is a member without Owns.
func (p *Provider) StartClient(*protocluster.Cluster) error {
	return errors.New("join: there are members only")
}

// SetOwns says whether this node can own competitions; the others hear of it at once.
func (p *Provider) SetOwns(owns bool) {
	if p.owns.Swap(owns) == owns {
		return
	}
	if m := p.member(); m != nil {
		m.nudge()
	}
}

// Health tells how the node stands with Redis.
func (p *Provider) Health() Health {
	if m := p.member(); m != nil {
		return m.state()
	}
	return Health{}
}

func (p *Provider) member() *membership {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.membership
}

// Shutdown ends the membership and all goroutines, and hands over a last View
// without this node. Gracefully the others hear of it at once and take over within
// milliseconds; else they wait for the lease to end. The error says that Redis did
// not hear it. A second call does nothing more.
func (p *Provider) Shutdown(graceful bool) error {
	p.stop.Do(func() {
		p.mu.Lock()
		p.closed = true
		m := p.membership
		p.mu.Unlock()
		if m == nil {
			return
		}
		p.stream.Unsubscribe(p.events)
		m.graceful.Store(graceful)
		p.cancel()
		m.work.Wait()
		p.stopErr = m.leaveErr
	})
	return p.stopErr
}
