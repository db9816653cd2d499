package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"server5k/persistence/tables"
)

// write runs f in one immediate transaction and commits. The context ends the
// wait for the lock and, before the commit, the transaction; f gets one without
// an end, because the driver starts a goroutine for each statement under a
// context that has one, which costs more than the statement.
func (s *Store) write(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error {
	return tables.Transact(ctx, s.writer, func(ctx context.Context, tx *sql.Tx) error {
		return f(context.WithoutCancel(ctx), tx)
	})
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

// violation says which kind of constraint err breaks.
func violation(err error) tables.Violation {
	switch constraint(err) {
	case 0:
		return tables.None
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return tables.Duplicate
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return tables.Reference
	}
	return tables.Value
}
