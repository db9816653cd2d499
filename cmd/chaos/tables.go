package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// tables is what is stored at the end, as it is stored: instants are
// microseconds, 0 stands for NULL.
type tables struct {
	Competitions []competitionRow // by id
	Records      []recordRow      // by competition and seq
	Batches      []batchRow       // by competition and first seq
	Decisions    []decisionRow    // by competition and event
}

type competitionRow struct {
	ID       int64
	Running  bool
	TeamSize int
	Epoch    int64
	Seq      int64
	Event    int64
	Stream   int64
	Digest   []byte // nil before the first batch
}

type recordRow struct {
	ID          string
	Competition int64
	Team        int64
	Judge       int64
	MS          int64
	State       string
	Reason      string
	Slot        int64
	Seq         int64
	Event       int64
	Source      string
	Anonymous   bool
	MarkedAt    int64
	ClockOffset int64
	Uncertainty int64
	Device      string
	DeviceSeq   int64
	ReceivedAt  int64
	Epoch       int64
}

func (r recordRow) counted() bool { return r.State == "counted" }

type batchRow struct {
	Competition int64
	First, Last int64
	Epoch       int64
	Digest      []byte
}

type decisionRow struct {
	Competition int64
	Kind        string
	Event       int64
	Author      string
}

const (
	competitionsQuery = `SELECT id, running, team_size::int, epoch, seq, event, stream, digest FROM competitions ORDER BY id`
	recordsQuery      = `SELECT record_id::text, competition_id, team_id, coalesce(judge_id, 0), elapsed_ms::bigint, state,
coalesce(reason, ''), coalesce(slot, 0)::bigint, seq, coalesce(event, 0), source, anonymous, coalesce(marked_at, 0),
coalesce(clock_offset_us, 0), coalesce(clock_uncertainty_us, 0), coalesce(device, ''), coalesce(device_seq, 0), received_at, epoch
FROM time_records ORDER BY competition_id, seq`
	batchesQuery   = `SELECT competition_id, first_seq, last_seq, epoch, digest FROM batches ORDER BY competition_id, first_seq`
	decisionsQuery = `SELECT competition_id, kind, coalesce(event, 0), author FROM decisions ORDER BY competition_id, event`
)

// readTables reads all tables of the campaign as of one instant.
func (d *database) readTables(ctx context.Context) (t tables, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("read tables: not done in 60s"))
	defer cancel()
	conn, err := d.connect(ctx)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, tx.Rollback(ctx)) }()
	t.Competitions, err = collect(ctx, tx, competitionsQuery, func(c *competitionRow) []any {
		return []any{&c.ID, &c.Running, &c.TeamSize, &c.Epoch, &c.Seq, &c.Event, &c.Stream, &c.Digest}
	})
	if err != nil {
		return t, err
	}
	t.Records, err = collect(ctx, tx, recordsQuery, func(r *recordRow) []any {
		return []any{
			&r.ID, &r.Competition, &r.Team, &r.Judge, &r.MS, &r.State, &r.Reason, &r.Slot, &r.Seq, &r.Event, &r.Source, &r.Anonymous,
			&r.MarkedAt, &r.ClockOffset, &r.Uncertainty, &r.Device, &r.DeviceSeq, &r.ReceivedAt, &r.Epoch,
		}
	})
	if err != nil {
		return t, err
	}
	t.Batches, err = collect(ctx, tx, batchesQuery, func(b *batchRow) []any {
		return []any{&b.Competition, &b.First, &b.Last, &b.Epoch, &b.Digest}
	})
	if err != nil {
		return t, err
	}
	t.Decisions, err = collect(ctx, tx, decisionsQuery, func(d *decisionRow) []any {
		return []any{&d.Competition, &d.Kind, &d.Event, &d.Author}
	})
	return t, err
}

// collect scans every row of a query.
func collect[T any](ctx context.Context, tx pgx.Tx, query string, fields func(*T) []any) ([]T, error) {
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read tables: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (T, error) {
		var v T
		return v, row.Scan(fields(&v)...)
	})
	if err != nil {
		return nil, fmt.Errorf("read tables: %w", err)
	}
	return out, nil
}

// events are the numbers of the last events of the competitions.
func (d *database) events(ctx context.Context) (map[int64]int64, error) {
	t, err := d.readTables(ctx)
	out := map[int64]int64{}
	for _, c := range t.Competitions {
		out[c.ID] = c.Event
	}
	return out, err
}

// seed stores the cast: everybody but the records.
func (d *database) seed(ctx context.Context, c cast) error {
	hash, err := passwordHash(organizerPass)
	if err != nil {
		return err
	}
	for _, s := range []struct {
		statement string
		args      []any
	}{
		{"INSERT INTO organizers (id, username, superuser, password_hash) VALUES (1, $1, true, $2)", []any{organizerName, hash}},
		{"INSERT INTO judges (id, username) SELECT n, 'juez' || n FROM generate_series(1, $1::int) n", []any{c.Judges}},
		{`INSERT INTO competitions (id, name, scheduled_at, stream)
SELECT n, 'Carrera ' || n, 1780000000000000, floor(random() * 9007199254740990)::bigint + 1 FROM generate_series(1, $1::int) n`, []any{c.Competitions}},
		{`INSERT INTO teams (id, competition_id, judge_id, name, bib, category)
SELECT n, (n - 1) % $1 + 1, (n - 1) / $2 + 1, 'Equipo ' || n, n, 'estudiantes' FROM generate_series(1, $3::int) n`, []any{c.Competitions, c.TeamsEach, c.teams()}},
	} {
		if err := d.exec(ctx, s.statement, s.args...); err != nil {
			return fmt.Errorf("seed: %w", err)
		}
	}
	return nil
}
