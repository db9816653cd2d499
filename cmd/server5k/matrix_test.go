package main

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"server5k/gateway"
	"server5k/gateway/apidoc"
	"server5k/gateway/auth"
	"server5k/race"
)

// asked is one route as the matrix calls it, and what each caller gets.
type asked struct {
	path string // with the ids of the first competition
	body string
	want string // in the order of callers
}

// callers of the matrix, in the order of the statuses in a row. Judge A and the
// organizer and viewer work on the first competition, judge B and the other
// organizer on the second.
var callers = []string{"nobody", "judge A", "judge B", "other organizer", "viewer", "organizer", "superuser", "expired", "refresh"}

// Rows that many routes have. Where an organizer gets 400 or 409 the call was let
// through and asked for something that cannot be, so that the matrix changes
// nothing on its way.
const (
	open      = "200 200 200 200 200 200 200 200 200"
	absent    = "404 404 404 404 404 404 404 404 404"
	mistaken  = "400 400 400 400 400 400 400 400 400" // public, and the body is wrong
	reads     = "401 403 403 404 200 200 200 401 401"
	readsAll  = "401 403 403 200 200 200 200 401 401"
	changes   = "401 403 403 404 403 200 200 401 401"
	granted   = "401 403 403 404 404 200 200 401 401" // a viewer has no webhooks
	wrong     = "401 403 403 404 403 400 400 401 401" // a change that is not valid
	refused   = "401 403 403 404 403 409 409 401 401" // a change that cannot be
	ownJudge  = "401 403 403 403 403 200 200 401 401"
	superOnly = "401 403 403 403 403 403 200 401 401"
	judgeOnly = "401 200 200 401 401 401 401 401 401"
)

var long = `{"motivo":"` + strings.Repeat("x", race.MaxReasonLength+1) + `"}`

const (
	record  = "0196f3a0-0000-7000-8000-000000000001"
	oneMark = `{"registros":[{"id_registro":"` + record + `","tiempo":1200000}]}`
	noFile  = "--X\r\nContent-Disposition: form-data; name=\"archivo\"; filename=\"a.csv\"\r\n\r\n\r\n--X--\r\n"
)

