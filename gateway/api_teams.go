package gateway

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"server5k/gateway/office"
	"server5k/race"
)

var textNoTeam = phrase{"El equipo no existe.", "The team does not exist."}

// teams answers GET /api/equipos/: a judge sees the judge's own, an organizer those
// of competitions that were granted.
func (s *Server) teams(c *call) error {
	competition, byCompetition, err := c.idFilter("competition_id", "competencia_id")
	if err != nil {
		return err
	}
	judge, byJudge, err := c.idFilter("judge_id", "juez_id")
	if err != nil {
		return err
	}
	nobody := byCompetition && competition <= 0 || byJudge && judge <= 0 ||
		byJudge && !c.byOrganizer() && race.JudgeID(judge) != c.judge.ID
	if nobody && c.byOrganizer() {
		return s.listTeams(c, race.TeamFilter{Competition: -1}) // of nothing
	}
	if nobody {
		c.reply(http.StatusOK, []teamJSON{})
		return nil
	}
	filter := race.TeamFilter{Competition: race.CompetitionID(competition), Judge: race.JudgeID(judge)}
	if c.byOrganizer() {
		return s.listTeams(c, filter)
	}
	filter.Judge = c.judge.ID
	rows, err := s.readTeams(filter)
	if err != nil {
		return err
	}
	out := make([]teamJSON, len(rows))
	for i, row := range rows {
		out[i] = teamOf(row)
	}
	c.reply(http.StatusOK, out)
	return nil
}

// idFilter reads an id from the query. An empty value is none; a whole number
// that is the id of nothing is 0.
func (c *call) idFilter(names ...string) (id int64, found bool, err error) {
	value, _ := c.query(names...)
	if value == "" {
		return 0, false, nil
	}
	id, err = strconv.ParseInt(value, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, true, nil
	}
	if err != nil {
		return 0, false, c.detail(http.StatusBadRequest, phrase{names[0] + " debe ser un número entero.", names[0] + " must be a whole number."})
	}
	return id, true, nil
}

func (s *Server) readTeams(f race.TeamFilter) ([]race.TeamRow, error) {
	return within(storeTimeout, "list teams", func(ctx context.Context) ([]race.TeamRow, error) {
		return s.cfg.Store.Teams(ctx, f)
	})
}

// team answers GET /api/equipos/{id}/; one of others does not exist.
func (s *Server) team(c *call) error {
	if c.byOrganizer() {
		row, err := consult(c, "read team", func(ctx context.Context, d *office.Desk, w office.Who) (race.TeamRow, error) {
			return d.Team(ctx, w, race.TeamID(c.id))
		})
		return c.answerTeam(http.StatusOK, row, err)
	}
	row, err := s.readTeam(race.TeamID(c.id))
	if err == nil && row.Judge != c.judge.ID {
		err = race.ErrNotFound
	}
	if errors.Is(err, race.ErrNotFound) {
		return c.detail(http.StatusNotFound, textNoTeam)
	}
	if err != nil {
		return err
	}
	c.reply(http.StatusOK, teamOf(row))
	return nil
}

// readTeam reads one by id; 0 stands for an id that nothing has.
func (s *Server) readTeam(id race.TeamID) (race.TeamRow, error) {
	if id <= 0 {
		return race.TeamRow{}, race.ErrNotFound
	}
	return within(storeTimeout, "read team", func(ctx context.Context) (race.TeamRow, error) {
		return s.cfg.Store.Team(ctx, id)
	})
}
