package tables

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"server5k/race"
)

// OwnedQuery reads an Owned by the id of its competition.
const OwnedQuery = `SELECT ` + competitionColumns + `, c.epoch, c.stream, c.seq, c.event, c.digest FROM competitions c WHERE c.id = $1`

// AdvanceQuery stores the last numbers and the last digest of a competition
// under an epoch: seq, event, digest, competition, epoch.
const AdvanceQuery = `UPDATE competitions SET seq = $1, event = $2, digest = $3 WHERE id = $4 AND epoch = $5`

// InsertLink stores one link of the hash chain, with the values of LinkArgs.
const InsertLink = `INSERT INTO batches (competition_id, first_seq, last_seq, epoch, digest) VALUES ($1, $2, $3, $4, $5)`

const lockQuery = `UPDATE competitions SET epoch = epoch WHERE id = $1`

// Owned is a competition with what its owner goes on from.
type Owned struct {
	Competition race.Competition
	Epoch       int64
	Stream      int64
	Seq, Event  int64
	Digest      race.Digest // of the last link
}

// ScanOwned reads the row of OwnedQuery; race.ErrNotFound without one.
func ScanOwned(row Row) (Owned, error) {
	var o Owned
	var err error
	o.Competition, err = scanCompetitionAnd(row, &o.Epoch, &o.Stream, &o.Seq, &o.Event, digest{&o.Digest})
	if errors.Is(err, sql.ErrNoRows) {
		err = race.ErrNotFound
	}
	return o, err
}

// LinkArgs are the values of InsertLink.
func LinkArgs(c race.CompetitionID, l race.Link) []any {
	return []any{int64(c), l.FirstSeq, l.LastSeq, l.Epoch, l.Digest[:]}
}

// lock makes other writers of a competition wait until the transaction ends.
func lock(ctx context.Context, tx *sql.Tx, id race.CompetitionID) error {
	if _, err := tx.ExecContext(ctx, lockQuery, id); err != nil {
		return fmt.Errorf("lock competition %d: %w", id, err)
	}
	return nil
}
