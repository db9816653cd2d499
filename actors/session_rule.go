package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

// onAsk takes an order. It is the judge's of this session, whatever it says, and
// its key is made once, so that every try is the same order.
func (s *session) onAsk(ctx actor.Context, m ask) {
	o := m.order
	o.Judge, o.Competition, o.Epoch = s.judge, 0, 0
	if o.Key == (race.OrderKey{}) {
		o.Key = race.NewRecordID()
		if o.RecordID != (race.RecordID{}) {
			o.Key = race.KeyOf(o.Kind, o.RecordID)
		}
	}
	if o.At.IsZero() {
		o.At = time.Now()
	}
	s.accept(ctx, &slot{ticket: m.ticket, order: &o, effort: newEffort()})
}

// asks is how many orders wait for an answer.
func (s *session) asks() int {
	n := 0
	for _, sl := range s.byKey {
		if sl.order != nil {
			n++
		}
	}
	return n
}

// onRuled takes what an order came to, or tries again when the owner is to be
// found elsewhere.
func (s *session) onRuled(ctx actor.Context, m ruledReply) {
	sl, ok := s.byKey[m.Ticket]
	switch {
	case !ok: // answered before: the order was sent twice
	case isElsewhere(m.Err):
		sl.effort.refused()
	default:
		s.conclude(ctx, m.Ticket, m.Ruled, m.Err)
	}
}

// conclude is finish for an order.
func (s *session) conclude(ctx actor.Context, key uint64, r race.Ruled, err error) {
	sl, ok := s.byKey[key]
	if !ok {
		return // answered before: the order was sent twice
	}
	delete(s.byKey, key)
	sl.done, sl.ruled, sl.err = true, r, err
	s.deliver(ctx)
}
