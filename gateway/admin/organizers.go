package admin

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"server5k/gateway/office"
	"server5k/race"
)

// organizers answers GET /admin/organizadores/.
func organizers(ctx context.Context, c *call) error {
	all, err := c.p.cfg.Desk.Organizers(ctx, c.who)
	if err != nil {
		return err
	}
	events, err := c.p.cfg.Desk.Competitions(ctx, c.who)
	if err != nil {
		return err
	}
	names := map[race.CompetitionID]string{}
	for _, r := range events {
		names[r.ID] = r.Name
	}
	return c.page(http.StatusOK, "organizers", c.say("organizers.title"), struct {
		Accounts []office.Account
		Names    map[race.CompetitionID]string
	}{all, names})
}

// organizerPage edits an organizer, or makes one when ID is 0.
type organizerPage struct {
	ID       race.OrganizerID
	Form     *form
	Tag      office.Tag
	Roles    []option
	Grants   []option
	Conflict []conflict
}

var organizerFields = []string{"username", "email", "rol", "is_active"}

// newOrganizer answers GET /admin/organizadores/nuevo/.
func newOrganizer(ctx context.Context, c *call) error {
	f := newForm()
	f.Values["is_active"], f.Values["rol"] = "1", string(race.RoleOrganizer)
	return c.showOrganizer(ctx, http.StatusOK, organizerPage{Form: f}, nil)
}

// createOrganizer answers POST /admin/organizadores/nuevo/.
func createOrganizer(ctx context.Context, c *call) error {
	f := c.form(organizerFields...)
	values := c.organizerForm(f)
	if c.value("password") == "" {
		f.Values["password"] = ""
		f.fault("password", c.say("fault.required"))
	}
	if !f.bad() {
		_, err := c.p.cfg.Desk.CreateOrganizer(ctx, c.who, values)
		if err == nil {
			return c.done("/admin/organizadores/", "saved")
		}
		if !c.refuse(f, err) {
			return err
		}
	}
	return c.showOrganizer(ctx, http.StatusUnprocessableEntity, organizerPage{Form: f}, *values.Grants)
}

// editOrganizer answers GET /admin/organizadores/{}/.
func editOrganizer(ctx context.Context, c *call) error {
	a, err := c.p.cfg.Desk.Organizer(ctx, c.who, race.OrganizerID(c.id(0)))
	if err != nil {
		return err
	}
	return c.showOrganizer(ctx, http.StatusOK, organizerPage{ID: a.ID, Form: organizerValues(a), Tag: office.TagOf(a)}, a.Grants)
}

// saveOrganizer answers POST /admin/organizadores/{}/.
func saveOrganizer(ctx context.Context, c *call) error {
	f, tag, id := c.form(organizerFields...), office.Tag(c.value("version")), race.OrganizerID(c.id(0))
	values := c.organizerForm(f)
	page := organizerPage{ID: id, Form: f, Tag: tag}
	if !f.bad() {
		_, err := c.p.cfg.Desk.UpdateOrganizer(ctx, c.who, id, tag, values)
		if err == nil {
			return c.done("/admin/organizadores/", "saved")
		}
		if race.CodeOf(err) == race.CodeStale {
			a, err := c.p.cfg.Desk.Organizer(ctx, c.who, id)
			if err != nil {
				return err
			}
			page.Tag, page.Conflict = office.TagOf(a), c.conflicts(f, organizerValues(a), organizerFields)
			return c.showOrganizer(ctx, http.StatusPreconditionFailed, page, *values.Grants)
		}
		if !c.refuse(f, err) {
			return err
		}
	}
	return c.showOrganizer(ctx, http.StatusUnprocessableEntity, page, *values.Grants)
}

func (c *call) showOrganizer(ctx context.Context, status int, page organizerPage, grants []race.CompetitionID) error {
	events, err := c.p.cfg.Desk.Competitions(ctx, c.who)
	if err != nil {
		return err
	}
	for _, r := range events {
		page.Grants = append(page.Grants, option{fmt.Sprint(r.ID), r.Name, slices.Contains(grants, r.ID)})
	}
	for _, r := range []race.Role{race.RoleOrganizer, race.RoleViewer, race.RoleSuperuser} {
		page.Roles = append(page.Roles, option{string(r), c.say("role." + string(r)), page.Form.Values["rol"] == string(r)})
	}
	page.Form.Values["password"] = ""
	title := c.say("organizer.new")
	if page.ID != 0 {
		title = c.say("organizer.edit") + " · " + page.Form.Values["username"]
	}
	return c.page(status, "organizer", title, page)
}

func organizerValues(a office.Account) *form {
	f := newForm()
	f.Values = map[string]string{"username": a.Username, "email": a.Email, "rol": string(a.Role()), "is_active": box(a.Active)}
	return f
}

func (c *call) organizerForm(f *form) office.OrganizerForm {
	c.required(f, "username", "rol")
	username, email, role, active := f.Values["username"], f.Values["email"], race.Role(f.Values["rol"]), f.checked("is_active")
	grants := []race.CompetitionID{}
	for _, v := range c.values("competencias") {
		if id, err := strconv.ParseInt(v, 10, 64); err == nil && id > 0 {
			grants = append(grants, race.CompetitionID(id))
		}
	}
	out := office.OrganizerForm{Username: &username, Email: &email, Role: &role, Active: &active, Grants: &grants}
	if password := c.value("password"); password != "" {
		out.Password = &password
	}
	f.Values["password"] = ""
	return out
}

// deleteOrganizer returns the handlers of /admin/organizadores/{}/eliminar/.
func deleteOrganizer() (get, post handler) {
	return remove(removal{
		ask: "delete.organizer", to: func(*call) string { return "/admin/organizadores/" },
		find: func(ctx context.Context, c *call) (string, office.Tag, string, error) {
			a, err := c.p.cfg.Desk.Organizer(ctx, c.who, race.OrganizerID(c.id(0)))
			return a.Username, office.TagOf(a), fmt.Sprintf("/admin/organizadores/%d/", a.ID), err
		},
		do: func(ctx context.Context, c *call, tag office.Tag) error {
			return c.p.cfg.Desk.DeleteOrganizer(ctx, c.who, race.OrganizerID(c.id(0)), tag)
		},
	})
}
