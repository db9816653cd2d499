package actors

import (
	"fmt"
	"log/slog"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

// owners is the way to the competitions: it passes messages on to the node that
// owns one, and is the parent of those that this node owns.
type owners struct {
	deps
	log     *slog.Logger
	peers   *peers
	member  string // the membership under which the competitions here were activated
	running map[race.CompetitionID]activation
	byPID   map[string]race.CompetitionID
	// barred are competitions that somebody else took over while this node could
	// not see who. Activating them again would only take them back and forth.
	barred   map[race.CompetitionID]bool
	spawned  int // makes the name of every activation unique
	draining bool
	waiting  map[string]bool // competitions that have not drained yet
	drainer  *actor.PID      // who asked
}

// activation is a competition that this node owns.
type activation struct {
	pid   *actor.PID
	gauge *gauge
}

func newOwners(d deps) *owners {
	return &owners{
		deps: d, log: d.log.With("part", "competition"), peers: newPeers(d), running: map[race.CompetitionID]activation{},
		byPID: map[string]race.CompetitionID{}, barred: map[race.CompetitionID]bool{},
	}
}

func (o *owners) Receive(ctx actor.Context) {
	switch m := received(ctx, o.log).(type) {
	case *actor.Started: // a panic has stopped the children
		clear(o.running)
		clear(o.byPID)
		o.onRebalance(ctx)
	case route:
		o.onRoute(ctx, m)
	case routed:
		o.onRouted(ctx, m.route)
	case rebalance:
		o.onRebalance(ctx)
	case tick:
		o.peers.onTick(ctx)
	case ping:
		tell(ctx, ctx.Sender(), pong(m))
	case pong:
		o.peers.onPong(ctx.Sender().Address, m)
	case gone:
		o.onGone(m)
	case *actor.Terminated:
		if id, ok := o.byPID[m.Who.Id]; ok {
			delete(o.byPID, m.Who.Id)
			o.forget(id, m.Who)
			o.onDrained(ctx, m.Who.Id)
		}
	case drain:
		o.draining, o.drainer, o.waiting = true, ctx.Sender(), map[string]bool{}
		for id := range o.byPID {
			o.waiting[id] = true // also those that are handed over
		}
		for _, a := range o.running {
			ctx.Request(a.pid, drain{})
		}
		o.onDrained(ctx, "")
	case drained:
		o.onDrained(ctx, m.id)
	case askStatus:
		ctx.Respond(o.status())
	}
}

// onRoute passes on what comes from this node.
func (o *owners) onRoute(ctx actor.Context, m route) {
	owner := o.place.Owner(m.Competition)
	switch {
	case owner == ctx.Self().Address:
		o.deliver(ctx, m)
	case owner == "" && o.draining:
		refuse(ctx, m.Message, unavailable()) // nobody is left
	case owner == "" || o.peers.silent(owner):
		refuse(ctx, m.Message, elsewhere()) // what is sent there would only pile up
	default:
		o.metrics.forwarded.Inc()
		ctx.RequestWithCustomSender(actor.NewPID(owner, ownersName), toWire(m), ctx.Sender())
	}
}

// onRouted takes what another node has passed on. If the two do not agree on who
// owns the competition, the caller tries again until they do.
func (o *owners) onRouted(ctx actor.Context, m route) {
	if o.place.Owner(m.Competition) != ctx.Self().Address {
		refuse(ctx, m.Message, elsewhere())
		return
	}
	o.deliver(ctx, m)
}

func (o *owners) deliver(ctx actor.Context, m route) {
	a, ok := o.running[m.Competition]
	switch _, valid := o.place.Membership(); {
	case o.draining:
		refuse(ctx, m.Message, unavailable())
		return
	case ok:
	case o.barred[m.Competition] && !valid:
		refuse(ctx, m.Message, elsewhere())
		return
	default:
		a = o.activate(ctx, m.Competition)
	}
	ctx.RequestWithCustomSender(a.pid, m.Message, ctx.Sender())
}

func (o *owners) activate(ctx actor.Context, id race.CompetitionID) activation {
	o.spawned++
	g := &gauge{}
	c := newCompetition(id, o.deps, g)
	pid, err := ctx.SpawnNamed(actor.PropsFromProducer(func() actor.Actor { return c }, stopOnPanic()), fmt.Sprintf("competition-%d-%d", id, o.spawned))
	if err != nil { // the counter makes the name new
		panic(err)
	}
	ctx.Watch(pid)
	a := activation{pid, g}
	o.running[id], o.byPID[pid.Id] = a, id
	o.metrics.owned.Set(float64(len(o.running)))
	return a
}

// onRebalance hands over what another node owns now, and everything when this
// node was declared dead meanwhile: others may have written since.
func (o *owners) onRebalance(ctx actor.Context) {
	member, valid := o.place.Membership()
	lost := o.member != "" && member != o.member
	if member != "" {
		o.member = member
	}
	if valid {
		clear(o.barred)
	}
	for id, a := range o.running {
		if owner := o.place.Owner(id); lost || owner != ctx.Self().Address {
			o.log.Info("competition handed over", "competition_id", int64(id), "to", owner)
			o.metrics.handovers.Inc()
			ctx.Send(a.pid, handOver{})
			o.forget(id, a.pid)
		}
	}
	o.peers.onNodes(ctx, o.place.Nodes())
}

func (o *owners) onGone(m gone) {
	if _, valid := o.place.Membership(); m.fenced && !valid {
		o.barred[m.id] = true
	}
	o.forget(m.id, m.pid)
}

// forget makes the next message to a competition find a new activation.
func (o *owners) forget(id race.CompetitionID, pid *actor.PID) {
	if now, ok := o.running[id]; ok && now.pid.Equal(pid) {
		delete(o.running, id)
		o.metrics.owned.Set(float64(len(o.running)))
	}
}

func (o *owners) onDrained(ctx actor.Context, id string) {
	delete(o.waiting, id)
	if len(o.waiting) == 0 && o.drainer != nil {
		ctx.Send(o.drainer, drained{})
		o.drainer = nil
	}
}

// refuse answers the sender of a message to a competition that is not handled.
// Hubs need no answer: they ask again anyway.
func refuse(ctx actor.Context, message any, err error) {
	if ctx.Sender() == nil {
		return
	}
	switch m := message.(type) {
	case recordTimes:
		tell(ctx, ctx.Sender(), recordTimesReply{Key: m.Key, Err: err})
	case changeState:
		tell(ctx, ctx.Sender(), changeStateReply{Err: err})
	case rule:
		tell(ctx, ctx.Sender(), ruledReply{Ticket: m.Ticket, Err: err})
	}
}
