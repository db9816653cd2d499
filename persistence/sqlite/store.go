// Package sqlite keeps competitions in one SQLite file. Store implements
// persistence.Store.
//
// Writes go through a single connection, each in a BEGIN IMMEDIATE transaction,
// so they are one after the other even between two processes on the same file;
// reads have a pool of their own and, with the write-ahead log, wait for nobody.
// A commit returns after fsync. The package starts no goroutines beyond those
// of its two database pools, which end with Close.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the database/sql driver "sqlite"

	"server5k/persistence"
	"server5k/persistence/tables"
)

// maxReaders bounds the connections that read: more than the cores of the
// machines this runs on brings nothing, each costs about 2 MB of cache.
const maxReaders = 8

// Store is one database file. What is not the hot path is in tables.Tables. Its methods may be called from any goroutine.
type Store struct {
	*tables.Tables
	writer, reader *sql.DB
	prepared       prepared
}

var _ persistence.Store = (*Store)(nil)

// Open opens the database file at path, creating it and its folder when missing,
// and brings its tables up to date. It refuses a database that does not promise
// durability: the write-ahead log, synchronous=FULL and foreign keys must be on.
func Open(ctx context.Context, path string) (*Store, error) {
	writer, err := openWriter(ctx, path)
	if err != nil {
		return nil, err
	}
	s := &Store{writer: writer}
	if err := s.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, path string) error {
	if _, err := migrate(ctx, s.writer); err != nil {
		return err
	}
	dsn, err := dataSource(path, "query_only(1)")
	if err != nil {
		return err
	}
	if s.reader, err = sql.Open("sqlite", dsn); err != nil {
		return err
	}
	s.reader.SetMaxOpenConns(maxReaders)
	s.reader.SetMaxIdleConns(maxReaders)
	s.Tables = tables.New(s.reader, s.write, tables.Dialect{
		Violation:     violation,
		NextID:        func(string) string { return "NULL" },
		RemoveGuarded: removeGuarded,
	})
	if err := s.Ping(ctx); err != nil {
		return err
	}
	return s.prepared.open(ctx, s.writer)
}

// Close ends both pools. It may be called twice.
func (s *Store) Close() error {
	errs := []error{s.prepared.close()}
	for _, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// openWriter opens the single writing connection and checks its settings.
func openWriter(ctx context.Context, path string) (*sql.DB, error) {
	if path == "" {
		return nil, errors.New("open database: the path is empty")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	dsn, err := dataSource(path, "synchronous(FULL)")
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	if err := checkSettings(ctx, db); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), db.Close())
	}
	return db, nil
}

// dataSource names the file with the settings that every connection gets.
// recursive_triggers lets the triggers that guard the records see the deletes of
// an INSERT OR REPLACE.
func dataSource(path string, pragmas ...string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	slashed := filepath.ToSlash(abs)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	q := url.Values{
		"_txlock": {"immediate"},
		"_pragma": append([]string{"busy_timeout(5000)", "journal_mode(WAL)", "foreign_keys(1)", "recursive_triggers(1)"}, pragmas...),
	}
	return (&url.URL{Scheme: "file", Path: slashed, RawQuery: q.Encode()}).String(), nil
}

// checkSettings reads back what the promise of durability rests on: a driver or
// a file system may ignore a setting without a word.
func checkSettings(ctx context.Context, db *sql.DB) error {
	for _, setting := range []struct{ name, want, why string }{
		{"journal_mode", "wal", "readers would block the writer"},
		{"synchronous", "2", "a power cut could lose acknowledged times (FULL is 2)"},
		{"foreign_keys", "1", "records without a team could be stored"},
	} {
		var got string
		if err := db.QueryRowContext(ctx, "PRAGMA "+setting.name).Scan(&got); err != nil {
			return fmt.Errorf("read setting %s: %w", setting.name, err)
		}
		if got != setting.want {
			return fmt.Errorf("setting %s is %q, must be %q: %s", setting.name, got, setting.want, setting.why)
		}
	}
	return nil
}
