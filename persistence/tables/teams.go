package tables

import (
	"context"
	"database/sql"

	"server5k/race"
)

const teamRowQuery = `SELECT t.id, t.competition_id, t.judge_id, t.name, t.bib, t.category, c.name, coalesce(j.username, '')
FROM teams t JOIN competitions c ON c.id = t.competition_id LEFT JOIN judges j ON j.id = t.judge_id`

const (
	teamQuery = teamRowQuery + `
WHERE t.id = $1`
	teamsQuery = teamRowQuery + `
WHERE (CAST($1 AS bigint) = 0 OR t.competition_id = $1) AND (CAST($2 AS bigint) = 0 OR t.judge_id = $2)
ORDER BY t.bib, t.id`
)

// Team returns one team; its judge as assigned, even if inactive.
func (t *Tables) Team(ctx context.Context, id race.TeamID) (race.TeamRow, error) {
	row, err := scanTeamRow(t.reader.QueryRowContext(ctx, teamQuery, id))
	return row, named(err, "team %d", id)
}

// Teams lists the teams that pass the filter by bib, then id.
func (t *Tables) Teams(ctx context.Context, f race.TeamFilter) ([]race.TeamRow, error) {
	rows, err := t.reader.QueryContext(ctx, teamsQuery, f.Competition, f.Judge)
	ts, err := Collect(rows, err, scanTeamRow)
	return ts, named(err, "teams")
}

func scanTeamRow(row Row) (race.TeamRow, error) {
	var t race.TeamRow
	var judge sql.NullInt64
	err := row.Scan(&t.ID, &t.Competition, &judge, &t.Name, &t.Bib, &t.Category, &t.CompetitionName, &t.JudgeUsername)
	t.Judge = race.JudgeID(judge.Int64)
	return t, err
}

// HeldTeam is a team with the number of its held marks.
type HeldTeam struct {
	Team race.Team
	Held int
}

// HeldTeamColumns reads a team t as its owner sees it: without its judge j when
// that one is not active.
const HeldTeamColumns = `t.id, t.competition_id, CASE WHEN j.active THEN t.judge_id END, t.name, t.bib, t.category,
(SELECT count(*) FROM time_records r WHERE r.team_id = t.id AND r.state = 'held')`

// ScanHeldTeam reads HeldTeamColumns.
func ScanHeldTeam(row Row) (HeldTeam, error) {
	var t HeldTeam
	var judge sql.NullInt64
	err := row.Scan(&t.Team.ID, &t.Team.Competition, &judge, &t.Team.Name, &t.Team.Bib, &t.Team.Category, &t.Held)
	t.Team.Judge = race.JudgeID(judge.Int64)
	return t, err
}
