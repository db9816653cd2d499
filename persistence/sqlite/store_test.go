package sqlite

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/persistence"
	"server5k/persistence/storetest"
	"server5k/race"
)

func openAt(tb testing.TB, path string) *Store {
	tb.Helper()
	s, err := Open(tb.Context(), path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func openTemp(tb testing.TB) *Store {
	tb.Helper()
	return openAt(tb, filepath.Join(tb.TempDir(), "race.db"))
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) persistence.Store {
		t.Helper()
		return openTemp(t)
	})
}

func TestOpen_NamesThatMeanSomethingInAURI(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "año 5k?", "race#1 100%.db")
	openAt(t, path)
	if found, err := filepath.Glob(filepath.Join(filepath.Dir(path), "race#1 100%.db")); err != nil || len(found) != 1 {
		t.Errorf("no file with that name: %v, %v", found, err)
	}
}

func TestCheckSettings_RefusesWhatCanLoseTimes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ path, query, want string }{
		"good":      {"race.db", "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)", ""},
		"normal":    {"race.db", "_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=foreign_keys(1)", "synchronous"},
		"off":       {"race.db", "_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=foreign_keys(1)", "synchronous"},
		"no keys":   {"race.db", "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)", "foreign_keys"},
		"no log":    {"race.db", "_pragma=synchronous(FULL)&_pragma=foreign_keys(1)", "journal_mode"},
		"in memory": {":memory:", "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)", "journal_mode"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := c.path
			if path != ":memory:" {
				path = "file:" + filepath.Join(t.TempDir(), path)
			}
			db, err := sql.Open("sqlite", path+"?"+c.query)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			err = checkSettings(t.Context(), db)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error about %q", err, c.want)
			}
		})
	}
}