// matrix has a row for each route.
var matrix = map[string]asked{
	"GET /api/":                                               {want: open},
	"GET /api/health/":                                        {want: open},
	"GET /api/health/ready/":                                  {want: open},
	"GET /health/live/":                                       {want: open},
	"GET /health/serving/":                                    {want: open},
	"GET /health/ready/":                                      {want: open},
	"GET /print.css/":                                         {path: "/print.css", want: open},
	"GET /ca/":                                                {want: absent}, // no authority was made here
	"GET /ca.crt/":                                            {path: "/ca.crt", want: absent},
	"GET /ca/page.css/":                                       {path: "/ca/page.css", want: open},
	"POST /api/login/":                                        {want: mistaken},
	"POST /api/login/codigo/":                                 {want: mistaken},
	"POST /api/token/":                                        {want: mistaken},
	"POST /api/token/refresh/":                                {want: mistaken},
	"POST /api/refresh/":                                      {want: mistaken},
	"GET /api/admin/estado-competencias/":                     {want: open},
	"POST /api/logout/":                                       {want: "401 400 400 401 401 401 401 401 401"},
	"GET /api/me/":                                            {want: judgeOnly},
	"POST /api/equipos/{id}/registros/":                       {body: oneMark, want: "401 201 403 401 401 401 401 401 401"},
	"GET /api/equipos/{id}/registros/estado/":                 {want: "401 200 403 401 401 401 401 401 401"},
	"GET /api/equipos/{id}/puesto/":                           {want: "401 200 403 401 401 401 401 401 401"},
	"GET /api/competencias/":                                  {want: "401 200 200 200 200 200 200 401 401"},
	"POST /api/competencias/":                                 {want: "401 405 405 400 403 400 400 401 401"},
	"GET /api/competencias/{id}/":                             {want: "401 200 404 404 200 200 200 401 401"},
	"PUT /api/competencias/{id}/":                             {body: `{"name":"Carrera 1","datetime":"2026-05-01T08:00:00-05:00"}`, want: "401 405 405 404 403 200 200 401 401"},
	"PATCH /api/competencias/{id}/":                           {want: "401 405 405 404 403 200 200 401 401"},
	"DELETE /api/competencias/{id}/":                          {want: "401 405 405 404 403 409 409 401 401"},
	"POST /api/competencias/{id}/iniciar/":                    {body: `{"started_at":"1900-01-01T00:00:00Z"}`, want: wrong},
	"POST /api/competencias/{id}/detener/":                    {want: refused},
	"POST /api/competencias/{id}/reabrir/":                    {body: long, want: wrong},
	"POST /api/competencias/{id}/salida/":                     {want: wrong},
	"POST /api/competencias/{id}/copiar/":                     {want: wrong},
	"GET /api/competencias/{id}/equipos/":                     {want: reads},
	"POST /api/competencias/{id}/asignar/":                    {body: `{"asignaciones":[]}`, want: changes},
	"POST /api/competencias/{id}/credenciales/":               {body: `{"jueces":[999]}`, want: wrong},
	"GET /api/competencias/{id}/preparacion/":                 {want: reads},
	"GET /api/competencias/{id}/registros/":                   {want: reads},
	"GET /api/competencias/{id}/decisiones/":                  {want: reads},
	"POST /api/competencias/{id}/decisiones/":                 {body: `{"tipo":"anular"}`, want: wrong},
	"GET /api/competencias/{id}/revision/":                    {want: reads},
	"GET /api/competencias/{id}/eventos/":                     {want: reads},
	"GET /api/competencias/{id}/resultados/":                  {want: reads},
	"POST /api/competencias/{id}/resultados/oficial/":         {body: long, want: wrong},
	"GET /api/competencias/{id}/resultados/versiones/":        {want: reads},
	"GET /api/competencias/{id}/resultados/versiones/{n}/":    {want: reads},
	"GET /api/competencias/{id}/resultados/diferencias/":      {want: reads},
	"POST /api/competencias/{id}/marcas/":                     {want: wrong},
	"GET /api/competencias/{id}/puestos/":                     {want: reads},
	"POST /api/competencias/{id}/importar/":                   {body: noFile, want: wrong},
	"GET /api/competencias/{id}/exportar/{archivo}/":          {path: "/api/competencias/1/exportar/marks.csv", want: reads},
	"GET /api/competencias/{id}/export.csv/":                  {path: "/api/competencias/1/export.csv", want: reads},
	"GET /api/competencias/{id}/export.xlsx/":                 {path: "/api/competencias/1/export.xlsx", want: reads},
	"GET /api/competencias/{id}/export.json/":                 {path: "/api/competencias/1/export.json", want: reads},
	"GET /api/equipos/":                                       {want: "401 200 200 200 200 200 200 401 401"},
	"POST /api/equipos/":                                      {want: "401 405 405 400 403 400 400 401 401"},
	"GET /api/equipos/{id}/":                                  {want: "401 200 404 404 200 200 200 401 401"},
	"PUT /api/equipos/{id}/":                                  {body: `{"name":"Ñandú","number":101,"category":"estudiantes"}`, want: "401 405 405 404 403 200 200 401 401"},
	"PATCH /api/equipos/{id}/":                                {want: "401 405 405 404 403 200 200 401 401"},
	"DELETE /api/equipos/{id}/":                               {want: "401 405 405 404 403 409 409 401 401"},
	"GET /api/registros/":                                     {want: readsAll},
	"GET /api/registros/{id_registro}/":                       {want: reads},
	"PATCH /api/registros/{id_registro}/":                     {body: `{"estado":"contado"}`, want: changes},
	"DELETE /api/registros/{id_registro}/":                    {want: wrong},
	"GET /api/jueces/":                                        {want: readsAll},
	"POST /api/jueces/":                                       {want: "401 403 403 400 403 400 400 401 401"},
	"GET /api/jueces/{id}/":                                   {want: readsAll},
	"PUT /api/jueces/{id}/":                                   {body: `{"username":"juez1"}`, want: ownJudge},
	"PATCH /api/jueces/{id}/":                                 {want: ownJudge},
	"DELETE /api/jueces/{id}/":                                {want: "401 403 403 403 403 409 409 401 401"},
	"POST /api/jueces/{id}/restablecer/":                      {path: "/api/jueces/3/restablecer/", want: "401 403 403 200 404 200 200 401 401"},
	"GET /api/organizadores/":                                 {want: superOnly},
	"POST /api/organizadores/":                                {want: "401 403 403 403 403 403 400 401 401"},
	"GET /api/organizadores/{id}/":                            {want: superOnly},
	"PUT /api/organizadores/{id}/":                            {body: `{"username":"organizador"}`, want: superOnly},
	"PATCH /api/organizadores/{id}/":                          {want: superOnly},
	"DELETE /api/organizadores/{id}/":                         {want: "401 403 403 403 403 403 403 401 401"}, // nobody removes the own account
	"GET /api/categorias/":                                    {want: readsAll},
	"POST /api/categorias/":                                   {want: "401 403 403 400 403 400 400 401 401"},
	"GET /api/categorias/{codigo}/":                           {want: readsAll},
	"PUT /api/categorias/{codigo}/":                           {body: `{"nombre":"Estudiantes por Equipos"}`, want: superOnly},
	"PATCH /api/categorias/{codigo}/":                         {want: superOnly},
	"DELETE /api/categorias/{codigo}/":                        {want: "401 403 403 403 403 403 409 401 401"},
	"GET /api/auditoria/":                                     {want: readsAll},
	"GET /api/webhooks/":                                      {want: readsAll},
	"POST /api/webhooks/":                                     {body: `{"competencia_id":1}`, want: "401 403 403 400 403 400 400 401 401"},
	"GET /api/webhooks/{id}/":                                 {want: granted},
	"PUT /api/webhooks/{id}/":                                 {body: `{"url":"https://example.org/a","tipos":["equipo.completo"]}`, want: changes},
	"PATCH /api/webhooks/{id}/":                               {want: changes},
	"DELETE /api/webhooks/{id}/":                              {path: "/api/webhooks/99/", want: "401 403 403 404 403 404 404 401 401"},
	"GET /api/webhooks/{id}/entregas/":                        {want: granted},
	"GET /api/webhooks/{id}/entregas/{id_entrega}/":           {want: "401 403 403 404 404 404 404 401 401"},
	"POST /api/webhooks/{id}/entregas/{id_entrega}/reenviar/": {want: "401 403 403 404 403 404 404 401 401"},
	// A socket finds the token in its address. Those for screens are public.
	"GET /ws/juez/{id}/":        {want: "403 101 403 403 403 403 403 403 403"},
	"GET /ws/competencia/{id}/": {want: "101 101 101 101 101 101 101 101 101"},
	// So is the stream of the same events.
	"GET /competencia/{id}/eventos/":    {want: open},
	"GET /competencia/{id}/datos.json/": {path: "/competencia/1/datos.json", want: open},
}

