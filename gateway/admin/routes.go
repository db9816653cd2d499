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

// table lists every path, each ending in a slash; {} stands for a number.
func (p *Panel) table() map[string]route {
	both := func(a access) func(get, post handler) route {
		return func(get, post handler) route { return route{a, get, post} }
	}
	all := map[string]route{
		"/admin/":        {readers, dashboard, nil},
		"/admin/entrar/": {open, loginForm, login},
		"/admin/salir/":  {open, nil, logout},
		"/admin/idioma/": {open, nil, setLanguage},

		"/admin/competencias/nueva/": {editors, newEvent, createEvent},

		"/admin/jueces/":                {readers, judges, nil},
		"/admin/jueces/nuevo/":          {editors, newJudge, createJudge},
		"/admin/jueces/{}/":             {editors, editJudge, saveJudge},
		"/admin/jueces/{}/restablecer/": {editors, resetForm, resetPassword},
		"/admin/jueces/{}/eliminar/":    both(editors)(deleteJudge()),

		"/admin/equipos/{}/":          {readers, teamEvidence, nil},
		"/admin/equipos/{}/editar/":   {editors, editTeam, saveTeam},
		"/admin/equipos/{}/eliminar/": both(editors)(deleteTeam()),

		"/admin/organizadores/":             {superusers, organizers, nil},
		"/admin/organizadores/nuevo/":       {superusers, newOrganizer, createOrganizer},
		"/admin/organizadores/{}/":          {superusers, editOrganizer, saveOrganizer},
		"/admin/organizadores/{}/eliminar/": both(superusers)(deleteOrganizer()),
		"/admin/categorias/":                {superusers, categories, saveCategory},

		"/admin/auditoria/": {readers, auditLog, nil},
	}
	for path, r := range map[string]route{
		"":               {readers, event, nil},
		"iniciar/":       both(editors)(control(startAction)),
		"detener/":       both(editors)(control(stopAction)),
		"reabrir/":       both(editors)(control(reopenAction)),
		"salida/":        {editors, gunForm, gunPost},
		"preparacion/":   {readers, readiness, nil},
		"revision/":      {readers, review, nil},
		"decision/":      {editors, rulingForm, rulingPost},
		"resultados/":    {readers, results, nil},
		"oficial/":       {editors, nil, publish},
		"versiones/{}/":  {readers, version, nil},
		"diferencias/":   {readers, difference, nil},
		"equipos/nuevo/": {editors, newTeam, createTeam},
		"asignar/":       {editors, assignForm, assign},
		"credenciales/":  {editors, credentialsForm, credentials},
		"ajustes/":       {editors, settings, saveSettings},
		"copiar/":        {editors, nil, copyEvent},
		"eliminar/":      both(editors)(deleteEvent()),
		"intercambio/":   {readers, exchange, nil},
		"importar/":      {editors, nil, importFile},
		"exportar/":      {readers, export, nil},
	} {
		all["/admin/competencias/{}/"+path] = r
	}
	return all
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
