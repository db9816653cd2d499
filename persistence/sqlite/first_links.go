package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"

	"server5k/persistence/tables"
	"server5k/race"
)

// The queries of migration 0003, as the tables were then: later columns do not
// belong here.
const (
	linkedCompetitions = `SELECT competition_id, max(epoch) FROM time_records GROUP BY competition_id ORDER BY competition_id`
	linkedRecords      = `SELECT r.record_id, r.team_id, r.judge_id, r.elapsed_ms, r.marked_at, r.clock_offset_us,
r.clock_uncertainty_us, r.device, r.device_seq, r.received_at, r.source, r.anonymous, r.state, r.reason, r.slot, r.seq, r.event
FROM time_records r WHERE r.competition_id = $1 ORDER BY r.seq`
	firstLink  = `INSERT INTO batches (competition_id, first_seq, last_seq, epoch, digest) VALUES ($1, $2, $3, $4, $5)`
	lastDigest = `UPDATE competitions SET digest = $1 WHERE id = $2`
)

// firstLinks is migration 0003: each competition gets one link over the records
// that it has, under the highest epoch that wrote one of them.
func firstLinks() *goose.Migration {
	m := goose.NewGoMigration(3, &goose.GoFunc{RunTx: linkStored}, nil)
	m.Source = "0003_first_links.go"
	return m
}

func linkStored(ctx context.Context, tx *sql.Tx) error {
	type owner struct {
		id    race.CompetitionID
		epoch int64
	}
	rows, err := tx.QueryContext(ctx, linkedCompetitions)
	owners, err := tables.Collect(rows, err, func(row tables.Row) (owner, error) {
		var o owner
		err := row.Scan(&o.id, &o.epoch)
		return o, err
	})
	if err != nil {
		return fmt.Errorf("competitions with records: %w", err)
	}
	for _, o := range owners {
		rows, err := tx.QueryContext(ctx, linkedRecords, o.id)
		records, err := tables.Collect(rows, err, tables.ScanRecord)
		if err != nil {
			return fmt.Errorf("records of competition %d: %w", o.id, err)
		}
		link := race.NewLink(o.id, o.epoch, race.Digest{}, records)
		if _, err := tx.ExecContext(ctx, firstLink, o.id, link.FirstSeq, link.LastSeq, link.Epoch, link.Digest[:]); err != nil {
			return fmt.Errorf("store link of competition %d: %w", o.id, err)
		}
		if _, err := tx.ExecContext(ctx, lastDigest, link.Digest[:], o.id); err != nil {
			return fmt.Errorf("store digest of competition %d: %w", o.id, err)
		}
	}
	return nil
}
