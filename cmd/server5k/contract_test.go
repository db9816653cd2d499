package main

import (
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"server5k/gateway/apidoc"
	"server5k/gateway/apidoc/contract"
)

var pathParameter = regexp.MustCompile(`\{[^/{}]+\}`)

// plainRoute names a route whatever its parameters are called, and whether the
// path of a file ends in a slash or not.
func plainRoute(method, path string) string {
	return method + " " + strings.TrimSuffix(pathParameter.ReplaceAllString(path, "{}"), "/")
}

// TestContract_RoutesAreDocumented compares what the server answers with what the
// document of the API says, both ways.
func TestContract_RoutesAreDocumented(t *testing.T) {
	t.Parallel()
	p := &parts{log: slog.New(slog.DiscardHandler), metrics: newRegistry()}
	server, err := serveCmd{}.build(t.Context(), testConfig(t, t.TempDir()), stdio{in: strings.NewReader(""), out: io.Discard, err: io.Discard}, p)
	t.Cleanup(func() {
		if err := p.stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var routed, documented []string
	for _, line := range server.RouteList() {
		method, path, _ := strings.Cut(line, " ")
		if !strings.HasPrefix(path, apidoc.PathStatic) { // scripts and styles of the pages
			routed = append(routed, plainRoute(method, path))
		}
	}
	for _, r := range spoken().Routes() {
		documented = append(documented, plainRoute(r.Method, r.Path))
	}
	slices.Sort(routed)
	slices.Sort(documented)
	if diff := gocmp.Diff(documented, routed); diff != "" || len(routed) < 90 {
		t.Errorf("%d routes (-document +server):\n%s", len(routed), diff)
	}
}

// TestContract_EveryOperationSucceeds walks through all that the API offers with
// the client that is made from its document. An operation that was never answered
// with success has no step of the walk yet.
func TestContract_EveryOperationSucceeds(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	for _, step := range []func(){
		w.session, w.documents, w.categories, w.competitions, w.judges, w.teams, w.organizers, w.importing,
		w.start, w.record, w.board, w.stop, w.evidence, w.rulings, w.gun, w.posts, w.review, w.publish, w.results, w.exports, w.logs, w.webhooks, w.leave,
	} {
		step()
	}
	succeeded := map[string]bool{}
	for _, a := range w.rules.Seen() {
		if a.Status < "300" {
			succeeded[a.Operation] = true
		}
	}
	for _, a := range append(w.rules.Unseen(), w.rules.Seen()...) {
		if !succeeded[a.Operation] {
			succeeded[a.Operation] = true // said once
			t.Errorf("%s was never answered with success", a.Operation)
		}
	}
	for _, problem := range w.rules.Problems() {
		t.Error(problem)
	}
}

// TestContract_RefusalsAreDocumented has the organizers' operations refuse what
// they must, for the shapes of refusals are part of the document.
func TestContract_RefusalsAreDocumented(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	w.competitions()
	w.judges()
	w.teams()
	viewer := w.viewer()
	path := func(rest string) string { return "/api/competencias/" + itoa(w.competition) + "/" + rest }
	team := "/api/equipos/" + itoa(w.teamIDs[0]) + "/"
	for _, tt := range []struct {
		call   string
		token  string
		body   any
		header string
		want   int
	}{
		{"GET " + path(""), "", nil, "", http.StatusUnauthorized},
		{"GET " + path("equipos/"), w.judgeToken(0), nil, "", http.StatusForbidden},
		{"POST " + path("iniciar/"), viewer, nil, "", http.StatusForbidden},
		{"POST /api/competencias/", w.boss.token, map[string]any{"name": " "}, "", http.StatusBadRequest},
		{"POST /api/competencias/", w.judgeToken(0), map[string]any{}, "", http.StatusMethodNotAllowed},
		{"PUT " + path(""), w.boss.token, map[string]any{"integrantes": "muchos"}, "", http.StatusBadRequest},
		{"PATCH " + path(""), w.boss.token, map[string]any{}, `"0000000000000000"`, http.StatusPreconditionFailed},
		{"DELETE " + team, w.boss.token, nil, `"0000000000000000"`, http.StatusPreconditionFailed},
		{"PATCH " + team, w.boss.token, map[string]any{"number": 102}, "", http.StatusConflict},
		{"POST " + path("iniciar/"), w.boss.token, map[string]any{"started_at": "1990-01-01T00:00:00Z"}, "", http.StatusBadRequest},
		{"POST " + path("detener/"), w.boss.token, nil, "", http.StatusConflict},
		{"POST " + path("decisiones/"), w.boss.token, map[string]any{"tipo": "otra"}, "", http.StatusBadRequest},
		{"POST " + path("decisiones/"), w.boss.token, map[string]any{"tipo": "anular", "registro": 99, "motivo": "x"}, "", http.StatusNotFound},
		{"POST " + path("decisiones/"), w.boss.token, map[string]any{"tipo": "oficial"}, "", http.StatusConflict},
		{"POST " + path("salida/"), w.boss.token, map[string]any{"ajuste_ms": 1}, "", http.StatusBadRequest},
		{"POST " + path("asignar/"), w.boss.token, map[string]any{"asignaciones": []any{map[string]any{"equipo_id": 0}}}, "", http.StatusBadRequest},
		{"POST " + path("importar/"), w.boss.token, map[string]any{}, "", http.StatusUnsupportedMediaType},
		{"POST " + path("credenciales/"), w.boss.token, map[string]any{"jueces": []int{99}}, "", http.StatusBadRequest},
		{"GET " + path("equipos/?ordenar=color"), w.boss.token, nil, "", http.StatusBadRequest},
		{"GET " + path("equipos/?page=9"), w.boss.token, nil, "", http.StatusNotFound},
		{"GET " + path("equipos/?page=-1"), w.boss.token, nil, "", http.StatusBadRequest},
		{"GET " + path("registros/?equipo=x"), w.boss.token, nil, "", http.StatusBadRequest},
		{"GET " + path("resultados/versiones/7/"), w.boss.token, nil, "", http.StatusNotFound},
		{"GET " + path("exportar/otra.csv"), w.boss.token, nil, "", http.StatusNotFound},
		{"GET /api/registros/x/", w.boss.token, nil, "", http.StatusNotFound},
		{"DELETE /api/registros/x/", w.boss.token, map[string]any{}, "", http.StatusNotFound},
		{"GET /api/competencias/99/eventos/", w.boss.token, nil, "", http.StatusNotFound},
		{"GET /api/organizadores/", viewer, nil, "", http.StatusForbidden},
		{"POST /api/webhooks/", w.boss.token, map[string]any{"url": "http://localhost/"}, "", http.StatusBadRequest},
		{"POST /api/login/codigo/", "", map[string]any{"codigo": "NADA"}, "", http.StatusUnauthorized},
		{"POST /api/login/codigo/", "", map[string]any{}, "", http.StatusBadRequest},
	} {
		method, address, _ := strings.Cut(tt.call, " ")
		if got := w.plain(method, address, tt.token, tt.body, tt.header); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.call, got, tt.want)
		}
	}
	for _, problem := range w.rules.Problems() {
		t.Error(problem)
	}
}

// TestContract_FramesOfAllKindsAreHeldToIt: what a socket of these tests gets is
// compared, so a frame that is not documented ends the test that reads it.
func TestContract_FramesOfAllKindsAreHeldToIt(t *testing.T) {
	t.Parallel()
	for frame, good := range map[string]bool{
		`{"tipo":"pong","mensaje":"pong"}`: true, `{"tipo":"pong","mensaje":"pong","extra":1}`: false, `{"tipo":"otra"}`: false,
	} {
		if err := spoken().Frame(contract.FromServer, contract.Judge, []byte(frame)); (err == nil) != good {
			t.Errorf("%s: %v", frame, err)
		}
	}
}
