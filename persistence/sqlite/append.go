package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"server5k/race"
)

// The queries of Append. CROSS JOIN makes SQLite walk the short list and search
// the table, never the other way round.
const (
	ownedQuery = `SELECT ` + competitionColumns + `, c.epoch, c.seq, c.event FROM competitions c WHERE c.id = ?`
	// Teams of another competition are left out: they answer as missing ones.
	batchTeamsQuery = `SELECT ` + heldTeamColumns + ` FROM json_each(?1) e CROSS JOIN teams t ON t.id = e.value
LEFT JOIN judges j ON j.id = t.judge_id WHERE t.competition_id = ?2 ORDER BY t.id`
	batchCountedQuery = `SELECT r.record_id, r.team_id, r.elapsed_ms, r.received_at, r.slot
FROM json_each(?1) e CROSS JOIN time_records r ON r.team_id = e.value AND r.state = 'counted' ORDER BY r.seq`
	batchIDsQuery = `SELECT r.record_id, r.team_id, r.elapsed_ms, r.received_at, r.slot, r.competition_id
FROM json_each(?1) e CROSS JOIN time_records r ON r.record_id = e.value AND r.state = 'counted'`
	batchHeldQuery = `SELECT e.key FROM json_each(?1) e CROSS JOIN time_records r
ON r.team_id = e.value ->> 0 AND r.record_id = e.value ->> 1 AND r.elapsed_ms = e.value ->> 2 AND r.state = 'held'`
	advanceQuery = `UPDATE competitions SET seq = ?1, event = ?2 WHERE id = ?3 AND epoch = ?4`
)

// prepared are the statements of Append on the writing connection.
type prepared struct {
	owned, teams, counted, ids, held, insert, advance *sql.Stmt
}

func (p *prepared) open(ctx context.Context, db *sql.DB) (err error) {
	for _, s := range []struct {
		to    **sql.Stmt
		query string
	}{
		{&p.owned, ownedQuery},
		{&p.teams, batchTeamsQuery},
		{&p.counted, batchCountedQuery},
		{&p.ids, batchIDsQuery},
		{&p.held, batchHeldQuery},
		{&p.insert, insertRecord},
		{&p.advance, advanceQuery},
	} {
		if *s.to, err = db.PrepareContext(ctx, s.query); err != nil {
			return fmt.Errorf("prepare %q: %w", s.query, err)
		}
	}
	return nil
}

func (p *prepared) close() error {
	var errs []error
	for _, s := range []*sql.Stmt{p.owned, p.teams, p.counted, p.ids, p.held, p.insert, p.advance} {
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
// may be sent again.
//
// Instants are stored, and answered, in whole microseconds. A held mark that is
// held already, the same id, team and time, is not stored again and takes no
// number; its reply still says that it is held.
func (s *Store) Append(ctx context.Context, b race.Batch) (race.Decision, []race.Team, error) {
	var d race.Decision
	var teams []race.Team
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		a := &appending{s: s, tx: tx, batch: b}
		d, teams, err = a.run(ctx)
		return err
	})
	switch {
	case err == nil:
		return d, teams, nil
	case errors.Is(err, race.ErrFenced) || errors.Is(err, race.ErrNotFound):
		return race.Decision{}, nil, fmt.Errorf("append to competition %d: %w", b.Competition, err)
	}
	return race.Decision{}, nil, fmt.Errorf("append to competition %d, outcome unknown: %w", b.Competition, err)
}

// appending is one run of Append.
type appending struct {
	s     *Store
	tx    *sql.Tx
	batch race.Batch
}

func (a *appending) run(ctx context.Context) (race.Decision, []race.Team, error) {
	o, err := loadOwned(a.tx.StmtContext(ctx, a.s.prepared.owned).QueryRowContext(ctx, a.batch.Competition))
	if err != nil {
		return race.Decision{}, nil, err
	}
	if o.epoch != a.batch.Epoch {
		return race.Decision{}, nil, race.ErrFenced
	}
	ledger := race.NewLedger(o.competition, o.seq, o.event)
	teams, err := a.loadTeams(ctx, ledger)
	if err != nil {
		return race.Decision{}, nil, fmt.Errorf("load teams: %w", err)
	}
	if err := a.loadRecords(ctx, ledger, teams); err != nil {
		return race.Decision{}, nil, fmt.Errorf("load records: %w", err)
	}
	d := ledger.Decide(a.requests())
	if err := a.dropHeldTwice(ctx, &d, o.seq); err != nil {
		return race.Decision{}, nil, fmt.Errorf("load held records: %w", err)
	}
	return d, teams, a.store(ctx, d)
}

