package actors

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

const (
	// batchRecords caps one commit: above it the cost of a commit no longer
	// falls, and the first of the batch waits for the last.
	batchRecords = 500
	// highWater bounds the records that wait: two seconds of the slowest disk
	// that was measured. Above it judges are told to try again.
	highWater = 8000
	// maxOrders bounds the orders that wait or are carried out: each reads the evidence and has the
	// state loaded anew, some 20 ms, and marks wait behind them.
	maxOrders = 100
)

// competition owns one competition: it keeps what is stored in a ledger, queues
// what arrives, and has one store call in flight at a time. What is queued when
// a call returns is the next batch, so a slow disk makes larger batches and no
// timer is needed.
type competition struct {
	deps
	id    race.CompetitionID
	log   *slog.Logger
	gauge *gauge

	recorder *actor.PID
	ready    bool
	epoch    int64
	stream   int64
	ledger   *race.Ledger

	queue    []*work
	waiting  int // records in queue
	inFlight []*work
	audience audience
	made     *race.Ruling // the last one, until the state with it is loaded
	draining bool         // takes nothing new
	over     bool         // and gives up when what it has taken is answered
	drainer  *actor.PID
	dead     bool // gave up; what still arrives is refused
}

func newCompetition(id race.CompetitionID, d deps, g *gauge) *competition {
	log := d.log.With("part", "competition", "competition_id", int64(id))
	return &competition{deps: d, id: id, log: log, gauge: g, audience: audience{hubs: map[string]*listener{}}}
}

func (c *competition) Receive(ctx actor.Context) {
	if c.dead {
		refuse(ctx, ctx.Message(), elsewhere())
		return
	}
	switch m := ctx.Message().(type) {
	case *actor.Started:
		c.recorder = ctx.Spawn(actor.PropsFromProducer(func() actor.Actor { return &recorder{c.id, c.store, c.log} }))
		c.load(ctx)
	case activated:
		c.onActivated(ctx, m)
	case recordTimes:
		c.onRecordTimes(ctx, m)
	case changeState:
		c.enqueue(ctx, &work{change: &m, waiters: []waiter{{ctx.Sender(), 0}}})
	case rule:
		c.onRule(ctx, m)
	case committed:
		c.onCommitted(ctx, m)
	case changed:
		c.onChanged(ctx, m)
	case decided:
		c.onDecided(ctx, m)
	case subscribe:
		c.onSubscribe(ctx, m)
	case confirmed:
		c.onConfirmed(ctx, m)
	case *actor.Terminated:
		c.onTerminated(m.Who)
	case drain:
		c.draining, c.drainer = true, ctx.Sender()
		c.flush(ctx)
	case handOver:
		c.draining, c.over = true, true
		c.flush(ctx)
	}
}

// load activates the competition in a goroutine that ends by commitTimeout.
func (c *competition) load(ctx actor.Context) {
	c.ready = false
	self, root := ctx.Self(), ctx.ActorSystem().Root
	go func() {
		var res activated
		res.err = retry(func(cx context.Context) (err error) {
			res.at = time.Now()
			res.state, err = c.store.Activate(cx, c.id)
			return err
		}, c.log)
		root.Send(self, res)
	}()
}

func (c *competition) onActivated(ctx actor.Context, m activated) {
	if m.err != nil {
		err := unavailable()
		if errors.Is(m.err, race.ErrNotFound) {
			err = race.Errorf(race.CodeNoCompetition, "La competencia no existe")
		} else {
			c.log.Error("competition could not be activated", "error", m.err)
		}
		c.giveUp(ctx, err)
		return
	}
	c.ledger = race.NewLedger(m.state.Competition, m.state.Seq, m.state.Event)
	for _, t := range m.state.Teams {
		c.ledger.AddTeam(t, m.state.Held[t.ID])
	}
	for _, r := range m.state.Records {
		c.ledger.AddRecord(r)
	}
	c.ledger.Adjust(m.state.Adjustments)
	c.ready, c.epoch, c.stream = true, m.state.Epoch, m.state.Stream
	c.audience.confirmedAt = m.at
	c.metrics.activations.Inc()
	c.gauge.epoch.Store(c.epoch)
	c.show()
	c.log.Info("competition activated", "epoch", c.epoch, "records", len(m.state.Records))
	c.announce(ctx)
	c.greetAll(ctx)
	c.flush(ctx)
}

