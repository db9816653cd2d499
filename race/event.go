package race

import "time"

// EventKind names what happened.
type EventKind uint8

// The events of a competition.
const (
	CompetitionStarted EventKind = iota + 1
	CompetitionStopped
	TimesRecorded // or a ruling changed the total of one team
	RulingMade    // which no total shows
)

// Event is something that happened in a competition, for whoever listens. Seq
// is gapless per competition and Stream names the history it counts in: a
// listener that has seen Seq n of the same Stream has missed nothing when the
// next one is n+1.
type Event struct {
	Kind        EventKind
	Seq         int64
	Stream      int64
	Competition Competition // as it is after the event
	At          time.Time
	Total       TeamTotal // TimesRecorded only
	// Origin is the session whose records the event announces, if it was a
	// single one; it has its acknowledgement and needs no news of itself.
	Origin string
}

// TeamTotal is what a team has on record.
type TeamTotal struct {
	Team      Team
	Records   int           // that count
	Absent    int           // of them, runners who did not run
	Elapsed   time.Duration // their official sum: Standing.Total
	Status    TeamStatus
	Concealed bool // the public is told nothing of it
}

// Snapshot is the state of a competition after event Seq.
type Snapshot struct {
	Competition Competition
	Seq         int64
	Stream      int64
	Totals      []TeamTotal // by bib
}
