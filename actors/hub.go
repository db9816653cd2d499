package actors

import (
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

// resubscribePause is how long the hub waits before it asks for an owner again
// that has gone: long enough not to spin while a store is away.
const resubscribePause = 200 * time.Millisecond

// hub is the one listener of a node: a competition sends it each event once,
// whatever number of people watch here.
type hub struct {
	owners *actor.PID
	pub    Publisher
	log    *slog.Logger
	topics map[race.CompetitionID]*topic
}

// topic is what the hub has seen of a competition.
type topic struct {
	owner  *actor.PID
	stream int64
	seq    int64
	synced bool // a snapshot came and nothing is missing since
}

func (h *hub) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started: // also after a panic: what is watched is asked for anew
		for id, t := range h.topics {
			t.synced = false
			h.subscribe(ctx, id)
		}
	case watch:
		if _, ok := h.topics[m.id]; !ok {
			h.topics[m.id] = &topic{}
			h.subscribe(ctx, m.id)
		}
	case snapshot:
		h.onSnapshot(ctx, m.Snapshot)
	case event:
		h.onEvent(ctx, m.Event)
	case subscriptionOver:
		h.onOver(ctx, m)
	case *actor.Terminated:
		h.onTerminated(ctx, m.Who)
	case resubscribe:
		h.subscribe(ctx, m.id)
	}
}

type resubscribe struct{ id race.CompetitionID }

func (h *hub) subscribe(ctx actor.Context, id race.CompetitionID) {
	ctx.Request(h.owners, route{id, subscribe{}})
}

func (h *hub) onSnapshot(ctx actor.Context, s race.Snapshot) {
	t, ok := h.topics[s.Competition.ID]
	if !ok {
		return
	}
	if t.owner == nil || !t.owner.Equal(ctx.Sender()) {
		t.owner = ctx.Sender()
		ctx.Watch(t.owner)
	}
	t.stream, t.seq, t.synced = s.Stream, s.Seq, true
	h.pub.Reset(s)
}

func (h *hub) onEvent(ctx actor.Context, e race.Event) {
	t, ok := h.topics[e.Competition.ID]
	switch {
	case !ok || !t.synced || (e.Stream == t.stream && e.Seq <= t.seq):
		return
	case e.Stream != t.stream || e.Seq != t.seq+1:
		h.log.Warn("event missing, asking for a snapshot", "competition_id", int64(e.Competition.ID), "have", t.seq, "got", e.Seq)
		t.synced = false
		h.subscribe(ctx, e.Competition.ID)
		return
	}
	t.seq = e.Seq
	h.pub.Publish(e)
}

// onOver: the owner gave up, perhaps before it ever had a snapshot to send.
func (h *hub) onOver(ctx actor.Context, m subscriptionOver) {
	t, ok := h.topics[m.id]
	switch {
	case !ok:
	case m.final:
		delete(h.topics, m.id)
	default:
		h.ask(ctx, m.id, t)
	}
}

// ask subscribes anew after a pause.
func (h *hub) ask(ctx actor.Context, id race.CompetitionID, t *topic) {
	self, root := ctx.Self(), ctx.ActorSystem().Root
	t.owner, t.synced = nil, false
	time.AfterFunc(resubscribePause, func() { root.Send(self, resubscribe{id}) })
}

func (h *hub) onTerminated(ctx actor.Context, who *actor.PID) {
	for id, t := range h.topics {
		if t.owner != nil && t.owner.Equal(who) {
			h.ask(ctx, id, t)
		}
	}
}
