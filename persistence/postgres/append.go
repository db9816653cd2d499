package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"server5k/persistence/tables"
	"server5k/race"
)

const (
	appendBatchQuery = `SELECT append_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
$19, $20, $21, $22, $23, $24, $25)`
	unchangedQuery = `SELECT epoch = $2, seq = $3 AND event = $4 AND running = $5 AND team_size = $6 FROM competitions WHERE id = $1`
	takenIDsQuery  = `SELECT record_id FROM time_records WHERE record_id = ANY ($1) AND state = 'counted' AND competition_id <> $2`

	// maxDecisions bounds how often one batch is decided: on what is known, on
	// what is stored, and once more with the ids that other competitions took.
	maxDecisions = 3
)

// Append decides a batch and stores what it decides with one statement. The
// teams are those of the batch that are in the competition, by id. It fails with
// race.ErrFenced under a stale epoch and race.ErrNotFound without the
// competition; after any other error the outcome is unknown and the same batch
// may be sent again.
//
// Instants are stored, and answered, in whole microseconds. A held mark that is
// held already, the same id, team and time, is not stored again and takes no
// number; its reply still says that it is held. A request with a value that the
// database refuses is answered as such and alone; a duplicate or a missing row
// is no fault of the record and leaves the batch to be tried again.
func (s *Store) Append(ctx context.Context, b race.Batch) (race.Decision, []race.Team, error) {
	st := s.state(b.Competition)
	if err := st.lock(ctx); err != nil {
		return race.Decision{}, nil, fmt.Errorf("append to competition %d: %w", b.Competition, err)
	}
	defer st.unlock()
	d, teams, err := tables.Isolate(b.Requests, func(requests []race.Request) (race.Decision, []race.Team, error) {
		return s.append(ctx, st, race.Batch{Competition: b.Competition, Epoch: b.Epoch, Requests: requests})
	}, func(err error) bool { return violation(err) == tables.Value })
	switch {
	case err == nil:
		return d, teams, nil
	case errors.Is(err, race.ErrFenced) || errors.Is(err, race.ErrNotFound):
		return race.Decision{}, nil, fmt.Errorf("append to competition %d: %w", b.Competition, err)
	}
	return race.Decision{}, nil, fmt.Errorf("append to competition %d, outcome unknown: %w", b.Competition, tables.WithCause(ctx, err))
}

func (s *Store) append(ctx context.Context, st *state, b race.Batch) (d race.Decision, teams []race.Team, err error) {
	requests := tables.Storable(b.Requests)
	var taken []race.RecordID // by other competitions
	for range maxDecisions {
		if st.ledger == nil {
			if _, err := s.load(ctx, st, b.Competition); err != nil {
				return d, nil, err
			}
		}
		if st.epoch != b.Epoch {
			st.forget()
			return d, nil, race.ErrFenced
		}
		for _, id := range taken {
			st.ledger.AddForeignID(id)
		}
		before := stamp{st.ledger.Competition(), st.epoch, st.seq, st.ledger.Event(), st.digest}
		d = st.ledger.Decide(requests)
		if err = s.store(ctx, st, before, d); err == nil {
			return d, st.teams(requests), nil
		}
		st.forget()
		switch sqlState(err) {
		case fenced:
			return d, nil, race.ErrFenced
		case noSuchRace:
			return d, nil, race.ErrNotFound
		case movedOn:
		case uniqueViolation:
			// The violation stays the error: the batch is not stored.
			more, lookup := s.takenIDs(ctx, b)
			if lookup != nil || len(more) <= len(taken) {
				return d, nil, cmp.Or(lookup, err)
			}
			taken = more
		default:
			return d, nil, err
		}
	}
	return d, nil, err
}

// stamp is the state that a batch was decided on.
type stamp struct {
	competition       race.Competition
	epoch, seq, event int64
	digest            race.Digest
}

