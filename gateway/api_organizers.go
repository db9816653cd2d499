package gateway

import (
	"cmp"
	"context"
	"net/http"

	"server5k/gateway/office"
	"server5k/race"
)

var textNoOrganizer = phrase{"El organizador no existe.", "The organizer does not exist."}

// organizerList answers GET /api/organizadores/.
func (s *Server) organizerList(c *call) error {
	rows, err := consult(c, "list organizers", func(ctx context.Context, d *office.Desk, w office.Who) ([]office.Account, error) {
		return d.Organizers(ctx, w)
	})
	if err != nil {
		return err
	}
	return list(c, rows, listing[office.Account]{
		wire: func(a office.Account) any { return organizerOf(a, s.stamp()) },
		order: map[string]func(a, b office.Account) int{
			"id":       func(a, b office.Account) int { return cmp.Compare(a.ID, b.ID) },
			"username": func(a, b office.Account) int { return cmp.Compare(fold(a.Username), fold(b.Username)) },
		},
		texts: func(a office.Account) []string { return []string{a.Username, a.Email} },
	})
}

// organizerRow answers GET /api/organizadores/{id}/.
func (s *Server) organizerRow(c *call) error {
	a, err := consult(c, "read organizer", func(ctx context.Context, d *office.Desk, w office.Who) (office.Account, error) {
		return d.Organizer(ctx, w, race.OrganizerID(c.id))
	})
	return c.answerOrganizer(http.StatusOK, a, err)
}

func (c *call) answerOrganizer(status int, a office.Account, err error) error {
	if err != nil {
		return c.missing(err, textNoOrganizer)
	}
	return c.row(status, a, organizerOf(a, c.s.stamp()))
}

func (c *call) organizerForm() (office.OrganizerForm, error) {
	f, err := c.form()
	if err != nil {
		return office.OrganizerForm{}, err
	}
	f.whole("username")
	out := office.OrganizerForm{
		Username: f.text("username"), Email: f.text("email"), Role: named[race.Role](f.text("rol")),
		Active: f.flag("is_active"), Password: f.text("password"),
	}
	if ids := f.ids("competencias"); ids != nil {
		grants := make([]race.CompetitionID, len(*ids))
		for i, id := range *ids {
			grants[i] = race.CompetitionID(id)
		}
		out.Grants = &grants
	}
	return out, f.err()
}

// createOrganizer answers POST /api/organizadores/.
func (s *Server) createOrganizer(c *call) error {
	form, err := c.organizerForm()
	if err != nil {
		return err
	}
	a, err := consult(c, "create organizer", func(ctx context.Context, d *office.Desk, w office.Who) (office.Account, error) {
		return d.CreateOrganizer(ctx, w, form)
	})
	return c.answerOrganizer(http.StatusCreated, a, err)
}

// updateOrganizer answers PUT and PATCH /api/organizadores/{id}/.
func (s *Server) updateOrganizer(c *call) error {
	form, err := c.organizerForm()
	if err != nil {
		return err
	}
	a, err := consult(c, "change organizer", func(ctx context.Context, d *office.Desk, w office.Who) (office.Account, error) {
		return d.UpdateOrganizer(ctx, w, race.OrganizerID(c.id), c.ifMatch(), form)
	})
	return c.answerOrganizer(http.StatusOK, a, err)
}

// deleteOrganizer answers DELETE /api/organizadores/{id}/.
func (s *Server) deleteOrganizer(c *call) error {
	err := do(c, "delete organizer", func(ctx context.Context, d *office.Desk, w office.Who) error {
		return d.DeleteOrganizer(ctx, w, race.OrganizerID(c.id), c.ifMatch())
	})
	return c.gone(c.missing(err, textNoOrganizer))
}

// audit answers GET /api/auditoria/, newest first, narrowed by competition, author
// and a prefix of the action. Without a page it is the first 200.
func (s *Server) audit(c *call) error {
	p, err := c.page()
	if err != nil {
		return err
	}
	competition, byCompetition, err := c.idFilter("competencia_id", "competition_id")
	if err != nil {
		return err
	}
	f := race.AuditFilter{Competition: race.CompetitionID(competition), Offset: p.offset(), Limit: p.size}
	f.Author, _ = c.query("autor")
	f.Action, _ = c.query("accion")
	if !p.wanted {
		f.Limit = longestPage
	}
	if byCompetition && competition <= 0 {
		f.Competition = -1 // of nothing
	}
	type found struct {
		entries []race.AuditEntry
		count   int
	}
	got, err := consult(c, "read audit log", func(ctx context.Context, d *office.Desk, w office.Who) (v found, err error) {
		v.entries, v.count, err = d.Audit(ctx, w, f)
		return v, err
	})
	if err != nil {
		return c.missing(err, textNoCompetition)
	}
	rows := written(got.entries, func(e race.AuditEntry) any { return auditOf(e, s.stamp()) })
	if !p.wanted {
		c.reply(http.StatusOK, rows)
		return nil
	}
	return c.answerPage(p, got.count, rows)
}
