package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

// To the owners: pass the message on to the competition, which answers the
// sender.
type route struct {
	Competition race.CompetitionID
	Message     any
}

// To a competition.
type (
	recordTimes struct {
		Request race.Request
		Origin  string
		Key     uint64 // the sender's, echoed
	}
	recordTimesReply struct {
		Key   uint64
		Reply race.Reply
		Err   error // CodeUnavailable, CodeNoCompetition
	}
	changeState struct{ race.Transition }

	changeStateReply struct {
		Competition race.Competition
		Err         error
	}
	subscribe struct{}
	drain     struct{}
	drained   struct{ session string } // empty from a competition
)

// From a competition's own goroutines to itself.
type (
	activated struct {
		state race.Activation
		err   error
	}
	committed struct {
		decision race.Decision
		teams    []race.Team
		err      error
	}
	changed struct {
		competition race.Competition
		event       int64
		err         error
	}
)

// From a competition that gives up, to the owners and the hub.
type (
	gone struct {
		id  race.CompetitionID
		pid *actor.PID
	}
	subscriptionOver struct {
		id    race.CompetitionID
		final bool // the competition does not exist
	}
)

// To the recorder.
type (
	commit  struct{ batch race.Batch }
	advance struct{ transition race.Transition }
)

// To the hub.
type (
	watch    struct{ id race.CompetitionID }
	snapshot struct{ race.Snapshot }
	event    struct{ race.Event }
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
	echo    struct{ ticket any }
	revoke  struct{}
	located struct {
		key uint64
		row race.TeamRow
		err error
	}
	tick struct{}
)
