package tables_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"server5k/persistence/sqlite"
	"server5k/persistence/tables"
)

// Reading one competition, team or account searches indexes, in SQLite at least.
func TestQueries_ScanNoTable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "race.db")
	if _, err := sqlite.Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, query := range tables.Indexed() {
		args := make([]any, strings.Count(query, "$"))
		rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
		plan, err := tables.Collect(rows, err, func(row tables.Row) (string, error) {
			var id, parent, unused int
			var detail string
			err := row.Scan(&id, &parent, &unused, &detail)
			return detail, err
		})
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		t.Log(strings.Join(plan, " | "))
		for _, step := range plan {
			// A subquery e is what indexes were searched for.
			if strings.HasPrefix(step, "SCAN ") && step != "SCAN e" && step != "SCAN CONSTANT ROW" {
				t.Errorf("%s\n%s", query, step)
			}
		}
	}
}
