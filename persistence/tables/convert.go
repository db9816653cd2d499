package tables

import (
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"server5k/race"
)

// Row is a *sql.Row or *sql.Rows.
type Row interface{ Scan(dest ...any) error }

// Collect reads all rows with scan and closes them; err is that of the query.
func Collect[T any](rows *sql.Rows, err error, scan func(Row) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has what went wrong
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Storable returns copies of requests with the precision that is stored, so that
// what is decided now equals what a reload will decide.
func Storable(requests []race.Request) []race.Request {
	out := make([]race.Request, len(requests))
	for i, q := range requests {
		records := make([]race.TimeRecord, len(q.Records))
		for j, r := range q.Records {
			records[j] = storable(r)
		}
		q.Records = records
		out[i] = q
	}
	return out
}

func storable(r race.TimeRecord) race.TimeRecord {
	r.ReceivedAt, r.Mark.MarkedAt = stored(r.ReceivedAt), stored(r.Mark.MarkedAt)
	r.Mark.ClockOffset = r.Mark.ClockOffset.Truncate(time.Microsecond)
	r.Mark.ClockUncertainty = r.Mark.ClockUncertainty.Truncate(time.Microsecond)
	return r
}

// stored returns an instant as a later read will return it.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

// toMicros returns an instant as it is stored: NULL when unset.
func toMicros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// fromMicros is the opposite of toMicros.
func fromMicros(us sql.NullInt64) time.Time {
	if !us.Valid {
		return time.Time{}
	}
	return time.UnixMicro(us.Int64).UTC()
}

// orNull returns v, or NULL for the zero value.
func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// toDigest returns a digest as it is stored: NULL when there is none.
func toDigest(d race.Digest) any {
	if d == (race.Digest{}) {
		return nil
	}
	return d[:]
}

// digest scans a race.Digest.
type digest struct{ to *race.Digest }

// Scan implements sql.Scanner.
func (d digest) Scan(v any) error {
	*d.to = race.Digest{}
	switch b, ok := v.([]byte); {
	case v == nil || ok && len(b) == 0:
		return nil
	case ok && len(b) == len(d.to):
		copy(d.to[:], b)
		return nil
	}
	return fmt.Errorf("digest is %T, not %d bytes", v, len(d.to))
}

// recordID scans a record id; NULL is the zero one.
type recordID struct{ to *race.RecordID }

// Scan implements sql.Scanner. Drivers give a UUID as text or as its 16 bytes.
func (r recordID) Scan(v any) (err error) {
	var id uuid.UUID
	switch v := v.(type) {
	case nil:
	case string:
		id, err = uuid.Parse(v)
	case [16]byte:
		id = v
	case []byte:
		if len(v) == len(id) {
			copy(id[:], v)
			break
		}
		id, err = uuid.ParseBytes(v)
	default:
		err = fmt.Errorf("it is %T", v)
	}
	if err != nil {
		return fmt.Errorf("record id %v: %w", v, err)
	}
	*r.to = race.RecordID(id)
	return nil
}
