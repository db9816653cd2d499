package postgres

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"server5k/persistence"
	"server5k/persistence/postgres/pgtest"
	"server5k/persistence/storetest"
)

// cluster is the PostgreSQL server of all tests.
var cluster = pgtest.Lazy{Migrate: func(ctx context.Context, url string) error {
	m, err := Migrate(ctx, url)
	if err == nil && !m.Role {
		err = errors.New("the role was not made")
	}
	return err
}}

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

func openAt(tb testing.TB, url string) *Store {
	tb.Helper()
	s, err := Open(tb.Context(), url)
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

// root connects as the superuser, for what the store itself may not do.
func root(tb testing.TB, url string) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := conn.Close(context.WithoutCancel(tb.Context())); err != nil {
			tb.Error(err)
		}
	})
	return conn
}

func exec(tb testing.TB, conn *pgx.Conn, query string) {
	tb.Helper()
	if _, err := conn.Exec(context.WithoutCancel(tb.Context()), query); err != nil { // cleanups too
		tb.Fatalf("%s: %v", query, err)
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) persistence.Store {
		t.Helper()
		return openAt(t, cluster.Database(t))
	})
}
