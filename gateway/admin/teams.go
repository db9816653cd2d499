package admin

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"server5k/gateway/office"
	"server5k/race"
)

// teamPage edits a team, or makes one when ID is 0.
type teamPage struct {
	Head       head
	ID         race.TeamID
	Form       *form
	Tag        office.Tag
	Categories []option
	Judges     []race.Judge
	Conflict   []conflict
}

var teamFields = []string{"number", "name", "category", "juez"}

// newTeam answers GET /admin/competencias/{}/equipos/nuevo/.
func newTeam(ctx context.Context, c *call) error {
	return c.showTeam(ctx, http.StatusOK, teamPage{Form: newForm()}, c.competition())
}

// createTeam answers POST /admin/competencias/{}/equipos/nuevo/.
func createTeam(ctx context.Context, c *call) error {
	f := c.form(teamFields...)
	id := c.competition()
	values, err := c.teamForm(ctx, f)
	if err != nil {
		return err
	}
	values.Competition = &id
	if !f.bad() {
		made, err := c.p.cfg.Desk.CreateTeam(ctx, c.who, values)
		if err == nil {
			return c.done(teamPath(made.ID, ""), "saved")
		}
		if !c.refuse(f, err) {
			return err
		}
	}
	return c.showTeam(ctx, http.StatusUnprocessableEntity, teamPage{Form: f}, id)
}

// editTeam answers GET /admin/equipos/{}/editar/.
func editTeam(ctx context.Context, c *call) error {
	t, err := c.p.cfg.Desk.Team(ctx, c.who, race.TeamID(c.id(0)))
	if err != nil {
		return err
	}
	return c.showTeam(ctx, http.StatusOK, teamPage{ID: t.ID, Form: teamValues(t), Tag: office.TagOf(t)}, t.Competition)
}

// saveTeam answers POST /admin/equipos/{}/editar/.
func saveTeam(ctx context.Context, c *call) error {
	f, tag := c.form(teamFields...), office.Tag(c.value("version"))
	values, err := c.teamForm(ctx, f)
	if err != nil {
		return err
	}
	t, err := c.p.cfg.Desk.Team(ctx, c.who, race.TeamID(c.id(0)))
	if err != nil {
		return err
	}
	page := teamPage{ID: t.ID, Form: f, Tag: tag}
	if !f.bad() {
		_, err := c.p.cfg.Desk.UpdateTeam(ctx, c.who, t.ID, tag, values)
		if err == nil {
			return c.done(teamPath(t.ID, ""), "saved")
		}
		if race.CodeOf(err) == race.CodeStale {
			page.Tag, page.Conflict = office.TagOf(t), c.conflicts(f, teamValues(t), teamFields)
			return c.showTeam(ctx, http.StatusPreconditionFailed, page, t.Competition)
		}
		if !c.refuse(f, err) {
			return err
		}
	}
	return c.showTeam(ctx, http.StatusUnprocessableEntity, page, t.Competition)
}

func (c *call) showTeam(ctx context.Context, status int, page teamPage, id race.CompetitionID) error {
	r, err := c.p.cfg.Desk.Competition(ctx, c.who, id)
	if err != nil {
		return err
	}
	categories, err := c.p.cfg.Desk.Categories(ctx, c.who)
	if err != nil {
		return err
	}
	if page.Judges, err = c.p.cfg.Desk.Judges(ctx, c.who); err != nil {
		return err
	}
	page.Head = c.head(r, "equipos")
	for _, k := range categories {
		page.Categories = append(page.Categories, option{string(k.Code), k.Name, string(k.Code) == page.Form.Values["category"]})
	}
	title := c.say("team.new")
	if page.ID != 0 {
		title = c.say("team.edit")
	}
	return c.page(status, "team", title+" · "+r.Name, page)
}

func teamValues(t race.TeamRow) *form {
	f := newForm()
	f.Values = map[string]string{"number": strconv.Itoa(t.Bib), "name": t.Name, "category": string(t.Category), "juez": t.JudgeUsername}
	return f
}

