package sqlite

import (
	"strings"
	"testing"

	"server5k/persistence/tables"
)

// The queries on the path of every record search indexes; a scan of the records
// would make a race slower with each one before it.
func TestAppend_QueriesScanNoTable(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	for _, query := range []string{
		tables.OwnedQuery, batchTeamsQuery, batchCountedQuery, batchIDsQuery, batchHeldQuery, tables.AdvanceQuery,
	} {
		args := make([]any, strings.Count(query, "?")+strings.Count(query, "$"))
		rows, err := s.reader.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
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
			if strings.HasPrefix(step, "SCAN ") && !strings.HasPrefix(step, "SCAN e ") {
				t.Errorf("%s\n%s", query, step)
			}
		}
	}
}
