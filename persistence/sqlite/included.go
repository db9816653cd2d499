package sqlite

import (
	"context"

	"server5k/persistence/tables"
	"server5k/race"
)

// includedQuery lists the held records of a competition that a ruling has counted.
// There are few rulings, and an index finds them.
const includedQuery = `SELECT r.record_id, r.team_id, r.elapsed_ms, r.received_at, 0 FROM decisions d
CROSS JOIN time_records r ON r.competition_id = d.competition_id AND r.seq = d.record_seq AND r.state = 'held'
WHERE d.competition_id = ?1 AND d.kind = 'include'`

// loadIncluded makes known which held marks were counted: sent again, they are
// stored already.
func (a *appending) loadIncluded(ctx context.Context, ledger *race.Ledger) error {
	rows, err := a.tx.StmtContext(ctx, a.s.prepared.included).QueryContext(ctx, int64(a.batch.Competition))
	records, err := tables.Collect(rows, err, func(row tables.Row) (race.TimeRecord, error) { return tables.ScanCounted(row) })
	if err != nil || len(records) == 0 {
		return err
	}
	all := map[race.TeamID]race.Adjustment{}
	for _, r := range records {
		a := all[r.Team]
		a.Included = append(a.Included, r)
		all[r.Team] = a
	}
	ledger.Adjust(all)
	return nil
}
