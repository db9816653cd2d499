package gateway

import (
	"cmp"
	"context"
	"net/http"

	"github.com/go-json-experiment/json"

	"server5k/gateway/office"
	"server5k/race"
)

func teamListing() listing[race.TeamRow] {
	return listing[race.TeamRow]{
		wire: func(t race.TeamRow) any { return officeTeamOf(t) },
		order: map[string]func(a, b race.TeamRow) int{
			"id":       func(a, b race.TeamRow) int { return cmp.Compare(a.ID, b.ID) },
			"number":   func(a, b race.TeamRow) int { return cmp.Compare(a.Bib, b.Bib) },
			"name":     func(a, b race.TeamRow) int { return cmp.Compare(fold(a.Name), fold(b.Name)) },
			"category": func(a, b race.TeamRow) int { return cmp.Compare(a.Category, b.Category) },
		},
		texts: func(t race.TeamRow) []string { return []string{t.Name, t.JudgeUsername, subjectOf(t)} },
	}
}

// subjectOf is how people name a team.
func subjectOf(t race.TeamRow) string { return itoa(t.Bib) + " " + t.Name }

// listTeams answers GET /api/equipos/ of an organizer.
func (s *Server) listTeams(c *call, filter race.TeamFilter) error {
	rows, err := consult(c, "list teams", func(ctx context.Context, d *office.Desk, w office.Who) ([]race.TeamRow, error) {
		return d.Teams(ctx, w, filter)
	})
	if err != nil {
		return err
	}
	return list(c, rows, teamListing())
}

// competitionTeams answers GET /api/competencias/{id}/equipos/.
func (s *Server) competitionTeams(c *call) error {
	rows, err := consult(c, "list teams", func(ctx context.Context, d *office.Desk, w office.Who) ([]race.TeamRow, error) {
		if _, err := d.Competition(ctx, w, c.competitionID()); err != nil {
			return nil, err
		}
		return d.Teams(ctx, w, race.TeamFilter{Competition: c.competitionID()})
	})
	if err != nil {
		return c.missing(err, textNoCompetition)
	}
	return list(c, rows, teamListing())
}

func (c *call) teamForm() (office.TeamForm, error) {
	f, err := c.form()
	if err != nil {
		return office.TeamForm{}, err
	}
	f.whole("name", "number", "category")
	out := office.TeamForm{
		Competition: as[race.CompetitionID](f.number("competition_id")), Name: f.text("name"), Bib: f.count("number"),
		Category: named[race.Category](f.text("category")), Judge: as[race.JudgeID](f.id("juez_id")),
	}
	return out, f.err()
}

func (c *call) answerTeam(status int, row race.TeamRow, err error) error {
	if err != nil {
		return c.missing(err, textNoTeam)
	}
	return c.row(status, row, officeTeamOf(row))
}

// createTeam answers POST /api/equipos/.
func (s *Server) createTeam(c *call) error {
	form, err := c.teamForm()
	if err != nil {
		return err
	}
	row, err := consult(c, "create team", func(ctx context.Context, d *office.Desk, w office.Who) (race.TeamRow, error) {
		return d.CreateTeam(ctx, w, form)
	})
	return c.answerTeam(http.StatusCreated, row, err)
}

// updateTeam answers PUT and PATCH /api/equipos/{id}/.
func (s *Server) updateTeam(c *call) error {
	form, err := c.teamForm()
	if err != nil {
		return err
	}
	row, err := consult(c, "change team", func(ctx context.Context, d *office.Desk, w office.Who) (race.TeamRow, error) {
		return d.UpdateTeam(ctx, w, race.TeamID(c.id), c.ifMatch(), form)
	})
	return c.answerTeam(http.StatusOK, row, err)
}

// deleteTeam answers DELETE /api/equipos/{id}/.
func (s *Server) deleteTeam(c *call) error {
	err := do(c, "delete team", func(ctx context.Context, d *office.Desk, w office.Who) error {
		return d.DeleteTeam(ctx, w, race.TeamID(c.id), c.ifMatch())
	})
	return c.gone(c.missing(err, textNoTeam))
}

// assignJudges answers POST /api/competencias/{id}/asignar/
// {asignaciones:[{equipo_id, juez_id}]} with the teams as they are then.
func (s *Server) assignJudges(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	var sent []struct {
		Team  *int64 `json:"equipo_id"`
		Judge int64  `json:"juez_id"` // null 0
	}
	if raw := f.fields["asignaciones"]; raw.Kind() != '[' || json.Unmarshal(raw, &sent) != nil {
		return c.fault("asignaciones", textList)
	}
	assignments := make([]office.Assignment, len(sent))
	for i, a := range sent {
		assignments[i] = office.Assignment{Team: race.TeamID(or(a.Team)), Judge: race.JudgeID(a.Judge)}
	}
	err = do(c, "assign judges", func(ctx context.Context, d *office.Desk, w office.Who) error {
		return d.AssignJudges(ctx, w, c.competitionID(), assignments)
	})
	if err != nil {
		return c.missing(err, textNoCompetition)
	}
	return s.competitionTeams(c)
}
