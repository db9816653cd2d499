package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"server5k/race"
)

const (
	raiseEpochQuery       = `UPDATE competitions SET epoch = epoch + 1 WHERE id = ? RETURNING stream`
	competitionTeamsQuery = `SELECT ` + heldTeamColumns + ` FROM teams t LEFT JOIN judges j ON j.id = t.judge_id
WHERE t.competition_id = ? ORDER BY t.bib, t.id`
	transitionQuery = `UPDATE competitions SET running = ?, started_at = ?, finished_at = ?, event = ? WHERE id = ? AND epoch = ?`
	insertDecision  = `INSERT INTO decisions (competition_id, kind, event, author, at, reason) VALUES (?, ?, ?, ?, ?, ?)`
)

// owned is a competition with the numbers that its owner counts on from.
type owned struct {
	competition       race.Competition
	epoch, seq, event int64
}

// loadOwned reads ownedQuery; race.ErrNotFound without a row.
func loadOwned(row scanner) (owned, error) {
	var o owned
	var err error
	o.competition, err = scanCompetitionAnd(row, &o.epoch, &o.seq, &o.event)
	if errors.Is(err, sql.ErrNoRows) {
		err = race.ErrNotFound
	}
	return o, err
}

// Activate takes a competition over: it raises the epoch and loads the state in
// the same transaction. Teams come by bib, those whose judge is inactive with
// Judge 0; Held names only teams that have held marks.
func (s *Store) Activate(ctx context.Context, id race.CompetitionID) (race.Activation, error) {
	var a race.Activation
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		a, err = activate(ctx, tx, id)
		return err
	})
	if err != nil {
		return race.Activation{}, named(err, "activate competition %d", id)
	}
	return a, nil
}

func activate(ctx context.Context, tx *sql.Tx, id race.CompetitionID) (race.Activation, error) {
	a := race.Activation{Held: map[race.TeamID]int{}}
	if err := tx.QueryRowContext(ctx, raiseEpochQuery, id).Scan(&a.Stream); err != nil {
		return a, err
	}
	o, err := loadOwned(tx.QueryRowContext(ctx, ownedQuery, id))
	if err != nil {
		return a, err
	}
	a.Competition, a.Epoch, a.Seq, a.Event = o.competition, o.epoch, o.seq, o.event
	rows, err := tx.QueryContext(ctx, competitionTeamsQuery, id)
	teams, err := collect(rows, err, scanHeldTeam)
	if err != nil {
		return a, fmt.Errorf("load teams: %w", err)
	}
	for _, t := range teams {
		a.Teams = append(a.Teams, t.team)
		if t.held > 0 {
			a.Held[t.team.ID] = t.held
		}
	}
	rows, err = tx.QueryContext(ctx, recordsQuery, id)
	if a.Records, err = collect(rows, err, scanRecord); err != nil {
		return a, fmt.Errorf("load records: %w", err)
	}
	return a, nil
}

// Transition starts or stops a competition, as its owner, and keeps who did it
// and why. It returns the competition and the number of the event. It fails with
// race.CodeAlreadyRuns, race.CodeNotRunning, race.ErrFenced or race.ErrNotFound.
func (s *Store) Transition(ctx context.Context, t race.Transition) (race.Competition, int64, error) {
	var o owned
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		o, err = transition(ctx, tx, t)
		return err
	})
	if err != nil {
		return race.Competition{}, 0, named(err, "transition of competition %d", t.Competition)
	}
	return o.competition, o.event, nil
}

func transition(ctx context.Context, tx *sql.Tx, t race.Transition) (owned, error) {
	o, err := loadOwned(tx.QueryRowContext(ctx, ownedQuery, t.Competition))
	if err != nil {
		return o, err
	}
	if o.epoch != t.Epoch {
		return o, race.ErrFenced
	}
	kind, change := "stop", o.competition.Stop
	if t.Start {
		kind, change = "start", o.competition.Start
	}
	at := stored(t.At)
	c, err := change(at)
	if err != nil {
		return o, err
	}
	o.competition = c
	o.event++
	if _, err := tx.ExecContext(ctx, transitionQuery,
		c.Running, toMicros(c.StartedAt), toMicros(c.FinishedAt), o.event, c.ID, o.epoch); err != nil {
		return o, fmt.Errorf("update competition: %w", err)
	}
	if _, err := tx.ExecContext(ctx, insertDecision, c.ID, kind, o.event, t.Author, at.UnixMicro(), t.Reason); err != nil {
		return o, fmt.Errorf("store decision: %w", err)
	}
	return o, nil
}