// started fills a store with a running competition and one record of each state.
func started(t *testing.T, s *Store) race.Activation {
	t.Helper()
	ctx := t.Context()
	if _, err := s.Add(ctx, storetest.Dump(), false); err != nil {
		t.Fatal(err)
	}
	a, err := s.Activate(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	batch := race.Batch{Competition: 1, Epoch: a.Epoch, Requests: []race.Request{{Judge: 1, Team: 11, Records: []race.TimeRecord{
		{ID: race.NewRecordID(), Elapsed: time.Minute, Source: race.SourceSocket, ReceivedAt: time.Now()},
	}}}}
	for range 2 {
		if _, _, err := s.Append(ctx, batch); err != nil {
			t.Fatal(err)
		}
		_, _, err := s.Transition(ctx, race.Transition{Competition: 1, Epoch: a.Epoch, Start: true, At: time.Now()})
		if err != nil && race.CodeOf(err) != race.CodeAlreadyRuns {
			t.Fatal(err)
		}
	}
	return a
}

func TestStore_RecordsAndDecisionsNeverChange(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	started(t, s)
	for _, query := range []string{
		`UPDATE time_records SET elapsed_ms = 1`,
		`DELETE FROM time_records`,
		`DELETE FROM time_records WHERE state = 'held'`,
		`INSERT OR REPLACE INTO time_records SELECT * FROM time_records`,
		`UPDATE OR REPLACE time_records SET slot = 1`,
		`UPDATE decisions SET reason = 'other'`,
		`DELETE FROM decisions`,
		`INSERT OR REPLACE INTO decisions SELECT * FROM decisions`,
		`UPDATE batches SET epoch = 9`,
		`DELETE FROM batches`,
		`INSERT OR REPLACE INTO batches SELECT * FROM batches`,
		`DELETE FROM teams`,
		`DELETE FROM competitions`,
	} {
		if _, err := s.writer.ExecContext(t.Context(), query); constraint(err) == 0 {
			t.Errorf("%s: got %v, want a broken constraint", query, err)
		}
	}
	if _, err := s.reader.ExecContext(t.Context(), `DELETE FROM revoked_tokens`); err == nil {
		t.Error("the pool for reading writes")
	}
	var counted, held, decisions, guards int
	err := s.reader.QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM time_records WHERE state = 'counted'),
(SELECT count(*) FROM time_records WHERE state = 'held'), (SELECT count(*) FROM decisions),
(SELECT count(*) FROM purge_guard)`).Scan(&counted, &held, &decisions, &guards)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{1, 1, 1, 0}, []int{counted, held, decisions, guards}); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestStore_OfficialResultsAndAuditNeverChange(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	a := started(t, s)
	storetest.Publish(t, s, 1, a.Epoch)
	for _, query := range []string{
		`UPDATE versions SET sheet = x'00'`,
		`DELETE FROM versions`,
		`INSERT OR REPLACE INTO versions SELECT * FROM versions`,
		`UPDATE audit SET author = 'other'`,
		`DELETE FROM audit`,
		`DELETE FROM audit WHERE competition_id IS NULL`,
		`INSERT OR REPLACE INTO audit SELECT * FROM audit`,
		`UPDATE decisions SET key = NULL`,
		`INSERT INTO decisions (competition_id, kind, key, at) SELECT competition_id, kind, key, at FROM decisions WHERE key IS NOT NULL`,
	} {
		if _, err := s.writer.ExecContext(t.Context(), query); constraint(err) == 0 {
			t.Errorf("%s: got %v, want a broken constraint", query, err)
		}
	}
}

func TestStore_ReopenedEqualsBefore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "race.db")
	s := openAt(t, path)
	started(t, s)
	want, err := s.Activate(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s = openAt(t, path)
	got, err := s.Activate(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	want.Epoch++
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("activation (-want +got):\n%s", diff)
	}
}

// Two processes on one file: the second one fences the first.
func TestStore_TwoOnOneFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "race.db")
	one, two := openAt(t, path), openAt(t, path)
	a := started(t, one)
	if _, err := two.Activate(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	_, _, err := one.Append(t.Context(), race.Batch{Competition: 1, Epoch: a.Epoch})
	if !errors.Is(err, race.ErrFenced) {
		t.Errorf("got %v, want ErrFenced", err)
	}
}

func TestAdd_FencesTheOwnerOfWhatItChanges(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	a := started(t, s)
	for _, c := range []struct {
		competition race.CompetitionID
		dryRun      bool
		want        error
	}{{2, false, nil}, {1, true, nil}, {1, false, race.ErrFenced}} {
		d := persistence.Dump{Teams: []race.Team{{Competition: c.competition, Name: "Nuevos", Bib: 9, Category: race.CategoryStudents}}}
		if _, err := s.Add(t.Context(), d, c.dryRun); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Append(t.Context(), race.Batch{Competition: 1, Epoch: a.Epoch}); !errors.Is(err, c.want) {
			t.Errorf("team added to %d, dry run %v: got %v, want %v", c.competition, c.dryRun, err, c.want)
		}
	}
}

// A broken row of ours is no reason to tell a phone that its time is invalid.
func TestAppend_OnlyRecordsArePoison(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	a := started(t, s)
	_, err := s.writer.ExecContext(t.Context(), `CREATE TRIGGER full BEFORE INSERT ON batches BEGIN SELECT RAISE(ABORT, 'full'); END`)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = s.Append(t.Context(), race.Batch{Competition: 1, Epoch: a.Epoch, Requests: []race.Request{{Judge: 1, Team: 11, Records: []race.TimeRecord{
		{ID: race.NewRecordID(), Elapsed: time.Minute, Source: race.SourceSocket, ReceivedAt: time.Now()},
	}}}})
	if race.CodeOf(err) != race.CodeInternal {
		t.Errorf("got %v, want an error without a code", err)
	}
	records, err := s.Records(t.Context(), 1)
	if err != nil || len(records) != 1 {
		t.Errorf("got %d records, %v, want the 1 before", len(records), err)
	}
}
