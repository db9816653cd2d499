package actors

import (
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

const (
	// renewEvery is how often the hub tells the owner what it has seen: whatever
	// was lost on the way, or whoever owns the competition now, it is right again
	// that much later.
	renewEvery = time.Second
	// silentOwner is how long an owner may be silent until what the hub has seen
	// counts as stale: longer than a failover takes.
	silentOwner = 5 * time.Second
)

// hub is the one listener of a node: a competition sends it each event once,
// whatever number of people watch here.
type hub struct {
	deps
	log    *slog.Logger
	owners *actor.PID
	topics map[race.CompetitionID]*topic
	timer  *time.Timer

	renewEvery, silentOwner time.Duration // the constants, less in tests
}

// topic is what the hub has seen of a competition.
type topic struct {
	stream int64
	seq    int64
	synced bool      // a snapshot came and nothing is missing since
	asked  time.Time // when the owner was asked last
	heard  time.Time // when it answered, or told of an event
	stale  bool      // the publisher knows that it is silent
}

func newHub(d deps, owners *actor.PID) *hub {
	return &hub{
		deps: d, log: d.log.With("part", "hub"), owners: owners, topics: map[race.CompetitionID]*topic{},
		renewEvery: renewEvery, silentOwner: silentOwner,
	}
}

func (h *hub) Receive(ctx actor.Context) {
	switch m := received(ctx, h.log).(type) {
	case *actor.Started: // also after a panic: what the publisher has is anybody's guess
		for _, t := range h.topics {
			t.synced = false
		}
		if h.timer != nil {
			h.timer.Stop()
			h.timer = nil
		}
		h.subscribeAll(ctx)
	case rebalance:
		h.subscribeAll(ctx)
	case watch:
		h.onWatch(ctx, m.id)
	case snapshot:
		h.onSnapshot(m.Snapshot)
	case event:
		h.onEvent(ctx, m.Event)
	case current:
		if t, ok := h.topics[m.id]; ok && t.synced {
			h.confirm(m.id, t)
		}
	case subscriptionOver:
		h.onOver(ctx, m)
	case tick:
		h.onTick(ctx)
	}
}

func (h *hub) onWatch(ctx actor.Context, id race.CompetitionID) {
	if _, ok := h.topics[id]; ok {
		return
	}
	t := &topic{heard: time.Now()}
	h.topics[id] = t
	h.subscribe(ctx, id, t)
	h.arm(ctx)
}

// subscribe tells the owner what there is; the answer is what is missing. There
// is none when the owner is away or being loaded: the next tick asks again.
func (h *hub) subscribe(ctx actor.Context, id race.CompetitionID, t *topic) {
	t.asked = time.Now()
	m := subscribe{}
	if t.synced {
		m = subscribe{t.stream, t.seq}
	}
	ctx.Request(h.owners, route{id, m})
}

func (h *hub) subscribeAll(ctx actor.Context) {
	for id, t := range h.topics {
		h.subscribe(ctx, id, t)
	}
	h.arm(ctx)
}

// arm keeps one timer going while something is watched.
func (h *hub) arm(ctx actor.Context) {
	if h.timer == nil && len(h.topics) > 0 {
		h.timer = tickIn(ctx, h.renewEvery)
	}
}

func (h *hub) onTick(ctx actor.Context) {
	h.timer = nil
	for id, t := range h.topics {
		if !t.stale && time.Since(t.heard) > h.silentOwner {
			h.log.Warn("owner is silent", "competition_id", int64(id))
			t.stale = true
			h.staleCount.Add(1)
			h.pub.Stale(id)
		}
		h.subscribe(ctx, id, t)
	}
	h.arm(ctx)
}

func (h *hub) heard(id race.CompetitionID, t *topic) {
	t.heard = time.Now()
	if t.stale {
		h.log.Info("owner is back", "competition_id", int64(id))
		t.stale = false
		h.staleCount.Add(-1)
	}
}

func (h *hub) onSnapshot(s race.Snapshot) {
	t, ok := h.topics[s.Competition.ID]
	if !ok || (s.Stream == t.stream && s.Seq < t.seq) {
		return // of an owner that was overtaken
	}
	if t.seq != 0 && s.Seq != t.seq {
		h.metrics.gaps.Inc()
	}
	t.stream, t.seq, t.synced = s.Stream, s.Seq, true
	h.pub.Reset(s)
	h.confirm(s.Competition.ID, t)
}

// confirm tells the publisher that the owner vouches for what it has. An answer
// that a frozen process finds in its mailbox when it wakes vouches for nothing.
func (h *hub) confirm(id race.CompetitionID, t *topic) {
	if time.Since(t.asked) > h.silentOwner {
		return
	}
	h.heard(id, t)
	h.pub.Confirm(id)
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
	h.heard(e.Competition.ID, t)
}

// onOver: the owner gave up, perhaps before it ever had a snapshot to send. The
// next one is asked at once, and again with the next tick if it is not there yet.
func (h *hub) onOver(ctx actor.Context, m subscriptionOver) {
	t, ok := h.topics[m.id]
	switch {
	case !ok:
	case m.final:
		if t.stale {
			h.staleCount.Add(-1)
		}
		delete(h.topics, m.id)
	default:
		h.subscribe(ctx, m.id, t)
	}
}
