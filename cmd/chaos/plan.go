package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// kind names a fault.
type kind string

// The kinds of faults.
const (
	serverKill       kind = "server-kill"       // kill -9
	serverTerm       kind = "server-term"       // SIGTERM: it drains
	serverFreeze     kind = "server-freeze"     // SIGSTOP, later SIGCONT
	doubleOwner      kind = "double-owner"      // a second server while the first is frozen, then both
	backendKill      kind = "backend-kill"      // kill -9 of a PostgreSQL session: the cluster restarts
	postmasterKill   kind = "postmaster-kill"   // kill -9 of the postmaster
	postgresCrash    kind = "postgres-crash"    // immediate shutdown
	postgresFreeze   kind = "postgres-freeze"   // SIGSTOP of all its processes
	linkSwallow      kind = "link-swallow"      // answers vanish, then the connections break
	linkReset        kind = "link-reset"        // connections break
	linkDelay        kind = "link-delay"        // answers come late
	linkHole         kind = "link-hole"         // both directions are silent
	linkRefuse       kind = "link-refuse"       // connections break and none is accepted
	connectionsFull  kind = "connections-full"  // no connection is left, and ours were ended
	backendTerminate kind = "backend-terminate" // pg_terminate_backend of our sessions
)

// allKinds are dealt like cards, so that a short campaign sees most of them.
var allKinds = []kind{
	serverKill, serverTerm, serverFreeze, doubleOwner, backendKill, postmasterKill, postgresCrash, postgresFreeze,
	linkSwallow, linkReset, linkDelay, linkHole, linkRefuse, connectionsFull, backendTerminate,
}

// The kinds of faults of a cluster, beside some of those above.
const (
	ownerKill      kind = "owner-kill"      // kill -9 of the node that owns a competition
	ownerLoss      kind = "owner-loss"      // the same, and it stays away
	nodeKill       kind = "node-kill"       // kill -9
	twoKills       kind = "two-kills"       // kill -9 of two nodes at once, one an owner
	nodeTerm       kind = "node-term"       // SIGTERM: it hands over
	nodeFreeze     kind = "node-freeze"     // SIGSTOP, later SIGCONT
	rollingRestart kind = "rolling-restart" // SIGTERM of all, one after the other
	scaleOut       kind = "scale-out"       // a fourth node comes and goes
	pairCut        kind = "pair-cut"        // two nodes do not hear one another, or one does not hear the other
	nodeCut        kind = "node-cut"        // a node hears no other, and at times not Redis either
	redisCut       kind = "redis-cut"       // a node does not hear Redis
	redisKill      kind = "redis-kill"      // kill -9: it comes back empty
	redisFlush     kind = "redis-flush"     // FLUSHALL
	redisFreeze    kind = "redis-freeze"    // SIGSTOP, later SIGCONT
	postgresCut    kind = "postgres-cut"    // a link fault of one node
	ownerTerm      kind = "owner-term"      // node-term of an owner, only measured
	ownerFreeze    kind = "owner-freeze"    // node-freeze of an owner, only measured
)

// clusterKinds are those of a cluster; half of those that choose a node choose an
// owner.
var clusterKinds = []kind{
	ownerKill, ownerLoss, nodeKill, twoKills, nodeTerm, nodeFreeze, rollingRestart, scaleOut, pairCut, nodeCut,
	redisCut, redisKill, redisFlush, redisFreeze, postgresCut, postgresCrash, postgresFreeze,
}

// linkKinds are what a link can suffer.
var linkKinds = []kind{linkSwallow, linkReset, linkDelay, linkHole, linkRefuse}

// fault is one planned fault.
type fault struct {
	Kind   kind          `json:"fault"`
	After  time.Duration `json:"after"`  // since the campaign began
	Length time.Duration `json:"length"` // how long it lasts, if it does
	Coin   uint64        `json:"coin"`   // for whatever the fault has to choose
}

func (f fault) String() string {
	return fmt.Sprintf("%5.2fs %s %dms", f.After.Seconds(), f.Kind, f.Length.Milliseconds())
}

const (
	// quietStart lets the load begin before the first fault.
	quietStart = 700 * time.Millisecond
	// shortestGap and gapSpread leave some of the faults to overlap.
	shortestGap = 500 * time.Millisecond
	gapSpread   = 1300 * time.Millisecond
	// longestBreak is several times what a node may be silent before others take over.
	longestBreak = 15 * time.Second
	// clusterPace leaves some of the faults time to show what follows.
	clusterPace = 2
)

// newPlan draws the faults of a campaign from its seed. pace stretches the gaps: a
// cluster needs seconds to find out that a node is gone.
func newPlan(seed uint64, duration time.Duration, kinds []kind, pace int) []fault {
	rng := rand.New(rand.NewPCG(seed, 0xfa17))
	longest := min(max(duration/8, 1500*time.Millisecond), 10*time.Second)
	var plan []fault
	var deck []kind
	for at := quietStart; at < duration-shortestGap; at += time.Duration(pace) * (shortestGap + spread(rng, gapSpread)) {
		if len(deck) == 0 {
			deck = slices.Clone(kinds)
			rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		f := fault{Kind: deck[0], After: at, Coin: rng.Uint64()}
		deck = deck[1:]
		switch f.Kind {
		case serverFreeze, postgresFreeze, doubleOwner:
			f.Length = time.Second + spread(rng, longest-time.Second)
		case linkSwallow, linkDelay, linkRefuse:
			f.Length = 150*time.Millisecond + spread(rng, time.Second)
		case linkHole, connectionsFull:
			f.Length = 500*time.Millisecond + spread(rng, 2*time.Second)
		case ownerLoss, nodeFreeze, pairCut, nodeCut, redisCut, redisFreeze, postgresCut, scaleOut:
			f.Length = time.Second + spread(rng, max(min(longestBreak, duration*2/5)-time.Second, time.Second))
		case redisKill:
			f.Length = spread(rng, 2*time.Second)
		default:
		}
		plan = append(plan, f)
	}
	return plan
}

func spread(rng *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(rng.Int64N(int64(d)))
}
