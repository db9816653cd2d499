package gateway

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"server5k/gateway/office"
	"server5k/race"
)

var textNoCompetition = phrase{"La competencia no existe.", "The competition does not exist."}

// competitions answers GET /api/competencias/: a judge sees those of the judge's
// teams, an organizer those that were granted, a superuser all.
func (s *Server) competitions(c *call) error {
	found, err := s.listedCompetitions(c)
	if err != nil {
		return err
	}
	active, byActive := c.query("is_active", "activa")
	running, byRunning := c.query("is_running", "en_curso")
	// What is not "true" is false, as the server this one replaces had it.
	found = slices.DeleteFunc(found, func(item race.Competition) bool {
		return byActive && item.Active != strings.EqualFold(active, "true") ||
			byRunning && item.Running != strings.EqualFold(running, "true")
	})
	if c.byOrganizer() {
		return list(c, found, s.competitionListing())
	}
	out := make([]competitionJSON, len(found))
	for i, item := range found {
		out[i] = competitionOf(item, s.stamp())
	}
	c.reply(http.StatusOK, out)
	return nil
}

func (s *Server) listedCompetitions(c *call) ([]race.Competition, error) {
	if !c.byOrganizer() {
		return s.visibleCompetitions(c.judge.ID)
	}
	return consult(c, "list competitions", func(ctx context.Context, d *office.Desk, w office.Who) ([]race.Competition, error) {
		return d.Competitions(ctx, w)
	})
}

func (s *Server) competitionListing() listing[race.Competition] {
	return listing[race.Competition]{
		wire: func(c race.Competition) any { return officeCompetitionOf(c, s.stamp()) },
		order: map[string]func(a, b race.Competition) int{
			"id":       func(a, b race.Competition) int { return cmp.Compare(a.ID, b.ID) },
			"name":     func(a, b race.Competition) int { return cmp.Compare(fold(a.Name), fold(b.Name)) },
			"datetime": func(a, b race.Competition) int { return a.ScheduledAt.Compare(b.ScheduledAt) },
		},
		texts: func(c race.Competition) []string { return []string{c.Name} },
	}
}

// visibleCompetitions lists those of a judge's teams, or all for judge 0.
func (s *Server) visibleCompetitions(judge race.JudgeID) ([]race.Competition, error) {
	return within(storeTimeout, "list competitions", func(ctx context.Context) ([]race.Competition, error) {
		return s.cfg.Store.Competitions(ctx, judge)
	})
}

// competition answers GET /api/competencias/{id}/; one of others does not exist
// for a judge or an organizer.
func (s *Server) competition(c *call) error {
	if c.byOrganizer() {
		found, err := consult(c, "read competition", func(ctx context.Context, d *office.Desk, w office.Who) (race.Competition, error) {
			return d.Competition(ctx, w, c.competitionID())
		})
		return c.answerCompetition(http.StatusOK, found, err)
	}
	found, err := s.visibleCompetition(c)
	if errors.Is(err, race.ErrNotFound) {
		return c.detail(http.StatusNotFound, textNoCompetition)
	}
	if err != nil {
		return err
	}
	c.reply(http.StatusOK, competitionOf(found, s.stamp()))
	return nil
}

// answerCompetition writes a competition for an organizer.
func (c *call) answerCompetition(status int, found race.Competition, err error) error {
	if err != nil {
		return c.missing(err, textNoCompetition)
	}
	return c.row(status, found, officeCompetitionOf(found, c.s.stamp()))
}

func (s *Server) visibleCompetition(c *call) (race.Competition, error) {
	list, err := s.visibleCompetitions(c.judge.ID)
	if err != nil {
		return race.Competition{}, err
	}
	for _, item := range list {
		if int64(item.ID) == c.id {
			return item, nil
		}
	}
	return race.Competition{}, race.ErrNotFound
}

// readCompetition reads one by id; 0 stands for an id that nothing has.
func (s *Server) readCompetition(id race.CompetitionID) (race.Competition, error) {
	if id <= 0 {
		return race.Competition{}, race.ErrNotFound
	}
	return within(storeTimeout, "read competition", func(ctx context.Context) (race.Competition, error) {
		return s.cfg.Store.Competition(ctx, id)
	})
}

// competitionStates answers GET /api/admin/estado-competencias/, which is public.
func (s *Server) competitionStates(c *call) error {
	list, err := s.visibleCompetitions(0)
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b race.Competition) int { return cmp.Compare(a.ID, b.ID) })
	out := make([]competitionStateJSON, len(list))
	for i, item := range list {
		out[i] = competitionStateJSON{
			int64(item.ID), item.Name, item.Running,
			s.stamp().pointer(item.StartedAt), s.stamp().pointer(item.FinishedAt),
		}
	}
	c.reply(http.StatusOK, out)
	return nil
}

// now is the time as it is stored: UTC, whole microseconds.
func (s *Server) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Microsecond) }
