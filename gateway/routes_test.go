package gateway

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"server5k/race"
)

func TestRoutes_Parameters(t *testing.T) {
	t.Parallel()
	s := New(Config{})
	for path, want := range map[string][2]string{
		"/api/equipos/7/":                                      {"7"},
		"/competencia/7/eventos/":                              {"7"},
		"/api/competencias/7/resultados/versiones/12/":         {"7", "12"},
		"/api/competencias/7/exportar/results.csv/":            {"7", "results.csv"},
		"/api/categorias/estudiantes/":                         {"estudiantes"},
		"/api/categorias/2026/":                                {"2026"}, // a code may look like a number
		"/api/registros/0196f3a0-0000-7000-8000-000000000001/": {"0196f3a0-0000-7000-8000-000000000001"},
	} {
		_, id, second, ok := s.find(path)
		if got := [2]string{id, second}; !ok || got != want {
			t.Errorf("%s: %v %v, want %v", path, got, ok, want)
		}
	}
	for _, path := range []string{
		"/api/competencias/x/resultados/versiones/1/", "/api/competencias/1/resultados/versiones/x/", "/api/competencias/1/resultados/versiones//",
		"/api/competencias/1/resultados/versiones/1/2/", "/api/categorias//", "/api/registros/a/b/", "/api/competencias/1/exportar//", "/api/equipos/{id}/",
		"/competencia/x/eventos/", "/competencia//eventos/", "/competencia/{id}/eventos/",
	} {
		if _, id, second, ok := s.find(path); ok {
			t.Errorf("%s leads somewhere with %q %q", path, id, second)
		}
	}
}

func TestRouteList_NamesMethods(t *testing.T) {
	t.Parallel()
	list := New(Config{}).RouteList()
	for _, want := range []string{"GET /api/equipos/{id}/", "DELETE /api/equipos/{id}/", "POST /api/equipos/{id}/registros/", "GET /ws/juez/{id}/"} {
		if !slices.Contains(list, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) {
		t.Error("the list is not in order")
	}
}

// TestWire_EveryKindHasAWord: what the domain may say the wire can.
func TestWire_EveryKindHasAWord(t *testing.T) {
	t.Parallel()
	for kind, word := range rulingKinds {
		if word == "" || rulingKind(word) != kind {
			t.Errorf("%s is %q and back %q", kind, word, rulingKind(word))
		}
	}
	if rulingKind("otra") != "" {
		t.Error("a word of nothing is a kind")
	}
}

func TestSteps_LeadToTheState(t *testing.T) {
	t.Parallel()
	counted := race.Finish{For: 1, Counts: true}
	void, held := race.Finish{For: 1, Voided: true}, race.Finish{For: 1}
	for name, tt := range map[string]struct {
		from  race.Finish
		state string
		team  race.TeamID
		want  []race.RulingKind
	}{
		"nothing":          {counted, "", 0, nil},
		"so already":       {counted, wireCounted, 1, nil},
		"void":             {counted, wireVoid, 0, []race.RulingKind{race.RulingVoid}},
		"void already":     {void, wireVoid, 0, nil},
		"back":             {void, wireCounted, 0, []race.RulingKind{race.RulingReinstate}},
		"include":          {held, wireCounted, 0, []race.RulingKind{race.RulingInclude}},
		"move":             {counted, "", 2, []race.RulingKind{race.RulingMove}},
		"include for them": {held, wireCounted, 2, []race.RulingKind{race.RulingMove, race.RulingInclude}},
		"void and move":    {counted, wireVoid, 2, []race.RulingKind{race.RulingVoid, race.RulingMove}},
	} {
		if diff := cmp.Diff(tt.want, steps(tt.from, tt.state, tt.team)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// BenchmarkFind looks the route of a judge's request up, which must not slow down
// for the sake of rare ones.
func BenchmarkFind(b *testing.B) {
	s := New(Config{})
	for _, path := range []string{"/api/equipos/7/registros/", "/api/health/", "/api/competencias/7/resultados/versiones/12/"} {
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, _, ok := s.find(path); !ok {
					b.Fatal(http.StatusNotFound)
				}
			}
		})
	}
}
