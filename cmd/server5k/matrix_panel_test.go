package main

import (
	"cmp"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"server5k/gateway/admin"
	"server5k/gateway/hooks"
)

// panelCallers are the callers of the panel's matrix, in the order of the statuses
// in a row: judges have no session, whatever token they send, and the last one is
// a superuser who has logged out.
var panelCallers = []string{"nobody", "judge", "other organizer", "viewer", "organizer", "superuser", "logged out"}

// Rows that many routes have. Who is not logged in is sent to log in; a form that
// is not confirmed, or sent without what it asks for, is answered with itself.
const (
	panelSees    = "303 303 404 200 200 200 303" // of the first competition
	panelSeesAll = "303 303 200 200 200 200 303"
	panelEdits   = "303 303 404 403 200 200 303"
	panelForm    = "303 303 404 403 422 422 303"
	panelNobody  = "303 303 404 403 404 404 303" // nobody, of what is not there
	panelMakes   = "303 303 200 403 200 200 303"
	panelNewForm = "303 303 422 403 422 422 303"
	panelSuper   = "303 303 403 403 403 200 303"
	panelSupForm = "303 303 403 403 403 422 303"
	panelAlways  = "303 303 303 303 303 303 303"
)

// panelMatrix has a row for each route of the panel. What a row sends beside the
// form's token stands behind it.
var panelMatrix = map[string]string{
	"GET /admin/entrar/":                           "200 200 303 303 303 303 200",
	"POST /admin/entrar/":                          "422 422 422 422 422 422 422",
	"POST /admin/salir/":                           panelAlways,
	"POST /admin/idioma/":                          panelAlways,
	"GET /admin/":                                  panelSeesAll,
	"GET /admin/auditoria/":                        panelSeesAll,
	"GET /admin/categorias/":                       panelSuper,
	"POST /admin/categorias/":                      panelSupForm,
	"GET /admin/competencias/nueva/":               panelMakes,
	"POST /admin/competencias/nueva/":              panelNewForm,
	"GET /admin/competencias/{}/":                  panelSees,
	"GET /admin/competencias/{}/preparacion/":      panelSees,
	"GET /admin/competencias/{}/puestos/":          panelSees,
	"GET /admin/competencias/{}/revision/":         panelSees,
	"POST /admin/competencias/{}/aceptar/":         panelNobody,
	"GET /admin/competencias/{}/marcas/importar/":  panelEdits,
	"POST /admin/competencias/{}/marcas/importar/": panelForm,
	"GET /admin/competencias/{}/resultados/":       panelSees,
	"GET /admin/competencias/{}/versiones/{}/":     panelSees,
	"GET /admin/competencias/{}/intercambio/":      panelSees,
	"GET /admin/competencias/{}/exportar/":         "303 303 404 404 404 404 303", // without the name of a file
	"GET /admin/competencias/{}/diferencias/":      "303 303 404 404 404 404 303", // without versions to compare
	"GET /admin/competencias/{}/ajustes/":          panelEdits,
	"POST /admin/competencias/{}/ajustes/":         panelForm,
	"GET /admin/competencias/{}/asignar/":          panelEdits,
	"POST /admin/competencias/{}/asignar/":         "303 303 404 403 303 303 303", // nothing to assign
	"POST /admin/competencias/{}/copiar/":          panelForm,
	"GET /admin/competencias/{}/credenciales/":     panelEdits,
	"POST /admin/competencias/{}/credenciales/":    panelForm,
	"GET /admin/competencias/{}/decision/":         panelNobody,
	"POST /admin/competencias/{}/decision/":        panelNobody,
	"GET /admin/competencias/{}/detener/":          panelEdits,
	"POST /admin/competencias/{}/detener/":         panelForm,
	"GET /admin/competencias/{}/iniciar/":          panelEdits,
	"POST /admin/competencias/{}/iniciar/":         panelForm,
	"GET /admin/competencias/{}/reabrir/":          panelEdits,
	"POST /admin/competencias/{}/reabrir/":         panelForm,
	"GET /admin/competencias/{}/salida/":           panelEdits,
	"POST /admin/competencias/{}/salida/":          panelForm,
	"POST /admin/competencias/{}/oficial/":         panelForm,
	"POST /admin/competencias/{}/importar/":        panelForm,
	"GET /admin/competencias/{}/eliminar/":         panelEdits,
	"POST /admin/competencias/{}/eliminar/":        panelForm,
	"GET /admin/competencias/{}/equipos/nuevo/":    panelEdits,
	"POST /admin/competencias/{}/equipos/nuevo/":   panelForm,
	"GET /admin/equipos/{}/":                       panelSees,
	"GET /admin/equipos/{}/editar/":                panelEdits,
	"POST /admin/equipos/{}/editar/":               panelForm,
	"GET /admin/equipos/{}/eliminar/":              panelEdits,
	"POST /admin/equipos/{}/eliminar/":             panelForm,
	"GET /admin/jueces/":                           panelSeesAll,
	"GET /admin/jueces/nuevo/":                     panelMakes,
	"POST /admin/jueces/nuevo/":                    panelNewForm,
	"GET /admin/jueces/{}/":                        panelMakes, // judges are everybody's to read
	"POST /admin/jueces/{}/":                       "303 303 403 403 303 303 303 username=juez1&is_active=1",
	"GET /admin/jueces/{}/eliminar/":               panelMakes,
	"POST /admin/jueces/{}/eliminar/":              "303 303 403 403 422 422 303 confirmar=1",
	"GET /admin/jueces/{}/restablecer/":            panelMakes,
	"POST /admin/jueces/{}/restablecer/":           "303 303 403 403 200 200 303 confirmar=1",
	"GET /admin/organizadores/":                    panelSuper,
	"GET /admin/organizadores/nuevo/":              panelSuper,
	"POST /admin/organizadores/nuevo/":             panelSupForm,
	"GET /admin/organizadores/{}/":                 panelSuper,
	"POST /admin/organizadores/{}/":                panelSupForm,
	"GET /admin/organizadores/{}/eliminar/":        panelSuper,
	"POST /admin/organizadores/{}/eliminar/":       panelSupForm,
	"GET /admin/webhooks/":                         panelMakes,
	"GET /admin/webhooks/nuevo/":                   panelMakes,
	"POST /admin/webhooks/nuevo/":                  panelNewForm,
	"GET /admin/webhooks/{}/":                      panelEdits,
	"POST /admin/webhooks/{}/":                     panelForm,
	"GET /admin/webhooks/{}/eliminar/":             panelEdits,
	"POST /admin/webhooks/{}/eliminar/":            panelForm,
	"POST /admin/webhooks/{}/reenviar/":            panelNobody,
}

