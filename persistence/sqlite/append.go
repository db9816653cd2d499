package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"server5k/persistence/tables"
	"server5k/race"
)

// The queries of Append. CROSS JOIN makes SQLite walk the short list and search
// the table, never the other way round.
const (
	// Teams of another competition are left out: they answer as missing ones.
	batchTeamsQuery = `SELECT ` + tables.HeldTeamColumns + ` FROM json_each(?1) e CROSS JOIN teams t ON t.id = e.value
LEFT JOIN judges j ON j.id = t.judge_id WHERE t.competition_id = ?2 ORDER BY t.id`
	batchCountedQuery = `SELECT ` + tables.CountedColumns + `
FROM json_each(?1) e CROSS JOIN time_records r ON r.team_id = e.value AND r.state = 'counted' ORDER BY r.seq`
	batchIDsQuery = `SELECT ` + tables.CountedColumns + `, r.competition_id
FROM json_each(?1) e CROSS JOIN time_records r ON r.record_id = e.value AND r.state = 'counted'`
	batchHeldQuery = `SELECT e.key FROM json_each(?1) e CROSS JOIN time_records r
ON r.team_id = e.value ->> 0 AND r.record_id = e.value ->> 1 AND r.elapsed_ms = e.value ->> 2 AND r.state = 'held'`
)

// prepared are the statements of Append on the writing connection.
type prepared struct {
	owned, teams, counted, ids, included, held, insert, link, advance *sql.Stmt
}

func (p *prepared) open(ctx context.Context, db *sql.DB) (err error) {
	for _, s := range []struct {
		to    **sql.Stmt
		query string
	}{
		{&p.owned, tables.OwnedQuery},
		{&p.teams, batchTeamsQuery},
		{&p.counted, batchCountedQuery},
		{&p.ids, batchIDsQuery},
		{&p.included, includedQuery},
		{&p.held, batchHeldQuery},
		{&p.insert, tables.InsertRecord},
		{&p.link, tables.InsertLink},
		{&p.advance, tables.AdvanceQuery},
	} {
		if *s.to, err = db.PrepareContext(ctx, s.query); err != nil {
			return fmt.Errorf("prepare %q: %w", s.query, err)
		}
	}
	return nil
}

func (p *prepared) close() error {
	var errs []error
	for _, s := range []*sql.Stmt{p.owned, p.teams, p.counted, p.ids, p.included, p.held, p.insert, p.link, p.advance} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// Append decides a batch and stores what it decides in one transaction. The
// teams are those of the batch that are in the competition, by id. It fails with
// race.ErrFenced under a stale epoch and race.ErrNotFound without the
// competition; after any other error the outcome is unknown and the same batch
// may be sent again. A request that breaks a constraint is refused alone, with
// race.CodeInvalidValue; the others are then stored in more than one transaction.
//
// Instants are stored, and answered, in whole microseconds. A held mark that is
// held already, the same id, team and time, is not stored again and takes no
// number; its reply still says that it is held.
func (s *Store) Append(ctx context.Context, b race.Batch) (race.Decision, []race.Team, error) {
	d, teams, err := tables.Isolate(b.Requests, func(requests []race.Request) (race.Decision, []race.Team, error) {
		return s.append(ctx, race.Batch{Competition: b.Competition, Epoch: b.Epoch, Requests: requests})
	}, refused)
	switch {
	case err == nil:
		return d, teams, nil
	case errors.Is(err, race.ErrFenced) || errors.Is(err, race.ErrNotFound):
		return race.Decision{}, nil, fmt.Errorf("append to competition %d: %w", b.Competition, err)
	}
	return race.Decision{}, nil, fmt.Errorf("append to competition %d, outcome unknown: %w", b.Competition, err)
}

// append decides and stores a batch or nothing of it.
func (s *Store) append(ctx context.Context, b race.Batch) (d race.Decision, teams []race.Team, err error) {
	b.Requests = tables.Storable(b.Requests)
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		a := &appending{s: s, tx: tx, batch: b}
		d, teams, err = a.run(ctx)
		return err
	})
	return d, teams, err
}

// errRecord says that a record could not be stored.
var errRecord = errors.New("store record")

// refused says whether err is the fault of a record, not of our own rows about
// the batch: calling good times invalid would make phones forget them. A broken
// unique constraint is among them, but cannot be the work of another writer:
// transactions are one after the other.
func refused(err error) bool { return errors.Is(err, errRecord) && violation(err) != tables.None }

// appending is one run of Append.
type appending struct {
	s     *Store
	tx    *sql.Tx
	batch race.Batch
}

func (a *appending) run(ctx context.Context) (race.Decision, []race.Team, error) {
	o, err := tables.ScanOwned(a.tx.StmtContext(ctx, a.s.prepared.owned).QueryRowContext(ctx, a.batch.Competition))
	if err != nil {
		return race.Decision{}, nil, err
	}
	if o.Epoch != a.batch.Epoch {
		return race.Decision{}, nil, race.ErrFenced
	}
	var held []race.HeldMark // known to be kept already
	for {
		ledger, teams, err := a.load(ctx, o)
		if err != nil {
			return race.Decision{}, nil, err
		}
		for _, m := range held {
			ledger.AddHeld(m)
		}
		d := ledger.Decide(a.batch.Requests)
		again, err := a.kept(ctx, d.HeldMarks())
		if err != nil {
			return race.Decision{}, nil, fmt.Errorf("load held records: %w", err)
		}
		if len(again) == 0 {
			return d, teams, a.store(ctx, o.Digest, d)
		}
		// Rare: a refused mark was sent again. Each round knows more of them.
		held = append(held, again...)
	}
}

