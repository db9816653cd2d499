package gateway

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"server5k/race"
)

// A start that is written down afterwards lies in the past; these bounds only
// catch a wrong year or unit.
var earliestStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

const maxStartAhead = 24 * time.Hour

var textNoCompetition = phrase{"La competencia no existe.", "The competition does not exist."}

// competitions answers GET /api/competencias/: a judge sees those of the judge's
// teams, an organizer all.
func (s *Server) competitions(c *call) error {
	list, err := s.visibleCompetitions(c.judge.ID)
	if err != nil {
		return err
	}
	active, byActive := c.query("is_active", "activa")
	running, byRunning := c.query("is_running", "en_curso")
	out := make([]competitionJSON, 0, len(list))
	for _, item := range list {
		// What is not "true" is false, as the server this one replaces had it.
		if byActive && item.Active != strings.EqualFold(active, "true") ||
			byRunning && item.Running != strings.EqualFold(running, "true") {
			continue
		}
		out = append(out, competitionOf(item, s.stamp()))
	}
	c.reply(http.StatusOK, out)
	return nil
}

// visibleCompetitions lists those of a judge's teams, or all for judge 0.
func (s *Server) visibleCompetitions(judge race.JudgeID) ([]race.Competition, error) {
	return within(storeTimeout, "list competitions", func(ctx context.Context) ([]race.Competition, error) {
		return s.cfg.Store.Competitions(ctx, judge)
	})
}

// competition answers GET /api/competencias/{id}/; one of others does not exist
// for a judge.
func (s *Server) competition(c *call) error {
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

func (s *Server) visibleCompetition(c *call) (race.Competition, error) {
	if c.byOrganizer() {
		return s.readCompetition(race.CompetitionID(c.id))
	}
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

// startCompetition answers POST /api/competencias/{id}/iniciar/ {started_at?}.
func (s *Server) startCompetition(c *call) error {
	at, err := c.startInstant()
	if err != nil {
		return err
	}
	return c.change("start competition", at, s.cfg.Races.StartCompetition)
}

// stopCompetition answers POST /api/competencias/{id}/detener/.
func (s *Server) stopCompetition(c *call) error {
	return c.change("stop competition", s.now(), s.cfg.Races.StopCompetition)
}

// change starts or stops the competition of the path.
func (c *call) change(operation string, at time.Time, do func(context.Context, race.CompetitionID, time.Time, string) (race.Competition, error)) error {
	changed, err := race.Competition{}, race.ErrNotFound
	if c.id > 0 {
		changed, err = within(submitTimeout, operation, func(ctx context.Context) (race.Competition, error) {
			return do(ctx, race.CompetitionID(c.id), at, c.organizer.Username)
		})
	}
	if errors.Is(err, race.ErrNotFound) {
		return c.detail(http.StatusNotFound, textNoCompetition)
	}
	if err != nil {
		return err
	}
	c.reply(http.StatusOK, competitionOf(changed, c.s.stamp()))
	return nil
}

// startInstant reads started_at; without it the race starts now.
func (c *call) startInstant() (time.Time, error) {
	b, err := c.body()
	if err != nil {
		return time.Time{}, err
	}
	text, state := b.text("started_at")
	if b.object && (state == missing || state == null) {
		return c.s.now(), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if !b.object || state != given || err != nil || at.Before(earliestStart) || at.After(c.s.now().Add(maxStartAhead)) {
		return time.Time{}, c.detail(http.StatusBadRequest, phrase{
			"started_at debe ser una fecha y hora RFC 3339 con zona horaria.", "started_at must be an RFC 3339 date and time with a time zone.",
		})
	}
	return at.UTC().Truncate(time.Microsecond), nil
}

// now is the time as it is stored: UTC, whole microseconds.
func (s *Server) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Microsecond) }
