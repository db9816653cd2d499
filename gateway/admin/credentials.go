package admin

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"server5k/gateway/office"
	"server5k/gateway/print"
	"server5k/race"
)

// credentialsPage asks whose credentials are to be made anew.
type credentialsPage struct {
	Head   head
	Form   *form
	Judges []postJudge
	All    bool
	Chosen map[race.JudgeID]bool
}

// postJudge is a judge with the teams of the competition.
type postJudge struct {
	ID    race.JudgeID
	Name  string
	Teams []race.Team
}

// credentialsForm answers GET /admin/competencias/{}/credenciales/.
func credentialsForm(ctx context.Context, c *call) error {
	return c.showCredentials(ctx, http.StatusOK, newForm(), nil)
}

// credentials answers POST /admin/competencias/{}/credenciales/ with the sheet of
// cards. It is shown this once: passwords are stored as hashes.
func credentials(ctx context.Context, c *call) error {
	f := c.form("confirmar", "quienes", "formato")
	var chosen []race.JudgeID
	for _, v := range c.values("jueces") {
		if id, err := strconv.ParseInt(v, 10, 64); err == nil && id > 0 {
			chosen = append(chosen, race.JudgeID(id))
		}
	}
	if f.Values["quienes"] == "todos" {
		chosen = nil
	} else if len(chosen) == 0 {
		f.fault("jueces", c.say("fault.nobody"))
	}
	if !f.checked("confirmar") {
		f.fault("confirmar", c.say("fault.confirm"))
	}
	if f.bad() {
		return c.showCredentials(ctx, http.StatusUnprocessableEntity, f, chosen)
	}
	r, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	made, err := c.p.cfg.Desk.Credentials(ctx, c.who, r.ID, chosen)
	if err != nil {
		if !c.refuse(f, err) {
			return err
		}
		return c.showCredentials(ctx, http.StatusUnprocessableEntity, f, chosen)
	}
	sheet := print.Credentials{Competition: r.Name}
	for _, m := range made {
		sheet.Cards = append(sheet.Cards, print.Credential{Judge: m.Judge, Teams: m.Teams, Password: m.Password, LoginURL: c.loginURL(m)})
	}
	format := print.HTML
	if f.Values["formato"] == string(print.PDF) {
		format = print.PDF
	}
	return c.document(format, "credenciales", func(out *bytes.Buffer, p *print.Printer) error { return p.Credentials(out, format, sheet) })
}

// loginURL is what the code of a card leads to. The code stands in the fragment,
// which no server sees and no log keeps.
func (c *call) loginURL(m office.Credential) string {
	if m.Code == "" {
		return ""
	}
	scheme := "http"
	if c.p.cfg.Secure(c.ctx) {
		scheme = "https"
	}
	return fmt.Sprintf("%s://%s/juez/#c=%s", scheme, c.ctx.Host(), m.Code)
}

// document answers with a document of package print.
func (c *call) document(format print.Format, name string, write func(*bytes.Buffer, *print.Printer) error) error {
	var out bytes.Buffer
	if err := write(&out, print.New(print.Language(c.lang), c.p.cfg.Location, c.p.cfg.Now())); err != nil {
		return fmt.Errorf("print %s: %w", name, err)
	}
	disposition := "inline"
	if format != print.HTML {
		disposition = fmt.Sprintf("attachment; filename=%q", name+"."+string(format))
	}
	c.ctx.Response.Header.Set("Content-Disposition", disposition)
	c.ctx.SetContentType(format.ContentType())
	c.ctx.SetBody(out.Bytes())
	return nil
}

func (c *call) showCredentials(ctx context.Context, status int, f *form, chosen []race.JudgeID) error {
	r, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	if !c.who.Edits(r.ID) {
		return errForbidden
	}
	teams, err := c.p.cfg.Desk.Teams(ctx, c.who, race.TeamFilter{Competition: r.ID})
	if err != nil {
		return err
	}
	page := credentialsPage{Head: c.head(r, "jueces"), Form: f, All: len(chosen) == 0 && f.Values["quienes"] != "algunos", Chosen: map[race.JudgeID]bool{}}
	for _, id := range chosen {
		page.Chosen[id] = true
	}
	for _, t := range teams {
		if t.Judge == 0 {
			continue
		}
		i := slices.IndexFunc(page.Judges, func(j postJudge) bool { return j.ID == t.Judge })
		if i < 0 {
			i = len(page.Judges)
			page.Judges = append(page.Judges, postJudge{ID: t.Judge, Name: t.JudgeUsername})
		}
		page.Judges[i].Teams = append(page.Judges[i].Teams, t.Team)
	}
	return c.page(status, "credentials", c.say("credentials.title")+" · "+r.Name, page)
}