// store makes a decision durable if the state is still the one it was made on.
func (s *Store) store(ctx context.Context, st *state, before stamp, d race.Decision) error {
	if len(d.Store) == 0 {
		return s.unchanged(ctx, before)
	}
	link := race.NewLink(before.competition.ID, before.epoch, before.digest, d.Store)
	if _, err := s.owners.Exec(ctx, appendBatchQuery, batchArgs(before, d, link)...); err != nil {
		return err
	}
	st.seq, st.digest = d.Seq, link.Digest
	return nil
}

// unchanged fails as append_batch does when the state is another one: what is
// refused must be refused for what is so now.
func (s *Store) unchanged(ctx context.Context, before stamp) error {
	var current, same bool
	c := before.competition
	err := s.owners.QueryRow(ctx, unchangedQuery, c.ID, before.epoch, before.seq, before.event, c.Running, c.TeamSize).Scan(&current, &same)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return raised(noSuchRace)
	case err != nil:
		return err
	case !current:
		return raised(fenced)
	case !same:
		return raised(movedOn)
	}
	return nil
}

// takenIDs returns the ids of the batch that another competition has stored.
func (s *Store) takenIDs(ctx context.Context, b race.Batch) ([]race.RecordID, error) {
	var ids [][16]byte
	for _, q := range b.Requests {
		for _, r := range q.Records {
			ids = append(ids, r.ID)
		}
	}
	rows, err := s.owners.Query(ctx, takenIDsQuery, ids, b.Competition)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (race.RecordID, error) {
		var id [16]byte
		err := row.Scan(&id)
		return id, err
	})
}

// teams returns the known teams of requests by id.
func (st *state) teams(requests []race.Request) []race.Team {
	ids := make([]race.TeamID, len(requests))
	for i, q := range requests {
		ids[i] = q.Team
	}
	slices.Sort(ids)
	var teams []race.Team
	for _, id := range slices.Compact(ids) {
		if t, ok := st.ledger.Team(id); ok {
			teams = append(teams, t)
		}
	}
	return teams
}

// batchArgs are the parameters of append_batch.
func batchArgs(before stamp, d race.Decision, link race.Link) []any {
	n := len(d.Store)
	type pair struct {
		team  race.TeamID
		judge race.JudgeID
	}
	owners := map[pair]bool{}
	var (
		ownedTeams, ownJudges                   []int64
		ids                                     = make([][16]byte, n)
		teams, judges, elapsed, slots, events   = make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
		marked, offsets, uncertainties, numbers = make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
		received                                = make([]int64, n)
		reasons, sources, devices               = make([]string, n), make([]string, n), make([]string, n)
		anonymous                               = make([]bool, n)
	)
	for i, r := range d.Store {
		if p := (pair{r.Team, r.Judge}); !owners[p] {
			owners[p] = true
			ownedTeams, ownJudges = append(ownedTeams, int64(r.Team)), append(ownJudges, int64(r.Judge))
		}
		ids[i] = r.ID
		teams[i], judges[i], elapsed[i] = int64(r.Team), int64(r.Judge), r.Elapsed.Milliseconds()
		slots[i], events[i], received[i] = int64(r.Slot), r.Event, r.ReceivedAt.UnixMicro()
		reasons[i], sources[i], anonymous[i] = string(r.Reason), string(r.Source), r.Anonymous
		if !r.Mark.MarkedAt.IsZero() {
			marked[i] = r.Mark.MarkedAt.UnixMicro()
		}
		offsets[i], uncertainties[i] = r.Mark.ClockOffset.Microseconds(), r.Mark.ClockUncertainty.Microseconds()
		devices[i], numbers[i] = r.Mark.Device, r.Mark.DeviceSeq
	}
	c := before.competition
	return []any{
		int64(c.ID), before.epoch, before.seq, before.event, c.Running, int16(c.TeamSize), d.Event, link.Digest[:],
		ownedTeams, ownJudges, ids, teams, judges, elapsed, reasons, slots, events, sources, anonymous,
		marked, offsets, uncertainties, devices, numbers, received,
	}
}
