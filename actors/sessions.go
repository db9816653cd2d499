package actors

import (
	"log/slog"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

// sessions knows the live sessions of the node.
type sessions struct {
	log     *slog.Logger
	byJudge map[race.JudgeID]map[string]*actor.PID
	devices func() []race.Presence
	drainer *actor.PID
	waiting map[string]bool // sessions that have not drained yet
}

func (s *sessions) Receive(ctx actor.Context) {
	switch m := received(ctx, s.log).(type) {
	case sessionOpened:
		if s.byJudge[m.judge] == nil {
			s.byJudge[m.judge] = map[string]*actor.PID{}
		}
		s.byJudge[m.judge][m.id] = m.pid
	case sessionClosed:
		delete(s.byJudge[m.judge], m.id)
		if len(s.byJudge[m.judge]) == 0 {
			delete(s.byJudge, m.judge)
		}
		s.onDrained(ctx, m.id) // it has nobody left to answer
	case closeJudge:
		for _, pid := range s.byJudge[m.judge] {
			ctx.Send(pid, revoke{})
		}
	case drain:
		s.drainer, s.waiting = ctx.Sender(), map[string]bool{}
		for _, list := range s.byJudge {
			for id, pid := range list {
				s.waiting[id] = true
				ctx.Request(pid, drain{})
			}
		}
		s.onDrained(ctx, "")
	case drained:
		s.onDrained(ctx, m.id)
	case askPresence:
		var reply presenceReply
		if s.devices != nil {
			reply.devices = s.devices()
		}
		tell(ctx, ctx.Sender(), reply)
	}
}

func (s *sessions) onDrained(ctx actor.Context, id string) {
	delete(s.waiting, id)
	if len(s.waiting) == 0 && s.drainer != nil {
		ctx.Send(s.drainer, drained{})
		s.drainer = nil
	}
}