// requests returns the requests of the batch with instants and times as they
// will be stored.
func (a *appending) requests() []race.Request {
	out := slices.Clone(a.batch.Requests)
	for i := range out {
		out[i].Records = slices.Clone(out[i].Records)
		for j, r := range out[i].Records {
			out[i].Records[j] = storable(r)
		}
	}
	return out
}

func (a *appending) loadTeams(ctx context.Context, ledger *race.Ledger) ([]race.Team, error) {
	ids := make(map[race.TeamID]bool, len(a.batch.Requests))
	for _, q := range a.batch.Requests {
		ids[q.Team] = true
	}
	arg, err := list(sortedKeys(ids))
	if err != nil {
		return nil, err
	}
	rows, err := a.tx.StmtContext(ctx, a.s.prepared.teams).QueryContext(ctx, arg, int64(a.batch.Competition))
	found, err := collect(rows, err, scanHeldTeam)
	if err != nil {
		return nil, err
	}
	teams := make([]race.Team, len(found))
	for i, t := range found {
		ledger.AddTeam(t.team, t.held)
		teams[i] = t.team
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
	records, err := collect(rows, err, func(row scanner) (race.TimeRecord, error) { return scanCounted(row) })
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
	_, err = collect(rows, err, func(row scanner) (struct{}, error) {
		var competition race.CompetitionID
		r, err := scanCounted(row, &competition)
		if competition != a.batch.Competition {
			ledger.AddForeignID(r.ID)
		} else {
			ledger.AddRecord(r)
		}
		return struct{}{}, err
	})
	return err
}

// dropHeldTwice takes out of d the held marks that are held already, in the
// database or earlier in d, and closes the gaps in the numbers after seq.
func (a *appending) dropHeldTwice(ctx context.Context, d *race.Decision, seq int64) error {
	type mark struct {
		team    race.TeamID
		id      race.RecordID
		elapsed time.Duration
	}
	seen := map[mark]bool{}
	twice := map[int]bool{}
	var marks [][]any
	var places []int
	for i, r := range d.Store {
		if r.State != race.StateHeld {
			continue
		}
		m := mark{r.Team, r.ID, r.Elapsed}
		twice[i] = seen[m]
		seen[m] = true
		marks, places = append(marks, []any{r.Team, r.ID.String(), r.Elapsed.Milliseconds()}), append(places, i)
	}
	if len(marks) == 0 {
		return nil
	}
	arg, err := list(marks)
	if err != nil {
		return err
	}
	rows, err := a.tx.StmtContext(ctx, a.s.prepared.held).QueryContext(ctx, arg)
	if _, err = collect(rows, err, func(row scanner) (struct{}, error) {
		var i int
		if err := row.Scan(&i); err != nil {
			return struct{}{}, err
		}
		twice[places[i]] = true
		return struct{}{}, nil
	}); err != nil {
		return err
	}
	var kept []race.TimeRecord
	for i, r := range d.Store {
		if !twice[i] {
			seq++
			r.Seq = seq
			kept = append(kept, r)
		}
	}
	d.Store, d.Seq = kept, seq
	return nil
}

func (a *appending) store(ctx context.Context, d race.Decision) error {
	if len(d.Store) == 0 {
		return nil
	}
	insert := a.tx.StmtContext(ctx, a.s.prepared.insert)
	for _, r := range d.Store {
		if _, err := insert.ExecContext(ctx, recordArgs(a.batch.Competition, a.batch.Epoch, r)...); err != nil {
			return fmt.Errorf("store record %s: %w", r.ID, err)
		}
	}
	_, err := a.tx.StmtContext(ctx, a.s.prepared.advance).ExecContext(ctx, d.Seq, d.Event, int64(a.batch.Competition), a.batch.Epoch)
	if err != nil {
		return fmt.Errorf("advance competition: %w", err)
	}
	return nil
}

// scanCounted reads what the ledger needs of a counted record.
func scanCounted(row scanner, extra ...any) (race.TimeRecord, error) {
	r := race.TimeRecord{State: race.StateCounted}
	var elapsed int64
	var received sql.NullInt64
	err := row.Scan(append([]any{recordID{&r.ID}, &r.Team, &elapsed, &received, &r.Slot}, extra...)...)
	r.Elapsed, r.ReceivedAt = time.Duration(elapsed)*time.Millisecond, fromMicros(received)
	return r, err
}
