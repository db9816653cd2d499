package persistence

import (
	"time"

	"server5k/race"
)

// DecisionRow is one row of the append-only log of what organizers decided.
type DecisionRow struct {
	ID     int64
	Kind   string // start, stop
	Event  int64  // number of the event that announced it, 0 none
	Team   race.TeamID
	Record string // UUID of the record that it is about, empty if none
	Value  string
	Author string
	At     time.Time
	Reason string
	Undoes int64 // id of the decision that it takes back, 0 none
}

// Archive is all that is stored of one competition, as of one instant.
type Archive struct {
	Competition race.Competition
	Epoch       int64
	Stream      int64
	Seq, Event  int64
	Teams       []race.Team       // by bib, with their judges as assigned
	Records     []race.TimeRecord // counted and held, by Seq
	Decisions   []DecisionRow     // by ID
	Links       []race.Link       // by FirstSeq
	Digest      race.Digest       // that the next link goes on from: of the last one
}

// CategoryRow is a category with its name for people.
type CategoryRow struct {
	Code race.Category
	Name string
}

// RevokedToken is a token id that is invalid until it expires.
type RevokedToken struct {
	ID        string
	ExpiresAt time.Time
}

// Accounts is all that is stored beside the competitions.
type Accounts struct {
	Organizers []OrganizerRow
	Judges     []JudgeRow
	Categories []CategoryRow
	Revoked    []RevokedToken
}
