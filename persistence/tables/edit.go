package tables

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"server5k/race"
)

// maxEdits bounds how often one edit is tried: when it and another writer have
// locked rows that each needs, the database ends one of them.
const maxEdits = 4

// Edit runs f in one transaction, the only edit at the time, which is committed
// when f returns nil and no call of the editor failed for another reason than
// race.ErrNotFound. f may be called again when the database asks for it, must not
// keep its editor, and must not call a method of the store that writes: it would
// wait for itself.
func (t *Tables) Edit(ctx context.Context, f func(ctx context.Context, e race.Editor) error) error {
	var err error
	for range maxEdits {
		err = t.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
			if t.dialect.Turn != "" {
				if _, err := tx.ExecContext(ctx, t.dialect.Turn); err != nil {
					return fmt.Errorf("wait for other edits: %w", err)
				}
			}
			e := &editor{t: t, tx: tx}
			if err := f(ctx, e); err != nil {
				return err
			}
			return e.broken
		})
		if err == nil || t.dialect.Retry == nil || !t.dialect.Retry(err) {
			break
		}
	}
	return err
}

// editor implements race.Editor within one transaction. A failed statement makes
// some databases refuse all that follows, so it ends the edit in every one.
type editor struct {
	t      *Tables
	tx     *sql.Tx
	broken error // of the first statement that failed
}

var _ race.Editor = (*editor)(nil)

// fail names err, turns a broken constraint into one for people and ends the
// edit.
func (e *editor) fail(err error, c constraints, format string, args ...any) error {
	if err == nil {
		return nil
	}
	text := ""
	code := race.CodeInvalidValue
	switch e.t.dialect.Violation(err) {
	case Duplicate:
		code, text = race.CodeTaken, c.taken
	case Reference:
		code, text = race.CodeInUse, c.inUse
		if c.missing != "" {
			code, text = race.CodeInvalidValue, c.missing
		}
	case Value:
		text = "Un valor no se admite"
	case None:
	}
	if text != "" {
		err = &race.Error{Code: code, Text: text, Cause: err}
	}
	err = named(err, format, args...)
	if e.broken == nil && !errors.Is(err, race.ErrNotFound) {
		e.broken = err
	}
	return err
}

// constraints are the texts about the constraints that a statement may break.
type constraints struct {
	taken   string // a name or number is another's
	inUse   string // others refer to the row
	missing string // the row refers to one that does not exist
}

// one runs a statement that changes one row; sql.ErrNoRows if it changed none.
func (e *editor) one(ctx context.Context, query string, args ...any) error {
	res, err := e.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, sql.ErrNoRows)
	}
	return nil
}

// exists answers a query of one flag.
func (e *editor) exists(ctx context.Context, query string, args ...any) (bool, error) {
	var yes bool
	err := e.tx.QueryRowContext(ctx, query, args...).Scan(&yes)
	return yes, err
}

// raise ends the epochs of competitions, which also makes their owners wait until
// the edit is over. Ids must ascend, so that two edits do not wait for each other.
func (e *editor) raise(ctx context.Context, ids ...race.CompetitionID) error {
	for i, id := range ids {
		if id == 0 || i > 0 && id == ids[i-1] {
			continue
		}
		if _, err := e.tx.ExecContext(ctx, raiseEpochQuery, id); err != nil {
			return fmt.Errorf("raise epoch of competition %d: %w", id, err)
		}
	}
	return nil
}

// Note adds to the audit log.
func (e *editor) Note(ctx context.Context, entry race.AuditEntry) error {
	_, err := e.tx.ExecContext(ctx, insertNote, noteArgs(entry)...)
	return e.fail(err, constraints{}, "note %s", entry.Action)
}
