package sqlite

import (
	"strings"
	"testing"
)

// The queries on the path of every record search indexes; a scan of the records
// would make a race slower with each one before it.
func TestAppend_QueriesScanNoTable(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	for _, query := range []string{
		ownedQuery, batchTeamsQuery, batchCountedQuery, batchIDsQuery, batchHeldQuery,
		advanceQuery, teamRecordsQuery, recordsQuery, heldQuery, judgeByEmailQuery, organizerByMailQuery, expireQuery,
	} {
		args := []any{"[]", 1, 1, 1}[:max(1, strings.Count(query, "?2")+strings.Count(query, "?3")+strings.Count(query, "?4")+1)]
		rows, err := s.reader.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
		plan, err := collect(rows, err, func(row scanner) (string, error) {
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
