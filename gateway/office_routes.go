package gateway

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"server5k/gateway/auth"
)

// officeTable lists the paths that the race office answers. Some of them judges
// read too, as they always did.
func (s *Server) officeTable() map[string]route {
	type methods = map[string]handler
	const of = "/api/competencias/{id}/"
	office := func(m methods) route { return route{access: organizers, methods: m} }
	get := func(h handler) route { return office(methods{http.MethodGet: h}) }
	post := func(h handler) route { return office(methods{http.MethodPost: h}) }
	rows := func(list, create handler) route {
		return office(methods{http.MethodGet: list, http.MethodPost: create})
	}
	row := func(read, update, remove handler) route {
		return office(methods{http.MethodGet: read, http.MethodPut: update, http.MethodPatch: update, http.MethodDelete: remove})
	}
	shared := func(read handler, extra methods) route {
		return route{access: members, methods: methods{http.MethodGet: read}, extra: extra}
	}
	file := func(a access, h handler) route {
		return route{access: a, methods: methods{http.MethodGet: h}, file: true}
	}
	return map[string]route{
		"/print.css/":        file(public, s.stylesheet),
		"/api/competencias/": shared(s.competitions, methods{http.MethodPost: s.createCompetition}),
		of: shared(s.competition, methods{
			http.MethodPut: s.updateCompetition, http.MethodPatch: s.updateCompetition, http.MethodDelete: s.deleteCompetition,
		}),
		of + "iniciar/":                             post(s.startCompetition),
		of + "detener/":                             post(s.stopCompetition),
		of + "reabrir/":                             post(s.reopenCompetition),
		of + "salida/":                              post(s.correctGun),
		of + "copiar/":                              post(s.copyCompetition),
		of + "equipos/":                             get(s.competitionTeams),
		of + "asignar/":                             post(s.assignJudges),
		of + "credenciales/":                        post(s.credentials),
		of + "preparacion/":                         get(s.readinessBoard),
		of + "registros/":                           get(s.evidence),
		of + "decisiones/":                          rows(s.rulings, s.rule),
		of + "revision/":                            get(s.findings),
		of + "eventos/":                             get(s.events),
		of + "resultados/":                          get(s.results),
		of + "resultados/oficial/":                  post(s.publish),
		of + "resultados/versiones/":                get(s.versions),
		of + "resultados/versiones/{n}/":            get(s.version),
		of + "resultados/diferencias/":              get(s.difference),
		of + "importar/":                            post(s.importFile),
		of + "marcas/":                              post(s.importMarks),
		of + "puestos/":                             get(s.posts),
		of + "exportar/{archivo}/":                  file(organizers, s.exportFile),
		of + "export.csv/":                          file(organizers, s.exportResults),
		of + "export.xlsx/":                         file(organizers, s.exportResults),
		of + "export.json/":                         file(organizers, s.exportResults),
		"/api/equipos/":                             shared(s.teams, methods{http.MethodPost: s.createTeam}),
		"/api/equipos/{id}/":                        shared(s.team, methods{http.MethodPut: s.updateTeam, http.MethodPatch: s.updateTeam, http.MethodDelete: s.deleteTeam}),
		"/api/registros/":                           get(s.allRecords),
		"/api/registros/{id_registro}/":             office(methods{http.MethodGet: s.record, http.MethodPatch: s.changeRecord, http.MethodDelete: s.voidRecord}),
		"/api/jueces/":                              rows(s.judgeList, s.createJudge),
		"/api/jueces/{id}/":                         row(s.judgeRow, s.updateJudge, s.deleteJudge),
		"/api/jueces/{id}/restablecer/":             post(s.resetJudge),
		"/api/organizadores/":                       rows(s.organizerList, s.createOrganizer),
		"/api/organizadores/{id}/":                  row(s.organizerRow, s.updateOrganizer, s.deleteOrganizer),
		"/api/categorias/":                          rows(s.categories, s.createCategory),
		"/api/categorias/{codigo}/":                 row(s.category, s.updateCategory, s.deleteCategory),
		"/api/webhooks/":                            rows(s.webhooks, s.createWebhook),
		"/api/webhooks/{id}/":                       row(s.webhook, s.updateWebhook, s.deleteWebhook),
		"/api/webhooks/{id}/entregas/":              get(s.deliveries),
		"/api/webhooks/{id}/entregas/{id_entrega}/": get(s.delivery),
		"/api/webhooks/{id}/entregas/{id_entrega}/reenviar/": post(s.redeliver),
		"/api/auditoria/": get(s.audit),
	}
}

// fileLimit is how many bytes a path takes that takes a file, 0 for others.
func fileLimit(path string) int {
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	if len(parts) != 5 || parts[2] != "competencias" {
		return 0
	}
	if _, err := strconv.ParseUint(parts[3], 10, 63); err != nil {
		return 0
	}
	switch parts[4] {
	case "importar":
		return maxImportBytes
	case "marcas":
		return maxMarksBytes
	}
	return 0
}

// limits lets an organizer send a file where one is taken. Everybody else, and
// everything else, may send what a judge's request needs; more is refused before
// it is read.
func (s *Server) limits(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	var none fasthttp.RequestConfig
	if !h.IsPost() {
		return none
	}
	path, _, _ := strings.Cut(string(h.RequestURI()), "?")
	most := fileLimit(path)
	if most == 0 {
		return none
	}
	raw, found, err := auth.BearerFromHeader(string(h.Peek("Authorization")))
	panel := strings.HasPrefix(path, "/admin/") && len(h.Peek("Cookie")) > 0 // the panel reads its own sessions
	if !panel {
		if err != nil || !found {
			return none
		}
		if t, err := s.cfg.Issuer.Parse(raw, auth.Access); err != nil || t.Audience != auth.OrganizerAudience {
			return none
		}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: most, ReadTimeout: importTimeout}
}
