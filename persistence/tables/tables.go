// Package tables reads and writes the tables that every database of ours has, in
// SQL that SQLite and PostgreSQL both understand, through database/sql. A driver
// embeds Tables for all that is not the hot path, and writes the hot path, Append,
// itself with the queries and conversions that are exported here.
//
// Parameters are $1, $2 …, numbered in the order of their first appearance and
// cast where PostgreSQL could not tell their type. Flags are read and written as
// bool, instants as microseconds, record ids as text. The package starts no
// goroutines.
package tables

import (
	"context"
	"database/sql"
	"fmt"

	"server5k/persistence"
)

// Tables implements the methods of persistence.Store that need nothing of one
// database. Its methods may be called from any goroutine.
type Tables struct {
	reader  *sql.DB
	write   func(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error
	dialect Dialect
}

// Dialect is what differs between databases.
type Dialect struct {
	// Violation says which kind of constraint err breaks, by the error number of
	// the driver.
	Violation func(err error) Violation
	// NextID returns the SQL expression that makes an id for a table: "NULL" where
	// a stored NULL does.
	NextID func(table string) string
	// SyncIDs makes NextID go on after the ids that are stored. It runs in the
	// transaction that added rows with ids of their own; nil where the database
	// does so itself.
	SyncIDs func(ctx context.Context, tx *sql.Tx) error
	// RowLock is what makes a SELECT lock its rows until the transaction ends,
	// against those who change them; "" where one transaction writes at a time.
	RowLock string
	// Turn is a statement that makes a transaction wait until it is the only edit; ""
	// where one transaction writes at a time.
	Turn string
	// Retry says whether a transaction that failed with err may succeed when it is
	// done again; nil where none does.
	Retry func(err error) bool
	// RemoveGuarded deletes the competitions in purge_guard with all that is
	// theirs, and empties the guard. Records counts counted and held ones.
	RemoveGuarded func(ctx context.Context, tx *sql.Tx) (persistence.Counts, error)
}

// New returns the tables that are read through reader and written in the
// transactions of write, which commits when f returns nil. The driver closes both.
func New(
	reader *sql.DB, write func(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error, d Dialect,
) *Tables {
	return &Tables{reader: reader, write: write, dialect: d}
}

// Ping says whether the database answers a read.
func (t *Tables) Ping(ctx context.Context) error {
	var n int
	if err := t.reader.QueryRowContext(ctx, `SELECT count(*) FROM purge_guard`).Scan(&n); err != nil {
		return fmt.Errorf("ping database: %w", err)
	}
	return nil
}

// snapshot runs f in a read transaction, all reads of which see one instant.
func (t *Tables) snapshot(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := t.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return f(tx)
}

// syncIDs lets given ids be followed by made ones.
func (t *Tables) syncIDs(ctx context.Context, tx *sql.Tx) error {
	if t.dialect.SyncIDs == nil {
		return nil
	}
	if err := t.dialect.SyncIDs(ctx, tx); err != nil {
		return fmt.Errorf("go on after given ids: %w", err)
	}
	return nil
}
