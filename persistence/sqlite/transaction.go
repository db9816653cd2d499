package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"server5k/race"
)

// write runs f in one immediate transaction and commits. The context ends the
// wait for the lock and, before the commit, the transaction; f gets one without
// an end, because the driver starts a goroutine for each statement under a
// context that has one, which costs more than the statement.
func (s *Store) write(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(context.WithoutCancel(ctx), tx); err != nil {
		if ctx.Err() != nil {
			err = errors.Join(err, context.Cause(ctx))
		}
		// The rollback of a transaction that the context ended has been done.
		if e := tx.Rollback(); e != nil && !errors.Is(e, sql.ErrTxDone) {
			err = errors.Join(err, e)
		}
		return err
	}
	return tx.Commit()
}

// named wraps err with what was being done; a missing row becomes ErrNotFound.
// Errors that callers compare or that clients see are wrapped too, errors.Is
// and race.CodeOf see through.
func named(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = race.ErrNotFound
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}

// constraint returns which kind of constraint err breaks, 0 if none: one of the
// extended result codes of SQLite.
func constraint(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_CONSTRAINT {
		return e.Code()
	}
	return 0
}

// broken turns a broken constraint into an error that names the row.
func broken(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	row := fmt.Sprintf(format, args...)
	switch constraint(err) {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return race.Errorf(race.CodeConflict, "%s ya existe", row)
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return race.Errorf(race.CodeInvalidValue, "%s se refiere a una fila que no existe", row)
	case sqlite3.SQLITE_CONSTRAINT_CHECK, sqlite3.SQLITE_CONSTRAINT_NOTNULL:
		return race.Errorf(race.CodeInvalidValue, "%s tiene un valor que no se admite", row)
	}
	return fmt.Errorf("%s: %w", row, err)
}
