// Package persistence stores competitions and their records. Store is all that
// a driver offers; persistence/sqlite and persistence/postgres implement it,
// persistence/tables has what they share, and persistence/storetest is the
// contract that each must pass. A driver starts no goroutines of its own beyond
// those of its database pools, which end with Close.
package persistence

import (
	"context"
	"iter"
	"time"

	"server5k/race"
)

// JudgeRow is a judge to be created, with a password hash.
type JudgeRow struct {
	race.Judge
	PasswordHash string
}

// OrganizerRow is an organizer to be created, with a password hash.
type OrganizerRow struct {
	race.Organizer
	PasswordHash string
}

// Dump is a set of rows to add at once, all or nothing. Ids that are 0 are
// given by the store and unique in the dump only where nothing refers to them.
type Dump struct {
	Organizers   []OrganizerRow
	Judges       []JudgeRow
	Competitions []race.Competition
	Teams        []race.Team
	Records      []race.TimeRecord // counted ones
}

// Counts says how many rows of each kind something touched.
type Counts struct{ Organizers, Judges, Competitions, Teams, Records int }

// Store is one database. All methods may be called from any goroutine. A method
// that finds no row returns race.ErrNotFound. Nothing is acknowledged before it
// is durable.
type Store interface {
	Office
	Webhooks

	// Activate takes a competition over: it raises the epoch, so that writes
	// under an older one fail with race.ErrFenced, and loads the state. Teams
	// whose judge is inactive come with Judge 0. race.ErrFenced when another
	// owner took it over at the same time.
	Activate(ctx context.Context, id race.CompetitionID) (race.Activation, error)
	// Confirm says whether the epoch of an owner still holds: nil, race.ErrFenced
	// when another took over, race.ErrNotFound without the competition.
	Confirm(ctx context.Context, id race.CompetitionID, epoch int64) error
	// Append decides a batch with race.Ledger on the state that is stored and
	// stores what it decides in one transaction, with one race.Link over it. It
	// fails with race.ErrFenced under a stale epoch. After any other error the
	// outcome is unknown and the same batch may be sent again. Also returns the
	// teams that the batch touched as stored now.
	//
	// A request with a value that the database does not take is poison: its reply
	// and all its outcomes carry race.CodeInvalidValue and nothing of it is
	// stored. The other requests are stored then, in their order but in more than
	// one transaction, so that even race.ErrFenced may come after a part of them
	// is stored.
	Append(ctx context.Context, b race.Batch) (race.Decision, []race.Team, error)
	// Transition starts or stops; it returns the competition and the number of
	// the event. race.CodeAlreadyRuns, race.CodeNotRunning, race.ErrFenced.
	Transition(ctx context.Context, t race.Transition) (race.Competition, int64, error)

	Competition(ctx context.Context, id race.CompetitionID) (race.Competition, error)
	// Competitions lists all, newest ScheduledAt first, then by id; with a judge
	// only those of the judge's teams.
	Competitions(ctx context.Context, judge race.JudgeID) ([]race.Competition, error)
	Team(ctx context.Context, id race.TeamID) (race.TeamRow, error)
	// Teams lists by bib, then id.
	Teams(ctx context.Context, f race.TeamFilter) ([]race.TeamRow, error)
	// TeamRecords lists the counted records of a team by time, then slot.
	TeamRecords(ctx context.Context, id race.TeamID) ([]race.TimeRecord, error)
	// Records lists the counted records of a competition by Seq.
	Records(ctx context.Context, id race.CompetitionID) ([]race.TimeRecord, error)
	// Held lists the refused marks that were kept, by Seq.
	Held(ctx context.Context, id race.CompetitionID) ([]race.TimeRecord, error)

	Judge(ctx context.Context, id race.JudgeID) (race.Judge, error)
	// JudgeCredential finds by user name, exactly, or else by e-mail, case
	// ignored; the lowest id wins. race.ErrNotFound.
	JudgeCredential(ctx context.Context, login string) (race.Credential, race.Judge, error)
	SetJudgePassword(ctx context.Context, id race.JudgeID, hash string) error
	Organizer(ctx context.Context, id race.OrganizerID) (race.Organizer, error)
	OrganizerCredential(ctx context.Context, login string) (race.Credential, race.Organizer, error)
	SetOrganizerPassword(ctx context.Context, id race.OrganizerID, hash string) error

	// RevokeToken makes a token id invalid until it expires; true the first time.
	RevokeToken(ctx context.Context, id string, expires time.Time) (bool, error)
	TokenRevoked(ctx context.Context, id string) (bool, error)

	// Add stores a dump, all or nothing; keys that exist fail and name the row.
	// With dryRun everything is checked and rolled back.
	Add(ctx context.Context, d Dump, dryRun bool) (Counts, error)
	// Clear removes competitions, teams, judges and records; organizers stay.
	// It refuses while a competition runs.
	Clear(ctx context.Context) (Counts, error)
	// Finished lists competitions that finished before t, do not run and have
	// not been purged.
	Finished(ctx context.Context, before time.Time) ([]race.Competition, error)
	// Purge deletes a whole finished competition with its teams and records:
	// the one guarded path that deletes. The caller has written an export.
	Purge(ctx context.Context, id race.CompetitionID) (Counts, error)
	// Accounts returns all accounts, categories and revoked tokens.
	Accounts(ctx context.Context) (Accounts, error)
	// Archive returns all that is stored of a competition, as of one instant.
	Archive(ctx context.Context, id race.CompetitionID) (Archive, error)
	// Restore fills an empty database with exactly these rows, all or nothing;
	// it fails with race.CodeConflict when there is an organizer, a judge or a
	// competition. It takes one archive at a time.
	Restore(ctx context.Context, accounts Accounts, competitions iter.Seq2[Archive, error]) (Counts, error)
	// Empty says whether the database has no organizer, judge or competition.
	Empty(ctx context.Context) (bool, error)
	// Ping says whether the database answers.
	Ping(ctx context.Context) error
	Close() error
}
