package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	// tick is how often a phone looks at its clock.
	tick = 10 * time.Millisecond
	// meanPause lies between two new messages of a phone; with 24 phones the
	// servers get about a thousand records a second.
	meanPause = 60 * time.Millisecond
	// window bounds the messages that wait for an answer, backlog those that
	// wait to be sent: a phone that cannot send makes no new ones.
	window  = 5
	backlog = 40
)

// parcel is one message that a judge must get a final answer for. Its marks are
// sent again, with the same ids, until all have one.
type parcel struct {
	team  int64
	way   string
	marks []mark
	done  []bool
	due   instant // not before
	aloft int     // flights without an answer
}

func newParcel(team int64, way string, marks ...mark) *parcel {
	return &parcel{team: team, way: way, marks: marks, done: make([]bool, len(marks))}
}

// flight is one message on its way; record i of it is mark index[i] of its parcel.
type flight struct {
	ref    string
	send   *send
	parcel *parcel
	index  []int
}

// line is one socket of a phone with what waits for an answer, oldest first.
type line struct {
	sock    *socket
	flights []*flight
	gone    bool
}

// incoming is what other goroutines tell a phone.
type incoming struct {
	line   *line // the socket that it came from
	err    error // the end of it, or why there is none
	m      message
	opened *line // a new socket
	failed bool  // there is none
	posted *flight
	reply  postReply
	at     instant
}

// tally counts for the progress line.
type tally struct {
	sent, acked atomic.Int64
	of          [8]atomic.Int64 // final answers, by competition
}

// answer counts one final answer.
func (t *tally) answer(competition int64, stored bool) {
	if stored {
		t.acked.Add(1)
	}
	t.of[competition%int64(len(t.of))].Add(1)
}

// judge is a client that sends records.
type judge interface {
	run(ctx context.Context)
	// delivered says that nothing new is made and all has a final answer.
	delivered() bool
	// history is what it sent and found wrong, once run has ended.
	history() ([]*send, []string)
	name() string
}

// phone is a judge with an outbox. One goroutine owns it; others, one for each
// socket, dial and POST, only tell it things and end with its context.
type phone struct {
	id      int64
	cast    cast
	clock   clock
	rng     *rand.Rand
	token   string
	targets *targets
	pool    *pool
	client  *http.Client
	resting *atomic.Bool // the load is over: only deliver
	tally   *tally
	steady  bool          // single marks at a steady rate, without tricks
	waits   time.Duration // for an answer

	inbox   chan incoming
	lines   []*line
	dialing int
	redial  instant
	backoff time.Duration
	posts   int
	outbox  []*parcel
	next    instant // when to mark again
	refs    int
	desk    desk

	sends      []*send
	complaints []string
	idle       atomic.Bool // the outbox is empty
}

