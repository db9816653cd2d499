package race

import "time"

// Activation is what an owner loads: the state of its competition and the epoch
// under which it may write.
type Activation struct {
	Competition Competition
	Epoch       int64
	Stream      int64 // names the event history; constant for a competition
	Seq, Event  int64 // number of the last record and of the last event
	Teams       []Team
	Held        map[TeamID]int // refused marks kept
	Records     []TimeRecord   // counted ones, by Seq
	Adjustments map[TeamID]Adjustment
}

// Batch is what an owner asks to store at once; one Link covers what is stored
// of it.
type Batch struct {
	Competition CompetitionID
	Epoch       int64
	Requests    []Request
}

// Transition starts or stops a competition.
type Transition struct {
	Competition CompetitionID
	Epoch       int64
	Start       bool      // else stop
	At          time.Time // of the gun or the stop
	Author      string    // user name of the organizer, for the audit log
	Reason      string
}

// Credential is an account's password hash.
type Credential struct {
	ID     int64
	Hash   string
	Active bool
}

// TeamFilter narrows a list of teams; zero fields do not.
type TeamFilter struct {
	Competition CompetitionID
	Judge       JudgeID
}

// TeamRow is a team with the names that lists show.
type TeamRow struct {
	Team
	CompetitionName string
	JudgeUsername   string // empty without a judge
}
