package gateway

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"server5k/gateway/ws"
	"server5k/race"
)

// connection is what a sweeper writes to: a socket or an event stream.
type connection interface {
	// Send writes or queues bytes that are shared, and never waits. It returns false
	// when they will not arrive.
	Send(f ws.Frame) bool
}

// subscriber is one connection in a topic. Its fields belong to its sweeper once
// it joined.
type subscriber struct {
	conn    connection
	stream  bool   // it gets text/event-stream and not frames
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
	frame  ws.Frame // for sockets
	text   ws.Frame // for event streams
	skip   string   // session that needs no copy
	news   bool     // for judges: may be dropped when too much waits
	resync bool     // everybody needs a snapshot
	join   *subscriber
	known  *race.Competition // of a joining judge
	since  *resume           // of a joining viewer
	leave  connection
	lagged *subscriber
	status bool      // the frame is no event but whether the topic is live, for viewers
	down   bool      // what it says
	at     time.Time // when an event came to this node
}

// to is what a delivery has for one of both.
func (d delivery) to(stream bool) ws.Frame {
	if stream {
		return d.text
	}
	return d.frame
}

// event says whether it is one, for everybody.
func (d delivery) event() bool { return d.frame != nil && !d.status }

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
	if len(s.mailbox) >= mailboxLimit && d.event() && d.live != nil {
		d.frame, d.text, d.resync = nil, nil, true // the state comes instead of the event
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
	for n < len(work) && work[n].event() && work[n].topic == work[0].topic {
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
	case d.status:
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
		sub.send(d.to(sub.stream))
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
		sub.send(liveMessage(d.topic.id, !down).to(sub.stream))
		sub.down, sub.warned = down, true
	}
}

func (s *sweeper) snapshot(d delivery, to []*subscriber) {
	d.topic.mu.Lock()
	seq, state := d.topic.seq, d.live.snapshot(d.topic)
	d.topic.mu.Unlock()
	var ready [2]ws.Frame // for sockets and for streams, once somebody needs it
	for _, sub := range to {
		f := &ready[kindOf(sub.stream)]
		if *f == nil {
			*f = concat(sub.anew(state), sub.stream)
		}
		sub.seen = seq
		sub.send(*f)
	}
}

func kindOf(stream bool) int {
	if stream {
		return 1
	}
	return 0
}

// anew is what tells a subscriber the state. A socket is told first to forget what
// it has; a stream, which is resumed at what it got last, must not be cut between
// the two.
func (sub *subscriber) anew(state message) []message {
	if sub.stream {
		return []message{state}
	}
	resync := viewerEvent{Type: "resincronizar", Seq: state.at.seq, Stream: state.at.stream}
	return []message{resync.message(), state}
}

// sweep sends events of one topic to all its subscribers: the same bytes to all
// but those that have some of them already.
func (s *sweeper) sweep(work []delivery) {
	var all [2]ws.Frame // as in snapshot
	skipped := map[string]bool{}
	for _, d := range work {
		if d.skip != "" {
			skipped[d.skip] = true
		}
	}
	first, last, written := work[0].seq, work[len(work)-1].seq, 0
	for _, sub := range s.topics[work[0].topic] {
		f := all[kindOf(sub.stream)]
		switch {
		case sub.seen >= first || (sub.session != "" && skipped[sub.session]):
			f = sub.missing(work)
		case f == nil:
			f = together(work, sub.stream)
			all[kindOf(sub.stream)] = f
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

// together is all of the events for one of both.
func together(work []delivery, stream bool) ws.Frame {
	if len(work) == 1 {
		return work[0].to(stream)
	}
	var f ws.Frame
	for _, d := range work {
		f = append(f, d.to(stream)...)
	}
	return f
}

// missing puts together the events that a subscriber has not seen and did not
// cause.
func (sub *subscriber) missing(work []delivery) ws.Frame {
	var f ws.Frame
	for _, d := range work {
		if d.seq > sub.seen && (d.skip == "" || d.skip != sub.session) {
			f = append(f, d.to(sub.stream)...)
		}
	}
	return f
}