// show puts what changes with a commit where the status finds it.
func (c *competition) show() {
	c.gauge.records.Store(c.ledger.Seq())
	c.gauge.event.Store(c.ledger.Event())
}

func (c *competition) onRecordTimes(ctx actor.Context, m recordTimes) {
	w := waiter{ctx.Sender(), m.Key}
	if c.ready {
		if r, ok := c.ledger.Known(m.Request); ok {
			w.send(ctx, recordTimesReply{Reply: r})
			return
		}
	}
	if same := c.find(m.Request); same != nil {
		same.waiters = append(same.waiters, w)
		return
	}
	c.enqueue(ctx, &work{times: &m, waiters: []waiter{w}})
}

func (c *competition) enqueue(ctx actor.Context, w *work) {
	if c.draining || c.waiting >= highWater {
		err := unavailable()
		if c.draining {
			err = elsewhere()
		}
		w.refuse(ctx, err)
		return
	}
	c.wait(w.size())
	c.queue = append(c.queue, w)
	c.flush(ctx)
}

// wait counts n more records that wait for the store.
func (c *competition) wait(n int) {
	c.waiting += n
	c.gauge.waiting.Store(int64(c.waiting))
	c.metrics.queue.Add(float64(n))
}

// flush starts the next store call when none is in flight.
func (c *competition) flush(ctx actor.Context) {
	switch {
	case c.dead:
		return
	case !c.ready && c.over:
		c.giveUp(ctx, elsewhere()) // nothing is under way yet
		return
	case !c.ready || len(c.inFlight) > 0:
		return
	case len(c.queue) == 0:
		c.rest(ctx)
		return
	}
	if c.queue[0].seeking != nil {
		c.seekRoom(ctx)
		return
	}
	if order := c.queue[0].order; order != nil {
		c.take(1)
		o := order.Order
		o.Epoch = c.epoch
		ctx.Request(c.recorder, decide{o})
		return
	}
	if change := c.queue[0].change; change != nil {
		c.take(1)
		t := change.Transition
		t.Epoch = c.epoch
		if isDone(c.ledger.Competition(), t) { // an earlier try, whose answer was lost
			w := c.inFlight[0]
			c.inFlight = nil
			w.tell(ctx, changeStateReply{Competition: c.ledger.Competition()})
			c.flush(ctx)
			return
		}
		ctx.Request(c.recorder, advance{t})
		return
	}
	b := race.Batch{Competition: c.id, Epoch: c.epoch}
	records := 0
	for _, w := range c.queue {
		if w.times == nil || records >= batchRecords {
			break
		}
		records += w.size()
		b.Requests = append(b.Requests, w.times.Request)
	}
	c.wait(-records)
	c.take(len(b.Requests))
	ctx.Request(c.recorder, commit{b})
}

// rest is reached when nothing waits.
func (c *competition) rest(ctx actor.Context) {
	if c.drainer != nil {
		ctx.Send(c.drainer, drained{ctx.Self().Id})
		c.drainer = nil
	}
	if c.over {
		c.giveUp(ctx, elsewhere())
	}
}

func (c *competition) take(n int) {
	c.inFlight = slices.Clone(c.queue[:n])
	c.queue = slices.Delete(c.queue, 0, n)
}

func (c *competition) onCommitted(ctx actor.Context, m committed) {
	done := c.inFlight
	c.inFlight = nil
	if m.err != nil {
		c.onFailed(ctx, done, m.err)
		return
	}
	c.audience.confirmedAt = time.Now()
	c.metrics.observeCommit(m)
	first := m.decision.Event - int64(len(m.decision.Touched)) + 1
	whole := first == c.ledger.Event()+1
	if whole {
		c.ledger.Apply(m.decision, m.teams)
		c.show()
	}
	c.queue = slices.Concat(c.setAside(done, m.decision.Replies, whole), c.queue)
	if whole && len(c.queue) > 0 {
		c.flush(ctx) // the store works while this batch is answered
	}
	for i, w := range done {
		c.logCause(m.decision.Replies[i])
		if w.seeking == nil {
			w.answer(ctx, m.decision.Replies[i])
		}
	}
	if !whole {
		// An earlier try had stored the batch and its answer was lost: what it
		// stored is not in the decision, so only the store knows the state.
		c.load(ctx)
		return
	}
	for i, team := range m.decision.Touched {
		c.emit(ctx, race.Event{
			Kind: race.TimesRecorded, Seq: first + int64(i), At: time.Now(), Total: c.ledger.Total(team), Origin: soleOrigin(done, team),
		})
	}
	c.flush(ctx)
}

