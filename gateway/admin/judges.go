package admin

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"server5k/gateway/office"
	"server5k/race"
)

// pageSize is how many rows a list shows.
const pageSize = 50

// paging is where a list stands; Prev and Next are paths, "" when there is none.
type paging struct {
	Page, Pages, Total int
	Prev, Next         string
}

// paging cuts a list of total rows into pages and says which part to show.
func (c *call) paging(total int) (p paging, from, to int) {
	p = paging{Pages: max((total+pageSize-1)/pageSize, 1), Total: total}
	p.Page = min(max(int(min(c.queryID("page"), 1<<20)), 1), p.Pages)
	link := func(n int) string {
		q := url.Values{}
		for key, value := range c.ctx.QueryArgs().All() {
			if k := string(key); k != "page" && k != "hecho" && k != "lang" {
				q.Add(k, string(value))
			}
		}
		q.Set("page", strconv.Itoa(n))
		return c.path + "?" + q.Encode()
	}
	if p.Page > 1 {
		p.Prev = link(p.Page - 1)
	}
	if p.Page < p.Pages {
		p.Next = link(p.Page + 1)
	}
	from = (p.Page - 1) * pageSize
	return p, from, min(from+pageSize, total)
}

// judgesPage lists judges.
type judgesPage struct {
	Judges []race.Judge
	Paging paging
	Search string
	State  string
}

// judges answers GET /admin/jueces/.
func judges(ctx context.Context, c *call) error {
	all, err := c.p.cfg.Desk.Judges(ctx, c.who)
	if err != nil {
		return err
	}
	page := judgesPage{Search: c.query("buscar"), State: c.query("estado")}
	var found []race.Judge
	for _, j := range all {
		if (page.State == "" || (page.State == "activos") == j.Active) && matches(page.Search, j.Username, j.FullName(), j.Email) {
			found = append(found, j)
		}
	}
	var from, to int
	page.Paging, from, to = c.paging(len(found))
	page.Judges = found[from:to]
	return c.page(http.StatusOK, "judges", c.say("judges.title"), page)
}

// judgePage edits a judge, or makes one when ID is 0.
type judgePage struct {
	ID       race.JudgeID
	Judge    race.Judge
	Form     *form
	Tag      office.Tag
	Conflict []conflict
}

var judgeFields = []string{"username", "first_name", "last_name", "email", "is_active"}

// newJudge answers GET /admin/jueces/nuevo/.
func newJudge(_ context.Context, c *call) error {
	f := newForm()
	f.Values["is_active"] = "1"
	return c.page(http.StatusOK, "judge", c.say("judge.new"), judgePage{Form: f})
}

// createJudge answers POST /admin/jueces/nuevo/.
func createJudge(ctx context.Context, c *call) error {
	f := c.form(judgeFields...)
	values := c.judgeForm(f)
	if password := c.value("password"); password != "" {
		values.Password = &password
	}
	f.Values["password"] = "" // it is typed again
	if !f.bad() {
		made, err := c.p.cfg.Desk.CreateJudge(ctx, c.who, values)
		if err == nil {
			return c.done(judgePath(made.ID), "saved")
		}
		if !c.refuse(f, err) {
			return err
		}
	}
	return c.page(http.StatusUnprocessableEntity, "judge", c.say("judge.new"), judgePage{Form: f})
}

// editJudge answers GET /admin/jueces/{}/.
func editJudge(ctx context.Context, c *call) error {
	j, err := c.p.cfg.Desk.Judge(ctx, c.who, race.JudgeID(c.id(0)))
	if err != nil {
		return err
	}
	return c.page(http.StatusOK, "judge", c.say("judge.edit")+" · "+j.Username, judgePage{ID: j.ID, Judge: j, Form: judgeValues(j), Tag: office.TagOf(j)})
}

