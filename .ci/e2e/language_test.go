package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	spanishTexts = Catalogue{
		"admin.nav.teams": "Equipos", "admin.save": "Guardar", "team.find": "Buscar equipo", "team.count": "%d equipos inscritos",
		"result.final": "Final", "race.since": "En curso desde {hora}", "team.one": "Equipo",
	}
	englishTexts = Catalogue{
		"admin.nav.teams": "Teams", "admin.save": "Save", "team.find": "Find a team", "team.count": "%d teams entered",
		"result.final": "Final", "race.since": "Running since {hora}", "team.one": "Team",
	}
)

func TestUntranslated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{text: "Teams"},
		{text: "Final"},
		{text: "12 teams entered"},
		{text: "Equipo 5"}, // a name that people gave
		{text: "carrera.lan"},
		{text: "teams.csv"},
		{text: "guardar", want: `is "Guardar" (admin.save)`},
		{text: "Equipos:", want: "(admin.nav.teams)"},
		{text: "12 equipos inscritos", want: "(team.count)"},
		{text: "Now: en curso desde 8:30 h", want: "(race.since)"},
		{text: "see admin.save there", want: "shows the key admin.save"},
		{text: "team.unknown", want: "shows the key team.unknown"},
		{text: "%!d(MISSING) teams", want: "lacks a value"},
	} {
		got := strings.Join(Untranslated([]string{c.text}, englishTexts, spanishTexts), "\n")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
	if got := Untranslated([]string{"Guardar"}, englishTexts, spanishTexts, "Guardar"); len(got) > 0 {
		t.Errorf("data: got %q", got)
	}
}

func TestTab_ReadableIsWhatPeopleReadAndHear(t *testing.T) {
	t.Parallel()
	tab, site := StartBrowser(t).Tab(t), testPages(t)
	tab.Open(site + "/mixed")
	got := tab.Readable()
	slices.Sort(got)
	want := []string{
		"3", "3 equipos inscritos", "Buscar equipo", "Final", "Search", "Team %!d(MISSING)", "Teams", "Test",
		"admin.nav.teams", "equipos", "inscritos",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := Untranslated(got, englishTexts, spanishTexts); len(got) != 5 {
		t.Errorf("got %q", got)
	}
}

func TestReadCatalogue_JoinsKeys(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "en.json")
	if err := os.WriteFile(path, []byte(`{"save":"Save","team":{"one":"Team","other":"Teams"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	want := Catalogue{"save": "Save", "team.one": "Team", "team.other": "Teams"}
	if diff := cmp.Diff(want, ReadCatalogue(t, path)); diff != "" {
		t.Error(diff)
	}
}
