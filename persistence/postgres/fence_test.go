package postgres

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"server5k/persistence"
	"server5k/persistence/storetest"
	"server5k/race"
)

// started fills a store with the competitions of storetest.Dump, both running.
func started(t *testing.T, s *Store) map[race.CompetitionID]int64 {
	t.Helper()
	if _, err := s.Add(t.Context(), storetest.Dump(), false); err != nil {
		t.Fatal(err)
	}
	epochs := map[race.CompetitionID]int64{}
	for _, id := range []race.CompetitionID{1, 2} {
		a, err := s.Activate(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		epochs[id] = a.Epoch
		if _, _, err := s.Transition(t.Context(), race.Transition{Competition: id, Epoch: a.Epoch, Start: true, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	return epochs
}

// opened returns a store of its own, filled by started, with its URL and epochs.
func opened(t *testing.T) (url string, s *Store, epochs map[race.CompetitionID]int64) {
	t.Helper()
	url = cluster.Database(t)
	s = openAt(t, url)
	return url, s, started(t, s)
}

// one is a batch of one new record of a team that ana, judge 1, has.
func one(id race.CompetitionID, epoch int64) race.Batch {
	team := race.TeamID(11)
	if id == 2 {
		team = 21
	}
	return race.Batch{Competition: id, Epoch: epoch, Requests: []race.Request{{Judge: 1, Team: team, Records: []race.TimeRecord{newRecord()}}}}
}

func newRecord() race.TimeRecord {
	return race.TimeRecord{ID: race.NewRecordID(), Elapsed: time.Minute, Source: race.SourceSocket, ReceivedAt: time.Now()}
}

func mustAppend(t *testing.T, s *Store, b race.Batch) race.Decision {
	t.Helper()
	d, _, err := s.Append(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The function itself refuses an owner whose epoch is over, whatever the process
// believes.
func TestAppendBatch_FencesWithItsOwnState(t *testing.T) {
	t.Parallel()
	_, s, epochs := opened(t)
	mustAppend(t, s, one(1, epochs[1]))
	st := s.state(1)
	before := stamp{st.ledger.Competition(), st.epoch, st.seq, st.ledger.Event(), st.digest}
	d := st.ledger.Decide(one(1, epochs[1]).Requests)
	link := race.NewLink(1, before.epoch, before.digest, d.Store)
	for name, c := range map[string]struct {
		change func(*stamp)
		want   string
	}{
		"older epoch":     {func(b *stamp) { b.epoch-- }, fenced},
		"epoch to come":   {func(b *stamp) { b.epoch++ }, fenced},
		"older record":    {func(b *stamp) { b.seq-- }, movedOn},
		"older event":     {func(b *stamp) { b.event-- }, movedOn},
		"not running":     {func(b *stamp) { b.competition.Running = false }, movedOn},
		"other team size": {func(b *stamp) { b.competition.TeamSize = 3 }, movedOn},
		"missing":         {func(b *stamp) { b.competition.ID = 99 }, noSuchRace},
	} {
		stale := before
		c.change(&stale)
		if _, err := s.owners.Exec(t.Context(), appendBatchQuery, batchArgs(stale, d, link)...); sqlState(err) != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
		if err := s.unchanged(t.Context(), stale); sqlState(err) != c.want {
			t.Errorf("%s, nothing to store: got %v, want %s", name, err, c.want)
		}
	}
	if _, err := s.owners.Exec(t.Context(), appendBatchQuery, batchArgs(before, d, link)...); err != nil {
		t.Error(err)
	}
}

// Two processes on one database: the second fences the first, even for what
// stores nothing.
func TestStore_TwoOwners(t *testing.T) {
	t.Parallel()
	url := cluster.Database(t)
	older, newer := openAt(t, url), openAt(t, url)
	epochs := started(t, older)
	b := one(1, epochs[1])
	mustAppend(t, older, b)
	a, err := newer.Activate(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, batch := range map[string]race.Batch{"new": one(1, epochs[1]), "repeated": b, "empty": {Competition: 1, Epoch: epochs[1]}} {
		if _, _, err := older.Append(t.Context(), batch); !errors.Is(err, race.ErrFenced) {
			t.Errorf("%s record of the older owner: got %v", name, err)
		}
	}
	if d := mustAppend(t, newer, one(1, a.Epoch)); d.Seq != 2 {
		t.Errorf("seq %d, want 2", d.Seq)
	}
	mustAppend(t, older, one(2, epochs[2])) // the other competition is still its own
}

// Whoever takes a team from its judge, by whatever way, ends the epoch: the
// owner loads again before it stores anything for the judge of before.
func TestStore_ReassignmentEndsTheEpoch(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{
		"team to another judge": `UPDATE teams SET judge_id = 2 WHERE id = 11`,
		"team to nobody":        `UPDATE teams SET judge_id = NULL WHERE id = 11`,
		"judge not active":      `UPDATE judges SET active = false WHERE id = 1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, s, epochs := opened(t)
			mustAppend(t, s, one(1, epochs[1]))
			exec(t, root(t, url), query)
			if _, _, err := s.Append(t.Context(), one(1, epochs[1])); !errors.Is(err, race.ErrFenced) {
				t.Fatalf("got %v, want ErrFenced", err)
			}
			a, err := s.Activate(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			if got := race.CodeOf(mustAppend(t, s, one(1, a.Epoch)).Replies[0].Err); got != race.CodeForeignTeam {
				t.Errorf("got %q, want %q", got, race.CodeForeignTeam)
			}
		})
	}
}

// Without the triggers the owner's memory is out of date, and the function still
// looks at the team in the statement that stores.
func TestAppend_OwnershipIsCheckedWhereItIsStored(t *testing.T) {
	t.Parallel()
	url, s, epochs := opened(t)
	conn := root(t, url)
	exec(t, conn, `SET session_replication_role = replica`) // no triggers
	exec(t, conn, `UPDATE teams SET judge_id = 2 WHERE id = 11`)
	if got := race.CodeOf(mustAppend(t, s, one(1, epochs[1])).Replies[0].Err); got != race.CodeForeignTeam {
		t.Errorf("got %q, want %q", got, race.CodeForeignTeam)
	}
	exec(t, conn, `UPDATE competitions SET running = false WHERE id = 2`)
	if got := race.CodeOf(mustAppend(t, s, one(2, epochs[2])).Replies[0].Outcomes[0].Err); got != race.CodeNotRunning {
		t.Errorf("got %q, want %q", got, race.CodeNotRunning)
	}
}

// A transaction that holds one competition delays no other.
func TestAppend_CompetitionsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	url, s, epochs := opened(t)
	tx, err := root(t, url).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT 1 FROM competitions WHERE id = 1 FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, _, err := s.Append(t.Context(), one(1, epochs[1]))
		done <- err
	}()
	for range 20 {
		mustAppend(t, s, one(2, epochs[2]))
		if _, err := s.Records(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-done:
		t.Errorf("the batch of the locked competition is done: %v", err)
	default:
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Two competitions store the same id at the same instant: one counts, the other
// is told of the conflict, whoever was first.
func TestAppend_OneIDInTwoCompetitionsAtOnce(t *testing.T) {
	t.Parallel()
	url, s, epochs := opened(t)
	for round := range 10 {
		first, second := one(1, epochs[1]), one(2, epochs[2])
		if round%3 == 2 { // the second has only three places
			second.Requests[0].Records[0].Elapsed = 0
		}
		second.Requests[0].Records[0].ID = first.Requests[0].Records[0].ID
		codes := make(chan race.Code, 2)
		for _, b := range []race.Batch{first, second} {
			go func() {
				d, _, err := s.Append(t.Context(), b)
				if err == nil {
					err = d.Replies[0].Outcomes[0].Err
				}
				codes <- race.CodeOf(err)
			}()
		}
		got := []race.Code{<-codes, <-codes}
		slices.Sort(got)
		if !slices.Equal(got, []race.Code{"", race.CodeConflict}) && !slices.Equal(got, []race.Code{"", race.CodeTeamComplete}) {
			t.Errorf("round %d: got %q", round, got)
		}
	}
	var ids, rows int
	err := root(t, url).QueryRow(t.Context(), `SELECT count(DISTINCT record_id), count(*) FROM time_records WHERE state = 'counted'`).Scan(&ids, &rows)
	if err != nil || ids != rows || ids < 10 {
		t.Errorf("%d ids in %d rows, %v", ids, rows, err)
	}
}

// What one request holds that the database refuses is refused alone.
func TestAppend_TextThatPostgresRefuses(t *testing.T) {
	t.Parallel()
	_, s, epochs := opened(t)
	b := one(1, epochs[1])
	for _, device := range []string{"a\x00b", "a\xff"} {
		q := one(1, epochs[1]).Requests[0]
		q.Records[0].Mark.Device = device
		b.Requests = append(b.Requests, q, one(1, epochs[1]).Requests[0])
	}
	var got []race.Code
	for _, r := range mustAppend(t, s, b).Replies {
		got = append(got, race.CodeOf(r.Err))
	}
	want := []race.Code{"", race.CodeInvalidValue, "", race.CodeInvalidValue, ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// rowsNeverChange tries to change rows with conn; every try must fail with a
// SQLSTATE among want.
func rowsNeverChange(t *testing.T, conn *pgx.Conn, want ...string) {
	t.Helper()
	for _, query := range []string{
		`UPDATE time_records SET elapsed_ms = elapsed_ms + 1`, `DELETE FROM time_records`, `TRUNCATE time_records`,
		`UPDATE batches SET epoch = 1`, `DELETE FROM batches`, `TRUNCATE batches`,
		`UPDATE decisions SET reason = 'other'`, `DELETE FROM decisions`, `TRUNCATE decisions CASCADE`,
		`UPDATE time_records SET slot = 16`, `DELETE FROM teams WHERE id = 11`, `DELETE FROM competitions WHERE id = 1`,
		`INSERT INTO purge_guard VALUES (1); SELECT remove_guarded()`,
	} {
		if _, err := conn.Exec(t.Context(), query); !slices.Contains(want, sqlState(err)) {
			t.Errorf("%s: got %v, want one of %q", query, err, want)
		}
	}
}

func TestStore_RecordsAndDecisionsNeverChange(t *testing.T) {
	t.Parallel()
	url, s, epochs := opened(t)
	mustAppend(t, s, one(1, epochs[1]))
	conn := root(t, url)
	rowsNeverChange(t, conn, immutable, foreignKeyViolation)
	exec(t, conn, `SET ROLE `+appRole)
	rowsNeverChange(t, conn, insufficientPrivilege, immutable, foreignKeyViolation)
	if _, err := conn.Exec(t.Context(), `DELETE FROM time_records`); sqlState(err) != insufficientPrivilege {
		t.Errorf("delete as %s: got %v", appRole, err)
	}
	if _, err := conn.Exec(t.Context(), `DROP TABLE time_records`); sqlState(err) != insufficientPrivilege {
		t.Errorf("drop as %s: got %v", appRole, err)
	}
	var role string
	if err := s.owners.QueryRow(t.Context(), `SELECT current_user`).Scan(&role); err != nil || role != appRole {
		t.Errorf("the store acts as %q, %v", role, err)
	}
	a, err := s.Archive(t.Context(), 1)
	if err != nil || len(a.Records) != 1 || len(a.Rulings) != 1 || len(a.Links) != 1 {
		t.Errorf("stored: %+v, %v", a, err)
	}
}

// Whoever may make roles gets the role; whoever may not works all the same.
func TestMigrate_MakesTheRoleIfItMay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options string
		role    bool
		acts    string
	}{
		"may":     {"CREATEROLE", true, appRole},
		"may not": {"NOCREATEROLE", false, "crew"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, url := server(t)
			exec(t, root(t, url), `CREATE ROLE crew LOGIN `+c.options+`; GRANT ALL ON SCHEMA public TO crew; GRANT CREATE ON DATABASE postgres TO crew`)
			crew := strings.Replace(url, "postgres@", "crew@", 1)
			for range 2 { // again changes nothing
				if m, err := Migrate(t.Context(), crew); err != nil || m.Role != c.role {
					t.Fatalf("got %+v, %v", m, err)
				}
			}
			s := openAt(t, crew)
			var acts string
			if err := s.owners.QueryRow(t.Context(), `SELECT current_user`).Scan(&acts); err != nil || acts != c.acts {
				t.Errorf("the store acts as %q, %v, want %q", acts, err, c.acts)
			}
			epochs := started(t, s)
			mustAppend(t, s, one(1, epochs[1]))
			if _, err := s.Add(t.Context(), persistence.Dump{Judges: []persistence.JudgeRow{{Judge: race.Judge{Username: "otra"}}}}, false); err != nil {
				t.Error(err)
			}
		})
	}
}

// What no code may store, the schema refuses: a 16th slot, a slot twice, a number
// twice, an id twice, a team of another competition, a day and a millisecond.
func TestSchema_RefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	url, s, epochs := opened(t)
	mustAppend(t, s, one(1, epochs[1]))
	conn := root(t, url)
	for _, c := range []struct{ name, column, value, want string }{
		{"a good row", "", "", ""},
		{"16th slot", "slot", "16", "23514"},
		{"no slot", "slot", "NULL", "23514"},
		{"slot twice", "slot", "1", uniqueViolation},
		{"number twice", "seq", "1", uniqueViolation},
		{"id twice", "record_id", "(SELECT record_id FROM time_records)", uniqueViolation},
		{"team of another competition", "team_id", "21", foreignKeyViolation},
		{"no such judge", "judge_id", "99", foreignKeyViolation},
		{"more than a day", "elapsed_ms", "86400001", "23514"},
		{"less than nothing", "elapsed_ms", "-1", "23514"},
		{"no such state", "state", "'maybe'", "23514"},
	} {
		row := map[string]string{
			"record_id": "gen_random_uuid()", "competition_id": "1", "team_id": "11", "judge_id": "1", "elapsed_ms": "1", "state": "'counted'",
			"slot": "2", "seq": "2", "event": "9", "source": "'ws'", "anonymous": "false", "received_at": "1", "epoch": "1",
		}
		if c.column != "" {
			row[c.column] = c.value
		}
		columns := slices.Sorted(maps.Keys(row))
		values := make([]string, len(columns))
		for i, name := range columns {
			values[i] = row[name]
		}
		query := `BEGIN; INSERT INTO time_records (` + strings.Join(columns, ", ") + `) VALUES (` + strings.Join(values, ", ") + `); ROLLBACK`
		if _, err := conn.Exec(t.Context(), query); sqlState(err) != c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		exec(t, conn, `ROLLBACK`)
	}
}