// logCause tells operators why the store refused a request by itself; the judge
// gets the short text only.
func (c *competition) logCause(r race.Reply) {
	if e, ok := errors.AsType[*race.Error](r.Err); ok && e.Cause != nil {
		c.log.Error("request refused by the store", "team_id", int64(r.Team.ID), "error", e.Cause)
	}
}

func (c *competition) onChanged(ctx actor.Context, m changed) {
	done := c.inFlight
	c.inFlight = nil
	if m.err != nil && race.CodeOf(m.err) == race.CodeInternal {
		c.onFailed(ctx, done, m.err)
		return
	}
	if m.err != nil && c.ledger.Competition().Running != (race.CodeOf(m.err) == race.CodeAlreadyRuns) {
		c.queue = slices.Concat(done, c.queue) // an earlier try had done it and its answer was lost
		c.load(ctx)
		return
	}
	for _, w := range done {
		w.tell(ctx, changeStateReply{m.competition, m.err})
	}
	if m.err == nil {
		c.ledger.SetCompetition(m.competition, m.event)
		c.show()
		kind := race.CompetitionStopped
		if m.competition.Running {
			kind = race.CompetitionStarted
		}
		c.log.Info("competition changed", "running", m.competition.Running, "event", m.event)
		c.emit(ctx, race.Event{Kind: kind, Seq: m.event, At: time.Now()})
	}
	c.flush(ctx)
}

// onDecided answers an order. What a ruling changes is for the store to say, so
// the state is loaded anew; everybody who listens gets it as a snapshot.
func (c *competition) onDecided(ctx actor.Context, m decided) {
	done := c.inFlight
	c.inFlight = nil
	if m.err != nil && race.CodeOf(m.err) == race.CodeInternal {
		c.onFailed(ctx, done, m.err)
		return
	}
	for _, w := range done {
		if w.seeking != nil {
			c.onIncluded(ctx, w, m)
			continue
		}
		w.conclude(ctx, m.ruled, m.err)
	}
	if m.err != nil || (m.ruled.Repeated && m.ruled.Ruling.Event <= c.ledger.Event()) {
		c.flush(ctx) // nothing that is not known here
		return
	}
	c.log.Info("ruling made", "kind", string(m.ruled.Ruling.Kind), "ruling_id", int64(m.ruled.Ruling.ID), "event", m.ruled.Ruling.Event)
	c.made = &m.ruled.Ruling
	c.load(ctx)
}

// onFailed answers what had no durable answer and makes the memory right again:
// whoever lost its epoch stops, else the state is loaded anew.
func (c *competition) onFailed(ctx actor.Context, done []*work, err error) {
	fenced := errors.Is(err, race.ErrFenced)
	answer := unavailable()
	if fenced { // nothing of it was stored: the new owner will
		answer = elsewhere()
	}
	for _, w := range done {
		w.refuse(ctx, answer)
	}
	switch {
	case fenced:
		c.onFenced(ctx)
	case errors.Is(err, race.ErrNotFound):
		c.log.Error("competition is gone", "error", err)
		c.giveUp(ctx, answer)
	default:
		c.log.Error("store call failed", "error", err)
		c.load(ctx)
	}
}

// onFenced ends an owner whose time is over.
func (c *competition) onFenced(ctx actor.Context) {
	c.log.Warn("competition taken over by another owner", "epoch", c.epoch)
	c.metrics.fenced.Inc()
	ctx.Send(ctx.Parent(), gone{c.id, ctx.Self(), true})
	c.giveUp(ctx, elsewhere())
}

// giveUp refuses all that waits and ends the actor; the next message to the
// competition finds a new one.
func (c *competition) giveUp(ctx actor.Context, err error) {
	for _, w := range c.queue {
		w.refuse(ctx, err)
	}
	c.wait(-c.waiting)
	c.queue, c.dead = nil, true
	ctx.Send(ctx.Parent(), gone{c.id, ctx.Self(), false})
	c.broadcast(ctx, subscriptionOver{c.id, race.CodeOf(err) == race.CodeNoCompetition})
	ctx.Poison(ctx.Self())
}
