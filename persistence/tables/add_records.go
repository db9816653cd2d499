package tables

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"server5k/race"
)

const (
	teamCompetitionQuery = `SELECT competition_id FROM teams WHERE id = $1`
	takenSlotsQuery      = `SELECT slot FROM time_records WHERE team_id = $1 AND state = 'counted'`
)

// records numbers and stores counted records, each competition for itself.
func (a *adding) records(ctx context.Context, records []race.TimeRecord) error {
	groups := map[race.CompetitionID][]race.TimeRecord{}
	of := map[race.TeamID]race.CompetitionID{}
	for _, r := range records {
		c, ok := of[r.Team]
		if !ok {
			err := a.tx.QueryRowContext(ctx, teamCompetitionQuery, r.Team).Scan(&c)
			if errors.Is(err, sql.ErrNoRows) {
				return race.Errorf(race.CodeNoSuchTeam, "el registro %s es del equipo %d, que no existe", r.ID, r.Team)
			}
			if err != nil {
				return fmt.Errorf("team %d: %w", r.Team, err)
			}
			of[r.Team] = c
		}
		groups[c] = append(groups[c], r)
	}
	for id := range groups {
		a.changed[id] = true
	}
	// All at once and in order, so that two runs do not wait for each other.
	for _, id := range slices.Sorted(maps.Keys(a.changed)) {
		if err := lock(ctx, a.tx, id); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		if err := a.competitionRecords(ctx, id, groups[id]); err != nil {
			return err
		}
	}
	return nil
}

func (a *adding) competitionRecords(ctx context.Context, id race.CompetitionID, records []race.TimeRecord) error {
	o, err := ScanOwned(a.tx.QueryRowContext(ctx, OwnedQuery, id))
	if err != nil {
		return fmt.Errorf("competition %d: %w", id, err)
	}
	slices.SortStableFunc(records, func(x, y race.TimeRecord) int {
		return cmp.Or(x.ReceivedAt.Compare(y.ReceivedAt), cmp.Compare(x.Elapsed, y.Elapsed))
	})
	free := map[race.TeamID][]int{}
	events := map[race.TeamID]int64{}
	for i := range records {
		r := &records[i]
		if events[r.Team] == 0 {
			o.Event++
			events[r.Team] = o.Event
			if free[r.Team], err = a.freeSlots(ctx, r.Team, o.Competition.TeamSize); err != nil {
				return fmt.Errorf("slots of team %d: %w", r.Team, err)
			}
		}
		if len(free[r.Team]) == 0 {
			return race.Errorf(race.CodeTeamComplete, "el registro %s no cabe: el equipo %d ya tiene sus %d registros",
				r.ID, r.Team, o.Competition.TeamSize)
		}
		o.Seq++
		r.State, r.Reason, r.Seq, r.Event = race.StateCounted, "", o.Seq, events[r.Team]
		r.Slot, free[r.Team] = free[r.Team][0], free[r.Team][1:]
		r.Source = cmp.Or(r.Source, race.SourceImport)
		if r.ID == (race.RecordID{}) {
			r.ID = race.NewRecordID()
		}
	}
	if err := insertEach(ctx, a.inserter, InsertRecord, records, func(r race.TimeRecord) (string, []any) {
		return fmt.Sprintf("el registro %s del equipo %d", r.ID, r.Team), RecordArgs(id, o.Epoch, r)
	}); err != nil {
		return err
	}
	link := race.NewLink(id, o.Epoch, o.Digest, records)
	if _, err := a.tx.ExecContext(ctx, InsertLink, LinkArgs(id, link)...); err != nil {
		return fmt.Errorf("store link of competition %d: %w", id, err)
	}
	if _, err := a.tx.ExecContext(ctx, AdvanceQuery, o.Seq, o.Event, link.Digest[:], id, o.Epoch); err != nil {
		return fmt.Errorf("advance competition %d: %w", id, err)
	}
	return nil
}

// freeSlots returns the slots of a team without a counted record, ascending.
func (a *adding) freeSlots(ctx context.Context, team race.TeamID, size int) ([]int, error) {
	rows, err := a.tx.QueryContext(ctx, takenSlotsQuery, team)
	taken, err := Collect(rows, err, func(row Row) (int, error) {
		var slot int
		err := row.Scan(&slot)
		return slot, err
	})
	var free []int
	for slot := 1; slot <= size; slot++ {
		if !slices.Contains(taken, slot) {
			free = append(free, slot)
		}
	}
	return free, err
}
