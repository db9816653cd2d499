package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// Columns of the list that an organizer fills in.
const (
	colBib = iota
	colTeam
	colCategory
	colJudge
	colFirstName
	colLastName
	colEmail
)

// storyCategories are three that every server has or gets by the import.
var storyCategories = []string{"Estudiantes por Equipos", "Interfacultades por Equipos", "Élite"}

// roster is the organizer's list: a header and a row for each team.
func roster() [][]any {
	rows := [][]any{{"Dorsal", "Equipo", "Categoría", "Juez", "Nombre", "Apellido", "Correo electrónico"}}
	for i := range storyTeams {
		bib, name, judge := i+1, fmt.Sprintf("Cóndor %02d", i+1), fmt.Sprintf("juez.%02d", i+1)
		if bib == fastestBib {
			name = fastest
		}
		rows = append(rows, []any{bib, name, storyCategories[i%len(storyCategories)], judge, "Íñigo", fmt.Sprintf("Ñáñez %02d", bib), judge + "@example.com"})
	}
	return rows
}

// writeXLSX writes a workbook with one sheet.
func writeXLSX(t *testing.T, name string, rows [][]any) (path string) {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	for i, row := range rows {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	path = filepath.Join(t.TempDir(), name)
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// check uploads a file and returns the lines of the report.
func (s *story) check(path string) (lines []reportLine) {
	s.t.Helper()
	s.page("intercambio/")
	s.Upload("#f-archivo", path)
	s.Follow(`form:has(#f-archivo) button`)
	s.Eval(`[...document.querySelectorAll("table:has(#report-caption) tbody tr")].map((r) => ({
		Row: r.cells[0].innerText.trim(), Outcome: r.cells[1].innerText.trim(), Text: r.cells[2].innerText.trim()}))`, &lines)
	return lines
}

// reportLine is a row of the report of an import.
type reportLine struct{ Row, Outcome, Text string }

// importTeams brings the list in: first with mistakes, which change nothing, then
// as it should be, and once more.
func (s *story) importTeams() {
	s.t.Helper()
	s.look("import")
	rows := roster()
	rows[2][colBib], rows[4][colBib], rows[6][colTeam], rows[8][colEmail] = "abc", 3, "", "nadie"
	s.Allow(`^status 422: POST .*/importar/$`)
	lines := s.check(writeXLSX(s.t, "lista.xlsx", rows))
	s.WaitText(".note.bad h4", s.say("import.refused", "lista.xlsx"))
	s.look("import-mistakes")
	for row, column := range map[string]string{"3": "column.bib", "5": "column.bib", "7": "column.team", "9": ""} {
		if !slices.ContainsFunc(lines, func(l reportLine) bool {
			return l.Row == row && l.Outcome == s.say("outcome.error") && (column == "" || strings.HasPrefix(l.Text, s.say(column)+": "))
		}) {
			s.t.Errorf("no line about the mistake in row %s: %+v", row, lines)
		}
	}
	if n := s.count(`form:has([name=contenido]) button`); n > 0 {
		s.t.Error("a file with mistakes can be confirmed")
	}
	s.page("")
	s.WaitText("main", s.say("event.empty"))

	path := writeXLSX(s.t, "lista.xlsx", roster())
	s.check(path)
	s.WaitText(".note.ok h4", s.say("import.fine", "lista.xlsx"))
	s.WaitText(".note.ok li", s.say("import.teams", storyTeams, 0, 0))
	s.WaitText(".note.ok li", s.say("import.judges", storyTeams, 0, 0))
	s.look("import-check")
	var teams []struct {
		ID     int64  `json:"id"`
		Number int    `json:"number"`
		Name   string `json:"name"`
	}
	list := fmt.Sprintf("/api/competencias/%d/equipos/", s.id)
	if s.server.Organizer().Must("GET", list, nil, &teams); len(teams) > 0 {
		s.t.Errorf("a check stored %d teams", len(teams))
	}
	s.Follow(`form:has([name=contenido]) button`)
	s.done("imported")
	s.server.Organizer().Must("GET", list, nil, &teams)
	want := make([]string, 0, storyTeams)
	for _, row := range roster()[1:] {
		want = append(want, fmt.Sprint(row[colBib], " ", row[colTeam]))
	}
	got := make([]string, 0, storyTeams)
	for _, team := range teams {
		got = append(got, fmt.Sprint(team.Number, " ", team.Name))
		s.teams = append(s.teams, team.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Fatalf("teams (-want +got):\n%s", diff)
	}
	s.look("teams")
	if got := s.Texts("[data-teams] tbody th"); len(got) != storyTeams || got[0] != fastest {
		s.t.Errorf("the page shows %q", got)
	}

	s.check(path)
	s.WaitText(".note.ok li", s.say("import.teams", 0, 0, storyTeams))
	s.WaitText(".note.ok li", s.say("import.judges", 0, 0, storyTeams))
	rows = roster()
	rows[5][colTeam] = "Tumbaí 05"
	lines = s.check(writeXLSX(s.t, "cambio.xlsx", rows))
	s.WaitText(".note.ok li", s.say("import.teams", 0, 1, storyTeams-1))
	if !slices.ContainsFunc(lines, func(l reportLine) bool {
		return l.Row == "6" && l.Outcome == s.say("outcome.updated") && strings.Contains(l.Text, "Cóndor 05") && strings.Contains(l.Text, "Tumbaí 05")
	}) {
		s.t.Errorf("no line tells of the new name: %+v", lines)
	}
}

// makeCredentials makes the cards of all judges and reads the passwords off them,
// as judges do.
func (s *story) makeCredentials() {
	s.t.Helper()
	s.page("credenciales/")
	s.look("credentials")
	s.Check("#f-confirmar", true)
	s.patience = commandTimeout // passwords are slow to make on purpose
	s.Follow("form.box button.danger")
	s.patience = stepTimeout
	var cards []struct {
		Event, Name, User, Password string
		Teams                       []string
		Code                        int
	}
	s.Eval(`[...document.querySelectorAll("article.card")].map((c) => { const [user, password] = c.querySelectorAll("dd.secret"); return {
		Event: c.querySelector(".event").innerText, Name: c.querySelector("h2").innerText, User: user.innerText, Password: password?.innerText ?? "",
		Teams: [...c.querySelectorAll("dd:not(.secret)")].map((d) => d.innerText), Code: c.querySelector("img")?.naturalWidth ?? 0} })`, &cards)
	if len(cards) != storyTeams {
		s.t.Fatalf("%d cards, want %d", len(cards), storyTeams)
	}
	s.Screenshot("credentials-sheet")
	s.Axe()
	seen := map[string]bool{}
	for i, c := range cards {
		row := roster()[i+1]
		if c.User != row[colJudge] || !strings.Contains(c.Name, row[colLastName].(string)) || !strings.EqualFold(c.Event, storyName) ||
			!slices.Equal(c.Teams, []string{fmt.Sprintf("%d · %s", row[colBib], row[colTeam])}) {
			s.t.Errorf("card %d is %+v", i+1, c)
		}
		if c.Code < 100 {
			s.t.Errorf("the code of %s is %d px wide", c.User, c.Code)
		}
		if len(c.Password) < 10 || seen[c.Password] {
			s.t.Errorf("the password of %s is short or another's", c.User)
		}
		seen[c.Password] = true
		s.judges = append(s.judges, Credentials{c.User, c.Password})
	}
	for _, path := range []string{fmt.Sprintf("/admin/competencias/%d/credenciales/", s.id), "/admin/jueces/", "/admin/auditoria/"} {
		s.visit("%s", path)
		var html string
		if s.Eval(`document.documentElement.outerHTML`, &html); strings.Contains(html, s.judges[0].Password) {
			s.t.Errorf("%s shows a password again", path)
		}
	}
}
