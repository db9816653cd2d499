// Package postgres keeps competitions in a PostgreSQL database, version 14 or
// newer. Store implements persistence.Store.
//
// It has two pools of connections: one for the owners of competitions, whose
// batches nothing else may delay, and one for all the rest. What an owner stores
// is one call of a database function: no transaction waits for this process, so
// a frozen owner holds no lock. The package starts no goroutines beyond those of
// its pools, which end with Close.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"server5k/persistence"
	"server5k/persistence/tables"
	"server5k/race"
)

const (
	// maxOwners bounds the batches that are committed at once: each competition
	// has one at a time, and beyond a few PostgreSQL only shares its cores.
	maxOwners = 8
	// maxOthers bounds the connections for everything else; pool_max_conns in the
	// URL overrides it.
	maxOthers = 8
	// connectTimeout is short: whoever waits for it holds a judge's answer back.
	connectTimeout = 3 * time.Second
	// staleAfter is how long a connection may have been idle to be used without
	// asking whether it still lives: a server that crashed needs longer to come
	// back. Batches do without, their callers try again.
	staleAfter = 50 * time.Millisecond
	// openTimeout bounds the checks at start-up.
	openTimeout = 15 * time.Second
)

// ownerSettings are the settings of the owners' connections. The plans must stay
// good even when they were made while the tables were empty. The timeouts end
// what a lost client left behind before the next owner gives up waiting for it.
var ownerSettings = map[string]string{
	"synchronous_commit":                  "on",
	"plan_cache_mode":                     "force_generic_plan",
	"enable_seqscan":                      "off",
	"jit":                                 "off",
	"statement_timeout":                   "5s",
	"lock_timeout":                        "3s",
	"idle_in_transaction_session_timeout": "3s",
	"tcp_user_timeout":                    "10s",
}

// otherSettings are those of all other connections; restoring a backup may take
// a while for one statement, but a transaction never pauses long.
var otherSettings = map[string]string{
	"synchronous_commit":                  "on",
	"statement_timeout":                   "60s",
	"lock_timeout":                        "3s",
	"idle_in_transaction_session_timeout": "30s",
	"tcp_user_timeout":                    "10s",
}

// Store is one database. Its methods may be called from any goroutine.
type Store struct {
	*tables.Tables
	owned          *tables.Tables // on the owners' connections
	owners, others *pgxpool.Pool
	ownersDB, db   *sql.DB // the same pools for database/sql

	mu     sync.Mutex // protects states
	states map[race.CompetitionID]*state
}

var _ persistence.Store = (*Store)(nil)

// Open connects to the database that url names. It refuses one that does not
// promise durability, is too old, or has not been brought to this version with
// Migrate; the error says what to do.
func Open(ctx context.Context, url string) (*Store, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, openTimeout, errors.New("open database: no answer in 15s"))
	defer cancel()
	s := &Store{states: map[race.CompetitionID]*state{}}
	if err := s.open(ctx, url); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", tables.WithCause(ctx, err)), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, url string) (err error) {
	if s.others, err = connect(ctx, url, otherSettings, 0, func(*pgx.ConnConfig) {}); err != nil {
		return err
	}
	s.db = stdlib.OpenDBFromPool(s.others)
	if err := s.checkVersion(ctx); err != nil {
		return err
	}
	s.Tables = tables.New(s.db, writer(s.db), dialect())
	return s.openOwners(ctx, url, func(*pgx.ConnConfig) {})
}

// openOwners opens the pool of the owners, whose connections change may alter.
func (s *Store) openOwners(ctx context.Context, url string, change func(*pgx.ConnConfig)) (err error) {
	if s.owners, err = connect(ctx, url, ownerSettings, maxOwners, change); err != nil {
		return err
	}
	s.ownersDB = stdlib.OpenDBFromPool(s.owners)
	s.owned = tables.New(s.ownersDB, writer(s.ownersDB), dialect())
	return nil
}

// Close ends both pools. It may be called twice.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.ownersDB, s.db} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	for _, pool := range []*pgxpool.Pool{s.owners, s.others} {
		if pool != nil {
			pool.Close()
		}
	}
	return errors.Join(errs...)
}

// connect opens a pool and waits for its first connection. size 0 means
// maxOthers, unless the URL says something else.
func connect(
	ctx context.Context, url string, settings map[string]string, size int32, change func(*pgx.ConnConfig),
) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("DATABASE_URL cannot be read as a PostgreSQL URL") // err may quote the password
	}
	if size > 0 {
		cfg.MaxConns = size
	} else {
		if !given(url, "pool_max_conns") {
			cfg.MaxConns = maxOthers
		}
		cfg.ShouldPing = func(_ context.Context, p pgxpool.ShouldPingParams) bool { return p.IdleDuration > staleAfter }
		cfg.PingTimeout = connectTimeout
	}
	conn := cfg.ConnConfig
	if !given(url, "connect_timeout") {
		conn.ConnectTimeout = connectTimeout
	}
	for name, value := range settings {
		conn.RuntimeParams[name] = value
	}
	if conn.RuntimeParams["application_name"] == "" {
		conn.RuntimeParams["application_name"] = "server5k"
	}
	cfg.AfterConnect = prepare
	change(conn)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// prepare checks a new connection and gives up the rights that the server does
// not need. It is done for each, because the server may have come back with
// other settings.
func prepare(ctx context.Context, conn *pgx.Conn) error {
	if err := checkServer(ctx, conn); err != nil {
		return err
	}
	return takeRole(ctx, conn)
}

// Transition starts or stops a competition, as tables.Tables does, but on an
// owner's connection: its timeouts are shorter than the wait of the next owner.
func (s *Store) Transition(ctx context.Context, t race.Transition) (race.Competition, int64, error) {
	return s.owned.Transition(ctx, t)
}

// Rule carries out an order, as Transition does.
func (s *Store) Rule(ctx context.Context, o race.Order) (race.Ruled, error) {
	return s.owned.Rule(ctx, o)
}

// Confirm is done on an owner's connection: what other requests read must not
// make an owner look silent.
func (s *Store) Confirm(ctx context.Context, id race.CompetitionID, epoch int64) error {
	return s.owned.Confirm(ctx, id, epoch)
}

// writer returns what runs a function in one transaction of db.
func writer(db *sql.DB) func(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error {
	return func(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error {
		return tables.Transact(ctx, db, f)
	}
}
