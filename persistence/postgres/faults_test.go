package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"server5k/persistence/postgres/pgtest"
	"server5k/race"
)

// faultTimeout bounds what a test waits for; it is far above what it takes.
const faultTimeout = 60 * time.Second

// server starts a PostgreSQL of its own and returns it with a migrated database.
func server(t *testing.T, settings ...string) (*pgtest.Server, string) {
	t.Helper()
	p, err := pgtest.New(t.Context(), settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p, p.URL("postgres")
}

func migrated(t *testing.T, settings ...string) (*pgtest.Server, string) {
	t.Helper()
	p, url := server(t, settings...)
	if _, err := Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	return p, url
}

// persist sends a batch until it has a durable answer, as a recorder does.
func persist(ctx context.Context, s *Store, b race.Batch) error {
	for {
		try, cancel := context.WithTimeout(ctx, 4*time.Second)
		_, _, err := s.Append(try, b)
		cancel()
		if err == nil || ctx.Err() != nil || errors.Is(err, race.ErrFenced) {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// Crashes of the server and killed backends in the middle of load: every batch is
// answered in the end, stored once, without opening the store again.
func TestAppend_SurvivesCrashes(t *testing.T) {
	t.Parallel()
	p, url := migrated(t)
	s := openAt(t, url)
	epochs := started(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), faultTimeout)
	defer cancel()

	stop := make(chan struct{})
	acknowledged := make(chan race.RecordID, 100_000)
	errs := make(chan error, 2)
	var load sync.WaitGroup
	for id, epoch := range epochs {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				b := one(id, epoch)
				if err := persist(ctx, s, b); err != nil {
					errs <- err
					return
				}
				acknowledged <- b.Requests[0].Records[0].ID
			}
		})
	}
	for i := range 4 {
		for range 20 { // some go through between two blows
			<-acknowledged
		}
		if i%2 == 1 {
			kill(t, url)
			continue
		}
		if err := p.Crash(); err != nil {
			t.Fatal(err)
		}
		if err := p.Start(ctx); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	load.Wait()
	select {
	case err := <-errs:
		t.Fatal(err)
	default:
	}
	for id := range epochs {
		a, err := s.Archive(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(a.Records)) != a.Seq {
			t.Errorf("competition %d: %d records, seq %d", id, len(a.Records), a.Seq)
		}
	}
}

// kill ends the backends of the store's owners.
func kill(t *testing.T, url string) {
	t.Helper()
	exec(t, root(t, url), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%append_batch%' AND pid <> pg_backend_pid()`)
}

// swallow is a connection whose answers get lost while it is deaf.
type swallow struct {
	net.Conn
	deaf *gate
}

type gate struct {
	mu   sync.Mutex // protects shut, lost
	shut bool
	lost chan struct{} // closed when something was swallowed
}

func (c swallow) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.deaf.mu.Lock()
	defer c.deaf.mu.Unlock()
	if c.deaf.shut && n > 0 {
		c.deaf.shut = false
		close(c.deaf.lost)
		return 0, errors.Join(net.ErrClosed, c.Close())
	}
	return n, err
}

// The commit went through and its answer was lost: the same batch again, on a new
// connection, is a duplicate.
func TestAppend_UnknownOutcomeIsAskedAgain(t *testing.T) {
	t.Parallel()
	url, s, epochs := opened(t)
	deaf := &gate{lost: make(chan struct{})}
	if err := s.ownersDB.Close(); err != nil {
		t.Fatal(err)
	}
	s.owners.Close()
	err := s.openOwners(t.Context(), url, func(cfg *pgx.ConnConfig) {
		dial := cfg.DialFunc
		cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			return swallow{c, deaf}, err
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, s, one(1, epochs[1]))
	deaf.mu.Lock()
	deaf.shut = true
	deaf.mu.Unlock()

	b := one(1, epochs[1])
	_, _, err = s.Append(t.Context(), b)
	if race.CodeOf(err) != race.CodeInternal || errors.Is(err, race.ErrFenced) || !strings.Contains(err.Error(), "outcome unknown") {
		t.Fatalf("got %v, want an unknown outcome", err)
	}
	<-deaf.lost
	d := mustAppend(t, s, b)
	if o := d.Replies[0].Outcomes[0]; !o.Duplicate || len(d.Store) != 0 || d.Seq != 2 {
		t.Errorf("got %+v, stored %d, seq %d", o, len(d.Store), d.Seq)
	}
}

// Whoever comes too late for a connection is told so and later served.
func TestStore_ConnectionLimit(t *testing.T) {
	t.Parallel()
	_, url := migrated(t, "max_connections=20", "superuser_reserved_connections=3")
	exec(t, root(t, url), `CREATE ROLE crew LOGIN; GRANT `+appRole+` TO crew`)
	crew := strings.Replace(url, "postgres@", "crew@", 1)
	s := openAt(t, crew)
	epochs := started(t, s)
	s.owners.Reset()
	s.others.Reset()
	var hogs []*pgx.Conn
	var err error
	for err == nil {
		var c *pgx.Conn
		if c, err = pgx.Connect(t.Context(), crew); err == nil {
			hogs = append(hogs, c)
		}
	}
	if sqlState(err) != "53300" {
		t.Fatalf("got %v, want too many connections", err)
	}
	b := one(1, epochs[1])
	if _, _, err := s.Append(t.Context(), b); sqlState(err) != "53300" {
		t.Errorf("append: got %v", err)
	}
	if err := s.Ping(t.Context()); err == nil {
		t.Error("ping: no error")
	}
	for _, c := range hogs {
		if err := c.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), faultTimeout)
	defer cancel()
	if err := persist(ctx, s, b); err != nil {
		t.Error(err)
	}
}

// All connections busy: the wait ends with the caller's deadline and its name.
func TestAppend_PoolExhausted(t *testing.T) {
	t.Parallel()
	_, s, epochs := opened(t)
	for range maxOwners {
		c, err := s.owners.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Release()
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("no answer in time"))
	defer cancel()
	if _, _, err := s.Append(ctx, one(1, epochs[1])); err == nil || !strings.Contains(err.Error(), "no answer in time") {
		t.Errorf("got %v", err)
	}
	if _, err := s.Records(t.Context(), 1); err != nil {
		t.Errorf("a read waits for the owners: %v", err)
	}
}

func TestOpen_Refuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, setting, want string
	}{
		{"fsync", "fsync=off", "fsync = on"},
		{"full pages", "full_page_writes=off", "full_page_writes = on"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, url := server(t, c.setting)
			_, migrateErr := Migrate(t.Context(), url)
			_, openErr := Open(t.Context(), url)
			for what, err := range map[string]error{"migrate": migrateErr, "open": openErr} {
				if u, ok := AsUnfit(err); !ok || !strings.Contains(u.Text, c.want) {
					t.Errorf("%s: got %v, want advice about %s", what, err, c.want)
				}
			}
		})
	}
	for _, c := range []struct{ name, query, want string }{
		{"no tables", ``, "vacía: ejecute «server5k migrate»"},
		{"older", `DELETE FROM goose_db_version WHERE version_id > 0; INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true)`, "ejecute «server5k migrate»"},
		{"newer", `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`, "use el programa nuevo"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cl := cluster.Cluster(t)
			url := cl.EmptyDatabase(t)
			if c.query != "" {
				url = cl.Database(t)
				exec(t, root(t, url), c.query)
			}
			_, err := Open(t.Context(), url)
			if u, ok := AsUnfit(err); !ok || !strings.Contains(u.Text, c.want) {
				t.Errorf("got %v, want advice %q", err, c.want)
			}
		})
	}
}

