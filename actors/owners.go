package actors

import (
	"fmt"
	"log/slog"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

// owners is the parent of the competitions of this node.
type owners struct {
	store    Store
	log      *slog.Logger
	running  map[race.CompetitionID]*actor.PID
	byPID    map[string]race.CompetitionID
	spawned  int // makes the name of every activation unique
	draining bool
	waiting  int        // competitions that have not drained yet
	drainer  *actor.PID // who asked
}

func newOwners(store Store, log *slog.Logger) *owners {
	return &owners{store: store, log: log, running: map[race.CompetitionID]*actor.PID{}, byPID: map[string]race.CompetitionID{}}
}

func (o *owners) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started: // a panic has stopped the children
		clear(o.running)
		clear(o.byPID)
	case route:
		o.onRoute(ctx, m)
	case gone:
		o.forget(m.id, m.pid)
	case *actor.Terminated:
		if id, ok := o.byPID[m.Who.Id]; ok {
			delete(o.byPID, m.Who.Id)
			o.forget(id, m.Who)
			o.onDrained(ctx)
		}
	case drain:
		o.draining, o.drainer, o.waiting = true, ctx.Sender(), len(o.byPID)+1
		for _, pid := range o.running {
			ctx.Request(pid, drain{})
		}
		o.onDrained(ctx)
	case drained:
		o.onDrained(ctx)
	}
}

func (o *owners) onRoute(ctx actor.Context, m route) {
	pid, ok := o.running[m.Competition]
	if !ok {
		if o.draining {
			refuse(ctx, ctx.Sender(), m.Message, unavailable())
			return
		}
		pid = o.activate(ctx, m.Competition)
	}
	ctx.RequestWithCustomSender(pid, m.Message, ctx.Sender())
}

func (o *owners) activate(ctx actor.Context, id race.CompetitionID) *actor.PID {
	o.spawned++
	c := newCompetition(id, o.store, o.log.With("competition_id", int64(id)))
	pid, err := ctx.SpawnNamed(actor.PropsFromProducer(func() actor.Actor { return c }, stopOnPanic()), fmt.Sprintf("competition-%d-%d", id, o.spawned))
	if err != nil { // the counter makes the name new
		panic(err)
	}
	ctx.Watch(pid)
	o.running[id], o.byPID[pid.Id] = pid, id
	return pid
}

// forget makes the next message to a competition find a new activation.
func (o *owners) forget(id race.CompetitionID, pid *actor.PID) {
	if now, ok := o.running[id]; ok && now.Equal(pid) {
		delete(o.running, id)
	}
}

func (o *owners) onDrained(ctx actor.Context) {
	if o.drainer == nil {
		return
	}
	if o.waiting--; o.waiting <= 0 {
		ctx.Send(o.drainer, drained{})
		o.drainer = nil
	}
}

// refuse answers a message to a competition that cannot be handled.
func refuse(ctx actor.Context, to *actor.PID, message any, err error) {
	if to == nil {
		return
	}
	switch m := message.(type) {
	case recordTimes:
		ctx.Send(to, recordTimesReply{Key: m.Key, Err: err})
	case changeState:
		ctx.Send(to, changeStateReply{Err: err})
	}
}
