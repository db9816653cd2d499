package tables

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"server5k/race"
)

const (
	versionColumns = `competition_id, number, ruling_id, author, at, reason, digest`

	versionsQuery        = `SELECT ` + versionColumns + `, NULL FROM versions WHERE competition_id = $1 ORDER BY number`
	versionQuery         = `SELECT ` + versionColumns + `, sheet FROM versions WHERE competition_id = $1 AND number = $2`
	archiveVersionsQuery = `SELECT ` + versionColumns + `, sheet FROM versions WHERE competition_id = $1 ORDER BY number`
	insertVersion        = `INSERT INTO versions (` + versionColumns + `, sheet) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
	lastVersionQuery     = `SELECT number, digest FROM versions WHERE competition_id = $1 ORDER BY number DESC LIMIT 1`
)

// Versions lists the official results of a competition by number, without their
// sheets; none for a competition that does not exist.
func (t *Tables) Versions(ctx context.Context, id race.CompetitionID) ([]race.Version, error) {
	rows, err := t.reader.QueryContext(ctx, versionsQuery, id)
	vs, err := Collect(rows, err, scanVersion)
	return vs, named(err, "versions of competition %d", id)
}

// Version returns official results with their sheet.
func (t *Tables) Version(ctx context.Context, id race.CompetitionID, number int) (race.Version, error) {
	v, err := scanVersion(t.reader.QueryRowContext(ctx, versionQuery, id, number))
	return v, named(err, "version %d of competition %d", number, id)
}

func scanVersion(row Row) (race.Version, error) {
	var v race.Version
	var at sql.NullInt64
	err := row.Scan(&v.Competition, &v.Number, &v.Ruling, &v.Author, &at, &v.Reason, digest{&v.Digest}, &v.Sheet)
	v.At = fromMicros(at)
	return v, err
}

func versionArgs(v race.Version) []any {
	return []any{
		int64(v.Competition), v.Number, int64(v.Ruling), v.Author, v.At.UnixMicro(), v.Reason, v.Digest[:], v.Sheet,
	}
}

// publish stores what a ruling makes official; e is the evidence with it. It
// fails with race.CodeRuling when the last version says the same.
func publish(ctx context.Context, tx *sql.Tx, e race.Evidence, r race.Ruling) error {
	sheet, sum := e.Sheet().Encode()
	var number int
	var last race.Digest
	err := tx.QueryRowContext(ctx, lastVersionQuery, e.Competition.ID).Scan(&number, digest{&last})
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return fmt.Errorf("last version: %w", err)
	case last == sum:
		return race.Errorf(race.CodeRuling, "Los resultados son los mismos de la versión %d, que ya es oficial", number)
	}
	v := race.Version{
		Competition: e.Competition.ID, Number: r.Version, Ruling: r.ID, Author: r.Author, At: r.At, Reason: r.Reason, Digest: sum, Sheet: sheet,
	}
	if _, err := tx.ExecContext(ctx, insertVersion, versionArgs(v)...); err != nil {
		return fmt.Errorf("store version: %w", err)
	}
	return nil
}
