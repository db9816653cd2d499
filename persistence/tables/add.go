package tables

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"server5k/persistence"
	"server5k/race"
)

const (
	organizerInsert = `username, email, superuser, active, password_hash, created_at, viewer, signed_out_at)
VALUES (%s, $2, $3, $4, $5, $6, $7, $8, $9)`
	judgeInsert = `username, first_name, last_name, email, active, password_hash, created_at, signed_out_at)
VALUES (%s, $2, $3, $4, $5, $6, $7, $8, $9)`
	competitionInsert = `name, scheduled_at, active, running, started_at, finished_at, team_size, rounding, clock_policy,
stream) VALUES (%s, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	teamInsert = `competition_id, judge_id, name, bib, category) VALUES (%s, $2, $3, $4, $5, $6)`

	addCategory = `INSERT INTO categories (code, name) VALUES ($1, $2) ON CONFLICT (code) DO NOTHING`
	addGrant    = `INSERT INTO grants (organizer_id, competition_id) SELECT id, CAST($1 AS bigint) FROM organizers WHERE username = $2`
	fenceQuery  = `UPDATE competitions SET epoch = epoch + 1 WHERE id = $1`
)

// errDryRun rolls a dry run back.
var errDryRun = errors.New("dry run")

// Add stores a dump, all or nothing; a key that exists fails and names the row.
// With dryRun everything is checked and rolled back.
//
// An organizer of the dump who is no superuser is granted the competitions of the
// dump that have an id.
//
// Missing settings of a competition get their defaults and an unknown category
// is made. Records are numbered by ReceivedAt, then Elapsed, with one event for
// each team, and take the free slots of their team in that order; their own
// State, Slot, Seq and Event do not matter. A competition that gains teams or
// records is fenced: its owner has to activate it again.
func (t *Tables) Add(ctx context.Context, d persistence.Dump, dryRun bool) (persistence.Counts, error) {
	var n persistence.Counts
	err := t.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		a := &adding{inserter: inserter{t, tx}, changed: map[race.CompetitionID]bool{}}
		if n, err = a.run(ctx, d); err != nil {
			return err
		}
		if dryRun {
			return errDryRun
		}
		return t.syncIDs(ctx, tx)
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return persistence.Counts{}, named(err, "add rows")
	}
	return n, nil
}

// adding is one run of Add.
type adding struct {
	inserter
	changed map[race.CompetitionID]bool // gained teams or records
}

func (a *adding) run(ctx context.Context, d persistence.Dump) (persistence.Counts, error) {
	for _, step := range []func() error{
		func() error { return a.organizers(ctx, d.Organizers) },
		func() error { return a.judges(ctx, d.Judges) },
		func() error { return a.competitions(ctx, d.Competitions) },
		func() error { return a.teams(ctx, d.Teams) },
		func() error { return a.records(ctx, d.Records) },
		func() error { return a.grants(ctx, d) },
		func() error { return a.fence(ctx) },
	} {
		if err := step(); err != nil {
			return persistence.Counts{}, err
		}
	}
	return persistence.Counts{
		Organizers: len(d.Organizers), Judges: len(d.Judges), Competitions: len(d.Competitions),
		Teams: len(d.Teams), Records: len(d.Records),
	}, nil
}

func (a *adding) organizers(ctx context.Context, rows []persistence.OrganizerRow) error {
	return insertGivenFirst(ctx, a.inserter, a.insertWithID("organizers", organizerInsert), rows,
		func(o persistence.OrganizerRow) int64 { return int64(o.ID) }, organizerArgs)
}

func (a *adding) judges(ctx context.Context, rows []persistence.JudgeRow) error {
	return insertGivenFirst(ctx, a.inserter, a.insertWithID("judges", judgeInsert), rows,
		func(j persistence.JudgeRow) int64 { return int64(j.ID) }, judgeArgs)
}

func (a *adding) competitions(ctx context.Context, rows []race.Competition) error {
	return insertGivenFirst(ctx, a.inserter, a.insertWithID("competitions", competitionInsert), rows,
		func(c race.Competition) int64 { return int64(c.ID) }, competitionArgs)
}

func (a *adding) teams(ctx context.Context, rows []race.Team) error {
	var categories []race.Category
	seen := map[race.Category]bool{}
	for _, t := range rows {
		a.changed[t.Competition] = true
		if !seen[t.Category] {
			seen[t.Category] = true
			categories = append(categories, t.Category)
		}
	}
	if err := insertEach(ctx, a.inserter, addCategory, categories, func(c race.Category) (string, []any) {
		return fmt.Sprintf("la categoría %q", c), []any{c, c.Label()}
	}); err != nil {
		return err
	}
	return insertGivenFirst(ctx, a.inserter, a.insertWithID("teams", teamInsert), rows,
		func(t race.Team) int64 { return int64(t.ID) }, teamArgs)
}

// grants lets the organizers work on the competitions that they came with.
func (a *adding) grants(ctx context.Context, d persistence.Dump) error {
	for _, o := range d.Organizers {
		for _, c := range d.Competitions {
			if o.Superuser || c.ID == 0 {
				continue
			}
			if _, err := a.tx.ExecContext(ctx, addGrant, c.ID, o.Username); err != nil {
				return fmt.Errorf("grant competition %d: %w", c.ID, err)
			}
		}
	}
	return nil
}

// fence ends the epoch of the owners whose state is out of date now.
func (a *adding) fence(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(a.changed)) {
		if _, err := a.tx.ExecContext(ctx, fenceQuery, id); err != nil {
			return fmt.Errorf("fence competition %d: %w", id, err)
		}
	}
	return nil
}

// organizerArgs names an organizer and returns the values of its insert.
func organizerArgs(o persistence.OrganizerRow) (string, []any) {
	return fmt.Sprintf("el organizador %d %q", o.ID, o.Username),
		[]any{o.ID, o.Username, o.Email, o.Superuser, o.Active, o.PasswordHash, toMicros(o.CreatedAt), o.Viewer, toMicros(o.SignedOutAt)}
}

func judgeArgs(j persistence.JudgeRow) (string, []any) {
	return fmt.Sprintf("el juez %d %q", j.ID, j.Username),
		[]any{j.ID, j.Username, j.FirstName, j.LastName, j.Email, j.Active, j.PasswordHash, toMicros(j.CreatedAt), toMicros(j.SignedOutAt)}
}

func competitionArgs(c race.Competition) (string, []any) {
	return fmt.Sprintf("la competencia %d %q", c.ID, c.Name), []any{
		c.ID, c.Name, toMicros(c.ScheduledAt), c.Active, c.Running, toMicros(c.StartedAt), toMicros(c.FinishedAt),
		cmp.Or(c.TeamSize, race.DefaultTeamSize), cmp.Or(c.Rounding, race.RoundRaw),
		cmp.Or(c.Clock, race.ClockClient), newStream(),
	}
}

func teamArgs(t race.Team) (string, []any) {
	return fmt.Sprintf("el equipo %d %q con dorsal %d de la competencia %d", t.ID, t.Name, t.Bib, t.Competition),
		[]any{t.ID, t.Competition, orNull(t.Judge), t.Name, t.Bib, t.Category}
}

// newStream makes the name of an event history: random, so that the history of
// a restored or re-created competition is not taken for the old one, and below
// 2^53, so that JavaScript reads it exactly.
func newStream() int64 {
	for {
		var b [8]byte
		rand.Read(b[:]) // never fails
		if n := int64(binary.LittleEndian.Uint64(b[:]) >> 11); n > 0 {
			return n
		}
	}
}