// teamForm reads the fields of a team; the judge is named by the user name.
func (c *call) teamForm(ctx context.Context, f *form) (office.TeamForm, error) {
	c.required(f, "name", "category")
	bib, name, category := c.number(f, "number"), f.Values["name"], race.Category(f.Values["category"])
	var judge race.JudgeID
	if f.Values["juez"] != "" {
		judges, err := c.p.cfg.Desk.Judges(ctx, c.who)
		if err != nil {
			return office.TeamForm{}, err
		}
		if judge = judgeNamed(judges, f.Values["juez"]); judge == 0 {
			f.fault("juez", c.say("fault.judge"))
		}
	}
	return office.TeamForm{Name: &name, Bib: &bib, Category: &category, Judge: &judge}, nil
}

// judgeNamed finds a judge by the user name; 0 when there is none.
func judgeNamed(judges []race.Judge, username string) race.JudgeID {
	for _, j := range judges {
		if strings.EqualFold(j.Username, username) {
			return j.ID
		}
	}
	return 0
}

func teamPath(id race.TeamID, rest string) string {
	return fmt.Sprintf("/admin/equipos/%d/%s", id, rest)
}

// deleteTeam returns the handlers of /admin/equipos/{}/eliminar/.
func deleteTeam() (get, post handler) {
	return remove(removal{
		ask: "delete.team",
		to: func(c *call) string {
			if id, err := strconv.ParseInt(c.value("competencia"), 10, 64); err == nil {
				return eventPath(race.CompetitionID(id), "")
			}
			return "/admin/"
		},
		find: func(ctx context.Context, c *call) (string, office.Tag, string, error) {
			t, err := c.p.cfg.Desk.Team(ctx, c.who, race.TeamID(c.id(0)))
			return fmt.Sprintf("%d · %s", t.Bib, t.Name), office.TagOf(t), teamPath(t.ID, "editar/"), err
		},
		do: func(ctx context.Context, c *call, tag office.Tag) error {
			return c.p.cfg.Desk.DeleteTeam(ctx, c.who, race.TeamID(c.id(0)), tag)
		},
	})
}

// assignPage gives many teams to judges at once.
type assignPage struct {
	Head   head
	Form   *form
	Teams  []race.TeamRow
	Judges []race.Judge
}

// assignForm answers GET /admin/competencias/{}/asignar/.
func assignForm(ctx context.Context, c *call) error { return c.showAssign(ctx, http.StatusOK, nil) }

// assign answers POST /admin/competencias/{}/asignar/. Only what was changed is
// sent on, so that two people can work on different teams.
func assign(ctx context.Context, c *call) error {
	if _, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition()); err != nil {
		return err // of another organizer there are no teams, which would change nothing
	}
	teams, err := c.p.cfg.Desk.Teams(ctx, c.who, race.TeamFilter{Competition: c.competition()})
	if err != nil {
		return err
	}
	judges, err := c.p.cfg.Desk.Judges(ctx, c.who)
	if err != nil {
		return err
	}
	f := newForm()
	var list []office.Assignment
	for _, t := range teams {
		name := fmt.Sprintf("juez_%d", t.ID)
		typed, was := strings.TrimSpace(c.value(name)), c.value("era_"+name)
		f.Values[name] = typed
		f.Labels[name] = t.Name
		if strings.EqualFold(typed, was) {
			continue
		}
		judge := judgeNamed(judges, typed)
		if judge == 0 && typed != "" {
			f.fault(name, c.say("fault.judge"))
		}
		list = append(list, office.Assignment{Team: t.ID, Judge: judge})
	}
	if !f.bad() && len(list) > 0 {
		if err := c.p.cfg.Desk.AssignJudges(ctx, c.who, c.competition(), list); err != nil && !c.refuse(f, err) {
			return err
		}
	}
	if f.bad() {
		return c.showAssign(ctx, http.StatusUnprocessableEntity, f)
	}
	return c.done(eventPath(c.competition(), "asignar/"), "assigned")
}

func (c *call) showAssign(ctx context.Context, status int, f *form) error {
	r, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	page := assignPage{Head: c.head(r, "equipos"), Form: f}
	if page.Teams, err = c.p.cfg.Desk.Teams(ctx, c.who, race.TeamFilter{Competition: r.ID}); err != nil {
		return err
	}
	if page.Judges, err = c.p.cfg.Desk.Judges(ctx, c.who); err != nil {
		return err
	}
	if f == nil {
		page.Form = newForm()
		for _, t := range page.Teams {
			page.Form.Values[fmt.Sprintf("juez_%d", t.ID)] = t.JudgeUsername
		}
	}
	return c.page(status, "assign", c.say("assign.title")+" · "+r.Name, page)
}