// saveJudge answers POST /admin/jueces/{}/.
func saveJudge(ctx context.Context, c *call) error {
	f, tag, id := c.form(judgeFields...), office.Tag(c.value("version")), race.JudgeID(c.id(0))
	values := c.judgeForm(f)
	page := judgePage{ID: id, Form: f, Tag: tag}
	status := http.StatusUnprocessableEntity
	if !f.bad() {
		_, err := c.p.cfg.Desk.UpdateJudge(ctx, c.who, id, tag, values)
		switch {
		case err == nil:
			return c.done(judgePath(id), "saved")
		case race.CodeOf(err) == race.CodeStale:
			status = http.StatusPreconditionFailed
		case !c.refuse(f, err):
			return err
		}
	}
	j, err := c.p.cfg.Desk.Judge(ctx, c.who, id)
	if err != nil {
		return err
	}
	page.Judge = j
	if status == http.StatusPreconditionFailed {
		page.Tag, page.Conflict = office.TagOf(j), c.conflicts(f, judgeValues(j), judgeFields)
	}
	return c.page(status, "judge", c.say("judge.edit")+" · "+j.Username, page)
}

func judgeValues(j race.Judge) *form {
	f := newForm()
	f.Values = map[string]string{"username": j.Username, "first_name": j.FirstName, "last_name": j.LastName, "email": j.Email, "is_active": box(j.Active)}
	return f
}

func (c *call) judgeForm(f *form) office.JudgeForm {
	c.required(f, "username")
	username, first, last, email, active := f.Values["username"], f.Values["first_name"], f.Values["last_name"], f.Values["email"], f.checked("is_active")
	return office.JudgeForm{Username: &username, FirstName: &first, LastName: &last, Email: &email, Active: &active}
}

func judgePath(id race.JudgeID) string { return fmt.Sprintf("/admin/jueces/%d/", id) }

// deleteJudge returns the handlers of /admin/jueces/{}/eliminar/.
func deleteJudge() (get, post handler) {
	return remove(removal{
		ask: "delete.judge", to: func(*call) string { return "/admin/jueces/" },
		find: func(ctx context.Context, c *call) (string, office.Tag, string, error) {
			j, err := c.p.cfg.Desk.Judge(ctx, c.who, race.JudgeID(c.id(0)))
			return j.Username, office.TagOf(j), judgePath(j.ID), err
		},
		do: func(ctx context.Context, c *call, tag office.Tag) error {
			return c.p.cfg.Desk.DeleteJudge(ctx, c.who, race.JudgeID(c.id(0)), tag)
		},
	})
}

// resetForm answers GET /admin/jueces/{}/restablecer/.
func resetForm(ctx context.Context, c *call) error { return c.showReset(ctx, http.StatusOK, newForm()) }

// resetPassword answers POST /admin/jueces/{}/restablecer/ with the new password,
// which is shown this once: it is stored as a hash.
func resetPassword(ctx context.Context, c *call) error {
	f := c.form("confirmar")
	if !f.checked("confirmar") {
		f.fault("", c.say("fault.confirm"))
		return c.showReset(ctx, http.StatusUnprocessableEntity, f)
	}
	j, err := c.p.cfg.Desk.Judge(ctx, c.who, race.JudgeID(c.id(0)))
	if err != nil {
		return err
	}
	password, err := c.p.cfg.Desk.ResetPassword(ctx, c.who, j.ID)
	if err != nil {
		if !c.refuse(f, err) {
			return err
		}
		return c.showReset(ctx, http.StatusUnprocessableEntity, f)
	}
	return c.page(http.StatusOK, "password", c.say("password.title"), struct {
		Judge    race.Judge
		Password string
	}{j, password})
}

func (c *call) showReset(ctx context.Context, status int, f *form) error {
	j, err := c.p.cfg.Desk.Judge(ctx, c.who, race.JudgeID(c.id(0)))
	if err != nil {
		return err
	}
	return c.page(status, "confirm", c.say("reset.ask"), confirmPage{
		Form: f, Ask: "reset.ask", Detail: j.Username, Points: []string{"reset.point.sockets", "reset.point.once"},
		Button: "reset.button", Icon: "warn", Danger: true, Back: judgePath(j.ID),
	})
}
