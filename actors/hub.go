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

// subscribePatience is how long the hub waits for the answer to a subscription
// before it subscribes again: it may have gone to an owner that was ending, and
// nobody answers for that. An owner that is being loaded answers later anyway.
const subscribePatience = 2 * time.Second

// hub is the one listener of a node: a competition sends it each event once,
// whatever number of people watch here.
type hub struct {
	owners *actor.PID
	pub    Publisher
	log    *slog.Logger
	topics map[race.CompetitionID]*topic

	patience time.Duration // subscribePatience, less in tests
}

// topic is what the hub has seen of a competition.
type topic struct {
	owner  *actor.PID
	stream int64
	seq    int64
	synced bool // a snapshot came and nothing is missing since
	asked  int  // subscriptions so far: only the last one is waited for
}

func (h *hub) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started: // also after a panic: what is watched is asked for anew
		for id, t := range h.topics {
			t.synced = false
			h.subscribe(ctx, id, t)
		}
	case watch:
		if _, ok := h.topics[m.id]; !ok {
			t := &topic{}
			h.topics[m.id] = t
			h.subscribe(ctx, m.id, t)
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
		if t, ok := h.topics[m.id]; ok && !t.synced && t.asked == m.asked {
			h.subscribe(ctx, m.id, t)
		}
	}
}

// resubscribe asks again unless there was an answer, or another subscription,
// since the one of that number.
type resubscribe struct {
	id    race.CompetitionID
	asked int
}

func (h *hub) subscribe(ctx actor.Context, id race.CompetitionID, t *topic) {
	t.asked++
	ctx.Request(h.owners, route{id, subscribe{}})
	h.askIn(ctx, h.patience, id, t)
}

// askIn subscribes after a pause if the hub still waits for a snapshot then.
func (h *hub) askIn(ctx actor.Context, pause time.Duration, id race.CompetitionID, t *topic) {
	self, root, again := ctx.Self(), ctx.ActorSystem().Root, resubscribe{id, t.asked}
	time.AfterFunc(pause, func() { root.Send(self, again) })
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
		h.subscribe(ctx, e.Competition.ID, t)
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
	t.owner, t.synced = nil, false
	h.askIn(ctx, resubscribePause, id, t)
}

func (h *hub) onTerminated(ctx actor.Context, who *actor.PID) {
	for id, t := range h.topics {
		if t.owner != nil && t.owner.Equal(who) {
			h.ask(ctx, id, t)
		}
	}
}
