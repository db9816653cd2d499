package tables

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// insertWithID returns an insert into a table whose id is $1, made when that is
// 0; columns are those after the id, and the values.
func (t *Tables) insertWithID(table, columns string) string {
	id := `coalesce(nullif(CAST($1 AS bigint), 0), ` + t.dialect.NextID(table) + `)`
	return `INSERT INTO ` + table + ` (id, ` + fmt.Sprintf(columns, id)
}

// inserter adds rows inside a transaction.
type inserter struct {
	*Tables
	tx *sql.Tx
}

// insertEach runs one insert for each row; an error names the row.
func insertEach[T any](ctx context.Context, in inserter, query string, rows []T, args func(T) (name string, values []any)) (err error) {
	if len(rows) == 0 {
		return nil
	}
	insert, err := in.tx.PrepareContext(ctx, query)
	if err != nil {
		return fmt.Errorf("prepare %q: %w", query, err)
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for _, row := range rows {
		name, values := args(row)
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return in.broken(err, name)
		}
	}
	return nil
}

// insertGivenFirst is insertEach for a table with made ids: rows with an id of
// their own go first, so that no made one is among theirs.
func insertGivenFirst[T any](
	ctx context.Context, in inserter, query string, rows []T, id func(T) int64, args func(T) (name string, values []any),
) error {
	var given, made []T
	for _, row := range rows {
		if id(row) != 0 {
			given = append(given, row)
		} else {
			made = append(made, row)
		}
	}
	if err := insertEach(ctx, in, query, given, args); err != nil {
		return err
	}
	if len(given) > 0 && len(made) > 0 {
		if err := in.syncIDs(ctx, in.tx); err != nil {
			return err
		}
	}
	return insertEach(ctx, in, query, made, args)
}
