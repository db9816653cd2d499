package admin

import (
	"context"
	"net/http"

	"server5k/gateway/office"
)

// removal is how one sort of rows is deleted, after a question.
type removal struct {
	ask  string // key of the question
	to   func(*call) string
	find func(ctx context.Context, c *call) (name string, tag office.Tag, back string, err error)
	do   func(ctx context.Context, c *call, tag office.Tag) error
}

// remove returns the handlers of a removal.
func remove(r removal) (get, post handler) {
	show := func(ctx context.Context, c *call, status int, f *form) error {
		name, tag, back, err := r.find(ctx, c)
		if err != nil {
			return err
		}
		return c.page(status, "confirm", c.say(r.ask), confirmPage{
			Form: f, Ask: r.ask, Detail: name, Points: []string{"delete.point"}, Button: "delete.button", Icon: "bad", Danger: true, Tag: string(tag), Back: back,
		})
	}
	get = func(ctx context.Context, c *call) error { return show(ctx, c, http.StatusOK, newForm()) }
	post = func(ctx context.Context, c *call) error {
		f := c.form("confirmar", "version")
		if f.Values["confirmar"] != "1" {
			f.fault("", c.say("fault.confirm"))
		}
		if !f.bad() {
			to := r.to(c)
			err := r.do(ctx, c, office.Tag(f.Values["version"]))
			if err == nil {
				return c.done(to, "deleted")
			}
			if !c.refuse(f, err) {
				return err
			}
		}
		return show(ctx, c, http.StatusUnprocessableEntity, f)
	}
	return get, post
}
