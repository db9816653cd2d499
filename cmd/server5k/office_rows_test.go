package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOffice_SameTagOneWins: of two edits of the same state one is told so.
func TestOffice_SameTagOneWins(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, cfg *Config) {
		t.Helper()
		editAtOnce(t, setupOfficeOn(t, cfg))
	})
}

func editAtOnce(t *testing.T, b *officeBench) {
	t.Helper()
	for path, in := range map[string]func(n int) map[string]any{
		"/api/competencias/1/":  func(n int) map[string]any { return map[string]any{"name": fmt.Sprint("Nombre ", n)} },
		"/api/equipos/1/":       func(n int) map[string]any { return map[string]any{"name": fmt.Sprint("Nombre ", n)} },
		"/api/jueces/1/":        func(n int) map[string]any { return map[string]any{"first_name": fmt.Sprint("Nombre ", n)} },
		"/api/organizadores/2/": func(n int) map[string]any { return map[string]any{"email": fmt.Sprint("a", n, "@x.ec")} },

		"/api/categorias/estudiantes/": func(n int) map[string]any { return map[string]any{"nombre": fmt.Sprint("Nombre ", n)} },
	} {
		tag := b.super.must(http.StatusOK, "GET", path, nil, nil).header.Get("ETag")
		if tag == "" {
			t.Errorf("%s has no tag", path)
		}
		statuses := make([]int, 2)
		var editors sync.WaitGroup
		for n := range statuses {
			editors.Go(func() {
				a, err := b.super.try(t.Context(), "PATCH", path, in(n), "If-Match", tag)
				if err != nil {
					t.Error(err)
				}
				statuses[n] = a.status
			})
		}
		editors.Wait()
		slices.Sort(statuses)
		if diff := cmp.Diff([]int{http.StatusOK, http.StatusPreconditionFailed}, statuses); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
		now := b.super.must(http.StatusOK, "GET", path, nil, nil).header.Get("ETag")
		b.super.must(http.StatusOK, "PATCH", path, in(7), nil, "If-Match", "W/"+now)
		b.super.must(http.StatusPreconditionFailed, "PATCH", path, in(8), nil, "If-Match", now)
	}
}

// TestOffice_TagOfWhatWasMadeIsGood: what a POST answers can be edited without
// reading it first.
func TestOffice_TagOfWhatWasMadeIsGood(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	for path, in := range map[string]map[string]any{
		"/api/competencias/":  {"name": "Nueva", "datetime": "2026-12-01T08:00:00.1234567-05:00"},
		"/api/equipos/":       {"competition_id": 1, "name": "Ñ", "number": 7, "category": "estudiantes"},
		"/api/jueces/":        {"username": "nuevo", "password": "una-clave-larga"},
		"/api/organizadores/": {"username": "nueva", "password": "una-clave-larga", "rol": "observador", "competencias": []int{2, 1}},
		"/api/categorias/":    {"codigo": "egresados", "nombre": "Egresados"},
	} {
		var made struct {
			ID   int64  `json:"id"`
			Code string `json:"codigo"`
		}
		tag := b.super.must(http.StatusCreated, "POST", path, in, &made).header.Get("ETag")
		row := path + made.Code + "/"
		if made.Code == "" {
			row = fmt.Sprintf("%s%d/", path, made.ID)
		}
		if read := b.super.must(http.StatusOK, "GET", row, nil, nil).header.Get("ETag"); read != tag || tag == "" {
			t.Errorf("%s: %s when it was made, %s when it is read", path, tag, read)
		}
	}
}

