package sqlite

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"

	"server5k/persistence"
	"server5k/race"
)

// An id of 0 is stored as NULL, for which SQLite makes the next one.
const (
	addOrganizer = `INSERT INTO organizers (id, username, email, superuser, active, password_hash, created_at)
VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?)`
	addJudge = `INSERT INTO judges (id, username, first_name, last_name, email, active, password_hash, created_at)
VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?)`
	addCompetition = `INSERT INTO competitions (id, name, scheduled_at, active, running, started_at, finished_at, team_size, rounding, stream)
VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	addCategory = `INSERT INTO categories (code, name) VALUES (?, ?) ON CONFLICT (code) DO NOTHING`
	addTeam     = `INSERT INTO teams (id, competition_id, judge_id, name, bib, category) VALUES (nullif(?, 0), ?, ?, ?, ?, ?)`

	fenceQuery = `UPDATE competitions SET epoch = epoch + 1 WHERE id IN (SELECT value FROM json_each(?))`
)

// errDryRun rolls a dry run back.
var errDryRun = errors.New("dry run")

// Add stores a dump, all or nothing; a key that exists fails and names the row.
// With dryRun everything is checked and rolled back.
//
// Missing settings of a competition get their defaults and an unknown category
// is made. Records are numbered by ReceivedAt, then Elapsed, with one event for
// each team, and take the free slots of their team in that order; their own
// State, Slot, Seq and Event do not matter. A competition that gains teams or
// records is fenced: its owner has to activate it again.
func (s *Store) Add(ctx context.Context, d persistence.Dump, dryRun bool) (persistence.Counts, error) {
	var n persistence.Counts
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		a := &adding{tx: tx, changed: map[race.CompetitionID]bool{}}
		if n, err = a.run(ctx, d); err == nil && dryRun {
			return errDryRun
		}
		return err
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return persistence.Counts{}, named(err, "add rows")
	}
	return n, nil
}

// adding is one run of Add.
type adding struct {
	tx      *sql.Tx
	changed map[race.CompetitionID]bool // gained teams or records
}

func (a *adding) run(ctx context.Context, d persistence.Dump) (persistence.Counts, error) {
	for _, step := range []func() error{
		func() error { return a.organizers(ctx, d.Organizers) },
		func() error { return a.judges(ctx, d.Judges) },
		func() error { return a.competitions(ctx, d.Competitions) },
		func() error { return a.teams(ctx, d.Teams) },
		func() error { return a.records(ctx, d.Records) },
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
	return insertEach(ctx, a.tx, addOrganizer, rows, func(o persistence.OrganizerRow) (string, []any) {
		return fmt.Sprintf("el organizador %d %q", o.ID, o.Username),
			[]any{o.ID, o.Username, o.Email, o.Superuser, o.Active, o.PasswordHash, toMicros(o.CreatedAt)}
	})
}

func (a *adding) judges(ctx context.Context, rows []persistence.JudgeRow) error {
	return insertEach(ctx, a.tx, addJudge, rows, func(j persistence.JudgeRow) (string, []any) {
		return fmt.Sprintf("el juez %d %q", j.ID, j.Username),
			[]any{j.ID, j.Username, j.FirstName, j.LastName, j.Email, j.Active, j.PasswordHash, toMicros(j.CreatedAt)}
	})
}

func (a *adding) competitions(ctx context.Context, rows []race.Competition) error {
	return insertEach(ctx, a.tx, addCompetition, rows, func(c race.Competition) (string, []any) {
		return fmt.Sprintf("la competencia %d %q", c.ID, c.Name), []any{
			c.ID, c.Name, toMicros(c.ScheduledAt), c.Active, c.Running, toMicros(c.StartedAt), toMicros(c.FinishedAt),
			cmp.Or(c.TeamSize, race.DefaultTeamSize), cmp.Or(c.Rounding, race.RoundRaw), newStream(),
		}
	})
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
	if err := insertEach(ctx, a.tx, addCategory, categories, func(c race.Category) (string, []any) {
		return fmt.Sprintf("la categoría %q", c), []any{c, c.Label()}
	}); err != nil {
		return err
	}
	return insertEach(ctx, a.tx, addTeam, rows, func(t race.Team) (string, []any) {
		return fmt.Sprintf("el equipo %d %q con dorsal %d de la competencia %d", t.ID, t.Name, t.Bib, t.Competition),
			[]any{t.ID, t.Competition, orNull(t.Judge), t.Name, t.Bib, t.Category}
	})
}

// fence ends the epoch of the owners whose state is out of date now.
func (a *adding) fence(ctx context.Context) error {
	ids, err := list(sortedKeys(a.changed))
	if err != nil {
		return err
	}
	_, err = a.tx.ExecContext(ctx, fenceQuery, ids)
	return err
}

// insertEach runs one insert for each row; an error names the row.
func insertEach[T any](ctx context.Context, tx *sql.Tx, query string, rows []T, args func(T) (name string, values []any)) (err error) {
	if len(rows) == 0 {
		return nil
	}
	insert, err := tx.PrepareContext(ctx, query)
	if err != nil {
		return fmt.Errorf("prepare %q: %w", query, err)
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for _, row := range rows {
		name, values := args(row)
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return broken(err, "%s", name)
		}
	}
	return nil
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
