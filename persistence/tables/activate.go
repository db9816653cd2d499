package tables

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"server5k/race"
)

const (
	raiseEpochQuery       = `UPDATE competitions SET epoch = epoch + 1 WHERE id = $1`
	epochQuery            = `SELECT epoch FROM competitions WHERE id = $1`
	competitionTeamsQuery = `SELECT ` + HeldTeamColumns + ` FROM teams t LEFT JOIN judges j ON j.id = t.judge_id
WHERE t.competition_id = $1 ORDER BY t.bib, t.id`
	transitionQuery = `UPDATE competitions SET running = $1, started_at = $2, finished_at = $3, gun_shift_ms = $4, event = $5
WHERE id = $6 AND epoch = $7`
	insertDecision = `INSERT INTO decisions (competition_id, kind, event, author, at, reason) VALUES ($1, $2, $3, $4, $5, $6)`
)

// Activate takes a competition over: it raises the epoch and loads the state in
// the same transaction. Teams come by bib, those whose judge is inactive with
// Judge 0; Held names only teams that have held marks.
func (t *Tables) Activate(ctx context.Context, id race.CompetitionID) (race.Activation, error) {
	var a race.Activation
	err := t.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		a, err = activate(ctx, tx, id)
		return err
	})
	if err != nil {
		return race.Activation{}, named(err, "activate competition %d", id)
	}
	return a, nil
}

func activate(ctx context.Context, tx *sql.Tx, id race.CompetitionID) (race.Activation, error) {
	if _, err := tx.ExecContext(ctx, raiseEpochQuery, id); err != nil {
		return race.Activation{}, fmt.Errorf("raise epoch: %w", err)
	}
	o, err := Load(ctx, tx, id, false)
	return o.Activation, err
}

// Confirm says whether epoch is that of the owner of a competition; see
// persistence.Store.
func (t *Tables) Confirm(ctx context.Context, id race.CompetitionID, epoch int64) error {
	var now int64
	err := t.reader.QueryRowContext(ctx, epochQuery, id).Scan(&now)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		err = race.ErrNotFound
	case err == nil && now != epoch:
		err = race.ErrFenced
	}
	if err != nil {
		return named(err, "confirm epoch of competition %d", id)
	}
	return nil
}

// Loaded is what an owner loads, with what only a store needs.
type Loaded struct {
	race.Activation
	Digest      race.Digest       // of the last link
	HeldRecords []race.TimeRecord // by Seq; may be nil unless asked for
}

// Load reads the state of a competition; race.ErrNotFound without it. The held
// records come only when asked for with held.
func Load(ctx context.Context, tx *sql.Tx, id race.CompetitionID, held bool) (Loaded, error) {
	o, err := ScanOwned(tx.QueryRowContext(ctx, OwnedQuery, id))
	if err != nil {
		return Loaded{}, err
	}
	a := race.Activation{
		Competition: o.Competition, Epoch: o.Epoch, Stream: o.Stream, Seq: o.Seq, Event: o.Event, Held: map[race.TeamID]int{},
	}
	rows, err := tx.QueryContext(ctx, competitionTeamsQuery, id)
	teams, err := Collect(rows, err, ScanHeldTeam)
	if err != nil {
		return Loaded{}, fmt.Errorf("load teams: %w", err)
	}
	for _, t := range teams {
		a.Teams = append(a.Teams, t.Team)
		if t.Held > 0 {
			a.Held[t.Team.ID] = t.Held
		}
	}
	rows, err = tx.QueryContext(ctx, recordsQuery, id)
	if a.Records, err = Collect(rows, err, ScanRecord); err != nil {
		return Loaded{}, fmt.Errorf("load records: %w", err)
	}
	l := Loaded{Activation: a, Digest: o.Digest}
	return l, l.adjust(ctx, tx, held)
}

// adjust adds what the rulings change in the totals. The held records matter to
// it, but are loaded only when a ruling may count one.
func (l *Loaded) adjust(ctx context.Context, tx *sql.Tx, held bool) error {
	id := l.Competition.ID
	rulings, err := query(ctx, tx, scanRuling, rulingsQuery, id)
	if err != nil {
		return fmt.Errorf("load decisions: %w", err)
	}
	corrected := slices.ContainsFunc(rulings, func(r race.Ruling) bool { return r.Kind != race.RulingStart && r.Kind != race.RulingStop })
	if !held && !corrected {
		return nil
	}
	if l.HeldRecords, err = query(ctx, tx, ScanRecord, HeldQuery, id); err != nil {
		return fmt.Errorf("load held records: %w", err)
	}
	if corrected {
		e := race.Evidence{Competition: l.Competition, Teams: l.Teams, Records: slices.Concat(l.Records, l.HeldRecords), Rulings: rulings}
		l.Adjustments = e.Adjustments()
	}
	return nil
}

// Transition starts or stops a competition, as its owner, and keeps who did it
// and why. It returns the competition and the number of the event. It fails with
// race.CodeAlreadyRuns, race.CodeNotRunning, race.ErrFenced or race.ErrNotFound.
func (t *Tables) Transition(ctx context.Context, change race.Transition) (race.Competition, int64, error) {
	var o Owned
	err := t.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		o, err = transition(ctx, tx, change)
		return err
	})
	if err != nil {
		return race.Competition{}, 0, named(err, "transition of competition %d", change.Competition)
	}
	return o.Competition, o.Event, nil
}

func transition(ctx context.Context, tx *sql.Tx, t race.Transition) (Owned, error) {
	if err := lock(ctx, tx, t.Competition); err != nil {
		return Owned{}, err
	}
	o, err := ScanOwned(tx.QueryRowContext(ctx, OwnedQuery, t.Competition))
	if err != nil {
		return o, err
	}
	if o.Epoch != t.Epoch {
		return o, race.ErrFenced
	}
	kind, change := "stop", o.Competition.Stop
	if t.Start {
		kind, change = "start", o.Competition.Start
	}
	at := stored(t.At)
	c, err := change(at)
	if err != nil {
		return o, err
	}
	o.Competition = c
	o.Event++
	if _, err := tx.ExecContext(ctx, transitionQuery,
		c.Running, toMicros(c.StartedAt), toMicros(c.FinishedAt), c.GunShift.Milliseconds(), o.Event, c.ID, o.Epoch); err != nil {
		return o, fmt.Errorf("update competition: %w", err)
	}
	if _, err := tx.ExecContext(ctx, insertDecision, c.ID, kind, o.Event, t.Author, at.UnixMicro(), t.Reason); err != nil {
		return o, fmt.Errorf("store decision: %w", err)
	}
	return o, nil
}