// TestOffice_FormsSayWhatIsWrong names every field at once, in the language asked
// for.
func TestOffice_FormsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	for _, tt := range []struct {
		method, path string
		in           any
		want         []string
	}{
		{"POST", "/api/competencias/", map[string]any{}, []string{"datetime", "name"}},
		{"POST", "/api/competencias/", map[string]any{"name": " ", "datetime": nil, "integrantes": 16, "politica_redondeo": "x"}, []string{"datetime", "integrantes", "name", "politica_redondeo"}},
		{"POST", "/api/competencias/", map[string]any{"name": 1, "datetime": "hoy", "is_active": 3}, []string{"datetime", "is_active", "name"}},
		{"PUT", "/api/equipos/1/", map[string]any{"name": "x"}, []string{"category", "number"}},
		{"PATCH", "/api/equipos/1/", map[string]any{"number": 0, "category": "ninguna"}, []string{"category", "number"}},
		{"PATCH", "/api/equipos/1/", map[string]any{"juez_id": 99}, []string{"juez_id"}},
		{"PATCH", "/api/equipos/1/", map[string]any{"competition_id": 2}, []string{"competition_id"}},
		{"POST", "/api/equipos/", map[string]any{"competition_id": 2, "name": "x", "number": 5, "category": "estudiantes"}, []string{"competition_id"}},
		{"POST", "/api/jueces/", map[string]any{"username": "con espacio", "email": "x", "password": "corta"}, []string{"email", "password", "username"}},
		{"POST", "/api/competencias/1/asignar/", map[string]any{"asignaciones": []any{map[string]any{"equipo_id": 2, "juez_id": 1}, map[string]any{"equipo_id": 1, "juez_id": 99}}}, []string{"asignaciones[0]", "asignaciones[1]"}},
		{"POST", "/api/competencias/1/decisiones/", map[string]any{"tipo": "mover"}, []string{"equipo_id", "motivo", "registro"}},
		{"POST", "/api/competencias/1/decisiones/", map[string]any{"tipo": "iniciar"}, []string{"tipo"}},
		{"POST", "/api/competencias/1/salida/", map[string]any{"ajuste_ms": 1, "salida": "2026-01-01T00:00:00Z", "motivo": "x"}, []string{"ajuste_ms"}},
	} {
		a := b.ana.must(http.StatusBadRequest, tt.method, tt.path, tt.in, nil)
		var got map[string][]string
		a.into(t, &got)
		var names []string
		for name, texts := range got {
			if names = append(names, name); len(texts) == 0 || texts[0] == "" {
				t.Errorf("%s %s: %s has no text", tt.method, tt.path, name)
			}
		}
		slices.Sort(names)
		if diff := cmp.Diff(tt.want, names); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s%s", tt.method, tt.path, diff, a.body)
		}
	}
	english := b.ana.must(http.StatusBadRequest, "POST", "/api/competencias/", map[string]any{}, nil, "Accept-Language", "en")
	if !strings.Contains(string(english.body), "This field is required.") {
		t.Errorf("in English: %s", english.body)
	}
	taken := b.ana.must(http.StatusConflict, "POST", "/api/equipos/", map[string]any{"competition_id": 1, "name": "x", "number": 101, "category": "estudiantes"}, nil, "Accept-Language", "en")
	if !strings.Contains(string(taken.body), `"ya_existe"`) || !strings.Contains(string(taken.body), "There is a team with number 101") {
		t.Errorf("a bib that is taken: %s", taken.body)
	}
}

// TestOffice_Lists: pages, order and search.
func TestOffice_Lists(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	for n := range 5 {
		b.ana.must(http.StatusCreated, "POST", "/api/equipos/", map[string]any{"competition_id": 1, "name": fmt.Sprintf("Íñiguez %d", n), "number": 200 + n, "category": "estudiantes"}, nil)
	}
	type team struct {
		Bib int `json:"number"`
	}
	type page struct {
		Count          int
		Next, Previous *string
		Results        []team
	}
	bibs := func(teams []team) (out []int) {
		for _, t := range teams {
			out = append(out, t.Bib)
		}
		return out
	}
	var p page
	b.ana.must(http.StatusOK, "GET", "/api/competencias/1/equipos/?page=2&page_size=2&ordenar=-number", nil, &p)
	if p.Count != 6 || p.Next == nil || p.Previous == nil || !slices.Equal(bibs(p.Results), []int{202, 201}) {
		t.Errorf("second page: %+v", p)
	}
	var next page
	b.ana.must(http.StatusOK, "GET", strings.TrimPrefix(*p.Next, b.url), nil, &next)
	if next.Next != nil || !slices.Equal(bibs(next.Results), []int{200, 101}) {
		t.Errorf("last page: %+v", next)
	}
	var all []team
	b.ana.must(http.StatusOK, "GET", "/api/equipos/?competition_id=1&buscar=iniguez+3", nil, &all)
	if !slices.Equal(bibs(all), []int{203}) {
		t.Errorf("searched: %v", bibs(all))
	}
	b.ana.must(http.StatusNotFound, "GET", "/api/equipos/?page=9", nil, nil)
	b.ana.must(http.StatusBadRequest, "GET", "/api/equipos/?page=0", nil, nil)
	b.ana.must(http.StatusBadRequest, "GET", "/api/equipos/?ordenar=secreto", nil, nil)
	var log page
	b.super.must(http.StatusOK, "GET", "/api/auditoria/?page=1&page_size=3&accion=team.", nil, &log)
	if log.Count != 5 || log.Next == nil || len(log.Results) != 3 {
		t.Errorf("audit log: %+v", log)
	}
	b.beto.must(http.StatusOK, "GET", "/api/auditoria/?page=1", nil, &log)
	if log.Count != 0 {
		t.Errorf("another organizer reads %d entries", log.Count)
	}
}

