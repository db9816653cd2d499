package gateway

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"server5k/gateway/ws"
	"server5k/race"
)

// subscriber is one socket in a topic. Its fields belong to its sweeper once it
// joined.
type subscriber struct {
	conn    *ws.Conn
	session string // of a judge: race.Event.Origin to skip
	sweeper *sweeper
	seen    int64 // the last event it has, or that a snapshot covers
	stale   bool  // it lost a frame: nothing but a snapshot is any use
	down    bool  // a viewer was told that what it has is not live
	warned  bool  // it was so told once; the frame that took it back may be lost
}

// send sends events, or notes that they did not fit.
func (sub *subscriber) send(f ws.Frame) { sub.stale = !sub.conn.Send(f) }

// delivery is one thing for a sweeper to do.
type delivery struct {
	topic  *topic
	live   *Live
	seq    int64
	frame  ws.Frame
	skip   string // session that needs no copy
	news   bool   // for judges: may be dropped when too much waits
	resync bool   // everybody needs a snapshot
	join   *subscriber
	known  *race.Competition // of a joining judge
	since  *resume           // of a joining viewer
	leave  *ws.Conn
	lagged *subscriber
	status ws.Frame  // whether the topic is live, for viewers
	down   bool      // what status says
	at     time.Time // when an event came to this node
}

// sweeper owns a part of the subscribers and is the only goroutine that writes
// events to them. What is posted while it sweeps leaves together in the next
// sweep, in one write for each socket. It ends with close.
type sweeper struct {
	topics  map[*topic][]*subscriber
	metrics *atomic.Pointer[metrics]

	mu      sync.Mutex // protects mailbox and closed
	mailbox []delivery
	closed  bool
	wake    chan struct{} // capacity 1; post sends, run receives
	done    chan struct{} // closed by run
}

func startSweeper(m *atomic.Pointer[metrics]) *sweeper {
	s := &sweeper{topics: map[*topic][]*subscriber{}, metrics: m, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go s.run()
	return s
}

func (s *sweeper) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.ring()
	<-s.done
}

func (s *sweeper) ring() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// post never blocks. Joins and leaves are always taken; there are no more of
// them than sockets.
func (s *sweeper) post(d delivery) {
	s.mu.Lock()
	if len(s.mailbox) >= mailboxLimit && d.news {
		s.mu.Unlock()
		return // a judge's own answers do not come this way
	}
	if len(s.mailbox) >= mailboxLimit && d.frame != nil && d.live != nil {
		d.frame, d.resync = nil, true // the state comes instead of the event
		if last := &s.mailbox[len(s.mailbox)-1]; last.resync && last.topic == d.topic {
			s.mu.Unlock()
			return
		}
	}
	s.mailbox = append(s.mailbox, d)
	s.mu.Unlock()
	s.ring()
}

func (s *sweeper) run() {
	defer close(s.done)
	for range s.wake {
		s.mu.Lock()
		work, closed := s.mailbox, s.closed
		s.mailbox = nil
		s.mu.Unlock()
		for len(work) > 0 {
			n := s.same(work)
			s.handle(work[:n])
			work = work[n:]
		}
		if closed {
			return
		}
	}
}

// same counts the leading deliveries that can leave in one write: events of one
// topic for everybody.
func (s *sweeper) same(work []delivery) int {
	n := 0
	for n < len(work) && work[n].frame != nil && work[n].topic == work[0].topic {
		n++
	}
	return max(n, 1)
}

func (s *sweeper) handle(work []delivery) {
	d := work[0]
	switch {
	case d.join != nil:
		s.join(d)
	case d.leave != nil:
		list := s.topics[d.topic]
		if i := slices.IndexFunc(list, func(sub *subscriber) bool { return sub.conn == d.leave }); i >= 0 {
			list[i] = list[len(list)-1]
			list[len(list)-1] = nil
			s.topics[d.topic] = list[:len(list)-1]
		}
	case d.lagged != nil:
		s.snapshot(d, []*subscriber{d.lagged})
		s.remind(d)
	case d.status != nil:
		s.tell(d)
	case d.resync:
		s.snapshot(d, s.topics[d.topic])
	default:
		s.sweep(work)
	}
}

func (s *sweeper) join(d delivery) {
	s.topics[d.topic] = append(s.topics[d.topic], d.join)
	if d.known != nil {
		d.topic.mu.Lock()
		now := d.topic.competition
		d.join.seen = d.topic.seq
		d.topic.mu.Unlock()
		if now.Running != d.known.Running {
			d.join.conn.Send(d.live.stamp.judgeLifecycleFrame(now))
		}
		return
	}
	d.join.send(d.live.greet(d.topic, d.join, d.since))
}

// tell says whether what its subscribers have of a topic is live, once to each.
func (s *sweeper) tell(d delivery) {
	for _, sub := range s.topics[d.topic] {
		if sub.down == d.down || sub.stale {
			continue // reminded after its snapshot
		}
		sub.send(d.status)
		sub.down, sub.warned = d.down, true
	}
}

// remind repeats to who lost frames what may have been among them.
func (s *sweeper) remind(d delivery) {
	d.topic.mu.Lock()
	down := d.topic.down
	d.topic.mu.Unlock()
	sub := d.lagged
	if !sub.stale && (down || sub.warned) {
		sub.send(liveFrame(d.topic.id, !down))
		sub.down, sub.warned = down, true
	}
}

func (s *sweeper) snapshot(d delivery, to []*subscriber) {
	d.topic.mu.Lock()
	seq := d.topic.seq
	f := slices.Concat(d.live.snapshot(d.topic)...)
	d.topic.mu.Unlock()
	for _, sub := range to {
		sub.seen = seq
		sub.send(f)
	}
}

// sweep sends events of one topic to all its subscribers: the same bytes to all
// but those that have some of them already.
func (s *sweeper) sweep(work []delivery) {
	all, skipped := work[0].frame, map[string]bool{}
	if len(work) > 1 {
		all = nil
		for _, d := range work {
			all = append(all, d.frame...)
		}
	}
	for _, d := range work {
		if d.skip != "" {
			skipped[d.skip] = true
		}
	}
	first, last, written := work[0].seq, work[len(work)-1].seq, 0
	for _, sub := range s.topics[work[0].topic] {
		f := all
		if sub.seen >= first || (sub.session != "" && skipped[sub.session]) {
			f = sub.missing(work)
		}
		if len(f) > 0 && !sub.stale {
			sub.send(f)
			if !sub.stale {
				written++
			}
		}
		sub.seen = max(sub.seen, last)
	}
	s.measure(work, written)
}

// measure counts a sweep that reached somebody.
func (s *sweeper) measure(work []delivery, written int) {
	if written == 0 {
		return
	}
	m := s.metrics.Load()
	m.delivered(len(work), written)
	if at := work[0].at; !at.IsZero() {
		m.fanoutDelay(time.Since(at))
	}
}

// missing puts together the frames that a subscriber has not seen and did not
// cause.
func (sub *subscriber) missing(work []delivery) ws.Frame {
	var f ws.Frame
	for _, d := range work {
		if d.seq > sub.seen && (d.skip == "" || d.skip != sub.session) {
			f = append(f, d.frame...)
		}
	}
	return f
}
