package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"server5k/race"
)

const (
	raiseEpochQuery = `UPDATE competitions SET epoch = epoch + 1 WHERE id = $1`

	loadCompetitionQuery = `SELECT name, scheduled_at, active, running, started_at, finished_at, team_size, rounding,
epoch, seq, event, stream, digest FROM competitions WHERE id = $1`
	// A judge that is not active has no team.
	loadTeamsQuery = `SELECT t.id, CASE WHEN j.active THEN t.judge_id END, t.name, t.bib, t.category
FROM teams t LEFT JOIN judges j ON j.id = t.judge_id WHERE t.competition_id = $1 ORDER BY t.bib, t.id`
	loadRecordsQuery = `SELECT record_id, team_id, judge_id, elapsed_ms, marked_at, clock_offset_us, clock_uncertainty_us, device,
device_seq, received_at, source, anonymous, state, reason, slot, seq, event FROM time_records WHERE competition_id = $1 ORDER BY seq`
)

// Activate takes a competition over: it raises the epoch and then loads the
// state, which nobody else can change any more. Teams come by bib, those whose
// judge is inactive with Judge 0; Held names only teams that have held marks.
func (s *Store) Activate(ctx context.Context, id race.CompetitionID) (race.Activation, error) {
	st := s.state(id)
	if err := st.lock(ctx); err != nil {
		return race.Activation{}, fmt.Errorf("activate competition %d: %w", id, err)
	}
	defer st.unlock()
	a, err := s.activate(ctx, st, id)
	if err != nil {
		return race.Activation{}, fmt.Errorf("activate competition %d: %w", id, cause(ctx, err))
	}
	return a, nil
}

func (s *Store) activate(ctx context.Context, st *state, id race.CompetitionID) (race.Activation, error) {
	st.forget()
	tag, err := s.owners.Exec(ctx, raiseEpochQuery, id)
	if err != nil {
		return race.Activation{}, err
	}
	if tag.RowsAffected() == 0 {
		return race.Activation{}, race.ErrNotFound
	}
	return s.load(ctx, st, id)
}

// load reads the state of a competition as of one instant and keeps it in st.
func (s *Store) load(ctx context.Context, st *state, id race.CompetitionID) (a race.Activation, err error) {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	var digest []byte
	var held []race.TimeRecord
	err = pgx.BeginTxFunc(ctx, s.owners, options, func(tx pgx.Tx) error {
		queries := &pgx.Batch{}
		queries.Queue(loadCompetitionQuery, id).QueryRow(func(row pgx.Row) (err error) {
			a, digest, err = scanActivation(row, id)
			return err
		})
		queries.Queue(loadTeamsQuery, id).Query(func(rows pgx.Rows) (err error) {
			a.Teams, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (race.Team, error) { return scanTeam(row, id) })
			return err
		})
		queries.Queue(loadRecordsQuery, id).Query(func(rows pgx.Rows) error {
			all, err := pgx.CollectRows(rows, scanRecord)
			for _, r := range all {
				if r.State == race.StateHeld {
					held = append(held, r)
				} else {
					a.Records = append(a.Records, r)
				}
			}
			return err
		})
		return tx.SendBatch(ctx, queries).Close()
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = race.ErrNotFound
	}
	if err != nil {
		return race.Activation{}, err
	}
	a.Held = map[race.TeamID]int{}
	for _, r := range held {
		a.Held[r.Team]++
	}
	st.remember(a, digest, held)
	return a, nil
}

func scanActivation(row pgx.Row, id race.CompetitionID) (a race.Activation, digest []byte, err error) {
	c := &a.Competition
	c.ID = id
	var scheduled, started, finished *int64
	err = row.Scan(&c.Name, &scheduled, &c.Active, &c.Running, &started, &finished, &c.TeamSize, &c.Rounding,
		&a.Epoch, &a.Seq, &a.Event, &a.Stream, &digest)
	c.ScheduledAt, c.StartedAt, c.FinishedAt = instant(scheduled), instant(started), instant(finished)
	return a, digest, err
}

func scanTeam(row pgx.CollectableRow, id race.CompetitionID) (race.Team, error) {
	t := race.Team{Competition: id}
	var judge *int64
	err := row.Scan(&t.ID, &judge, &t.Name, &t.Bib, &t.Category)
	t.Judge = race.JudgeID(value(judge))
	return t, err
}

func scanRecord(row pgx.CollectableRow) (race.TimeRecord, error) {
	var r race.TimeRecord
	var judge, marked, offset, uncertainty, deviceSeq, received, slot, event *int64
	var device, reason *string
	var elapsed int64
	err := row.Scan((*[16]byte)(&r.ID), &r.Team, &judge, &elapsed, &marked, &offset, &uncertainty, &device, &deviceSeq,
		&received, &r.Source, &r.Anonymous, &r.State, &reason, &slot, &r.Seq, &event)
	r.Judge = race.JudgeID(value(judge))
	r.Elapsed = time.Duration(elapsed) * time.Millisecond
	r.Mark = race.Mark{
		MarkedAt: instant(marked), ClockOffset: time.Duration(value(offset)) * time.Microsecond,
		ClockUncertainty: time.Duration(value(uncertainty)) * time.Microsecond, Device: value(device), DeviceSeq: value(deviceSeq),
	}
	r.ReceivedAt = instant(received)
	r.Reason, r.Slot, r.Event = race.Code(value(reason)), int(value(slot)), value(event)
	return r, err
}

// value is what p points to, or the zero value for NULL.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// instant is a stored instant, zero for NULL.
func instant(us *int64) time.Time {
	if us == nil {
		return time.Time{}
	}
	return time.UnixMicro(*us).UTC()
}
