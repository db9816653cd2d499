package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"server5k/persistence/postgres/pgtest"
)

const (
	databaseName = "chaos"
	databaseUser = "server5k"
	// maxConnections is low, so that the limit can be reached.
	maxConnections = 60
	adminTimeout   = 5 * time.Second
)

// database is a real PostgreSQL with a supervisor, which starts it again
// whenever its postmaster ends, even during recovery. Its methods may be called
// from any goroutine.
type database struct {
	server *pgtest.Server
	starts atomic.Int64
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu     sync.Mutex // protects frozen
	frozen []int      // processes that were stopped: their postmaster may be gone
}

// openDatabase starts PostgreSQL with an empty database that belongs to an
// ordinary role. The writer of the log rests long: whoever does not wait for it
// loses much.
func openDatabase(ctx context.Context) (*database, error) {
	server, err := pgtest.New(ctx, "max_connections="+strconv.Itoa(maxConnections), "wal_writer_delay=10s", "log_min_messages=error")
	if err != nil {
		return nil, err
	}
	d := &database{server: server}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	d.cancel = cancel
	d.wg.Go(func() { d.supervise(run) })
	conn, err := pgx.Connect(ctx, server.URL("postgres"))
	if err == nil {
		_, err1 := conn.Exec(ctx, "CREATE ROLE "+databaseUser+" LOGIN")
		_, err2 := conn.Exec(ctx, "CREATE DATABASE "+databaseName+" OWNER "+databaseUser)
		err = errors.Join(err1, err2, conn.Close(ctx))
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *database) supervise(ctx context.Context) {
	for {
		select {
		case <-d.server.Done():
		case <-ctx.Done():
			return
		}
		for d.server.Start(ctx) != nil {
			if !pause(ctx, 50*time.Millisecond) {
				return
			}
		}
		d.starts.Add(1)
	}
}

// Close ends PostgreSQL and removes its directory.
func (d *database) Close() error {
	d.thaw()
	d.cancel()
	d.wg.Wait()
	return d.server.Close()
}

// connect opens a superuser's connection around the links.
func (d *database) connect(ctx context.Context) (*pgx.Conn, error) {
	return pgx.Connect(ctx, d.server.URL(databaseName))
}

// exec runs one statement as the superuser.
func (d *database) exec(ctx context.Context, statement string, args ...any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, adminTimeout, errors.New("PostgreSQL did not answer in 5s"))
	defer cancel()
	conn, err := d.connect(ctx)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement, args...)
	return errors.Join(err, conn.Close(ctx))
}

// alive waits until PostgreSQL answers.
func (d *database) alive(ctx context.Context) error {
	for {
		err := d.exec(ctx, "SELECT 1")
		if err == nil {
			return nil
		}
		if !pause(ctx, 50*time.Millisecond) {
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		}
	}
}

// suffer carries out a fault of PostgreSQL itself.
func (d *database) suffer(ctx context.Context, f fault, rng *rand.Rand) error {
	switch f.Kind {
	case backendKill:
		return d.killSession(ctx, rng)
	case postmasterKill:
		return d.server.Signal(os.Kill)
	case postgresCrash:
		return d.server.Signal(sigQuit)
	case postgresFreeze:
		d.freeze()
		pause(ctx, f.Length)
		d.thaw()
		return nil
	case connectionsFull:
		return d.fill(ctx, f.Length)
	case backendTerminate:
		return d.terminate(ctx)
	default:
		return fmt.Errorf("unknown fault %q", f.Kind)
	}
}

// killSession sends SIGKILL to the process of one of the server's sessions.
func (d *database) killSession(ctx context.Context, rng *rand.Rand) error {
	ctx, cancel := context.WithTimeoutCause(ctx, adminTimeout, errors.New("PostgreSQL did not answer in 5s"))
	defer cancel()
	conn, err := d.connect(ctx)
	if err != nil {
		return err
	}
	rows, err := conn.Query(ctx, "SELECT pid FROM pg_stat_activity WHERE usename = $1 ORDER BY state <> 'active', pid", databaseUser)
	if err != nil {
		return errors.Join(err, conn.Close(ctx))
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err == nil && len(pids) == 0 {
		err = errors.New("the server has no session")
	}
	if err == nil {
		err = signalPID(pids[rng.IntN(min(2, len(pids)))], os.Kill)
	}
	_ = conn.Close(ctx) // the cluster ends all sessions, this one too
	return err
}

// processes lists the postmaster and its children.
func (d *database) processes() []int {
	postmaster := d.server.PID()
	pids := []int{postmaster}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state ppid; the name may hold anything.
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(postmaster) {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

func (d *database) freeze() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, pid := range d.processes() {
		if signalPID(pid, sigStop) == nil {
			d.frozen = append(d.frozen, pid)
		}
	}
}

// thaw lets all go on, also the children of a postmaster that was killed in the
// meantime: as long as they live no other can start.
func (d *database) thaw() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, pid := range append(d.processes(), d.frozen...) {
		_ = signalPID(pid, sigCont) // it may have ended
	}
	d.frozen = nil
}

// fill opens connections as the server's role until there are none left, ends
// the sessions of the server and waits.
func (d *database) fill(ctx context.Context, length time.Duration) error {
	u := strings.Replace(d.server.URL(databaseName), "postgres@", databaseUser+"@", 1) + "&application_name=chaos"
	var conns []*pgx.Conn
	defer func() {
		for _, c := range conns {
			_ = c.Close(context.WithoutCancel(ctx)) // it may be broken
		}
	}()
	grab := func() error {
		for range maxConnections {
			try, cancel := context.WithTimeout(ctx, time.Second)
			c, err := pgx.Connect(try, u)
			cancel()
			if err != nil {
				return err
			}
			conns = append(conns, c)
		}
		return nil
	}
	if err := grab(); err == nil {
		return errors.New("the limit of connections was not reached")
	}
	err := d.terminate(ctx)
	for end := time.Now().Add(length); time.Now().Before(end) && pause(ctx, 100*time.Millisecond); {
		_ = grab() // what the server got back in the meantime stays its own
	}
	return err
}

// terminate ends the server's sessions that do not belong to a full house.
func (d *database) terminate(ctx context.Context) error {
	return d.exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND application_name <> 'chaos'", databaseUser)
}

func signalPID(pid int, sig os.Signal) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return p.Signal(sig)
}
