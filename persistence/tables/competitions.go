package tables

import (
	"context"
	"database/sql"
	"time"

	"server5k/race"
)

const competitionColumns = `c.id, c.name, c.scheduled_at, c.active, c.running, c.started_at, c.finished_at, c.team_size, c.rounding,
c.gun_shift_ms, c.version, c.clock_policy`

const competitionQuery = `SELECT ` + competitionColumns + ` FROM competitions c WHERE c.id = $1`

const competitionsQuery = `SELECT ` + competitionColumns + ` FROM competitions c
WHERE CAST($1 AS bigint) = 0 OR EXISTS (SELECT 1 FROM teams t WHERE t.competition_id = c.id AND t.judge_id = $1)
ORDER BY c.scheduled_at DESC NULLS LAST, c.id`

const finishedQuery = `SELECT ` + competitionColumns + ` FROM competitions c
WHERE c.finished_at < $1 AND NOT c.running
ORDER BY c.finished_at, c.id`

// Competition returns one competition.
func (t *Tables) Competition(ctx context.Context, id race.CompetitionID) (race.Competition, error) {
	c, err := scanCompetition(t.reader.QueryRowContext(ctx, competitionQuery, id))
	return c, named(err, "competition %d", id)
}

// Competitions lists all, newest first and those without a date last; with a
// judge only those of the judge's teams.
func (t *Tables) Competitions(ctx context.Context, judge race.JudgeID) ([]race.Competition, error) {
	rows, err := t.reader.QueryContext(ctx, competitionsQuery, judge)
	cs, err := Collect(rows, err, scanCompetition)
	return cs, named(err, "competitions")
}

// Finished lists the competitions that finished before t and do not run, oldest
// first. A purged one is gone and is not among them.
func (t *Tables) Finished(ctx context.Context, before time.Time) ([]race.Competition, error) {
	rows, err := t.reader.QueryContext(ctx, finishedQuery, before.UnixMicro())
	cs, err := Collect(rows, err, scanCompetition)
	return cs, named(err, "finished competitions")
}

// scanCompetition reads competitionColumns and, after them, extra ones.
func scanCompetition(row Row) (race.Competition, error) { return scanCompetitionAnd(row) }

func scanCompetitionAnd(row Row, extra ...any) (race.Competition, error) {
	var c race.Competition
	var scheduled, started, finished sql.NullInt64
	var shift int64
	dest := append([]any{
		&c.ID, &c.Name, &scheduled, &c.Active, &c.Running, &started, &finished, &c.TeamSize, &c.Rounding, &shift, &c.Version, &c.Clock,
	}, extra...)
	if err := row.Scan(dest...); err != nil {
		return race.Competition{}, err
	}
	c.ScheduledAt, c.StartedAt, c.FinishedAt = fromMicros(scheduled), fromMicros(started), fromMicros(finished)
	c.GunShift = time.Duration(shift) * time.Millisecond
	return c, nil
}
