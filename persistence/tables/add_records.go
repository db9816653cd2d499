package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"server5k/race"
)

const (
	teamCompetitionQuery = `SELECT competition_id FROM teams WHERE id = ?`
	takenSlotsQuery      = `SELECT slot FROM time_records WHERE team_id = ? AND state = 'counted'`
	countersQuery        = `UPDATE competitions SET seq = ?, event = ? WHERE id = ?`
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
	for _, id := range sortedKeys(groups) {
		a.changed[id] = true
		if err := a.competitionRecords(ctx, id, groups[id]); err != nil {
			return err
		}
	}
	return nil
}

func (a *adding) competitionRecords(ctx context.Context, id race.CompetitionID, records []race.TimeRecord) error {
	o, err := loadOwned(a.tx.QueryRowContext(ctx, ownedQuery, id))
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
			o.event++
			events[r.Team] = o.event
			if free[r.Team], err = a.freeSlots(ctx, r.Team, o.competition.TeamSize); err != nil {
				return fmt.Errorf("slots of team %d: %w", r.Team, err)
			}
		}
		if len(free[r.Team]) == 0 {
			return race.Errorf(race.CodeTeamComplete, "el registro %s no cabe: el equipo %d ya tiene sus %d registros",
				r.ID, r.Team, o.competition.TeamSize)
		}
		o.seq++
		r.State, r.Reason, r.Seq, r.Event = race.StateCounted, "", o.seq, events[r.Team]
		r.Slot, free[r.Team] = free[r.Team][0], free[r.Team][1:]
		r.Source = cmp.Or(r.Source, race.SourceImport)
		if r.ID == (race.RecordID{}) {
			r.ID = race.NewRecordID()
		}
	}
	if err := insertEach(ctx, a.tx, insertRecord, records, func(r race.TimeRecord) (string, []any) {
		return fmt.Sprintf("el registro %s del equipo %d", r.ID, r.Team), recordArgs(id, o.epoch, r)
	}); err != nil {
		return err
	}
	if _, err := a.tx.ExecContext(ctx, countersQuery, o.seq, o.event, id); err != nil {
		return fmt.Errorf("advance competition %d: %w", id, err)
	}
	return nil
}

// freeSlots returns the slots of a team without a counted record, ascending.
func (a *adding) freeSlots(ctx context.Context, team race.TeamID, size int) ([]int, error) {
	rows, err := a.tx.QueryContext(ctx, takenSlotsQuery, team)
	taken, err := collect(rows, err, func(row scanner) (int, error) {
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
