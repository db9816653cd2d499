package actors

import (
	"errors"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

// confirmEvery is how old the store's word that this is still the owner may be
// when a hub is told that it has seen all. It is below silentOwner, so that an
// owner that lost its competition without hearing of it shows nothing for long.
const confirmEvery = 2 * time.Second

// audience are the hubs that listen to a competition, one for each node with
// somebody who does.
type audience struct {
	hubs        map[string]*listener
	confirmedAt time.Time // when the store said last that the epoch holds
	asking      bool      // a confirm is under way
}

type listener struct {
	pid   *actor.PID
	seen  subscribe
	waits bool // for the answer to its subscription
	told  bool // it has had a snapshot of this owner: rules may change without an event
}

// announce tells the hubs of a ruling that was made, once the state is loaded anew:
// by one event where that says it all, else by a snapshot to each.
func (c *competition) announce(ctx actor.Context) {
	r := c.made
	c.made = nil
	if r == nil {
		return
	}
	if kind := r.Kind.EventKind(); kind != 0 && c.ledger.Event() == r.Event {
		e := race.Event{Kind: kind, Seq: r.Event, At: time.Now()}
		if kind == race.TimesRecorded {
			e.Total = c.ledger.Total(r.Team)
		}
		c.emit(ctx, e)
		return
	}
	for _, l := range c.audience.hubs {
		l.waits = true
	}
}

// onSubscribe is called about once a second by each hub.
func (c *competition) onSubscribe(ctx actor.Context, m subscribe) {
	l, ok := c.audience.hubs[ctx.Sender().String()]
	if !ok {
		l = &listener{pid: ctx.Sender()}
		c.audience.hubs[ctx.Sender().String()] = l
		c.gauge.hubs.Store(int64(len(c.audience.hubs)))
		ctx.Watch(l.pid)
	}
	l.seen, l.waits = m, true
	switch {
	case !c.ready: // onActivated greets
	case time.Since(c.audience.confirmedAt) < confirmEvery:
		c.greet(ctx, l)
	case !c.audience.asking:
		c.audience.asking = true
		ctx.Request(c.recorder, confirm{c.epoch})
	}
}

// onConfirmed hears whether this is still the owner. Without an answer of the
// store the hubs hear nothing, and show that.
func (c *competition) onConfirmed(ctx actor.Context, m confirmed) {
	c.audience.asking = false
	switch {
	case errors.Is(m.err, race.ErrFenced):
		c.onFenced(ctx)
	case m.err != nil:
		c.log.Warn("ownership could not be confirmed", "error", m.err)
	default:
		c.audience.confirmedAt = m.at
		c.greetAll(ctx)
	}
}

// onTerminated forgets the hub of a node that has gone.
func (c *competition) onTerminated(who *actor.PID) {
	delete(c.audience.hubs, who.String())
	c.gauge.hubs.Store(int64(len(c.audience.hubs)))
}

func (c *competition) greetAll(ctx actor.Context) {
	for _, l := range c.audience.hubs {
		if l.waits {
			c.greet(ctx, l)
		}
	}
}

// greet tells a hub that it has seen all, or the state that its events count on
// from.
func (c *competition) greet(ctx actor.Context, l *listener) {
	if !c.ready {
		return // being loaded anew
	}
	l.waits = false
	if l.told && l.seen.stream == c.stream && l.seen.seq == c.ledger.Event() {
		tell(ctx, l.pid, current{c.id})
		return
	}
	l.told = true
	tell(ctx, l.pid, snapshot{race.Snapshot{
		Competition: c.ledger.Competition(), Seq: c.ledger.Event(), Stream: c.stream, Totals: c.ledger.Totals(),
	}})
}

func (c *competition) emit(ctx actor.Context, e race.Event) {
	e.Competition, e.Stream = c.ledger.Competition(), c.stream
	c.broadcast(ctx, event{e})
}

func (c *competition) broadcast(ctx actor.Context, m any) {
	for _, l := range c.audience.hubs {
		tell(ctx, l.pid, m)
	}
}
