package e2e

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// routesFile is where the panel lists its pages.
const routesFile = "../../gateway/admin/routes.go"

// readPages returns the pattern of each page of the panel: each path of its table
// that answers GET. {} stands for a number.
func readPages(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), routesFile, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var pages []string
	add := func(key, value ast.Expr) {
		literal, ok := key.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return
		}
		path, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(path, "/") {
			path = "/admin/competencias/{}/" + path
		}
		if hasGet(value) {
			pages = append(pages, path)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			add(n.Key, n.Value)
		case *ast.AssignStmt:
			if at, ok := n.Lhs[0].(*ast.IndexExpr); ok {
				add(at.Index, n.Rhs[0])
			}
		}
		return true
	})
	if len(pages) < 30 {
		t.Fatalf("%s has only the pages %q; is the table written otherwise now?", routesFile, pages)
	}
	return pages
}

// hasGet says whether a route answers GET: on(access, get, post) with get nil does
// not.
func hasGet(route ast.Expr) bool {
	get := true
	ast.Inspect(route, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && len(call.Args) == 3 {
			if name, ok := call.Args[1].(*ast.Ident); ok && name.Name == "nil" {
				get = false
			}
		}
		return get
	})
	return get
}

// subjects are the rows that the pages of TestPages are about.
var subjects = strings.NewReplacer(
	"competencias/{}", "competencias/1", "equipos/{}", "equipos/2", "jueces/{}", "jueces/2", "organizadores/{}", "organizadores/2",
	"versiones/{}", "versiones/1", "webhooks/{}", "webhooks/1",
)

// queries are what a page is asked; most are asked nothing.
var queries = map[string][]string{
	"/admin/competencias/{}/":             {"", "?estado=revisar&buscar=equipo&ordenar=-marcas"},
	"/admin/competencias/{}/preparacion/": {"", "?estado=atender"},
	"/admin/competencias/{}/diferencias/": {"?desde=1&hasta=2", "?desde=2"},
	"/admin/categorias/":                  {"", "?codigo=estudiantes"},
	"/admin/auditoria/":                   {"", "?accion=judge.create"},
	"/admin/jueces/":                      {"", "?buscar=nadie"},
}

// prepare makes what there is to see: a race that is over, with official results,
// something to review, and accounts.
func prepare(t *testing.T) *Server {
	t.Helper()
	server := StartServer(t, Options{Judges: 3, Env: []string{"TIME_ZONE=UTC"}})
	api := server.Organizer()
	api.Must(http.MethodPost, "/api/organizadores/", map[string]any{
		"username": "ayudante", "email": "ayudante@5k.local", "rol": "organizador", "password": helperPassword, "competencias": []int64{1},
	}, nil)
	// Nobody has that name, so what happens cannot be delivered.
	api.Must(http.MethodPost, "/api/webhooks/", map[string]any{
		"url": "https://avisos.invalid/5k", "competencia_id": 1, "tipos": []string{"competencia.iniciada", "competencia.detenida"},
	}, nil)
	fleet := Phones(t, server, server.Judges)
	api.Must(http.MethodPost, "/api/competencias/1/iniciar/", nil, nil)
	fleet.Await("competencia_iniciada")
	fleet.MarkEach(teamSize - 1)
	ctx, cancel := context.WithTimeout(t.Context(), answerTimeout)
	defer cancel()
	if _, err := fleet.Phones[1].Mark(ctx, fleet.Phones[1].Teams[0].ID, 11*time.Minute); err != nil {
		t.Fatal(err)
	}
	_, err := fleet.Phones[1].Mark(ctx, fleet.Phones[1].Teams[0].ID, 30*time.Minute)
	if err == nil {
		t.Fatal("a team has 16 marks that count")
	}
	api.Must(http.MethodPost, "/api/competencias/1/detener/", nil, nil)
	publish := func() {
		api.Must(http.MethodPost, "/api/competencias/1/resultados/oficial/", map[string]any{"motivo": "acta", "forzar": true}, nil)
	}
	publish()
	for _, body := range []map[string]any{
		{"tipo": "penalizar", "equipo_id": fleet.Phones[1].Teams[0].ID, "penalizacion_ms": 10_000, "motivo": "curva"},
		{"tipo": "descalificar", "equipo_id": fleet.Phones[2].Teams[0].ID, "motivo": "dorsal ajeno"},
	} {
		api.Must(http.MethodPost, "/api/competencias/1/decisiones/", body, nil)
	}
	publish()
	return server
}

