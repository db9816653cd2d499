package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Teams that the organizer rules on.
const (
	penaltyBib    = fastestBib
	disqualifyBib = 2
	changedBib    = 3 // after version 1
)

// ruleOn makes a ruling on the evidence page of a team.
func (s *story) ruleOn(bib int, link, field, value, reason string) {
	s.t.Helper()
	s.visit("/admin/equipos/%d/", s.team(bib))
	s.Follow(fmt.Sprintf(`main a[href*="tipo=%s"]`, link))
	if field != "" {
		s.Fill("#f-"+field, value)
	}
	s.Fill("#f-motivo", reason)
	s.Follow("main form button.go")
	s.done("ruled")
}

// history returns the rulings of organizers that the evidence page shows, a text each.
func (s *story) history() []string {
	s.t.Helper()
	return slices.DeleteFunc(s.Texts("main table:last-of-type tbody tr:has(td:nth-child(6):last-child)"), func(text string) bool {
		return strings.Contains(text, s.say("kind.declare"))
	})
}

// rule penalizes, disqualifies and undoes on the evidence pages.
func (s *story) rule() {
	s.t.Helper()
	before := s.total()
	s.ruleOn(penaltyBib, "penalizar", "penalizacion", "0:10", "cortó camino en la curva")
	s.WaitText("dl.facts dd", "0:10.000")
	s.look("evidence")
	history := s.history()
	if len(history) != 1 {
		s.t.Fatalf("the history is %q", history)
	}
	for _, want := range []string{s.say("kind.penalty"), "0:10.000", AdminName, time.Now().UTC().Format("2006-01-02 15:"), "cortó camino en la curva", s.say("ruling.holds")} {
		if !strings.Contains(history[0], want) {
			s.t.Errorf("the history does not tell %q: %q", want, history[0])
		}
	}
	if got := s.count("table:has(#marks-caption) tbody tr"); got != teamSize {
		s.t.Errorf("%d marks, want %d", got, teamSize)
	}
	s.page("resultados/")
	if got := s.total(); got != before+10*time.Second {
		s.t.Errorf("with a penalty of 10 s the total went from %v to %v", before, got)
	}

	s.ruleOn(disqualifyBib, "descalificar", "", "", "un corredor no estaba inscrito")
	s.WaitText("dl.facts dd", s.say("status.descalificado"))
	row := fmt.Sprintf(`tr:has(a[href="/admin/equipos/%d/"]) td:last-child`, s.team(disqualifyBib))
	s.page("resultados/")
	s.WaitText(row, s.say("status.descalificado"))
	s.WaitText(row, "un corredor no estaba inscrito")
	s.ruleOn(disqualifyBib, "deshacer", "", "", "sí estaba inscrito")
	history = s.history()
	if len(history) != 2 || !slices.ContainsFunc(history, func(h string) bool {
		return strings.Contains(h, s.say("kind.disqualify")) && strings.Contains(h, strings.SplitN(s.own["ruling.undone"], "%", 2)[0]+AdminName)
	}) {
		s.t.Errorf("after the undoing the history is %q", history)
	}
	s.look("evidence-undone")
	s.page("resultados/")
	s.WaitText(row, s.say("status.clasificado"))
}

var digest = regexp.MustCompile(`\b[0-9a-f]{64}\b`)

// publish makes the results official, changes them, and publishes them again.
func (s *story) publish() {
	s.t.Helper()
	s.WaitText("main .note.warn", s.say("results.provisional", storyTeams, storyTeams))
	s.look("results")
	s.Check("#f-confirmar", true)
	s.Follow(`form[action$="/oficial/"] button`)
	s.done("official")
	s.WaitText("main .note.ok", s.say("results.official", 1))
	s.Follow(fmt.Sprintf(`a[href="/admin/competencias/%d/versiones/1/"]`, s.id))
	s.WaitText("h1", s.say("version.title", 1))
	s.look("version")
	first := digest.FindString(s.Text("p.wrap"))
	if first == "" {
		s.t.Error("version 1 shows no digest")
	}
	s.WaitText("table tbody tr:first-child", fastest)

	s.ruleOn(changedBib, "penalizar", "penalizacion", "0:12", "relevo fuera de zona")
	s.page("resultados/")
	s.WaitText("main .note.warn", s.say("results.changed", 1))
	s.WaitText("#state", s.say("state.changed"))
	s.look("results-changed")
	s.Check("#f-confirmar", true)
	s.Fill("#f-motivo", "penalización resuelta")
	s.Follow(`form[action$="/oficial/"] button`)
	s.done("official")
	s.WaitText("main .note.ok", s.say("results.official", 2))
	s.Follow(`a[href*="desde=1"][href*="hasta=2"]`)
	s.WaitText("#difference-caption", s.say("difference.caption", len(s.Texts("tbody tr"))))
	s.WaitText("tbody tr", roster()[changedBib][colTeam].(string))
	s.WaitText("tbody tr", "0:12.000")
	s.look("difference")
	s.page("versiones/2/")
	if second := digest.FindString(s.Text("p.wrap")); second == "" || second == first {
		s.t.Errorf("version 2 has the digest %q, version 1 %q", second, first)
	}
	s.page("versiones/1/")
	if again := digest.FindString(s.Text("p.wrap")); again != first {
		s.t.Errorf("version 1 had the digest %q, and has %q", first, again)
	}
}
