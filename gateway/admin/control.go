package admin

import (
	"context"
	"net/http"
	"time"

	"server5k/race"
)

// confirmPage asks once more before something that many people notice.
type confirmPage struct {
	Head   *head // nil when no competition is concerned
	Form   *form
	Ask    string // key of the question
	Detail string // what will be changed, for people
	Points []string
	Button string // key
	Icon   string
	Danger bool
	Reason bool // a reason is asked for
	Time   bool // a time may be given
	Key    string
	Tag    string
	Back   string
}

// action is one of the changes of state of a competition.
type action struct {
	name, ask, button, icon, done string
	points                        []string
	danger, reason, time          bool
	do                            func(ctx context.Context, c *call, f *form) error
}

// control returns the handlers of an action: a question, and the deed.
func control(a action) (get, post handler) {
	show := func(ctx context.Context, c *call, status int, f *form) error {
		r, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition())
		if err != nil {
			return err
		}
		h := c.head(r, "")
		return c.page(status, "confirm", c.say(a.ask), confirmPage{
			Head: &h, Form: f, Ask: a.ask, Detail: r.Name, Points: a.points, Button: a.button, Icon: a.icon,
			Danger: a.danger, Reason: a.reason, Time: a.time, Key: f.Values["clave"], Back: eventPath(r.ID, ""),
		})
	}
	get = func(ctx context.Context, c *call) error {
		f := newForm()
		f.Values["clave"] = newKey()
		return show(ctx, c, http.StatusOK, f)
	}
	post = func(ctx context.Context, c *call) error {
		f := c.form("motivo", "hora", "clave", "confirmar")
		if f.Values["confirmar"] != "1" {
			f.fault("", c.say("fault.confirm"))
		}
		if !f.bad() {
			err := a.do(ctx, c, f)
			if err == nil && !f.bad() {
				return c.done(eventPath(c.competition(), ""), a.done)
			}
			if err != nil && !c.refuse(f, err) {
				return err
			}
		}
		return show(ctx, c, http.StatusUnprocessableEntity, f)
	}
	return get, post
}

var startAction = action{
	name: "iniciar", ask: "start.ask", button: "start.button", icon: "start", done: "started", time: true,
	points: []string{"start.point.judges", "start.point.restart"},
	do: func(ctx context.Context, c *call, f *form) error {
		var at time.Time
		if f.Values["hora"] != "" {
			var err error
			if at, err = parseInstant(f.Values["hora"], c.p.cfg.Location); err != nil {
				f.fault("hora", c.say("fault.instant"))
				return nil // it is said at the field
			}
		}
		_, err := c.p.cfg.Desk.Start(ctx, c.who, c.competition(), at)
		return err
	},
}

var stopAction = action{
	name: "detener", ask: "stop.ask", button: "stop.button", icon: "stop", done: "stopped", danger: true,
	points: []string{"stop.point.late", "stop.point.reopen"},
	do: func(ctx context.Context, c *call, _ *form) error {
		_, err := c.p.cfg.Desk.Stop(ctx, c.who, c.competition())
		return err
	},
}

var reopenAction = action{
	name: "reabrir", ask: "reopen.ask", button: "reopen.button", icon: "undo", done: "reopened", reason: true,
	points: []string{"reopen.point.gun", "reopen.point.official"},
	do: func(ctx context.Context, c *call, f *form) error {
		key, err := orderKey(f.Values["clave"], "reopen")
		if err != nil {
			return err
		}
		_, err = c.p.cfg.Desk.Rule(ctx, c.who, race.Order{Competition: c.competition(), Kind: race.RulingReopen, Key: key, Reason: f.Values["motivo"]})
		return err
	},
}
