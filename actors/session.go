package actors

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

const (
	// window bounds the requests of one socket that wait for an answer.
	window = 256
	// askWindow bounds the orders among them: a person gives one at a time.
	askWindow = 32
)

// Outbox is what a session needs of its socket. The session calls it from one
// goroutine at a time; it must not block.
type Outbox interface {
	// Answer gives the answer for a ticket; answers come in the order of the
	// requests. err is CodeUnavailable or CodeNoSuchTeam when there is no reply.
	// An echoed ticket has neither.
	Answer(ticket any, reply race.Reply, err error)
	// Ruled gives what an order came to, in the same order as the answers. err is one
	// of race.Evidence.Rule, CodeNoCompetition, CodeNoSuchTeam or CodeUnavailable;
	// after the last the same order may be given again.
	Ruled(ticket any, r race.Ruled, err error)
	// Revoked says that the judge may no longer be connected.
	Revoked()
}

// Session is the gateway's end of a session actor.
type Session struct {
	id   string
	pid  *actor.PID
	root *actor.RootContext
}

// ID names the session in race.Event.Origin.
func (s *Session) ID() string { return s.id }

// Submit asks to store q; ticket comes back with the answer.
func (s *Session) Submit(ticket any, q race.Request) { s.root.Send(s.pid, submit{ticket, q}) }

// Rule asks for a ruling as the judge of the session, about a team of the judge;
// ticket comes back with what it came to. The kind is race.RulingRetract or
// race.RulingDeclare. The session sets Judge, Competition and, where they are zero,
// Key and At: a new key, or for a record the one of race.KeyOf. While 32 orders
// wait, others are answered CodeUnavailable.
func (s *Session) Rule(ticket any, o race.Order) { s.root.Send(s.pid, ask{ticket, o}) }

// Echo gives ticket back when everything before it is answered.
func (s *Session) Echo(ticket any) { s.root.Send(s.pid, echo{ticket}) }

// Close ends the session; what waits is still stored, but not answered.
func (s *Session) Close() { s.root.Stop(s.pid) }

// session stands for one judge socket.
type session struct {
	deps
	id       string
	judge    race.JudgeID
	own      map[race.TeamID]race.CompetitionID
	box      Outbox
	owners   *actor.PID
	registry *actor.PID

	slots   []*slot // in the order of the requests
	byKey   map[uint64]*slot
	lastKey uint64
	timer   *time.Timer
	drainer *actor.PID
}

// slot is one request or order and the place of its answer.
type slot struct {
	ticket  any
	request race.Request
	order   *race.Order // instead of request
	key     uint64
	effort  effort
	done    bool
	reply   race.Reply
	ruled   race.Ruled
	err     error
}

// team is the one that the request or order is about.
func (sl *slot) team() race.TeamID {
	if sl.order != nil {
		return sl.order.Team
	}
	return sl.request.Team
}

func (s *session) Receive(ctx actor.Context) {
	switch m := received(ctx, s.log).(type) {
	case *actor.Started:
		s.byKey = map[uint64]*slot{}
		ctx.Send(s.registry, sessionOpened{s.judge, s.id, ctx.Self()})
	case *actor.Stopped:
		if s.timer != nil {
			s.timer.Stop()
		}
		ctx.Send(s.registry, sessionClosed{s.judge, s.id})
	case submit:
		s.accept(ctx, &slot{ticket: m.ticket, request: m.request, effort: newEffort()})
	case ask:
		s.onAsk(ctx, m)
	case echo:
		s.slots = append(s.slots, &slot{ticket: m.ticket, done: true})
		s.deliver(ctx)
	case recordTimesReply:
		s.onReply(ctx, m)
	case ruledReply:
		s.onRuled(ctx, m)
	case located:
		s.onLocated(ctx, m)
	case tick:
		s.onTick(ctx)
	case revoke:
		s.box.Revoked()
	case drain:
		s.drainer = ctx.Sender()
		s.deliver(ctx)
	}
}