// run plays the judge until ctx ends. The phone keeps delivering what it has
// when the load is over.
func (p *phone) run(ctx context.Context) {
	t := time.NewTicker(tick)
	defer t.Stop()
	defer func() {
		for _, l := range p.lines {
			l.sock.cut()
		}
	}()
	for {
		p.connect(ctx)
		p.fill()
		p.dispatch(ctx)
		p.expire()
		p.idle.Store(p.resting.Load() && len(p.outbox) == 0)
		select {
		case in := <-p.inbox:
			p.take(in)
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

func (p *phone) delivered() bool { return p.idle.Load() }

func (p *phone) history() ([]*send, []string) { return p.sends, p.complaints }

func (p *phone) name() string { return fmt.Sprintf("judge %d", p.id) }

// tell passes something to the phone, or drops it when the phone is gone.
func (p *phone) tell(ctx context.Context, in incoming) bool {
	in.at = p.clock.now()
	select {
	case p.inbox <- in:
		return true
	case <-ctx.Done():
		return false
	}
}

// connect keeps one socket open, and at times a second one.
func (p *phone) connect(ctx context.Context) {
	wanted := 1
	if p.id%3 == 0 && !p.steady {
		wanted = 2
	}
	if len(p.lines)+p.dialing >= wanted || p.clock.now() < p.redial {
		return
	}
	p.dialing++
	url, path := p.targets.pick(p.rng), fmt.Sprintf("/ws/juez/%d/?token=%s", p.id, p.token)
	go func() { // ends with the socket or with ctx
		sock, err := dial(ctx, url, path)
		if err != nil {
			p.tell(ctx, incoming{failed: true, err: err})
			return
		}
		defer sock.cut()
		m, err := sock.read(p.waits)
		if err != nil || m.Type != "conexion_establecida" {
			p.tell(ctx, incoming{failed: true})
			return
		}
		l := &line{sock: sock}
		if !p.tell(ctx, incoming{opened: l}) {
			return
		}
		for {
			m, err := sock.read(time.Hour)
			if !p.tell(ctx, incoming{line: l, m: m, err: err}) || err != nil {
				return
			}
		}
	}()
}

// dispatch sends what is due while the windows have room.
func (p *phone) dispatch(ctx context.Context) {
	now := p.clock.now()
	for range 4 {
		if len(p.outbox) == 0 {
			return
		}
		c := p.outbox[p.rng.IntN(len(p.outbox))] // the order is random
		if c.aloft > 0 || c.due > now {
			continue
		}
		if c.way == wayPost {
			if p.posts < 2 {
				p.post(ctx, c)
			}
			continue
		}
		l := p.free()
		if l == nil {
			return
		}
		p.launch(l, c)
		if p.steady || p.rng.IntN(20) > 0 {
			continue
		}
		for _, other := range p.lines { // twice at once, on both sockets or on one
			if other != l || len(p.lines) == 1 {
				p.launch(other, c)
				break
			}
		}
	}
}

// free is a socket with room in its window.
func (p *phone) free() *line {
	if len(p.lines) == 0 {
		return nil
	}
	l := p.lines[p.rng.IntN(len(p.lines))]
	if len(l.flights) >= window {
		return nil
	}
	return l
}

// board makes the flight of what a parcel still has to deliver.
func (p *phone) board(c *parcel) *flight {
	p.refs++
	f := &flight{ref: fmt.Sprintf("r%d", p.refs), parcel: c, send: &send{Judge: p.id, Team: c.team, Way: c.way}}
	for i, m := range c.marks {
		if !c.done[i] || c.way == wayPost {
			f.index = append(f.index, i)
			f.send.Records = append(f.send.Records, sent{mark: m})
		}
	}
	c.aloft++
	p.tally.sent.Add(int64(len(f.index)))
	p.sends = append(p.sends, f.send)
	return f
}

func (p *phone) launch(l *line, c *parcel) {
	f := p.board(c)
	out := outMessage{Type: c.way, Ref: f.ref, Team: c.team}
	for _, r := range f.send.Records {
		rec := r.out(p.id)
		if c.way == waySingle {
			out.outRecord = &rec
			break
		}
		out.Records = append(out.Records, rec)
	}
	l.flights = append(l.flights, f)
	f.send.Call = p.clock.now()
	if err := l.sock.send(out); err != nil {
		p.drop(l)
	}
}

func postPath(team int64) string { return fmt.Sprintf("/api/equipos/%d/registros/", team) }

// postBody is what a POST of records sends.
func postBody(s *send) any {
	records := make([]outRecord, len(s.Records))
	for i, r := range s.Records {
		records[i] = r.out(s.Judge)
	}
	return map[string]any{"registros": records}
}

func (p *phone) post(ctx context.Context, c *parcel) {
	f := p.board(c)
	url, body := p.targets.pick(p.rng)+postPath(c.team), postBody(f.send)
	p.posts++
	f.send.Call = p.clock.now()
	go func() { // ends by p.waits
		var reply postReply
		status, err := call(ctx, p.client, p.waits, http.MethodPost, url, p.token, body, &reply)
		reply.status, reply.err = status, err
		p.tell(ctx, incoming{posted: f, reply: reply})
	}()
}

// expire gives sockets up whose oldest message has waited too long.
func (p *phone) expire() {
	now := p.clock.now()
	for i := len(p.lines) - 1; i >= 0; i-- {
		l := p.lines[i]
		if len(l.flights) > 0 && now-l.flights[0].send.Call > instant(p.waits) {
			p.drop(l)
		}
	}
}

// drop ends a socket; what waited on it has no answer and will be sent again.
func (p *phone) drop(l *line) {
	if l.gone {
		return
	}
	l.gone = true
	l.sock.cut()
	for i, other := range p.lines {
		if other == l {
			p.lines = append(p.lines[:i], p.lines[i+1:]...)
			break
		}
	}
	for _, f := range l.flights {
		p.land(f)
	}
	l.flights = nil
	p.hesitate()
}

// hesitate makes the next dial wait, longer each time.
func (p *phone) hesitate() {
	p.backoff = min(max(2*p.backoff, 10*time.Millisecond), 300*time.Millisecond)
	p.redial = p.clock.now() + instant(p.backoff/2+spread(p.rng, p.backoff))
}
