package admin

import (
	"context"
	"maps"
	"net/http"
	"slices"
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
	slow      bool // it hashes a password for each judge, or rules many times
}

// table lists every path, each ending in a slash; {} stands for a number.
func (p *Panel) table() map[string]route {
	on := func(a access, get, post handler) route { return route{access: a, get: get, post: post} }
	both := func(a access) func(get, post handler) route {
		return func(get, post handler) route { return on(a, get, post) }
	}
	slow := func(r route) route {
		r.slow = true
		return r
	}
	all := map[string]route{
		"/admin/":        on(readers, dashboard, nil),
		"/admin/entrar/": on(open, loginForm, login),
		"/admin/salir/":  on(open, nil, logout),
		"/admin/idioma/": on(open, nil, setLanguage),

		"/admin/competencias/nueva/": on(editors, newEvent, createEvent),

		"/admin/jueces/":                on(readers, judges, nil),
		"/admin/jueces/nuevo/":          on(editors, newJudge, createJudge),
		"/admin/jueces/{}/":             on(editors, editJudge, saveJudge),
		"/admin/jueces/{}/restablecer/": on(editors, resetForm, resetPassword),
		"/admin/jueces/{}/eliminar/":    both(editors)(deleteJudge()),

		"/admin/equipos/{}/":          on(readers, teamEvidence, nil),
		"/admin/equipos/{}/editar/":   on(editors, editTeam, saveTeam),
		"/admin/equipos/{}/eliminar/": both(editors)(deleteTeam()),

		"/admin/organizadores/":             on(superusers, organizers, nil),
		"/admin/organizadores/nuevo/":       on(superusers, newOrganizer, createOrganizer),
		"/admin/organizadores/{}/":          on(superusers, editOrganizer, saveOrganizer),
		"/admin/organizadores/{}/eliminar/": both(superusers)(deleteOrganizer()),
		"/admin/categorias/":                on(superusers, categories, saveCategory),

		"/admin/auditoria/": on(readers, auditLog, nil),
	}
	if p.cfg.Webhooks != nil {
		all["/admin/webhooks/"] = on(editors, webhooks, nil)
		all["/admin/webhooks/nuevo/"] = on(editors, newWebhook, createWebhook)
		all["/admin/webhooks/{}/"] = on(editors, editWebhook, saveWebhook)
		all["/admin/webhooks/{}/reenviar/"] = on(editors, nil, redeliver)
		all["/admin/webhooks/{}/eliminar/"] = both(editors)(deleteWebhook())
	}
	for path, r := range map[string]route{
		"":                 on(readers, event, nil),
		"iniciar/":         both(editors)(control(startAction)),
		"detener/":         both(editors)(control(stopAction)),
		"reabrir/":         both(editors)(control(reopenAction)),
		"salida/":          on(editors, gunForm, gunPost),
		"preparacion/":     on(readers, readiness, nil),
		"puestos/":         on(readers, proof, nil),
		"revision/":        on(readers, review, nil),
		"aceptar/":         slow(on(editors, nil, acceptAll)),
		"marcas/importar/": slow(on(editors, marksForm, importMarks)),
		"decision/":        on(editors, rulingForm, rulingPost),
		"resultados/":      on(readers, results, nil),
		"oficial/":         on(editors, nil, publish),
		"versiones/{}/":    on(readers, version, nil),
		"diferencias/":     on(readers, difference, nil),
		"equipos/nuevo/":   on(editors, newTeam, createTeam),
		"asignar/":         on(editors, assignForm, assign),
		"credenciales/":    slow(on(editors, credentialsForm, credentials)),
		"ajustes/":         on(editors, settings, saveSettings),
		"copiar/":          on(editors, nil, copyEvent),
		"eliminar/":        both(editors)(deleteEvent()),
		"intercambio/":     on(readers, exchange, nil),
		"importar/":        slow(on(editors, nil, importFile)),
		"exportar/":        on(readers, exportFile, nil),
	} {
		all["/admin/competencias/{}/"+path] = r
	}
	return all
}

// Route is a method and path that the panel answers, and who may use it: "anybody",
// "readers" (all who are logged in), "editors" (organizers and superusers) or
// "superusers".
type Route struct{ Method, Path, Access string }

// Routes lists all of them, in order; {} stands for a number. It is for tests that
// ask each of them.
func (p *Panel) Routes() []Route {
	names := map[access]string{readers: "readers", editors: "editors", superusers: "superusers", open: "anybody"}
	var out []Route
	for _, path := range slices.Sorted(maps.Keys(p.routes)) {
		r := p.routes[path]
		if r.get != nil {
			out = append(out, Route{http.MethodGet, path, names[r.access]})
		}
		if r.post != nil {
			out = append(out, Route{http.MethodPost, path, names[r.access]})
		}
	}
	return out
}

// patternOf replaces the numbers of a path by {}.
func patternOf(path string) (pattern string, ids []int64) {
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
