package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"server5k/persistence"
)

// removeGuarded deletes the competitions in purge_guard with all that is theirs
// and empties the guard.
func removeGuarded(ctx context.Context, tx *sql.Tx) (persistence.Counts, error) {
	const guarded = ` IN (SELECT competition_id FROM purge_guard)`
	var n persistence.Counts
	var links, versions, decisions, entries, guards int
	for _, step := range []struct {
		count *int
		query string
	}{
		{&n.Records, `DELETE FROM time_records WHERE competition_id` + guarded},
		{&links, `DELETE FROM batches WHERE competition_id` + guarded},
		{&versions, `DELETE FROM versions WHERE competition_id` + guarded},
		{&decisions, `DELETE FROM decisions WHERE competition_id` + guarded},
		{&entries, `DELETE FROM audit WHERE competition_id` + guarded},
		{&n.Teams, `DELETE FROM teams WHERE competition_id` + guarded},
		{&n.Competitions, `DELETE FROM competitions WHERE id` + guarded},
		{&guards, `DELETE FROM purge_guard`},
	} {
		res, err := tx.ExecContext(ctx, step.query)
		if err != nil {
			return n, fmt.Errorf("%s: %w", step.query, err)
		}
		rows, err := res.RowsAffected()
		if err != nil {
			return n, fmt.Errorf("%s: %w", step.query, err)
		}
		*step.count = int(rows)
	}
	return n, nil
}
