package tables

import (
	"database/sql"
	"errors"
	"fmt"

	"server5k/race"
)

// Violation is a kind of constraint that a row breaks.
type Violation int

// The kinds of constraints. Value also stands for a value that the type of its
// column does not admit.
const (
	None Violation = iota
	Duplicate
	Reference
	Value
)

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

// broken turns the error of storing a row into one that names the row and says
// which constraint it breaks.
func (t *Tables) broken(err error, row string) error {
	switch t.dialect.Violation(err) {
	case Duplicate:
		return race.Errorf(race.CodeConflict, "%s ya existe", row)
	case Reference:
		return race.Errorf(race.CodeInvalidValue, "%s se refiere a una fila que no existe", row)
	case Value:
		return race.Errorf(race.CodeInvalidValue, "%s tiene un valor que no se admite", row)
	case None:
	}
	return fmt.Errorf("%s: %w", row, err)
}
