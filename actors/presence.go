package actors

import (
	"context"
	"errors"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

// presenceTimeout is how long a node may take to say who is connected to it.
// Without its answer the others' are good enough: somebody looks every few seconds.
const presenceTimeout = time.Second

// Presence returns the judges' devices that are connected, on all nodes, in no
// order. It fails with race.CodeUnavailable when not even this node answers.
func (s *System) Presence(ctx context.Context) ([]race.Presence, error) {
	left := presenceTimeout
	if d, ok := ctx.Deadline(); ok {
		left = min(left, time.Until(d))
	}
	asked := []*actor.Future{s.sys.Root.RequestFuture(s.sessions, askPresence{}, left)}
	for _, address := range s.place.Nodes() {
		if address != s.sys.Address() {
			asked = append(asked, s.sys.Root.RequestFuture(actor.NewPID(address, sessionsName), toWire(askPresence{}), left))
		}
	}
	var out []race.Presence
	answers := 0
	for i, f := range asked {
		res, err := f.Result()
		if err == nil {
			res, err = fromWire(res)
		}
		reply, ok := res.(presenceReply)
		if err != nil || !ok {
			if !errors.Is(err, actor.ErrTimeout) || i == 0 {
				s.log.Warn("node does not say who is connected", "error", err)
			}
			continue
		}
		answers++
		out = append(out, reply.devices...)
	}
	if answers == 0 {
		return nil, unavailable()
	}
	return out, nil
}
