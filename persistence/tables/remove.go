package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"server5k/persistence"
	"server5k/race"
)

const (
	anyRunningQuery = `SELECT EXISTS (SELECT 1 FROM competitions WHERE running)`
	guardAllQuery   = `INSERT INTO purge_guard (competition_id) SELECT id FROM competitions`
	guardQuery      = `INSERT INTO purge_guard (competition_id) VALUES (?)`
	unguardQuery    = `DELETE FROM purge_guard`
	emptyQuery      = `SELECT NOT EXISTS (SELECT 1 FROM organizers) AND NOT EXISTS (SELECT 1 FROM judges)
AND NOT EXISTS (SELECT 1 FROM competitions)`
)

// Clear removes competitions, teams, judges and records; organizers stay. It
// fails with race.CodeAlreadyRuns while a competition runs. Ids are not used
// again.
func (s *Store) Clear(ctx context.Context) (persistence.Counts, error) {
	var n persistence.Counts
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var running bool
		if err := tx.QueryRowContext(ctx, anyRunningQuery).Scan(&running); err != nil {
			return err
		}
		if running {
			return race.Errorf(race.CodeAlreadyRuns, "Hay una competencia en curso")
		}
		if _, err := tx.ExecContext(ctx, guardAllQuery); err != nil {
			return err
		}
		if err := removeGuarded(ctx, tx, &n); err != nil {
			return err
		}
		return remove(ctx, tx, &n.Judges, `DELETE FROM judges`)
	})
	if err != nil {
		return persistence.Counts{}, named(err, "clear database")
	}
	return n, nil
}

// Purge deletes a finished competition with its teams and records. It fails with
// race.CodeAlreadyRuns while it runs, race.CodeInvalidValue when it never
// finished and race.ErrNotFound.
func (s *Store) Purge(ctx context.Context, id race.CompetitionID) (persistence.Counts, error) {
	var n persistence.Counts
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		c, err := scanCompetition(tx.QueryRowContext(ctx, competitionQuery, id))
		switch {
		case err != nil:
			return err
		case c.Running:
			return race.Errorf(race.CodeAlreadyRuns, "La competencia %d está en curso", id)
		case c.FinishedAt.IsZero():
			return race.Errorf(race.CodeInvalidValue, "La competencia %d no ha terminado", id)
		}
		if _, err := tx.ExecContext(ctx, guardQuery, id); err != nil {
			return err
		}
		return removeGuarded(ctx, tx, &n)
	})
	if err != nil {
		return persistence.Counts{}, named(err, "purge competition %d", id)
	}
	return n, nil
}

// removeGuarded deletes the competitions in purge_guard with all that is theirs
// and empties the guard. Records counts both counted and held ones.
func removeGuarded(ctx context.Context, tx *sql.Tx, n *persistence.Counts) error {
	const guarded = ` IN (SELECT competition_id FROM purge_guard)`
	var decisions, guards int
	for _, step := range []struct {
		count *int
		query string
	}{
		{&n.Records, `DELETE FROM time_records WHERE competition_id` + guarded},
		{&decisions, `DELETE FROM decisions WHERE competition_id` + guarded},
		{&n.Teams, `DELETE FROM teams WHERE competition_id` + guarded},
		{&n.Competitions, `DELETE FROM competitions WHERE id` + guarded},
		{&guards, unguardQuery},
	} {
		if err := remove(ctx, tx, step.count, step.query); err != nil {
			return err
		}
	}
	return nil
}

func remove(ctx context.Context, tx *sql.Tx, count *int, query string) error {
	res, err := tx.ExecContext(ctx, query)
	if err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	n, err := res.RowsAffected()
	*count = int(n)
	return err
}

// Empty says whether the database has no organizer, judge or competition.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	var empty bool
	err := s.reader.QueryRowContext(ctx, emptyQuery).Scan(&empty)
	return empty, named(err, "look for rows")
}
