package admin

import (
	"context"
	"net/http"
	"time"

	"server5k/race"
)

// gunPage corrects when the gun was: first what it would come to, then the deed.
type gunPage struct {
	Head    head
	Form    *form
	Now     time.Time // the gun as it is
	Started time.Time // as it was announced
	Shift   time.Duration
	// Of the check before the deed:
	Checked bool
	New     time.Time
	By      time.Duration // results become shorter by it
	Marks   int
}

// gunForm answers GET /admin/competencias/{}/salida/.
func gunForm(ctx context.Context, c *call) error {
	f := newForm()
	f.Values["clave"], f.Values["modo"] = newKey(), "ajuste"
	return showGun(ctx, c, http.StatusOK, f, nil)
}

// gunPost answers POST /admin/competencias/{}/salida/.
func gunPost(ctx context.Context, c *call) error {
	f := c.form("clave", "modo", "salida", "ajuste", "motivo", "confirmar")
	o := race.Order{Competition: c.competition(), Kind: race.RulingGun, Reason: f.Values["motivo"]}
	var err error
	switch f.Values["modo"] {
	case "hora":
		if o.GunAt, err = parseInstant(f.Values["salida"], c.p.cfg.Location); err != nil {
			f.fault("salida", c.say("fault.instant"))
		}
	default:
		f.Values["modo"] = "ajuste"
		if o.Amount, err = parseShift(f.Values["ajuste"]); err != nil {
			f.fault("ajuste", c.say("fault.shift"))
		}
	}
	c.required(f, "motivo")
	if !f.bad() && f.Values["confirmar"] == "1" {
		if o.Key, err = orderKey(f.Values["clave"], "gun", o.GunAt, o.Amount); err == nil {
			_, err = c.p.cfg.Desk.Rule(ctx, c.who, o)
		}
		if err == nil {
			return c.done(eventPath(c.competition(), ""), "gun")
		}
		if !c.refuse(f, err) {
			return err
		}
	}
	if f.bad() {
		return showGun(ctx, c, http.StatusUnprocessableEntity, f, nil)
	}
	return showGun(ctx, c, http.StatusOK, f, &o)
}

// showGun renders the form, and with an order what it would come to.
func showGun(ctx context.Context, c *call, status int, f *form, o *race.Order) error {
	e, err := c.p.cfg.Desk.Evidence(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	r := e.Competition
	if !c.who.Edits(r.ID) {
		return errForbidden
	}
	if r.StartedAt.IsZero() {
		return race.Errorf(race.CodeNotFinished, "La competencia no se ha iniciado")
	}
	shift := e.GunShift()
	page := gunPage{Head: c.head(r, ""), Form: f, Started: r.StartedAt, Shift: shift, Now: r.StartedAt.Add(shift)}
	if f.Values["salida"] == "" {
		f.Values["salida"] = page.Now.In(c.p.cfg.Location).Format(layoutField)
	}
	if o != nil {
		page.Checked, page.New = true, page.Now.Add(o.Amount)
		if !o.GunAt.IsZero() {
			page.New = o.GunAt
		}
		page.By = page.New.Sub(page.Now)
		for _, m := range e.Finishes() {
			if m.Counts && !m.Absent() {
				page.Marks++
			}
		}
		// What the evidence refuses is said before anybody confirms.
		if _, _, err := e.Rule(*o); err != nil && c.refuse(f, err) {
			page.Checked, status = false, http.StatusUnprocessableEntity
		}
	}
	return c.page(status, "gun", c.say("gun.title"), page)
}
