package sqlite

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"server5k/race"
)

// scanner is a row of *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

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

// stored returns an instant as a later read will return it.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

// orNull returns v, or NULL for the zero value.
func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// list returns values as the JSON array that json_each reads.
func list[T any](values []T) (string, error) {
	if len(values) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(values)
	if err != nil {
		return "", fmt.Errorf("encode list: %w", err)
	}
	return string(b), nil
}

// sortedKeys returns the keys of m in order.
func sortedKeys[K ~int64, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// collect reads all rows with scan and closes them.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
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

// recordID scans a record id.
type recordID struct{ to *race.RecordID }

// Scan implements sql.Scanner.
func (r recordID) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("record id is %T, not text", v)
	}
	id, err := uuid.Parse(s)
	if err != nil {
		return fmt.Errorf("record id %q: %w", s, err)
	}
	*r.to = race.RecordID(id)
	return nil
}