// TestStore_Current: a serving node notices tables that went back, not those that a
// newer node brought.
func TestStore_Current(t *testing.T) {
	t.Parallel()
	url := cluster.Cluster(t).Database(t)
	s, conn := openAt(t, url), root(t, url)
	for _, query := range []string{`SELECT 1`, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`} {
		exec(t, conn, query)
		if err := s.Current(t.Context()); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
	for _, query := range []string{
		`DELETE FROM goose_db_version WHERE version_id > 0; INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true)`,
		`DROP TABLE goose_db_version`,
	} {
		exec(t, conn, query)
		if u, ok := AsUnfit(s.Current(t.Context())); !ok || !strings.Contains(u.Text, "server5k migrate") {
			t.Errorf("%s: %v", query, u)
		}
	}
}

// A server that comes back with fsync off is not written to any more.
func TestStore_RefusesASettingThatTurnedBad(t *testing.T) {
	t.Parallel()
	_, url := migrated(t)
	s := openAt(t, url)
	epochs := started(t, s)
	conn := root(t, url)
	exec(t, conn, `ALTER SYSTEM SET fsync = off`)
	exec(t, conn, `SELECT pg_reload_conf()`)
	for on := "on"; on == "on"; {
		if err := conn.QueryRow(t.Context(), `SHOW fsync`).Scan(&on); err != nil {
			t.Fatal(err)
		}
	}
	s.owners.Reset()
	_, _, err := s.Append(t.Context(), one(1, epochs[1]))
	if u, ok := AsUnfit(err); !ok || !strings.Contains(u.Text, "fsync") {
		t.Errorf("got %v", err)
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	good := serverState{number: 150_008, version: "15.8", fsync: "on", fullPages: "on", syncCommit: "on"}
	for _, c := range []struct {
		name   string
		change func(*serverState)
		want   string
	}{
		{"good", func(*serverState) {}, ""},
		{"oldest", func(s *serverState) { s.number = 140_000 }, ""},
		{"too old", func(s *serverState) { s.number, s.version = 130_022, "13.22" }, "es la versión 13.22"},
		{"replica", func(s *serverState) { s.replica = true }, "servidor principal"},
		{"fsync", func(s *serverState) { s.fsync = "off" }, "fsync = on"},
		{"full pages", func(s *serverState) { s.fullPages = "off" }, "full_page_writes = on"},
		{"asynchronous", func(s *serverState) { s.syncCommit = "off" }, "synchronous_commit=off"},
	} {
		s := good
		c.change(&s)
		got := ""
		if err := s.fit(); err != nil {
			got = err.Error()
		}
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// What the URL says about the commit does not count.
func TestOpen_CommitsAreSynchronous(t *testing.T) {
	t.Parallel()
	url := cluster.Database(t)
	exec(t, root(t, url), `ALTER ROLE CURRENT_USER IN DATABASE `+root(t, url).Config().Database+` SET synchronous_commit = off`)
	s := openAt(t, url+"&synchronous_commit=off")
	got := map[string]string{}
	for name, pool := range map[string]interface {
		QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	}{"owners": s.owners, "others": s.others} {
		var value string
		if err := pool.QueryRow(t.Context(), `SHOW synchronous_commit`).Scan(&value); err != nil {
			t.Fatal(err)
		}
		got[name] = value
	}
	if diff := cmp.Diff(map[string]string{"owners": "on", "others": "on"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOpen_ErrorsDoNotShowThePassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://u:tr0ub4dor@127.0.0.1:1/d", "postgres://u:tr0ub4dor%zz@127.0.0.1:1/d", "postgres://u:tr0ub4dor@127.0.0.1:x/d"} {
		_, openErr := Open(t.Context(), url)
		_, migrateErr := Migrate(t.Context(), url)
		if text := fmt.Sprint(openErr, migrateErr); strings.Contains(text, "tr0ub4dor") || openErr == nil || migrateErr == nil {
			t.Errorf("got %s", text)
		}
	}
}
