package contract_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"server5k/gateway/apidoc/contract"
)

// answers is a server that says one thing.
type answers struct {
	status int
	header http.Header
	body   string
	got    string
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		a.got = string(body)
	}
	h := a.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	if h.Get("Content-Type") == "" && a.body != "" {
		h.Set("Content-Type", "application/json")
	}
	return &http.Response{StatusCode: a.status, Header: h, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

const (
	competition = `{"id":1,"name":"Carrera","datetime":"2026-11-25T10:00:00-05:00","is_active":true,"is_running":true,"started_at":"2026-11-25T10:00:00.250000-05:00","finished_at":null}`
	submitted   = `{"exito":true,"mensaje":"ok","equipo_id":7,"equipo_nombre":"A","equipo_dorsal":70,"total_guardados":1,` +
		`"registros":[{"indice":0,"id_registro":"0b9d1c2e-7f3a-4c55-9a61-3f1f0c5e8a01","tiempo":1,"duplicado":false}],"registros_fallidos":[]}`
	refused = `{"exito":false,"error":"no","codigo":"equipo_ajeno","registros":[],"registros_fallidos":[]}`
	records = `{"registros":[{"tiempo":1234567,"id_registro":null}]}`
	retry   = "Retry-After: 1"
	tag     = `ETag: "0123456789abcdef"`
	ours    = `{"id":1,"name":"Carrera","datetime":"2026-11-25T10:00:00-05:00","is_active":true,"is_running":true,"started_at":"2026-11-25T10:00:00.250000-05:00",` +
		`"finished_at":null,"integrantes":15,"politica_redondeo":"raw","politica_reloj":"cliente","salida":"2026-11-25T10:00:01.250000-05:00","ajuste_ms":1000,"version":0}`
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		call    string // method and address
		sent    string
		status  int
		headers string // "Name: value", in lines
		body    string
		problem string // part of it, "" for none
	}{
		{name: "a list", call: "GET /api/competencias/?is_active=true", status: 200, body: "[" + competition + "]"},
		{name: "a value of the wrong type", call: "GET /api/competencias/", status: 200, body: "[" + strings.Replace(competition, `"id":1`, `"id":"1"`, 1) + "]", problem: "id"},
		{name: "a key too many", call: "GET /api/competencias/7/", status: 200, body: strings.Replace(competition, `{`, `{"extra":1,`, 1), problem: "extra"},
		{name: "a key too few", call: "GET /api/competencias/7/", status: 200, body: strings.Replace(competition, `"name":"Carrera",`, ``, 1), problem: "AnyCompetition"},
		{name: "a bad instant", call: "GET /api/competencias/7/", status: 200, body: strings.Replace(competition, "-05:00", "", 1), problem: "datetime"},
		{name: "a status that is not documented", call: "GET /api/competencias/", status: 418, body: `{"detail":"x"}`, problem: "status"},
		{name: "another type of content", call: "GET /api/me/", status: 401, headers: "Content-Type: text/plain\nWWW-Authenticate: Bearer", body: "x", problem: "Content-Type"},
		{name: "no WWW-Authenticate", call: "GET /api/me/", status: 401, body: `{"detail":"x"}`, problem: "WWW-Authenticate"},
		{name: "no Retry-After", call: "GET /api/me/", status: 503, body: `{"detail":"x"}`, problem: "Retry-After"},
		{name: "stored", call: "POST /api/equipos/7/registros/", sent: records, status: 201, body: submitted},
		{name: "stored without the slash", call: "POST /api/equipos/7/registros", sent: records, status: 201, body: submitted},
		{name: "a bad UUID", call: "POST /api/equipos/7/registros/", sent: records, status: 201, body: strings.Replace(submitted, "0b9d", "", 1), problem: "id_registro"},
		{name: "a bad request that was taken", call: "POST /api/equipos/7/registros/", sent: `{"registros":[]}`, status: 201, body: submitted, problem: "request: "},
		{name: "a bad request that was refused", call: "POST /api/equipos/7/registros/", sent: `[]`, status: 400, body: refused},
		{name: "unreadable", call: "POST /api/equipos/7/registros/", sent: `{`, status: 400, body: `{"detail":"x"}`},
		{name: "a refusal that is neither", call: "POST /api/equipos/7/registros/", sent: records, status: 400, body: `{"error":"x"}`, problem: "answer: "},
		{name: "an unknown code", call: "POST /api/equipos/7/registros/", sent: records, status: 403, body: strings.Replace(refused, "equipo_ajeno", "x", 1), problem: "codigo"},
		{name: "never 409", call: "POST /api/equipos/7/registros/", sent: records, status: 409, body: refused, problem: "status"},
		{name: "away", call: "POST /api/equipos/7/registros/", sent: records, status: 503, headers: retry, body: strings.Replace(refused, "equipo_ajeno", "no_disponible", 1)},
		{name: "started now", call: "POST /api/competencias/1/iniciar/", status: 200, headers: tag, body: ours},
		{name: "started now, without a tag", call: "POST /api/competencias/1/iniciar/", status: 200, body: ours, problem: "ETag"},
		{name: "a page", call: "GET /api/competencias/?page=1", status: 200, body: `{"count":1,"next":null,"previous":null,"results":[` + ours + `]}`},
		{name: "a page that does not say how many", call: "GET /api/competencias/?page=1", status: 200, body: `{"next":null,"previous":null,"results":[]}`, problem: "CompetitionList"},
		{name: "a file", call: "GET /api/competencias/1/exportar/results.csv", status: 200, headers: "Content-Type: text/csv; charset=utf-8", body: "x"},
		{name: "a file with a slash", call: "GET /api/competencias/1/exportar/results.csv/", status: 200, headers: "Content-Type: text/csv; charset=utf-8", body: "x"},
		{name: "a file of another type", call: "GET /api/competencias/1/exportar/results.csv", status: 200, headers: "Content-Type: text/plain", body: "x", problem: "Content-Type"},
		{name: "a version that is no number", call: "GET /api/competencias/1/resultados/versiones/x/", status: 404, body: `{"detail":"x"}`},
		{name: "stale", call: "PUT /api/equipos/1/", sent: `{}`, status: 412, body: `{"detail":"x","code":"version_anterior"}`},
		{name: "reset content", call: "POST /api/logout/", sent: `{"refresh":"x"}`, status: 205, body: `{"message":"x"}`},
		{name: "another method", call: "DELETE /api/me/", status: 405, headers: "Allow: GET", body: `{"detail":"x"}`},
		{name: "another method without Allow", call: "DELETE /api/me/", status: 405, body: `{"detail":"x"}`, problem: "Allow"},
		{name: "another method that works", call: "DELETE /api/me/", status: 200, body: `{}`, problem: "the method is not documented"},
		{name: "HEAD", call: "HEAD /api/me/", status: 200},
		{name: "no such path", call: "GET /api/nope/", status: 404, body: `{"detail":"x"}`},
		{name: "too much for no path", call: "POST /api/nope/", status: 413, body: `{"detail":"x"}`},
		{name: "no such path, something else", call: "GET /api/nope/", status: 404, body: `{"error":"x"}`, problem: "detail"},
		{name: "a path that nobody wrote down", call: "GET /api/nope/", status: 200, body: `{}`, problem: "the path is not documented"},
		{name: "no number", call: "GET /api/equipos/x/", status: 404, body: `{"detail":"x"}`},
		{name: "redirected", call: "GET /api/me?x=1", status: 301, headers: "Location: /api/me/?x=1"},
		{name: "redirected elsewhere", call: "GET /api/me", status: 301, headers: "Location: /x/", problem: "redirected"},
		{name: "too slow", call: "GET /api/me/", status: 408, body: `{"detail":"x"}`},
		{name: "a probe", call: "GET /health/ready/", status: 503, headers: retry, body: `{"status":"unavailable","checks":{"database":"error"}}`},
		{name: "a refused socket", call: "GET /ws/juez/1/", status: 403, body: `{"error":"x","codigo":4001}`},
		{name: "a refused socket with another code", call: "GET /ws/juez/1/", status: 403, body: `{"error":"x","codigo":4009}`, problem: "codigo"},
		{name: "a style", call: "GET /api/schema/static/page.css", status: 200, headers: "Content-Type: text/css", body: "a{}"},
		{name: "a page for people", call: "GET /api/docs/", status: 200, headers: "Content-Type: text/html; charset=utf-8", body: "<!doctype html>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := &answers{status: tt.status, header: http.Header{}, body: tt.body}
			for line := range strings.SplitSeq(tt.headers, "\n") {
				if name, value, ok := strings.Cut(line, ": "); ok {
					server.header.Set(name, value)
				}
			}
			c := setup(t, server)
			method, address, _ := strings.Cut(tt.call, " ")
			r, err := http.NewRequestWithContext(t.Context(), method, "http://carrera.test"+address, strings.NewReader(tt.sent))
			if err != nil {
				t.Fatal(err)
			}
			if tt.sent != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			res, err := c.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if got, err := io.ReadAll(res.Body); err != nil || string(got) != tt.body || server.got != tt.sent {
				t.Errorf("passed on %q and got %q back, %v", server.got, got, err)
			}
			problems := strings.Join(c.Problems(), "\n")
			if tt.problem == "" && problems != "" || !strings.Contains(problems, tt.problem) {
				t.Errorf("problems %q, want %q", problems, tt.problem)
			}
		})
	}
}