// TestPages looks at every page of the panel in both languages and at both widths.
func TestPages(t *testing.T) {
	t.Parallel()
	server := prepare(t)
	pages := readPages(t)
	for _, c := range []struct {
		width    int
		language string
	}{{deskWidth, "es"}, {deskWidth, "en"}, {phoneWidth, "es"}, {phoneWidth, "en"}} {
		t.Run(fmt.Sprintf("%d-%s", c.width, c.language), func(t *testing.T) {
			t.Parallel()
			s := openScene(t, server, c.width, c.language)
			s.data = []string{"Juez 1", "Juez 2", "Juez 3"}
			s.look("entrar")
			s.login("admin", AdminPassword)
			seen := map[string]bool{"/admin/entrar/": true}
			for _, pattern := range pages {
				if seen[pattern] {
					continue
				}
				paths := []string{""}
				switch {
				case pattern == "/admin/competencias/{}/decision/":
					paths = s.rulings()
				case pattern == "/admin/competencias/{}/exportar/":
					s.printed(subjects.Replace(pattern))
					seen[pattern] = true
					continue
				case queries[pattern] != nil:
					paths = queries[pattern]
				}
				for n, query := range paths {
					status := s.visit("%s", subjects.Replace(pattern)+query)
					if path := s.path(); status != http.StatusOK || path != subjects.Replace(pattern) {
						t.Errorf("%s%s: status %d at %s", pattern, query, status, path)
						continue
					}
					seen[pattern] = true
					name := strings.Trim(strings.ReplaceAll(strings.TrimPrefix(pattern, "/admin/"), "{}/", ""), "/")
					s.look(fmt.Sprintf("%s-%d", strings.ReplaceAll(name, "/", "-"), n))
				}
			}
			for _, pattern := range pages {
				if !seen[pattern] {
					t.Errorf("nobody looked at %s", pattern)
				}
			}
			s.Allow(`^status 404: GET .*/admin/nada/$`)
			if status := s.visit("/admin/nada/"); status != http.StatusNotFound {
				t.Errorf("a page that is not there has the status %d", status)
			}
			s.look("trouble")
		})
	}
}

// path returns where the browser is.
func (s *scene) path() string {
	s.t.Helper()
	var path string
	s.Eval(`location.pathname`, &path)
	return path
}

var rulingKind = regexp.MustCompile(`tipo=([a-z]+)`)

// rulings returns the query of a form for each kind of ruling that the pages link.
func (s *scene) rulings() []string {
	s.t.Helper()
	byKind := map[string]string{}
	for _, path := range []string{"/admin/equipos/2/", "/admin/equipos/3/", "/admin/competencias/1/revision/"} {
		s.visit("%s", path)
		var links []string
		s.Eval(`[...document.querySelectorAll('a[href*="/decision/?"]')].map((a) => a.getAttribute("href"))`, &links)
		for _, link := range links {
			if kind := rulingKind.FindStringSubmatch(link); kind != nil {
				byKind[kind[1]] = link[strings.Index(link, "?"):]
			}
		}
	}
	kinds := slices.Sorted(maps.Keys(byKind))
	if want := []string{"agregar", "anular", "ausencia", "declarar", "descalificar", "deshacer", "incluir", "mover", "ocultar", "penalizar"}; !slices.Equal(kinds, want) {
		s.t.Errorf("the pages link rulings of the kinds %q, want %q", kinds, want)
	}
	return slices.Sorted(maps.Values(byKind))
}

// printed looks at the documents for printing, which are pages of their own.
func (s *scene) printed(path string) {
	s.t.Helper()
	for _, what := range []string{"results.html", "podium.html", "certificates.html", "evidence.html&equipo=2"} {
		if status := s.visit("%s", path+"?archivo="+what); status != http.StatusOK {
			s.t.Errorf("%s: status %d", what, status)
		}
		s.Screenshot("print-" + what)
		s.Axe()
	}
}
