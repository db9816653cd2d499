package actors

import (
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

// includeReason is what people read beside a mark that took a place left free.
const includeReason = "Llegó con el equipo completo y ocupa el lugar de una marca anulada"

// seeking is a request whose answer waits: some of its marks were held only because
// the slots of the team are used up, and rulings may have left room for them.
type seeking struct {
	reply race.Reply
	marks []int // the outcomes that are open
}

// setAside returns the requests of a batch that may find room, to be asked before
// anything else. What the batch came to is in the ledger when known is true;
// else the state has to be loaded first, and room is looked for then.
func (c *competition) setAside(done []*work, replies []race.Reply, known bool) []*work {
	var aside []*work
	for i, w := range done {
		q, reply := w.times.Request, replies[i]
		if q.Atomic && len(q.Records) > 1 {
			continue // all of it or nothing
		}
		var marks []int
		for j, out := range reply.Outcomes {
			if out.Held && race.CodeOf(out.Err) == race.CodeTeamComplete && (!known || c.mayFit(w, j)) {
				marks = append(marks, j)
			}
		}
		if len(marks) > 0 {
			w.seeking = &seeking{reply, marks}
			aside = append(aside, w)
		}
	}
	return aside
}

// mayFit says whether a held mark has been included or may be.
func (c *competition) mayFit(w *work, i int) bool {
	if _, ok := c.ledger.Included(w.mark(i)); ok {
		return true
	}
	return c.ledger.Room(w.times.Request.Team)
}

// mark names one record of a request among held ones.
func (w *work) mark(i int) race.HeldMark {
	rec := w.times.Request.Records[i]
	return race.HeldMark{Team: w.times.Request.Team, ID: rec.ID, Elapsed: rec.Elapsed}
}

// seekRoom has the next mark of the request at the head of the queue included. The
// order's key comes from the mark, so that a request that is sent again, to whatever
// owner, includes it once.
func (c *competition) seekRoom(ctx actor.Context) {
	w := c.queue[0]
	for s := w.seeking; len(s.marks) > 0; s.marks = s.marks[1:] {
		i := s.marks[0]
		if held, ok := c.ledger.Included(w.mark(i)); ok {
			s.store(i, true)
			s.reply.Outcomes[i].ReceivedAt = held.ReceivedAt
			continue
		}
		q := w.times.Request
		if !c.ledger.Room(q.Team) {
			continue // it stays refused
		}
		m := w.mark(i)
		c.take(1)
		ctx.Request(c.recorder, decide{race.Order{
			Competition: c.id, Epoch: c.epoch, Key: race.KeyOf(race.RulingInclude, m.ID), Kind: race.RulingInclude, Team: m.Team,
			RecordID: m.ID, Elapsed: m.Elapsed, Judge: q.Judge, At: time.Now(), Reason: includeReason,
		}})
		return
	}
	c.queue = slices.Delete(c.queue, 0, 1)
	w.answer(ctx, w.seeking.reply)
	c.flush(ctx)
}

// onIncluded takes what the order for the first open mark of w came to. The request
// is answered when no mark is open any more, else it is the next in the queue.
func (c *competition) onIncluded(ctx actor.Context, w *work, m decided) {
	s := w.seeking
	i := s.marks[0]
	s.marks = s.marks[1:]
	switch {
	case m.err == nil:
		s.store(i, m.ruled.Repeated)
	case race.CodeOf(m.err) == race.CodeConflict: // an older mark has the id
		s.reply.Outcomes[i].Err = m.err
		if len(s.reply.Outcomes) == 1 {
			s.reply.Err = m.err
		}
	}
	if len(s.marks) > 0 {
		c.queue = slices.Insert(c.queue, 0, w)
		return
	}
	w.answer(ctx, s.reply)
}

// store makes an outcome that of a stored mark, and the request one that is not
// refused.
func (s *seeking) store(i int, duplicate bool) {
	out := &s.reply.Outcomes[i]
	out.Err, out.Held, out.Duplicate = nil, false, duplicate
	s.reply.Err = nil
}
