package actors

import (
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

// work is what waits for the store, a request, a change of state or an order,
// with all who wait for its answer.
type work struct {
	times   *recordTimes
	change  *changeState
	order   *rule
	waiters []waiter
	seeking *seeking // of times: stored, but not answered
}

// size is how many records it has.
func (w *work) size() int {
	if w.times == nil {
		return 0
	}
	return len(w.times.Request.Records)
}

type waiter struct {
	pid *actor.PID
	key uint64
}

// find returns the waiting work that asks for exactly the same.
func (c *competition) find(q race.Request) *work {
	same := func(w *work) bool {
		if w.times == nil {
			return false
		}
		have := w.times.Request
		return have.Judge == q.Judge && have.Team == q.Team && have.Atomic == q.Atomic &&
			slices.EqualFunc(have.Records, q.Records, func(a, b race.TimeRecord) bool { return a.ID == b.ID && a.Elapsed == b.Elapsed })
	}
	for _, list := range [][]*work{c.inFlight, c.queue} {
		if i := slices.IndexFunc(list, same); i >= 0 {
			return list[i]
		}
	}
	return nil
}

// onRule queues an order, once however often it is sent while it waits.
func (c *competition) onRule(ctx actor.Context, m rule) {
	w := waiter{ctx.Sender(), m.Ticket}
	orders := 0
	for _, list := range [][]*work{c.inFlight, c.queue} {
		for _, have := range list {
			if have.order == nil {
				continue
			}
			if have.order.Order == m.Order {
				have.waiters = append(have.waiters, w)
				return
			}
			orders++
		}
	}
	if orders >= maxOrders && !c.draining {
		w.conclude(ctx, race.Ruled{}, unavailable())
		return
	}
	c.enqueue(ctx, &work{order: &m, waiters: []waiter{w}})
}

// answer gives the reply to a request to all who wait for it.
func (w *work) answer(ctx actor.Context, r race.Reply) {
	for i, to := range w.waiters {
		reply := r
		if i > 0 {
			reply = joined(r)
		}
		to.send(ctx, recordTimesReply{Reply: reply})
	}
}

// refuse tells all who wait that there is no answer.
func (w *work) refuse(ctx actor.Context, err error) {
	switch {
	case w.times != nil:
		for _, to := range w.waiters {
			to.send(ctx, recordTimesReply{Err: err})
		}
	case w.change != nil:
		w.tell(ctx, changeStateReply{Err: err})
	default:
		w.conclude(ctx, race.Ruled{}, err)
	}
}

// conclude gives what an order came to, to all who wait for it.
func (w *work) conclude(ctx actor.Context, r race.Ruled, err error) {
	for _, to := range w.waiters {
		to.conclude(ctx, r, err)
	}
}

func (w waiter) conclude(ctx actor.Context, r race.Ruled, err error) {
	if w.pid != nil {
		tell(ctx, w.pid, ruledReply{Ticket: w.key, Ruled: r, Err: err})
	}
}

// tell gives the answer to a change of state.
func (w *work) tell(ctx actor.Context, m any) {
	for _, to := range w.waiters {
		if to.pid != nil {
			tell(ctx, to.pid, m)
		}
	}
}

// soleOrigin returns the session that sent all new records of a team, if one
// did.
func soleOrigin(done []*work, team race.TeamID) string {
	origin := ""
	for _, w := range done {
		if w.times.Request.Team != team {
			continue
		}
		if w.times.Origin == "" || (origin != "" && origin != w.times.Origin) {
			return ""
		}
		origin = w.times.Origin
	}
	return origin
}

// joined is the reply for who asked for the same while it was on its way: what
// was stored is a duplicate for them.
func joined(r race.Reply) race.Reply {
	r.Outcomes = slices.Clone(r.Outcomes)
	for i := range r.Outcomes {
		r.Outcomes[i].Duplicate = r.Outcomes[i].Stored()
	}
	return r
}

func (w waiter) send(ctx actor.Context, r recordTimesReply) {
	if w.pid == nil {
		return
	}
	r.Key = w.key
	tell(ctx, w.pid, r)
}

// isDone says whether a competition is as t wants it, by that very change: the
// instant tells it from one that somebody else made.
func isDone(c race.Competition, t race.Transition) bool {
	at := t.At.Truncate(time.Microsecond) // what a database keeps
	if t.Start {
		return c.Running && c.StartedAt.Truncate(time.Microsecond).Equal(at)
	}
	return !c.Running && c.FinishedAt.Truncate(time.Microsecond).Equal(at)
}
