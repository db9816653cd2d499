package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"server5k/persistence/tables"
	"server5k/race"
)

const raiseEpochQuery = `UPDATE competitions SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch`

// Activate takes a competition over: it raises the epoch and then loads the
// state, which nobody else can change under an older one. It fails with
// race.ErrFenced when another owner has raised the epoch in between: two must
// never work under the same. Teams come by bib, those whose judge is inactive
// with Judge 0; Held names only teams that have held marks.
func (s *Store) Activate(ctx context.Context, id race.CompetitionID) (race.Activation, error) {
	st := s.state(id)
	if err := st.lock(ctx); err != nil {
		return race.Activation{}, fmt.Errorf("activate competition %d: %w", id, err)
	}
	defer st.unlock()
	st.forget()
	var epoch int64
	err := s.owners.QueryRow(ctx, raiseEpochQuery, id).Scan(&epoch)
	if errors.Is(err, pgx.ErrNoRows) {
		err = race.ErrNotFound
	}
	var a race.Activation
	if err == nil {
		a, err = s.load(ctx, st, id)
	}
	if err == nil && a.Epoch != epoch {
		st.forget()
		err = race.ErrFenced
	}
	if err != nil {
		return race.Activation{}, fmt.Errorf("activate competition %d: %w", id, tables.WithCause(ctx, err))
	}
	return a, nil
}

// load reads the state of a competition as of one instant and keeps it in st.
func (s *Store) load(ctx context.Context, st *state, id race.CompetitionID) (race.Activation, error) {
	tx, err := s.ownersDB.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return race.Activation{}, err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	l, err := tables.Load(ctx, tx, id, true)
	if err != nil {
		return race.Activation{}, err
	}
	st.remember(l)
	return l.Activation, nil
}
