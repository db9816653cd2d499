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
	Audit       []race.AuditEntry // by ID, without rulings
	Links       []race.Link       // by FirstSeq
	Digest      race.Digest       // that the next link goes on from: of the last one
}

// Evidence returns what the results of an archive are made of.
func (a Archive) Evidence() race.Evidence {
	return race.Evidence{Competition: a.Competition, Teams: a.Teams, Records: a.Records, Rulings: a.Rulings}
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
	Grants     []race.Grant      // by organizer, then competition
	Audit      []race.AuditEntry // by ID: what is about no competition that there is
	// GrantAll makes Restore give every organizer who is no superuser all
	// competitions instead of Grants: the rows are older than grants.
	GrantAll bool
}
