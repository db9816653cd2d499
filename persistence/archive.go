package persistence

import (
	"time"

	"server5k/race"
)

// Archive is all that is stored of one competition, as of one instant.
type Archive struct {
	Competition race.Competition
	Epoch       int64
	Stream      int64
	Seq, Event  int64
	Teams       []race.Team       // by bib, with their judges as assigned
	Records     []race.TimeRecord // counted and held, by Seq
	Rulings     []race.Ruling     // by ID
	Versions    []race.Version    // by number, with their sheets
	Links       []race.Link       // by FirstSeq
	Digest      race.Digest       // that the next link goes on from: of the last one
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
	Categories []race.CategoryRow
	Revoked    []RevokedToken
}