// TestRoutes_WhoMayDoWhat calls every route as everybody. A route without a row
// fails.
func TestRoutes_WhoMayDoWhat(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	b.ana.must(http.StatusOK, "POST", "/api/competencias/1/iniciar/", map[string]any{"started_at": now().Add(-time.Hour)}, nil)
	b.judge[1].must(http.StatusCreated, "POST", "/api/equipos/1/registros/", []byte(oneMark), nil)
	b.ana.must(http.StatusOK, "POST", "/api/competencias/1/detener/", struct{}{}, nil)
	b.ana.must(http.StatusCreated, "POST", "/api/competencias/1/resultados/oficial/", map[string]any{"forzar": true, "motivo": "prueba"}, nil)

	b.ana.must(http.StatusCreated, "POST", "/api/webhooks/", []byte(`{"competencia_id":1,"url":"https://example.org/a","tipos":["equipo.completo"]}`), nil)

	expired, _ := organizerTokens(t, superID, func() time.Time { return time.Now().Add(-auth.AccessLifetime - time.Hour) })
	_, refresh := organizerTokens(t, superID, time.Now)
	tokens := []string{"", b.judge[1].token, b.judge[2].token, b.beto.token, b.vera.token, b.ana.token, b.super.token, expired, refresh}

	rows := map[string]asked{}
	for name, row := range matrix {
		rows[name] = row
	}
	for _, path := range apidoc.Paths() {
		rows["GET "+strings.TrimSuffix(path, "/")+"/"] = asked{path: path, want: open}
	}
	ids := strings.NewReplacer("{id}", "1", "{n}", "1", "{id_registro}", record, "{codigo}", "estudiantes", "{id_entrega}", record)
	seen := map[string]bool{}
	for _, name := range gateway.New(gateway.Config{}).RouteList() {
		seen[name] = true
		row, ok := rows[name]
		if !ok {
			t.Errorf("%s has no row", name)
			continue
		}
		method, path, _ := strings.Cut(name, " ")
		if path = ids.Replace(path); row.path != "" {
			path = row.path
		}
		want := strings.Fields(row.want)
		for i, who := range callers {
			if got := call(t, b.url, tokens[i], method, path, row.body); strconv.Itoa(got.status) != want[i] {
				t.Errorf("%s as %s: %d %s, want %s", name, who, got.status, got.body, want[i])
			}
		}
	}
	for name := range rows {
		if !seen[name] {
			t.Errorf("%s is no route", name)
		}
	}
}

func call(t *testing.T, url, token, method, path, body string) answer {
	t.Helper()
	media := "application/json"
	if strings.HasPrefix(body, "--X") {
		media = "multipart/form-data; boundary=X"
	}
	if strings.HasPrefix(path, "/ws/") {
		return client{t, url, ""}.do(method, path+"?token="+token, nil,
			"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	}
	if body == "" && method != http.MethodGet {
		body = "{}"
	}
	return client{t, url, token}.do(method, path, []byte(body), "Content-Type", media)
}
