package gateway

import (
	"context"
	"slices"
	"time"

	"server5k/gateway/ws"
	"server5k/race"
)

// freshFor is how long a state counts as live after its owner confirmed it, which
// happens every second: a lost answer or a short pause of either node is no
// reason to alarm the public, and nobody is shown more than this of the past.
const freshFor = 5 * time.Second

// freshness says whether the state of a topic is live. The topic's mu protects
// it.
type freshness struct {
	confirmed time.Time
	down      bool          // viewers are told that it is not live
	fresh     chan struct{} // closed by the next confirmation; nil when nobody waits
}

// live compares times, whatever timers ran: the first thing that a node does
// after it was frozen may be to take a viewer in. The wall clock counts as well,
// for the monotonic one stands still while a machine sleeps; when it was set
// forward instead, the next confirmation makes that good.
func (f *freshness) live(now time.Time) bool {
	age := max(now.Sub(f.confirmed), now.Round(0).Sub(f.confirmed.Round(0)))
	return !f.down && age < freshFor
}

// Confirm implements actors.Publisher: the owner has just said that the state is
// current.
func (l *Live) Confirm(id race.CompetitionID) {
	if t := l.seen(id); t != nil {
		l.confirm(t)
	}
}

// Stale implements actors.Publisher: nothing was heard of the owner. Viewers are
// told, and new ones wait.
func (l *Live) Stale(id race.CompetitionID) {
	if t := l.seen(id); t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		l.setDown(t, true)
	}
}

// seen returns the topic of a competition that somebody listens to, or nil.
func (l *Live) seen(id race.CompetitionID) *topic {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.topics[id]
}

func (l *Live) confirm(t *topic) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.totals == nil {
		return // a confirmation of nothing
	}
	t.confirmed = l.now()
	l.setDown(t, false)
	if t.fresh != nil {
		close(t.fresh)
		t.fresh = nil
	}
}

// setDown tells the viewers of a topic when it stops or starts being live. t.mu
// is held while it posts, so that sweepers get changes in their order.
func (l *Live) setDown(t *topic, down bool) {
	if t.down == down || t.totals == nil {
		return
	}
	t.down = down
	m := liveMessage(t.id, !down)
	d := delivery{topic: t, status: true, frame: m.frame(), text: m.text(), down: down}
	for _, v := range l.viewers {
		v.post(d)
	}
}

// awaitLive returns the topic of a competition once its state is known and live.
func (l *Live) awaitLive(ctx context.Context, id race.CompetitionID) (*topic, error) {
	t := l.topic(id)
	for {
		next := l.untilLive(t)
		if next == nil {
			return t, nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// untilLive returns nil when the topic is live, else what the next confirmation
// closes.
func (l *Live) untilLive(t *topic) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.totals != nil && t.live(l.now()) {
		return nil
	}
	if t.fresh == nil {
		t.fresh = make(chan struct{})
	}
	return t.fresh
}

// greet returns what a joining viewer gets. The state may have become old since
// it was let in; then it is told so with the state, as everybody else is.
func (l *Live) greet(t *topic, sub *subscriber, since *resume) ws.Frame {
	t.mu.Lock()
	defer t.mu.Unlock()
	messages := l.welcome(t, since, sub.stream)
	if !t.live(l.now()) {
		l.setDown(t, true)
		messages = append(messages, liveMessage(t.id, false))
		sub.down, sub.warned = true, true
	}
	sub.seen = t.seq
	return concat(messages, sub.stream)
}

// concat is messages for one write.
func concat(messages []message, stream bool) ws.Frame {
	frames := make([]ws.Frame, len(messages))
	for i, m := range messages {
		frames[i] = m.to(stream)
	}
	return slices.Concat(frames...)
}
