package tables

import (
	"context"
	"database/sql"
	"errors"
)

// Transact runs f in one transaction of db and commits when f returns nil.
func Transact(ctx context.Context, db *sql.DB, f func(ctx context.Context, tx *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return WithCause(ctx, err)
	}
	if err := f(ctx, tx); err != nil {
		err = WithCause(ctx, err)
		// The rollback of a transaction that the context ended has been done.
		if e := tx.Rollback(); e != nil && !errors.Is(e, sql.ErrTxDone) {
			err = errors.Join(err, e)
		}
		return err
	}
	return WithCause(ctx, tx.Commit())
}

// WithCause adds to an error why its context ended, if it did.
func WithCause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	return err
}
