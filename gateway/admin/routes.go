package admin

import (
	"context"
	"net/http"
	"strconv"
	"strings"
)

// access says who may call a route. The race office checks again what concerns a
// competition.
type access uint8

const (
	readers    access = iota // everybody who is logged in
	editors                  // organizers and superusers
	superusers               // superusers
	open                     // anybody
)

// handler answers one request, or returns why it does not.
type handler func(context.Context, *call) error

// route is what one path offers. HEAD is answered as GET.
type route struct {
	access    access
	get, post handler
}

// table lists every path, each ending in a slash; {} stands for a number. A path
// whose GET is for readers and whose POST is for editors is checked in may and by
// the race office: viewers get a form that is only read.
func (p *Panel) table() map[string]route {
	const (
		event = "/admin/competencias/{}/"
		team  = "/admin/equipos/{}/"
		judge = "/admin/jueces/{}/"
	)
	return map[string]route{
		"/admin/":        {readers, (*call).asDashboard, nil},
		"/admin/entrar/": {open, (*call).asLoginForm, (*call).asLogin},
	}
	_ = event
	return nil
}

// template replaces the numbers of a path by {}.
func template(path string) (pattern string, ids []int64) {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if part == "" || strings.Trim(part, "0123456789") != "" {
			continue
		}
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			id = 0 // the id of nothing
		}
		ids, parts[i] = append(ids, id), "{}"
	}
	return strings.Join(parts, "/"), ids
}

// notAllowed answers a method that a path does not have.
func (c *call) notAllowed(r route) error {
	allow := make([]string, 0, 3)
	if r.get != nil {
		allow = append(allow, http.MethodGet, http.MethodHead)
	}
	if r.post != nil {
		allow = append(allow, http.MethodPost)
	}
	c.ctx.Response.Header.Set("Allow", strings.Join(allow, ", "))
	return errMethod
}
