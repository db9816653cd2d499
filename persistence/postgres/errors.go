package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"server5k/persistence/tables"
)

// The SQLSTATEs that matter here. Those of class 5K are raised by our functions.
const (
	fenced     = "5K001" // the epoch of the owner is over
	movedOn    = "5K002" // the state is not the one that was decided on
	immutable  = "5K003" // records, batches and decisions do not change
	noSuchRace = "5K004" // no such competition

	foreignKeyViolation   = "23503"
	uniqueViolation       = "23505"
	insufficientPrivilege = "42501"
	undefinedTable        = "42P01"
	deadlockDetected      = "40P01"
	serializationFailure  = "40001"
	undefinedObject       = "42704"
)

// state of an error, "" when it is not the server's.
func sqlState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func is(err error, state string) bool { return sqlState(err) == state }

// violation says which constraint err breaks.
func violation(err error) tables.Violation {
	code := sqlState(err)
	switch {
	case code == uniqueViolation:
		return tables.Duplicate
	case code == foreignKeyViolation:
		return tables.Reference
	case len(code) == 5 && (code[:2] == "23" || code[:2] == "22"): // integrity, data
		return tables.Value
	}
	return tables.None
}

// raised is the error that our functions raise with a SQLSTATE.
func raised(state string) error {
	return &pgconn.PgError{Code: state, Message: "the state has changed"}
}
