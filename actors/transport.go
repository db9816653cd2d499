package actors

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

// Router names the actor of each node that passes messages on to competitions.
const Router = "owners"

// The actors that other nodes know by name.
const (
	ownersName   = Router
	sessionsName = "sessions"
	hubName      = "hub"
)

// codeElsewhere says that the competition is not here, or no longer: the caller
// asks again, of whoever owns it by then. It never leaves the actors.
const codeElsewhere race.Code = "en_otro_nodo"

func elsewhere() error { return race.Errorf(codeElsewhere, "La competencia está en otro nodo") }

func isElsewhere(err error) bool { return race.CodeOf(err) == codeElsewhere }

// tell sends m to an actor that may be on another node.
func tell(ctx actor.Context, to *actor.PID, m any) {
	if to.Address == ctx.Self().Address {
		ctx.Request(to, m)
		return
	}
	w := toWire(m)
	if w == nil { // a new message without a line in toWire
		panic(fmt.Sprintf("%T does not cross nodes", m))
	}
	ctx.Request(to, w)
}

// received returns the message of ctx as the actors know it, nil for one that
// makes no sense.
func received(ctx actor.Context, log *slog.Logger) any {
	m, err := fromWire(ctx.Message())
	if err != nil {
		log.Error("message of another node ignored", "error", err, "sender", ctx.Sender().String())
		return nil
	}
	return m
}

// tickIn sends a tick to the actor of ctx after d.
func tickIn(ctx actor.Context, d time.Duration) *time.Timer {
	self, root := ctx.Self(), ctx.ActorSystem().Root
	return time.AfterFunc(d, func() { root.Send(self, tick{}) })
}
