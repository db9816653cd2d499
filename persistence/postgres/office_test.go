package postgres

import (
	"database/sql"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/persistence/storetest"
	"server5k/race"
)

func TestStore_OfficialResultsAndAuditNeverChange(t *testing.T) {
	t.Parallel()
	url, s, epochs := opened(t)
	storetest.Publish(t, s, 1, epochs[1])
	conn := root(t, url)
	for _, role := range []string{"", appRole} {
		want := immutable
		if role != "" {
			exec(t, conn, `SET ROLE `+role)
			want = insufficientPrivilege
		}
		for _, query := range []string{
			`UPDATE versions SET author = 'other'`, `DELETE FROM versions`, `TRUNCATE versions`,
			`UPDATE audit SET author = 'other'`, `DELETE FROM audit`, `DELETE FROM audit WHERE competition_id IS NULL`, `TRUNCATE audit`,
		} {
			if _, err := conn.Exec(t.Context(), query); sqlState(err) != want {
				t.Errorf("%s as %q: got %v, want %s", query, role, err, want)
			}
		}
		const twice = `INSERT INTO decisions (competition_id, kind, key, at) SELECT competition_id, kind, key, at FROM decisions WHERE key IS NOT NULL`
		if _, err := conn.Exec(t.Context(), twice); sqlState(err) != uniqueViolation {
			t.Errorf("an order twice: got %v", err)
		}
	}
}

// Who saw everything goes on so, and decisions of before are rulings.
func TestMigrate_KeepsWhatOrganizersDid(t *testing.T) {
	t.Parallel()
	url := cluster.Cluster(t).EmptyDatabase(t)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := migrateTo(t.Context(), db, 1); err != nil {
		t.Fatal(err)
	}
	exec(t, root(t, url), `INSERT INTO organizers (id, username, superuser) VALUES (1, 'root', true), (2, 'staff', false);
INSERT INTO competitions (id, name, stream, event) VALUES (1, 'a', 1, 4), (2, 'b', 2, 0);
INSERT INTO decisions (competition_id, kind, event, author, at, reason) VALUES (1, 'start', 4, 'root', 1000, 'x')`)
	m, err := Migrate(t.Context(), url)
	if diff := cmp.Diff([]string{"0002_office.sql", "0003_webhooks.sql", "0004_clocks.sql"}, m.Applied); diff != "" || err != nil {
		t.Fatalf("applied: %v (-want +got):\n%s", err, diff)
	}
	s := openAt(t, url)
	grants, err := s.Grants(t.Context(), 0)
	if diff := cmp.Diff([]race.Grant{{Competition: 1, Organizer: 2}, {Competition: 2, Organizer: 2}}, grants); diff != "" || err != nil {
		t.Errorf("grants: %v (-want +got):\n%s", err, diff)
	}
	e, err := s.Evidence(t.Context(), 1)
	want := []race.Ruling{{ID: 1, Competition: 1, Kind: race.RulingStart, Event: 4, Author: "root", At: time.UnixMicro(1000).UTC(), Reason: "x"}}
	if diff := cmp.Diff(want, e.Rulings); diff != "" || err != nil {
		t.Errorf("rulings: %v (-want +got):\n%s", err, diff)
	}
}
