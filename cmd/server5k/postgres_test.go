package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"server5k/persistence/postgres"
	"server5k/persistence/postgres/pgtest"
)

// testCluster is the PostgreSQL server of all tests, started by the first that
// needs it.
var testCluster struct {
	mu   sync.Mutex // protects open, err
	open *pgtest.Cluster
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if c := testCluster.open; c != nil {
		if err := c.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// database makes a migrated PostgreSQL database without rows and returns its
// URL, as a superuser.
func database(tb testing.TB) string {
	tb.Helper()
	c := &testCluster
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil && c.err == nil {
		c.open, c.err = pgtest.Open(context.WithoutCancel(tb.Context()), func(ctx context.Context, url string) error {
			_, err := postgres.Migrate(ctx, url)
			return err
		})
	}
	if c.err != nil {
		tb.Fatal(c.err)
	}
	return c.open.Database(tb)
}

// setupPostgres is setup with a PostgreSQL database.
func setupPostgres(t *testing.T) *bench {
	t.Helper()
	b := setup(t)
	b.cfg.DatabaseURL = database(t)
	b.env["DATABASE_URL"] = b.cfg.DatabaseURL
	return b
}

// bothDatabases are setup for each kind of database.
func bothDatabases() map[string]func(*testing.T) *bench {
	return map[string]func(*testing.T) *bench{"sqlite": setup, "postgres": setupPostgres}
}
