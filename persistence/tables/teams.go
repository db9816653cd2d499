package sqlite

import (
	"context"
	"database/sql"

	"server5k/race"
)

const teamRowQuery = `SELECT t.id, t.competition_id, t.judge_id, t.name, t.bib, t.category, c.name, coalesce(j.username, '')
FROM teams t JOIN competitions c ON c.id = t.competition_id LEFT JOIN judges j ON j.id = t.judge_id`

const teamsQuery = teamRowQuery + `
WHERE (?1 = 0 OR t.competition_id = ?1) AND (?2 = 0 OR t.judge_id = ?2)
ORDER BY t.bib, t.id`

// Team returns one team; its judge as assigned, even if inactive.
func (s *Store) Team(ctx context.Context, id race.TeamID) (race.TeamRow, error) {
	t, err := scanTeamRow(s.reader.QueryRowContext(ctx, teamRowQuery+` WHERE t.id = ?`, id))
	return t, named(err, "team %d", id)
}

// Teams lists the teams that pass the filter by bib, then id.
func (s *Store) Teams(ctx context.Context, f race.TeamFilter) ([]race.TeamRow, error) {
	rows, err := s.reader.QueryContext(ctx, teamsQuery, f.Competition, f.Judge)
	ts, err := collect(rows, err, scanTeamRow)
	return ts, named(err, "teams")
}

func scanTeamRow(row scanner) (race.TeamRow, error) {
	var t race.TeamRow
	var judge sql.NullInt64
	err := row.Scan(&t.ID, &t.Competition, &judge, &t.Name, &t.Bib, &t.Category, &t.CompetitionName, &t.JudgeUsername)
	t.Judge = race.JudgeID(judge.Int64)
	return t, err
}

// heldTeam is a team with the number of its held marks.
type heldTeam struct {
	team race.Team
	held int
}

// heldTeamColumns reads a team as its owner sees it: without a judge that is
// not active.
const heldTeamColumns = `t.id, t.competition_id, CASE WHEN j.active THEN t.judge_id END, t.name, t.bib, t.category,
(SELECT count(*) FROM time_records r WHERE r.team_id = t.id AND r.state = 'held')`

func scanHeldTeam(row scanner) (heldTeam, error) {
	var t heldTeam
	var judge sql.NullInt64
	err := row.Scan(&t.team.ID, &t.team.Competition, &judge, &t.team.Name, &t.team.Bib, &t.team.Category, &t.held)
	t.team.Judge = race.JudgeID(judge.Int64)
	return t, err
}
