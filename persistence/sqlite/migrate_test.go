package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"server5k/race"
)

func TestMigrate_AppliesOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "race.db")
	for _, want := range [][]string{{"0001_initial.sql", "0002_hash_chain.sql", "0003_first_links.go", "0004_office.sql", "0005_webhooks.sql", "0006_clocks.sql"}, nil} {
		got, err := Migrate(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("applied (-want +got):\n%s", diff)
		}
	}
}

// openedAt1 makes a file as the first version left it: competition 1 with three
// records of two owners, competition 2 with none.
func openedAt1(t *testing.T, path string) {
	t.Helper()
	ctx := t.Context()
	db, err := openWriter(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	files, err := fs.Sub(migrations, "migration")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithVerbose(false), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(ctx, 1); err != nil {
		t.Fatal(err)
	}
	queries := []string{
		`INSERT INTO judges (id, username) VALUES (1, 'ana')`,
		`INSERT INTO organizers (id, username, superuser) VALUES (1, 'root', 1), (2, 'staff', 0)`,
		`INSERT INTO competitions (id, name, running, epoch, seq, event, stream) VALUES (1, 'a', 1, 5, 3, 3, 9), (2, 'b', 0, 0, 0, 0, 8)`,
		`INSERT INTO teams (id, competition_id, judge_id, name, bib, category) VALUES (11, 1, 1, 't', 1, 'estudiantes')`,
		`INSERT INTO time_records (record_id, competition_id, team_id, judge_id, elapsed_ms, state, reason, seq, source, anonymous, received_at, epoch)
VALUES ('00000000-0000-7000-8000-000000000001', 1, 11, 1, 60000, 'held', 'equipo_completo', 1, 'ws', 0, 1000, 2)`,
	}
	for seq, epoch := range map[int]int{2: 4, 3: 3} {
		queries = append(queries, fmt.Sprintf(`INSERT INTO time_records
(record_id, competition_id, team_id, judge_id, elapsed_ms, state, slot, seq, event, source, anonymous, received_at, device, epoch)
VALUES ('00000000-0000-7000-8000-00000000000%d', 1, 11, 1, 60000, 'counted', %d, %d, %d, 'ws', 1, 1000, 'a', %d)`, seq, seq, seq, seq, epoch))
	}
	for _, query := range queries {
		if _, err := db.ExecContext(ctx, query); err != nil {
			t.Fatal(errors.Join(err, errors.New(query)))
		}
	}
}

func TestMigrate_LinksStoredRecords(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "race.db")
	openedAt1(t, path)
	s := openAt(t, path)
	before, err := s.Archive(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	link := race.NewLink(1, 4, race.Digest{}, before.Records)
	if diff := cmp.Diff([]race.Link{link}, before.Links); diff != "" || len(before.Records) != 3 {
		t.Errorf("links of %d records (-want +got):\n%s", len(before.Records), diff)
	}
	a, err := s.Activate(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := s.Append(t.Context(), race.Batch{Competition: 1, Epoch: a.Epoch, Requests: []race.Request{{Judge: 1, Team: 11, Records: []race.TimeRecord{
		{ID: race.NewRecordID(), Elapsed: time.Minute, Source: race.SourceSocket, ReceivedAt: time.Now()},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	after, err := s.Archive(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]race.Link{link, race.NewLink(1, 6, link.Digest, d.Store)}, after.Links); diff != "" {
		t.Errorf("links after the next record (-want +got):\n%s", diff)
	}
	empty, err := s.Archive(t.Context(), 2)
	if err != nil || len(empty.Links) != 0 {
		t.Errorf("links without records: %v, %v", empty.Links, err)
	}
}

// Who saw everything goes on so, and decisions of before are rulings.
func TestMigrate_KeepsWhatOrganizersDid(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "race.db")
	openedAt1(t, path)
	db, err := openWriter(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO decisions (competition_id, kind, event, author, at, reason)
VALUES (1, 'start', 4, 'root', 1000, 'x')`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path)
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
