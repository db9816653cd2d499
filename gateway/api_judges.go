package gateway

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"server5k/gateway/office"
	"server5k/race"
)

func itoa(n int) string { return strconv.Itoa(n) }

// judgeList answers GET /api/jueces/.
func (s *Server) judgeList(c *call) error {
	active, byActive := c.query("is_active")
	rows, err := consult(c, "list judges", func(ctx context.Context, d *office.Desk, w office.Who) ([]race.Judge, error) {
		return d.Judges(ctx, w)
	})
	if err != nil {
		return err
	}
	kept := rows[:0:0]
	for _, j := range rows {
		if !byActive || j.Active == (active == "true") {
			kept = append(kept, j)
		}
	}
	return list(c, kept, listing[race.Judge]{
		wire: func(j race.Judge) any { return officeJudgeOf(j, s.stamp()) },
		order: map[string]func(a, b race.Judge) int{
			"id":         func(a, b race.Judge) int { return cmp.Compare(a.ID, b.ID) },
			"username":   func(a, b race.Judge) int { return cmp.Compare(fold(a.Username), fold(b.Username)) },
			"last_name":  func(a, b race.Judge) int { return cmp.Compare(fold(a.LastName), fold(b.LastName)) },
			"created_at": func(a, b race.Judge) int { return a.CreatedAt.Compare(b.CreatedAt) },
		},
		texts: func(j race.Judge) []string { return []string{j.Username, j.FullName(), j.Email} },
	})
}

// judgeRow answers GET /api/jueces/{id}/.
func (s *Server) judgeRow(c *call) error {
	j, err := consult(c, "read judge", func(ctx context.Context, d *office.Desk, w office.Who) (race.Judge, error) {
		return d.Judge(ctx, w, race.JudgeID(c.id))
	})
	return c.answerJudge(http.StatusOK, j, err)
}

func (c *call) answerJudge(status int, j race.Judge, err error) error {
	if err != nil {
		return c.missing(err, textNoJudge)
	}
	return c.row(status, j, officeJudgeOf(j, c.s.stamp()))
}

var textNoJudge = phrase{"El juez no existe.", "The judge does not exist."}

func (c *call) judgeForm() (office.JudgeForm, error) {
	f, err := c.form()
	if err != nil {
		return office.JudgeForm{}, err
	}
	f.whole("username")
	out := office.JudgeForm{
		Username: f.text("username"), FirstName: f.text("first_name"), LastName: f.text("last_name"), Email: f.text("email"),
		Active: f.flag("is_active"), Password: f.text("password"),
	}
	return out, f.err()
}

// createJudge answers POST /api/jueces/.
func (s *Server) createJudge(c *call) error {
	form, err := c.judgeForm()
	if err != nil {
		return err
	}
	j, err := consult(c, "create judge", func(ctx context.Context, d *office.Desk, w office.Who) (race.Judge, error) {
		return d.CreateJudge(ctx, w, form)
	})
	return c.answerJudge(http.StatusCreated, j, err)
}

// updateJudge answers PUT and PATCH /api/jueces/{id}/.
func (s *Server) updateJudge(c *call) error {
	form, err := c.judgeForm()
	if err != nil {
		return err
	}
	j, err := consult(c, "change judge", func(ctx context.Context, d *office.Desk, w office.Who) (race.Judge, error) {
		return d.UpdateJudge(ctx, w, race.JudgeID(c.id), c.ifMatch(), form)
	})
	return c.answerJudge(http.StatusOK, j, err)
}

// deleteJudge answers DELETE /api/jueces/{id}/.
func (s *Server) deleteJudge(c *call) error {
	err := do(c, "delete judge", func(ctx context.Context, d *office.Desk, w office.Who) error {
		return d.DeleteJudge(ctx, w, race.JudgeID(c.id), c.ifMatch())
	})
	return c.gone(c.missing(err, textNoJudge))
}

// resetJudge answers POST /api/jueces/{id}/restablecer/ with the new password.
func (s *Server) resetJudge(c *call) error {
	password, err := consult(c, "reset password", func(ctx context.Context, d *office.Desk, w office.Who) (string, error) {
		return d.ResetPassword(ctx, w, race.JudgeID(c.id))
	})
	if err != nil {
		return c.missing(err, textNoJudge)
	}
	c.secret()
	c.reply(http.StatusOK, struct {
		ID       int64  `json:"id"`
		Password string `json:"password"`
	}{c.id, password})
	return nil
}

// credentials answers POST /api/competencias/{id}/credenciales/ {jueces?: [id]}
// with new passwords and codes of the judges, all of the competition without a list.
func (s *Server) credentials(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	var judges []race.JudgeID
	for _, id := range or(f.ids("jueces")) {
		judges = append(judges, race.JudgeID(id))
	}
	if err := f.err(); err != nil {
		return err
	}
	made, err := consult(c, "make credentials", func(ctx context.Context, d *office.Desk, w office.Who) ([]office.Credential, error) {
		return d.Credentials(ctx, w, c.competitionID(), judges)
	})
	if err != nil {
		return c.missing(err, textNoCompetition)
	}
	out := make([]credentialJSON, len(made))
	for i, m := range made {
		out[i] = credentialJSON{
			Judge: officeJudgeOf(m.Judge, s.stamp()), Teams: make([]officeTeamJSON, len(m.Teams)), Password: m.Password, Code: m.Code,
			URL: s.scheme(c.ctx) + "://" + string(c.ctx.Host()) + "/juez/#c=" + m.Code,
		}
		for k, t := range m.Teams {
			out[i].Teams[k] = officeTeamOf(race.TeamRow{Team: t, JudgeUsername: m.Judge.Username})
		}
	}
	c.secret()
	c.reply(http.StatusOK, out)
	return nil
}
