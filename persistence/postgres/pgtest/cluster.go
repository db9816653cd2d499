package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// databaseTimeout bounds making or dropping a database.
const databaseTimeout = 30 * time.Second

// Cluster gives each test a database of its own, a copy of one that was migrated
// once. Its methods may be called from any goroutine.
type Cluster struct {
	server *Server // nil with TEST_DATABASE_URL
	admin  string  // URL of a database that others are made from
	prefix string
	made   atomic.Int64

	mu       sync.Mutex // held while a database is made: the template bears no connection
	template string
}

// Open starts a private server, or takes the one of TEST_DATABASE_URL, whose role
// must be allowed to create databases, and has migrate fill the template.
func Open(ctx context.Context, migrate func(ctx context.Context, url string) error) (*Cluster, error) {
	c := &Cluster{admin: os.Getenv("TEST_DATABASE_URL"), prefix: fmt.Sprintf("server5k_test_%d_%d", os.Getpid(), time.Now().UnixNano())}
	if c.admin == "" {
		s, err := New(ctx)
		if err != nil {
			return nil, err
		}
		c.server, c.admin = s, s.URL("postgres")
	}
	c.template = c.prefix + "_template"
	err := c.exec(ctx, "CREATE DATABASE "+c.template)
	if err == nil {
		err = migrate(ctx, c.url(c.template))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pgtest: %w", err), c.Close())
	}
	return c, nil
}

// Database makes a migrated database without rows and returns its URL; it is
// dropped after the test.
func (c *Cluster) Database(tb testing.TB) string {
	tb.Helper()
	return c.database(tb, " TEMPLATE "+c.template)
}

// EmptyDatabase is Database before the first migration.
func (c *Cluster) EmptyDatabase(tb testing.TB) string {
	tb.Helper()
	return c.database(tb, "")
}

func (c *Cluster) database(tb testing.TB, options string) string {
	tb.Helper()
	name := fmt.Sprintf("%s_%d", c.prefix, c.made.Add(1))
	if err := c.exec(tb.Context(), "CREATE DATABASE "+name+options); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.exec(context.WithoutCancel(tb.Context()), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			tb.Error(err)
		}
	})
	return c.url(name)
}

// Close drops what is left and ends the private server.
func (c *Cluster) Close() error {
	if c.server != nil {
		return c.server.Close()
	}
	return c.exec(context.Background(), "DROP DATABASE IF EXISTS "+c.template+" WITH (FORCE)")
}

// exec runs one statement that makes or drops a database; the names are ours.
func (c *Cluster) exec(ctx context.Context, statement string) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, databaseTimeout, errors.New("pgtest: database not made or dropped in 30s"))
	defer cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	conn, err := pgx.Connect(ctx, c.admin)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

func (c *Cluster) url(database string) string {
	u, err := url.Parse(c.admin)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return c.admin // connecting says what is wrong with it
	}
	u.Path = "/" + database
	return u.String()
}