// TestOffice_CreatorWorksOnWhatWasMade: a new competition is its creator's, and
// nobody else's but a superuser's.
func TestOffice_CreatorWorksOnWhatWasMade(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	type made struct {
		ID       int64 `json:"id"`
		Active   bool  `json:"is_active"`
		TeamSize int   `json:"integrantes"`
	}
	var c, copied made
	b.beto.must(http.StatusCreated, "POST", "/api/competencias/", map[string]any{"name": "Nueva", "datetime": "2026-12-01T08:00:00-05:00", "integrantes": 5}, &c)
	path := fmt.Sprintf("/api/competencias/%d/", c.ID)
	if !c.Active || c.TeamSize != 5 {
		t.Errorf("made: %+v", c)
	}
	b.ana.must(http.StatusNotFound, "GET", path, nil, nil)
	b.super.must(http.StatusOK, "GET", path, nil, nil)
	b.beto.must(http.StatusCreated, "POST", "/api/equipos/", map[string]any{"competition_id": c.ID, "name": "A", "number": 1, "category": "estudiantes", "juez_id": 3}, nil)
	b.beto.must(http.StatusCreated, "POST", path+"copiar/", map[string]any{"name": "Copia"}, &copied)
	var teams []struct {
		Judge int64 `json:"juez_id"`
	}
	b.beto.must(http.StatusOK, "GET", fmt.Sprintf("/api/competencias/%d/equipos/", copied.ID), nil, &teams)
	if len(teams) != 1 || teams[0].Judge != 3 || copied.TeamSize != 5 {
		t.Errorf("copied: %+v %+v", copied, teams)
	}
	b.beto.must(http.StatusOK, "POST", path+"iniciar/", struct{}{}, nil)
	b.beto.must(http.StatusConflict, "PATCH", path, map[string]any{"integrantes": 6}, nil)
	b.beto.must(http.StatusOK, "PATCH", path, map[string]any{"name": "Otra"}, nil)
	b.beto.must(http.StatusConflict, "DELETE", path, nil, nil)
	b.beto.must(http.StatusNoContent, "DELETE", fmt.Sprintf("/api/competencias/%d/", copied.ID), nil, nil)
	b.beto.must(http.StatusNotFound, "GET", fmt.Sprintf("/api/competencias/%d/", copied.ID), nil, nil)
}

// TestOffice_NobodyTakesAJudgeOver: giving a team to a judge of somebody else's
// race opens no way to that judge's account.
func TestOffice_NobodyTakesAJudgeOver(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	b.ana.must(http.StatusOK, "POST", "/api/competencias/1/asignar/", map[string]any{"asignaciones": []any{map[string]any{"equipo_id": 1, "juez_id": 2}}}, nil)
	b.ana.must(http.StatusForbidden, "POST", "/api/jueces/2/restablecer/", struct{}{}, nil)
	b.ana.must(http.StatusForbidden, "PATCH", "/api/jueces/2/", map[string]any{"password": "otra-clave-larga"}, nil)
	b.ana.must(http.StatusForbidden, "POST", "/api/competencias/1/credenciales/", struct{}{}, nil)
	b.super.must(http.StatusOK, "PATCH", "/api/competencias/2/", map[string]any{"is_active": false}, nil)
	b.ana.must(http.StatusOK, "POST", "/api/jueces/2/restablecer/", struct{}{}, nil)
}
