package admin

import (
	"context"
	"net/http"
	"strconv"

	"server5k/gateway/office"
	"server5k/race"
)

// settingsPage edits a competition, or makes one when Head is nil.
type settingsPage struct {
	Head     *head
	Form     *form
	Tag      office.Tag
	Rounding []option
	Clock    []option
	Copy     *form
	Conflict []conflict // what somebody else changed meanwhile
}

// conflict is a field that stands otherwise now than it was typed.
type conflict struct{ Label, Typed, Now string }

var eventFields = []string{"name", "datetime", "integrantes", "politica_redondeo", "politica_reloj", "is_active"}

// newEvent answers GET /admin/competencias/nueva/.
func newEvent(_ context.Context, c *call) error {
	f := newForm()
	f.Values = map[string]string{
		"integrantes": strconv.Itoa(race.DefaultTeamSize), "politica_redondeo": string(race.RoundRaw), "politica_reloj": string(race.ClockClient), "is_active": "1",
	}
	return c.showSettings(http.StatusOK, settingsPage{Form: f})
}

// createEvent answers POST /admin/competencias/nueva/.
func createEvent(ctx context.Context, c *call) error {
	f := c.form(eventFields...)
	values := c.eventForm(f)
	if !f.bad() {
		r, err := c.p.cfg.Desk.CreateCompetition(ctx, c.who, values)
		if err == nil {
			return c.done(eventPath(r.ID, "intercambio/"), "saved")
		}
		if !c.refuse(f, err) {
			return err
		}
	}
	return c.showSettings(http.StatusUnprocessableEntity, settingsPage{Form: f})
}

// settings answers GET /admin/competencias/{}/ajustes/.
func settings(ctx context.Context, c *call) error {
	r, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	h := c.head(r, "ajustes")
	return c.showSettings(http.StatusOK, settingsPage{Head: &h, Form: c.eventValues(r), Tag: office.TagOf(r)})
}

// saveSettings answers POST /admin/competencias/{}/ajustes/.
func saveSettings(ctx context.Context, c *call) error {
	f := c.form(eventFields...)
	values := c.eventForm(f)
	tag := office.Tag(c.value("version"))
	if !f.bad() {
		_, err := c.p.cfg.Desk.UpdateCompetition(ctx, c.who, c.competition(), tag, values)
		if err == nil {
			return c.done(eventPath(c.competition(), "ajustes/"), "saved")
		}
		if race.CodeOf(err) == race.CodeStale {
			return c.settingsConflict(ctx, f)
		}
		if !c.refuse(f, err) {
			return err
		}
	}
	r, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	h := c.head(r, "ajustes")
	return c.showSettings(http.StatusUnprocessableEntity, settingsPage{Head: &h, Form: f, Tag: tag})
}

// settingsConflict shows what was typed beside what somebody else saved. Saving
// again is a decision: the form then has the tag of what it shows.
func (c *call) settingsConflict(ctx context.Context, f *form) error {
	r, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	h := c.head(r, "ajustes")
	page := settingsPage{Head: &h, Form: f, Tag: office.TagOf(r), Conflict: c.conflicts(f, c.eventValues(r), eventFields)}
	return c.showSettings(http.StatusPreconditionFailed, page)
}

// conflicts compares what was typed with what is stored now.
func (c *call) conflicts(typed, now *form, fields []string) []conflict {
	out := []conflict{}
	for _, name := range fields {
		if a, b := typed.Values[name], now.Values[name]; a != b {
			out = append(out, conflict{"field." + name, a, b})
		}
	}
	return out
}

func (c *call) showSettings(status int, page settingsPage) error {
	for _, r := range []race.Rounding{race.RoundRaw, race.RoundUpEach, race.RoundUpTotal} {
		page.Rounding = append(page.Rounding, option{string(r), c.say("rounding." + string(r)), page.Form.Values["politica_redondeo"] == string(r)})
	}
	for _, p := range []race.ClockPolicy{race.ClockClient, race.ClockCorrected} {
		page.Clock = append(page.Clock, option{string(p), c.say("clock." + string(p)), page.Form.Values["politica_reloj"] == string(p)})
	}
	title := c.say("settings.new")
	if page.Head != nil {
		title = c.say("settings.title") + " · " + page.Head.Competition.Name
		if page.Copy == nil {
			page.Copy = newForm()
		}
	}
	return c.page(status, "settings", title, page)
}

// eventValues are the fields of a competition as they stand in the form.
func (c *call) eventValues(r race.Competition) *form {
	f := newForm()
	f.Values = map[string]string{
		"name": r.Name, "datetime": r.ScheduledAt.In(c.p.cfg.Location).Format("2006-01-02T15:04"),
		"integrantes": strconv.Itoa(r.TeamSize), "politica_redondeo": string(r.Rounding), "politica_reloj": string(clockPolicy(r.Clock)), "is_active": box(r.Active),
	}
	return f
}

// eventForm reads the fields of a competition.
func (c *call) eventForm(f *form) office.CompetitionForm {
	c.required(f, "name", "datetime")
	name, active := f.Values["name"], f.checked("is_active")
	rounding := race.Rounding(f.Values["politica_redondeo"])
	size := c.number(f, "integrantes")
	at, err := parseInstant(f.Values["datetime"], c.p.cfg.Location)
	if err != nil {
		f.fault("datetime", c.say("fault.instant"))
	}
	scheduled := &at
	out := office.CompetitionForm{Name: &name, ScheduledAt: &scheduled, Active: &active, TeamSize: &size, Rounding: &rounding}
	if policy := race.ClockPolicy(f.Values["politica_reloj"]); policy != "" { // a form that does not ask leaves it as it is
		out.Clock = &policy
	}
	return out
}

// clockPolicy names the zero value, as forms need it.
func clockPolicy(p race.ClockPolicy) race.ClockPolicy {
	if p != race.ClockCorrected {
		return race.ClockClient
	}
	return p
}

// box is the value of a box that is ticked or not.
func box(on bool) string {
	if on {
		return "1"
	}
	return ""
}

// copyEvent answers POST /admin/competencias/{}/copiar/.
func copyEvent(ctx context.Context, c *call) error {
	f := c.form("nombre")
	c.required(f, "nombre")
	if !f.bad() {
		made, err := c.p.cfg.Desk.CopyCompetition(ctx, c.who, c.competition(), f.Values["nombre"])
		if err == nil {
			return c.done(eventPath(made.ID, "ajustes/"), "copied")
		}
		if !c.refuse(f, err) {
			return err
		}
	}
	r, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	h := c.head(r, "ajustes")
	return c.showSettings(http.StatusUnprocessableEntity, settingsPage{Head: &h, Form: c.eventValues(r), Tag: office.TagOf(r), Copy: f})
}

// deleteEvent returns the handlers of /admin/competencias/{}/eliminar/.
func deleteEvent() (get, post handler) {
	return remove(removal{
		ask: "delete.event", to: func(*call) string { return "/admin/" },
		find: func(ctx context.Context, c *call) (string, office.Tag, string, error) {
			r, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition())
			return r.Name, office.TagOf(r), eventPath(r.ID, "ajustes/"), err
		},
		do: func(ctx context.Context, c *call, tag office.Tag) error {
			return c.p.cfg.Desk.DeleteCompetition(ctx, c.who, c.competition(), tag)
		},
	})
}
