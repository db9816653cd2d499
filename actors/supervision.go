package actors

import "github.com/asynkron/protoactor-go/actor"

// A panicking child is stopped, never resumed with a state that nobody can
// vouch for: a competition is activated again from the store by the next
// message, a session's socket is closed and the phone connects again.
func stopOnPanic() actor.PropsOption { return actor.WithSupervisor(stopStrategy()) }

func stopStrategy() actor.SupervisorStrategy {
	return actor.NewOneForOneStrategy(0, 0, func(any) actor.Directive { return actor.StopDirective })
}

// restartStrategy is for owners, sessions and hub: without them the node is of
// no use.
func restartStrategy() actor.SupervisorStrategy {
	return actor.NewOneForOneStrategy(10, 0, func(any) actor.Directive { return actor.RestartDirective })
}