// panelClient is a browser without a window.
type panelClient struct {
	t      *testing.T
	base   string
	client *http.Client
	token  string // of a judge
	csrf   string
}

func newPanelClient(t *testing.T, base, username string) *panelClient {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &panelClient{t: t, base: base, client: &http.Client{
		Jar: jar, Timeout: replyTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if username == "" {
		return c
	}
	if status, _ := c.do(http.MethodPost, "/admin/entrar/", url.Values{"usuario": {username}, "clave": {testPassword}}); status != http.StatusSeeOther {
		t.Fatalf("login of %s: %d", username, status)
	}
	_, page := c.do(http.MethodGet, "/admin/", nil)
	found := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the page of %s has no form token", username)
	}
	c.csrf = found[1]
	return c
}

func (c *panelClient) do(method, path string, form url.Values) (status int, page string) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Origin", c.base)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.client.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it was read
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// TestPanel_WhoMayDoWhat asks every route of the panel as everybody, forms without
// what they ask for. A route without a row fails.
func TestPanel_WhoMayDoWhat(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	b.ana.must(http.StatusOK, "POST", "/api/competencias/1/iniciar/", map[string]any{"started_at": now().Add(-time.Hour)}, nil)
	b.judge[1].must(http.StatusCreated, "POST", "/api/equipos/1/registros/", []byte(oneMark), nil)
	b.ana.must(http.StatusOK, "POST", "/api/competencias/1/detener/", struct{}{}, nil)
	b.ana.must(http.StatusCreated, "POST", "/api/competencias/1/resultados/oficial/", map[string]any{"forzar": true, "motivo": "prueba"}, nil)
	b.ana.must(http.StatusCreated, "POST", "/api/webhooks/", []byte(`{"competencia_id":1,"url":"https://example.org/a","tipos":["equipo.completo"]}`), nil)

	judge := newPanelClient(t, b.url, "")
	judge.token = b.judge[1].token
	gone := newPanelClient(t, b.url, testAdmin)
	cookies := gone.client.Jar.Cookies(mustURL(t, b.url+"/admin/"))
	if status, _ := gone.do(http.MethodPost, "/admin/salir/", url.Values{"csrf": {gone.csrf}}); status != http.StatusSeeOther {
		t.Fatalf("logout: %d", status)
	}
	gone.client.Jar.SetCookies(mustURL(t, b.url+"/admin/"), cookies)
	clients := []*panelClient{
		newPanelClient(t, b.url, ""), judge, newPanelClient(t, b.url, "beto"), newPanelClient(t, b.url, "vera"),
		newPanelClient(t, b.url, "ana"), newPanelClient(t, b.url, testAdmin), gone,
	}
	routes := admin.New(admin.Config{Webhooks: hooks.NewRegistry(nil, hooks.Guard{}, time.Now)}).Routes()
	slices.SortStableFunc(routes, func(a, b admin.Route) int { // whoever logs out does nothing more
		return cmp.Compare(strings.Count(a.Path, "salir"), strings.Count(b.Path, "salir"))
	})
	seen := map[string]bool{}
	for _, r := range routes {
		name := r.Method + " " + r.Path
		seen[name] = true
		row, ok := panelMatrix[name]
		if !ok {
			t.Errorf("%s has no row", name)
			continue
		}
		want := strings.Fields(row)
		for i, c := range clients {
			var form url.Values
			if r.Method == http.MethodPost {
				form = url.Values{"csrf": {c.csrf}}
			}
			if len(want) > len(clients) {
				for field := range strings.SplitSeq(want[len(clients)], "&") {
					name, value, _ := strings.Cut(field, "=")
					form.Set(name, value)
				}
			}
			if status, page := c.do(r.Method, strings.ReplaceAll(r.Path, "{}", "1"), form); strconv.Itoa(status) != want[i] {
				t.Errorf("%s as %s: %d, want %s\n%.600s", name, panelCallers[i], status, want[i], page)
			}
		}
	}
	for name := range panelMatrix {
		if !seen[name] {
			t.Errorf("%s is no route", name)
		}
	}
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
