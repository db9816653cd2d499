package gateway

import (
	"context"
	"errors"
	"net/http"

	"server5k/race"
)

// results answers GET /api/competencias/{id}/resultados/ with the ranking as it
// stands now.
func (s *Server) results(c *call) error {
	competition, err := s.readCompetition(race.CompetitionID(c.id))
	if errors.Is(err, race.ErrNotFound) {
		return c.detail(http.StatusNotFound, textNoCompetition)
	}
	if err != nil {
		return err
	}
	rows, err := s.readTeams(race.TeamFilter{Competition: competition.ID})
	if err != nil {
		return err
	}
	records, err := within(storeTimeout, "list records", func(ctx context.Context) ([]race.TimeRecord, error) {
		return s.cfg.Store.Records(ctx, competition.ID)
	})
	if err != nil {
		return err
	}
	teams := make([]race.Team, len(rows))
	for i, row := range rows {
		teams[i] = row.Team
	}
	standings := race.Rank(competition, teams, records)
	out := resultsJSON{
		Competition: competitionOf(competition, s.stamp()),
		Rounding:    string(competition.Rounding),
		Results:     make([]standingJSON, len(standings)),
	}
	for i, standing := range standings {
		out.Results[i] = standingOf(standing)
	}
	c.reply(http.StatusOK, out)
	return nil
}