func TestSeen(t *testing.T) {
	t.Parallel()
	server := &answers{status: 405, header: http.Header{"Allow": {"GET"}}, body: `{"detail":"x"}`}
	c := setup(t, server)
	before := len(c.Unseen())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://carrera.test/api/me/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	c.Upgraded("/ws/juez/3/")
	want := []contract.Answer{{Operation: "getMe", Status: "405"}, {Operation: "openJudgeSocket", Status: "101"}}
	if diff := cmp.Diff(want, c.Seen()); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
	unseen := c.Unseen()
	if len(unseen) != before-2 || slices.Contains(unseen, want[0]) {
		t.Errorf("%d unseen, %d before", len(unseen), before)
	}
	c.Skip = func(*http.Request) bool { return true }
	server.status = 500
	if res, err = c.RoundTrip(r); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := c.Problems(); len(got) > 0 {
		t.Errorf("problems with what is left out: %q", got)
	}
}

// TestOn keeps with one contract what goes by two ways.
func TestOn(t *testing.T) {
	t.Parallel()
	c := setup(t, &answers{status: 200, body: "[]"})
	other := &answers{status: 200, body: "{}"}
	for _, way := range []http.RoundTripper{c, c.On(other)} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://carrera.test/api/competencias/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := way.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	if problems, seen := c.Problems(), c.Seen(); len(problems) != 1 || len(seen) != 1 {
		t.Errorf("problems %q, seen %v; want one of each", problems, seen)
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	routes := setup(t, nil).Routes()
	for _, want := range []contract.Route{
		{Method: "GET", Path: "/api/competencias/{id}/"},
		{Method: "POST", Path: "/api/equipos/{id}/registros/"},
		{Method: "GET", Path: "/ws/competencia/{id}/"},
		{Method: "GET", Path: "/api/schema/"},
	} {
		if !slices.Contains(routes, want) {
			t.Errorf("no route %v", want)
		}
	}
}