// load returns what is stored of the batch's teams and ids, and the teams by id.
func (a *appending) load(ctx context.Context, o tables.Owned) (*race.Ledger, []race.Team, error) {
	ledger := race.NewLedger(o.Competition, o.Seq, o.Event)
	teams, err := a.loadTeams(ctx, ledger)
	if err != nil {
		return nil, nil, fmt.Errorf("load teams: %w", err)
	}
	if err := a.loadRecords(ctx, ledger, teams); err != nil {
		return nil, nil, fmt.Errorf("load records: %w", err)
	}
	if err := a.loadIncluded(ctx, ledger); err != nil {
		return nil, nil, fmt.Errorf("load included records: %w", err)
	}
	return ledger, teams, nil
}

func (a *appending) loadTeams(ctx context.Context, ledger *race.Ledger) ([]race.Team, error) {
	ids := make(map[race.TeamID]bool, len(a.batch.Requests))
	for _, q := range a.batch.Requests {
		ids[q.Team] = true
	}
	arg, err := list(slices.Collect(maps.Keys(ids)))
	if err != nil {
		return nil, err
	}
	rows, err := a.tx.StmtContext(ctx, a.s.prepared.teams).QueryContext(ctx, arg, int64(a.batch.Competition))
	found, err := tables.Collect(rows, err, tables.ScanHeldTeam)
	if err != nil {
		return nil, err
	}
	teams := make([]race.Team, len(found))
	for i, t := range found {
		ledger.AddTeam(t.Team, t.Held)
		teams[i] = t.Team
	}
	return teams, nil
}

// loadRecords adds the counted records of the teams and those that have an id of
// the batch, each once.
func (a *appending) loadRecords(ctx context.Context, ledger *race.Ledger, teams []race.Team) error {
	ids := make([]race.TeamID, len(teams))
	for i, t := range teams {
		ids[i] = t.ID
	}
	arg, err := list(ids)
	if err != nil {
		return err
	}
	rows, err := a.tx.StmtContext(ctx, a.s.prepared.counted).QueryContext(ctx, arg)
	records, err := tables.Collect(rows, err, func(row tables.Row) (race.TimeRecord, error) { return tables.ScanCounted(row) })
	if err != nil {
		return err
	}
	known := make(map[race.RecordID]bool, len(records))
	for _, r := range records {
		ledger.AddRecord(r)
		known[r.ID] = true
	}
	return a.loadTakenIDs(ctx, ledger, known)
}

func (a *appending) loadTakenIDs(ctx context.Context, ledger *race.Ledger, known map[race.RecordID]bool) error {
	var ids []string
	for _, q := range a.batch.Requests {
		for _, r := range q.Records {
			if !known[r.ID] {
				known[r.ID] = true
				ids = append(ids, r.ID.String())
			}
		}
	}
	arg, err := list(ids)
	if err != nil {
		return err
	}
	rows, err := a.tx.StmtContext(ctx, a.s.prepared.ids).QueryContext(ctx, arg)
	_, err = tables.Collect(rows, err, func(row tables.Row) (struct{}, error) {
		var competition race.CompetitionID
		r, err := tables.ScanCounted(row, &competition)
		if competition != a.batch.Competition {
			ledger.AddForeignID(r.ID)
		} else {
			ledger.AddRecord(r)
		}
		return struct{}{}, err
	})
	return err
}

// kept returns those of marks that the database has.
func (a *appending) kept(ctx context.Context, marks []race.HeldMark) ([]race.HeldMark, error) {
	if len(marks) == 0 {
		return nil, nil
	}
	values := make([][]any, len(marks))
	for i, m := range marks {
		values[i] = []any{m.Team, m.ID.String(), m.Elapsed.Milliseconds()}
	}
	arg, err := list(values)
	if err != nil {
		return nil, err
	}
	rows, err := a.tx.StmtContext(ctx, a.s.prepared.held).QueryContext(ctx, arg)
	return tables.Collect(rows, err, func(row tables.Row) (race.HeldMark, error) {
		var i int
		err := row.Scan(&i)
		return marks[i], err
	})
}

// store adds the records of d, the link over them and their numbers; last is the
// digest of the link before.
func (a *appending) store(ctx context.Context, last race.Digest, d race.Decision) error {
	if len(d.Store) == 0 {
		return nil
	}
	id, epoch := a.batch.Competition, a.batch.Epoch
	insert := a.tx.StmtContext(ctx, a.s.prepared.insert)
	for _, r := range d.Store {
		if _, err := insert.ExecContext(ctx, tables.RecordArgs(id, epoch, r)...); err != nil {
			return fmt.Errorf("%w %s: %w", errRecord, r.ID, err)
		}
	}
	link := race.NewLink(id, epoch, last, d.Store)
	if _, err := a.tx.StmtContext(ctx, a.s.prepared.link).ExecContext(ctx, tables.LinkArgs(id, link)...); err != nil {
		return fmt.Errorf("store link: %w", err)
	}
	_, err := a.tx.StmtContext(ctx, a.s.prepared.advance).ExecContext(ctx, d.Seq, d.Event, link.Digest[:], int64(id), epoch)
	if err != nil {
		return fmt.Errorf("advance competition: %w", err)
	}
	return nil
}

// list returns values as the JSON array that json_each reads.
func list[T any](values []T) (string, error) {
	if len(values) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(values)
	if err != nil {
		return "", fmt.Errorf("encode list: %w", err)
	}
	return string(b), nil
}
