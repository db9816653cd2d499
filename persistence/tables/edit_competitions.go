package tables

import (
	"cmp"
	"context"
	"fmt"

	"server5k/race"
)

const (
	editCompetition = `UPDATE competitions SET name = $1, scheduled_at = $2, active = $3, team_size = $4, rounding = $5,
clock_policy = $6, epoch = epoch + 1 WHERE id = $7`
	newCompetition = `INSERT INTO competitions (name, scheduled_at, active, team_size, rounding, clock_policy, stream)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`
	ruledOnQuery = `SELECT EXISTS (SELECT 1 FROM time_records WHERE competition_id = $1) OR EXISTS (SELECT 1 FROM decisions WHERE competition_id = $1)`
	removeTeams  = `DELETE FROM teams WHERE competition_id = $1`
	removeRace   = `DELETE FROM competitions WHERE id = $1`

	editTeam          = `UPDATE teams SET competition_id = $1, judge_id = $2, name = $3, bib = $4, category = $5 WHERE id = $6`
	newTeam           = `INSERT INTO teams (competition_id, judge_id, name, bib, category) VALUES ($1, $2, $3, $4, $5) RETURNING id`
	editTeamQuery     = `SELECT id, competition_id, judge_id, name, bib, category FROM teams WHERE id = $1`
	recordedQuery     = `SELECT EXISTS (SELECT 1 FROM time_records WHERE team_id = $1) OR EXISTS (SELECT 1 FROM decisions WHERE team_id = $1)`
	removeTeam        = `DELETE FROM teams WHERE id = $1`
	editCategoryQuery = `SELECT code, name FROM categories WHERE code = $1`
	setCategory       = restoreCategory
	removeCategory    = `DELETE FROM categories WHERE code = $1`
	teamInUse         = "El equipo tiene registros o decisiones"
	competitionInUse  = "La competencia tiene registros o decisiones"
)

// Competition returns a competition and locks its row.
func (e *editor) Competition(ctx context.Context, id race.CompetitionID) (race.Competition, error) {
	c, err := scanCompetition(e.tx.QueryRowContext(ctx, competitionQuery+e.t.dialect.RowLock, id))
	return c, e.fail(err, constraints{}, "competition %d", id)
}

// PutCompetition stores a competition, without the state of the race.
func (e *editor) PutCompetition(ctx context.Context, c race.Competition) (race.CompetitionID, error) {
	args := []any{
		c.Name, toMicros(c.ScheduledAt), c.Active, cmp.Or(c.TeamSize, race.DefaultTeamSize), string(cmp.Or(c.Rounding, race.RoundRaw)),
		string(cmp.Or(c.Clock, race.ClockClient)),
	}
	var err error
	if c.ID == 0 {
		err = e.tx.QueryRowContext(ctx, newCompetition, append(args, newStream())...).Scan(&c.ID)
	} else {
		err = e.one(ctx, editCompetition, append(args, c.ID)...)
	}
	return c.ID, e.fail(err, constraints{}, "store competition %d", c.ID)
}

// RemoveCompetition removes a competition without records and rulings, with its
// teams and grants.
func (e *editor) RemoveCompetition(ctx context.Context, id race.CompetitionID) error {
	if err := e.removeCompetition(ctx, id); err != nil {
		return e.fail(err, constraints{inUse: competitionInUse}, "remove competition %d", id)
	}
	return nil
}

func (e *editor) removeCompetition(ctx context.Context, id race.CompetitionID) error {
	if err := e.raise(ctx, id); err != nil {
		return err
	}
	switch used, err := e.exists(ctx, ruledOnQuery, id); {
	case err != nil:
		return err
	case used:
		return race.Errorf(race.CodeInUse, competitionInUse)
	}
	if _, err := e.tx.ExecContext(ctx, removeTeams, id); err != nil {
		return err
	}
	return e.one(ctx, removeRace, id)
}

// Team returns a team and locks its row.
func (e *editor) Team(ctx context.Context, id race.TeamID) (race.Team, error) {
	t, err := scanTeam(e.tx.QueryRowContext(ctx, editTeamQuery+e.t.dialect.RowLock, id))
	return t, e.fail(err, constraints{}, "team %d", id)
}

// Teams returns the teams of a competition by bib and locks their rows.
func (e *editor) Teams(ctx context.Context, id race.CompetitionID) ([]race.Team, error) {
	ts, err := query(ctx, e.tx, scanTeam, archiveTeamsQuery+e.t.dialect.RowLock, id)
	return ts, e.fail(err, constraints{}, "teams of competition %d", id)
}

// PutTeam stores a team and ends the epoch of its competition, and of the one
// that it leaves. A team with records or rulings stays where it is.
func (e *editor) PutTeam(ctx context.Context, t race.Team) (race.TeamID, error) {
	id, err := e.putTeam(ctx, t)
	return id, e.fail(err, constraints{
		taken:   fmt.Sprintf("El dorsal %d ya es de otro equipo de la competencia", t.Bib),
		missing: "La competencia, la categoría o el juez del equipo no existe",
	}, "store team %d", t.ID)
}

func (e *editor) putTeam(ctx context.Context, t race.Team) (race.TeamID, error) {
	args := []any{t.Competition, orNull(t.Judge), t.Name, t.Bib, t.Category}
	if t.ID == 0 {
		if err := e.raise(ctx, t.Competition); err != nil {
			return 0, err
		}
		err := e.tx.QueryRowContext(ctx, newTeam, args...).Scan(&t.ID)
		return t.ID, err
	}
	var from race.CompetitionID
	if err := e.tx.QueryRowContext(ctx, teamCompetitionQuery, t.ID).Scan(&from); err != nil {
		return t.ID, err
	}
	if err := e.raise(ctx, min(from, t.Competition), max(from, t.Competition)); err != nil {
		return t.ID, err
	}
	if from != t.Competition {
		switch used, err := e.exists(ctx, recordedQuery, t.ID); {
		case err != nil:
			return t.ID, err
		case used:
			return t.ID, race.Errorf(race.CodeInUse, teamInUse)
		}
	}
	return t.ID, e.one(ctx, editTeam, append(args, t.ID)...)
}

// RemoveTeam removes a team that has no records and rulings.
func (e *editor) RemoveTeam(ctx context.Context, id race.TeamID) error {
	var from race.CompetitionID
	err := e.tx.QueryRowContext(ctx, teamCompetitionQuery, id).Scan(&from)
	if err == nil {
		err = e.raise(ctx, from)
	}
	if err == nil {
		err = e.one(ctx, removeTeam, id)
	}
	return e.fail(err, constraints{inUse: teamInUse}, "remove team %d", id)
}

// Category returns a category and locks its row.
func (e *editor) Category(ctx context.Context, code race.Category) (race.CategoryRow, error) {
	c, err := scanCategory(e.tx.QueryRowContext(ctx, editCategoryQuery+e.t.dialect.RowLock, string(code)))
	return c, e.fail(err, constraints{}, "category %q", code)
}

// PutCategory stores a category, new or not.
func (e *editor) PutCategory(ctx context.Context, c race.CategoryRow) error {
	_, err := e.tx.ExecContext(ctx, setCategory, string(c.Code), c.Name)
	return e.fail(err, constraints{}, "store category %q", c.Code)
}

// RemoveCategory removes a category without teams.
func (e *editor) RemoveCategory(ctx context.Context, code race.Category) error {
	err := e.one(ctx, removeCategory, string(code))
	return e.fail(err, constraints{inUse: fmt.Sprintf("Hay equipos de la categoría %q", code)}, "remove category %q", code)
}