// accept takes a request or an order.
func (s *session) accept(ctx actor.Context, sl *slot) {
	s.slots = append(s.slots, sl)
	if len(s.byKey) >= window || (sl.order != nil && s.asks() >= askWindow) {
		sl.done, sl.err = true, unavailable()
		s.deliver(ctx)
		return
	}
	s.lastKey++
	sl.key = s.lastKey
	s.byKey[sl.key] = sl
	s.send(ctx, sl)
	if s.timer == nil {
		s.arm(ctx)
	}
}

// send passes a request on to the owner of its team's competition, looking the
// team up first when it is not known to be the judge's.
func (s *session) send(ctx actor.Context, sl *slot) {
	if id, ok := s.own[sl.team()]; ok {
		s.route(ctx, sl, id)
		return
	}
	sl.effort.sent(s.place)
	self, root, store, key, team := ctx.Self(), ctx.ActorSystem().Root, s.store, sl.key, sl.team()
	go func() {
		c, cancel := context.WithTimeoutCause(context.Background(), lookupTimeout, errors.New("look up team: no answer in 3s"))
		defer cancel()
		row, err := store.Team(c, team)
		root.Send(self, located{key, row, err})
	}()
}

func (s *session) route(ctx actor.Context, sl *slot, id race.CompetitionID) {
	sl.effort.sent(s.place)
	if sl.order != nil {
		o := *sl.order
		o.Competition = id
		ctx.Request(s.owners, route{id, rule{Order: o, Ticket: sl.key}})
		return
	}
	ctx.Request(s.owners, route{id, recordTimes{Request: sl.request, Origin: s.id, Key: sl.key}})
}

func (s *session) onLocated(ctx actor.Context, m located) {
	sl, ok := s.byKey[m.key]
	switch {
	case !ok:
	case m.err != nil:
		s.fail(ctx, sl, lookupError(sl.team(), m.err))
	default:
		s.route(ctx, sl, m.row.Competition)
	}
}

// onReply takes an answer, or tries again when the owner is to be found
// elsewhere.
func (s *session) onReply(ctx actor.Context, m recordTimesReply) {
	sl, ok := s.byKey[m.Key]
	switch {
	case !ok: // answered before: the request was sent twice
	case isElsewhere(m.Err):
		sl.effort.refused()
	default:
		s.finish(ctx, m.Key, m.Reply, m.Err)
	}
}

// fail finishes a request or an order without an answer.
func (s *session) fail(ctx actor.Context, sl *slot, err error) {
	if sl.order != nil {
		s.conclude(ctx, sl.key, race.Ruled{}, err)
		return
	}
	s.finish(ctx, sl.key, race.Reply{}, err)
}

func (s *session) finish(ctx actor.Context, key uint64, r race.Reply, err error) {
	sl, ok := s.byKey[key]
	if !ok {
		return // answered before: the request was sent twice
	}
	delete(s.byKey, key)
	sl.done, sl.reply, sl.err = true, r, err
	s.metrics.observeAnswer(sl.effort, r, err)
	s.deliver(ctx)
}

// deliver gives out the answers that are due.
func (s *session) deliver(ctx actor.Context) {
	for len(s.slots) > 0 && s.slots[0].done {
		sl := s.slots[0]
		s.slots[0] = nil
		s.slots = s.slots[1:]
		if sl.order != nil {
			s.box.Ruled(sl.ticket, sl.ruled, sl.err)
			continue
		}
		s.box.Answer(sl.ticket, sl.reply, sl.err)
	}
	if len(s.slots) == 0 && s.drainer != nil {
		ctx.Send(s.drainer, drained{s.id})
		s.drainer = nil
	}
}

func (s *session) onTick(ctx actor.Context) {
	s.timer = nil
	for _, sl := range slices.Clone(s.slots) { // finish shortens them
		switch {
		case sl.done:
		case sl.effort.over():
			s.fail(ctx, sl, unavailable())
		case sl.effort.due(s.place):
			s.metrics.retries.Inc()
			s.send(ctx, sl)
		}
	}
	if len(s.byKey) > 0 {
		s.arm(ctx)
	}
}

func (s *session) arm(ctx actor.Context) {
	s.timer = tickIn(ctx, tickEvery)
}
