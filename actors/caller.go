package actors

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// caller sends one message to a competition until there is an answer, for a REST
// call that waits for it. It ends with the answer or by giveUpAfter.
type caller struct {
	deps
	owners *actor.PID
	route  route
	effort effort
	timer  *time.Timer
	answer chan<- any // capacity 1; sent to once
}

func (c *caller) Receive(ctx actor.Context) {
	switch m := received(ctx, c.log).(type) {
	case *actor.Started:
		c.send(ctx)
	case *actor.Stopped:
		c.timer.Stop()
	case recordTimesReply:
		c.onReply(ctx, m, m.Err)
	case changeStateReply:
		c.onReply(ctx, m, m.Err)
	case ruledReply:
		c.onReply(ctx, m, m.Err)
	case tick:
		switch {
		case c.effort.over():
			c.onReply(ctx, nil, nil)
		case c.effort.due(c.place):
			c.metrics.retries.Inc()
			c.send(ctx)
		default:
			c.timer = tickIn(ctx, tickEvery)
		}
	}
}

func (c *caller) send(ctx actor.Context) {
	c.effort.sent(c.place)
	ctx.Request(c.owners, c.route)
	c.timer = tickIn(ctx, tickEvery)
}

func (c *caller) onReply(ctx actor.Context, m any, err error) {
	if isElsewhere(err) {
		c.effort.refused()
		return
	}
	select {
	case c.answer <- m:
	default: // a second answer, of an earlier try
	}
	ctx.Stop(ctx.Self())
}

// call sends m to a competition and waits for the answer, nil when there was
// none in time.
func (s *System) call(ctx context.Context, m route) any {
	answer := make(chan any, 1)
	c := &caller{deps: s.deps, owners: s.owners, route: m, effort: newEffort(), answer: answer}
	pid := s.sys.Root.Spawn(actor.PropsFromProducer(func() actor.Actor { return c }, actor.WithGuardian(stopStrategy())))
	select {
	case res := <-answer:
		return res
	case <-ctx.Done():
		s.sys.Root.Stop(pid)
		return nil
	}
}
