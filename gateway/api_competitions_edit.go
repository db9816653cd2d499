package gateway

import (
	"context"
	"net/http"
	"time"

	"server5k/gateway/office"
	"server5k/race"
)

// competitionForm reads what is to be set of a competition.
func (c *call) competitionForm() (office.CompetitionForm, error) {
	f, err := c.form()
	if err != nil {
		return office.CompetitionForm{}, err
	}
	f.whole("name", "datetime")
	out := office.CompetitionForm{
		Name: f.text("name"), Active: f.flag("is_active"), TeamSize: f.count("integrantes"), Rounding: named[race.Rounding](f.text("politica_redondeo")),
		Clock: named[race.ClockPolicy](f.text("politica_reloj")),
	}
	if f.has("datetime") {
		at := f.instant("datetime")
		out.ScheduledAt = &at
	}
	return out, f.err()
}

// createCompetition answers POST /api/competencias/.
func (s *Server) createCompetition(c *call) error {
	form, err := c.competitionForm()
	if err != nil {
		return err
	}
	made, err := consult(c, "create competition", func(ctx context.Context, d *office.Desk, w office.Who) (race.Competition, error) {
		return d.CreateCompetition(ctx, w, form)
	})
	return c.answerCompetition(http.StatusCreated, made, err)
}

// updateCompetition answers PUT and PATCH /api/competencias/{id}/.
func (s *Server) updateCompetition(c *call) error {
	form, err := c.competitionForm()
	if err != nil {
		return err
	}
	changed, err := consult(c, "change competition", func(ctx context.Context, d *office.Desk, w office.Who) (race.Competition, error) {
		return d.UpdateCompetition(ctx, w, c.competitionID(), c.ifMatch(), form)
	})
	return c.answerCompetition(http.StatusOK, changed, err)
}

// deleteCompetition answers DELETE /api/competencias/{id}/.
func (s *Server) deleteCompetition(c *call) error {
	err := do(c, "delete competition", func(ctx context.Context, d *office.Desk, w office.Who) error {
		return d.DeleteCompetition(ctx, w, c.competitionID(), c.ifMatch())
	})
	return c.gone(c.missing(err, textNoCompetition))
}

// copyCompetition answers POST /api/competencias/{id}/copiar/ {name}.
func (s *Server) copyCompetition(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	name := or(f.text("name"))
	if err := f.err(); err != nil {
		return err
	}
	made, err := consult(c, "copy competition", func(ctx context.Context, d *office.Desk, w office.Who) (race.Competition, error) {
		return d.CopyCompetition(ctx, w, c.competitionID(), name)
	})
	return c.answerCompetition(http.StatusCreated, made, err)
}

// startCompetition answers POST /api/competencias/{id}/iniciar/ {started_at?}.
func (s *Server) startCompetition(c *call) error {
	at, err := c.startInstant()
	if err != nil {
		return err
	}
	changed, err := consult(c, "start competition", func(ctx context.Context, d *office.Desk, w office.Who) (race.Competition, error) {
		return d.Start(ctx, w, c.competitionID(), at)
	})
	return c.answerCompetition(http.StatusOK, changed, err)
}

// startInstant reads started_at; the zero time without it, which is now.
func (c *call) startInstant() (time.Time, error) {
	b, err := c.body()
	if err != nil {
		return time.Time{}, err
	}
	text, state := b.text("started_at")
	if b.object && (state == missing || state == null) {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if !b.object || state != given || err != nil || at.IsZero() {
		return time.Time{}, c.detail(http.StatusBadRequest, phrase{
			"started_at debe ser una fecha y hora RFC 3339 con zona horaria.", "started_at must be an RFC 3339 date and time with a time zone.",
		})
	}
	return at, nil
}

// stopCompetition answers POST /api/competencias/{id}/detener/.
func (s *Server) stopCompetition(c *call) error {
	changed, err := consult(c, "stop competition", func(ctx context.Context, d *office.Desk, w office.Who) (race.Competition, error) {
		return d.Stop(ctx, w, c.competitionID())
	})
	return c.answerCompetition(http.StatusOK, changed, err)
}

// reopenCompetition answers POST /api/competencias/{id}/reabrir/ {motivo?}.
func (s *Server) reopenCompetition(c *call) error {
	return s.ruleFor(c, func(*form) race.Order { return race.Order{Kind: race.RulingReopen} })
}

// correctGun answers POST /api/competencias/{id}/salida/ {salida | ajuste_ms, motivo}.
func (s *Server) correctGun(c *call) error {
	return s.ruleFor(c, func(f *form) race.Order {
		return race.Order{Kind: race.RulingGun, GunAt: or(f.instant("salida")), Amount: or(f.milliseconds("ajuste_ms"))}
	})
}

// ruleFor rules in a way that has a path of its own, and answers the competition.
func (s *Server) ruleFor(c *call, order func(*form) race.Order) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	o := order(f)
	ruled, err := c.carryOut(f, o)
	return c.answerCompetition(http.StatusOK, ruled.Competition, err)
}
