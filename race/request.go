package race

import "time"

// Request is what one message of a judge asks to store: 1 to MaxTeamSize
// records of one team.
type Request struct {
	Judge   JudgeID
	Team    TeamID
	Records []TimeRecord
	Atomic  bool // all or nothing, as the REST call promises
}

// Outcome is the answer for one record.
type Outcome struct {
	ID         RecordID
	Elapsed    time.Duration
	ReceivedAt time.Time
	Duplicate  bool  // it was stored before
	Err        error // nil when it is now stored; else an *Error
	Held       bool  // refused, but kept for the organizer
}

// Stored says whether the record is durable and counts.
func (o Outcome) Stored() bool { return o.Err == nil }

// Reply answers a Request. Team is the zero value when it does not exist. Err
// is set when nothing was stored because of the request as a whole (the team,
// the state of the race, an atomic request with a bad record); then every
// outcome that is not stored carries a reason too, CodeWithheld for one that
// was good itself.
type Reply struct {
	Team     Team
	Outcomes []Outcome // one for each record, in order
	Err      error
}

// Refuse returns a reply that refuses every record of q for the same reason.
func Refuse(q Request, team Team, err error) Reply {
	r := Reply{Team: team, Err: err, Outcomes: make([]Outcome, len(q.Records))}
	for i, rec := range q.Records {
		r.Outcomes[i] = Outcome{ID: rec.ID, Elapsed: rec.Elapsed, ReceivedAt: rec.ReceivedAt, Err: err}
	}
	return r
}
