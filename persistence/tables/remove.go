package tables

import (
	"context"
	"database/sql"

	"server5k/persistence"
	"server5k/race"
)

const (
	anyRunningQuery = `SELECT EXISTS (SELECT 1 FROM competitions WHERE running)`
	guardAllQuery   = `INSERT INTO purge_guard (competition_id) SELECT id FROM competitions`
	lockAllQuery    = `UPDATE competitions SET epoch = epoch`
	guardQuery      = `INSERT INTO purge_guard (competition_id) VALUES ($1)`
	emptyQuery      = `SELECT NOT EXISTS (SELECT 1 FROM organizers) AND NOT EXISTS (SELECT 1 FROM judges)
AND NOT EXISTS (SELECT 1 FROM competitions)`
)

// Clear removes competitions, teams, judges and records; organizers stay. It
// fails with race.CodeAlreadyRuns while a competition runs. Ids are not used
// again.
func (t *Tables) Clear(ctx context.Context) (persistence.Counts, error) {
	var n persistence.Counts
	err := t.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		// So that none starts between the look and the deletion.
		if _, err := tx.ExecContext(ctx, lockAllQuery); err != nil {
			return err
		}
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
		if n, err = t.dialect.RemoveGuarded(ctx, tx); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `DELETE FROM judges`)
		if err != nil {
			return err
		}
		judges, err := res.RowsAffected()
		n.Judges = int(judges)
		return err
	})
	if err != nil {
		return persistence.Counts{}, named(err, "clear database")
	}
	return n, nil
}

// Purge deletes a finished competition with its teams and records. It fails with
// race.CodeAlreadyRuns while it runs, race.CodeInvalidValue when it never
// finished and race.ErrNotFound.
func (t *Tables) Purge(ctx context.Context, id race.CompetitionID) (persistence.Counts, error) {
	var n persistence.Counts
	err := t.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := lock(ctx, tx, id); err != nil {
			return err
		}
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
		n, err = t.dialect.RemoveGuarded(ctx, tx)
		return err
	})
	if err != nil {
		return persistence.Counts{}, named(err, "purge competition %d", id)
	}
	return n, nil
}

// Empty says whether the database has no organizer, judge or competition.
func (t *Tables) Empty(ctx context.Context) (bool, error) {
	var empty bool
	err := t.reader.QueryRowContext(ctx, emptyQuery).Scan(&empty)
	return empty, named(err, "look for rows")
}
