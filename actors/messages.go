package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

// To the owners: pass the message on to the competition, wherever it is. The
// competition answers the sender.
type route struct {
	Competition race.CompetitionID
	Message     any
}

// routed is a route that another node has passed on; it is not passed on again.
type routed struct{ route }

// To a competition; they cross nodes.
type (
	recordTimes struct {
		Request race.Request
		Origin  string
		Key     uint64 // the sender's, echoed
	}
	recordTimesReply struct {
		Key   uint64
		Reply race.Reply
		Err   error // CodeUnavailable, CodeNoCompetition, codeElsewhere
	}
	changeState struct{ race.Transition }

	changeStateReply struct {
		Competition race.Competition
		Err         error
	}
	// rule asks for a ruling; sent again, its key makes it the same one.
	rule struct {
		race.Order
		Ticket uint64 // the sender's, echoed
	}

	ruledReply struct {
		Ticket uint64
		race.Ruled
		Err error
	}
	// subscribe says what the hub has seen, zero for nothing yet.
	subscribe struct{ stream, seq int64 }
)

// From a competition to the hubs; they cross nodes.
type (
	current  struct{ id race.CompetitionID } // the hub has seen all there is
	snapshot struct{ race.Snapshot }
	event    struct{ race.Event }
	// subscriptionOver comes from a competition that gives up.
	subscriptionOver struct {
		id    race.CompetitionID
		final bool // the competition does not exist
	}
)

// Within a node.
type (
	drain   struct{}
	drained struct{ id string } // of the session or competition; empty from the owners and the sessions
	// rebalance says that the placement has changed.
	rebalance struct{}
	// handOver tells a competition that another node owns it now.
	handOver struct{}
	// gone comes to the owners from a competition that gives up.
	gone struct {
		id     race.CompetitionID
		pid    *actor.PID
		fenced bool // somebody else has taken over
	}
)

// From a competition's own goroutines to itself.
type (
	activated struct {
		state race.Activation
		err   error
		at    time.Time // when the store was asked
	}
	committed struct {
		decision race.Decision
		teams    []race.Team
		err      error
		took     time.Duration
	}
	changed struct {
		competition race.Competition
		event       int64
		err         error
	}
	decided struct {
		ruled race.Ruled
		err   error
	}
	confirmed struct {
		err error
		at  time.Time // when the store was asked
	}
)

// To the recorder.
type (
	commit  struct{ batch race.Batch }
	advance struct{ transition race.Transition }
	decide  struct{ order race.Order }
	confirm struct{ epoch int64 }
)

// To the hub.
type watch struct{ id race.CompetitionID }

// Between the owners of two nodes. sentAt counts from the start of the sender.
type (
	ping struct{ sentAt time.Duration }
	pong struct{ sentAt time.Duration }
)

// To the sessions and a session.
type (
	sessionOpened struct {
		judge race.JudgeID
		id    string
		pid   *actor.PID
	}
	sessionClosed struct {
		judge race.JudgeID
		id    string
	}
	closeJudge struct{ judge race.JudgeID }
	submit     struct {
		ticket  any
		request race.Request
	}
	ask struct {
		ticket any
		order  race.Order
	}
	echo   struct{ ticket any }
	revoke struct{}
	// askPresence asks the sessions of a node for the devices that are connected.
	askPresence   struct{}
	presenceReply struct{ devices []race.Presence }
	located       struct {
		key uint64
		row race.TeamRow
		err error
	}
	// tick is what a timer sends to its own actor.
	tick struct{}
)
