package postgres

import (
	"context"
	"database/sql"
	"fmt"

	"server5k/persistence"
	"server5k/persistence/tables"
)

// numbered are the tables whose rows get an id from a sequence.
var numbered = []string{"organizers", "judges", "competitions", "teams", "decisions", "audit"}

// editLock is the number of the advisory lock of edits, ours alone in the database.
const editLock = "5005"

func dialect() tables.Dialect {
	return tables.Dialect{
		Violation: violation, NextID: nextID, SyncIDs: syncIDs, RemoveGuarded: removeGuarded,
		// Not FOR UPDATE: that would hold back the batches, whose records refer to the row.
		RowLock: " FOR NO KEY UPDATE",
		// Edits are few and lock rows in any order: one after the other, they never wait
		// for each other in a circle.
		Turn:  "SELECT pg_advisory_xact_lock(" + editLock + ")",
		Retry: func(err error) bool { return is(err, deadlockDetected) || is(err, serializationFailure) },
	}
}

func nextID(table string) string { return "nextval(pg_get_serial_sequence('" + table + "', 'id'))" }

// syncIDs moves each sequence past the ids that are stored, never back: the id
// of a deleted row is not given to another.
func syncIDs(ctx context.Context, tx *sql.Tx) error {
	for _, table := range numbered {
		query := `SELECT setval(pg_get_serial_sequence('` + table + `', 'id'), greatest(nextval(pg_get_serial_sequence('` + table +
			`', 'id')) - 1, (SELECT max(id) FROM ` + table + `), 1))`
		if _, err := tx.ExecContext(ctx, query); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return nil
}

// removeGuarded deletes through a function, because the role of the server may
// not delete records.
func removeGuarded(ctx context.Context, tx *sql.Tx) (persistence.Counts, error) {
	var n persistence.Counts
	err := tx.QueryRowContext(ctx, `SELECT records, teams, competitions FROM remove_guarded()`).Scan(&n.Records, &n.Teams, &n.Competitions)
	if err != nil {
		return n, fmt.Errorf("remove guarded competitions: %w", err)
	}
	return n, nil
}
