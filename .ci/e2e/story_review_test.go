package e2e

import (
	"fmt"
	"strings"
	"time"
)

// card is the selector of a finding of a team.
func (s *story) card(kind string, bib int) string {
	return fmt.Sprintf(`li.card[id^="h-%s-"]:has(a[href="/admin/equipos/%d/"])`, kind, s.team(bib))
}

// settle settles a finding with one of its buttons.
func (s *story) settle(kind string, bib int, button, reason string) {
	s.t.Helper()
	card := s.card(kind, bib)
	s.Fill(card+` input[name=motivo]`, reason)
	s.Follow(card + fmt.Sprintf(` button[value^=%q]`, button))
	s.done("ruled")
	s.WaitGone(card)
}

// review settles all that is odd about the race.
func (s *story) review() {
	s.t.Helper()
	s.page("revision/")
	s.look("review")
	for _, f := range []struct {
		kind string
		bib  int
	}{
		{"held", lateBib}, {"missing", lateBib}, {"missing", lostBib}, {"declared", lostBib}, {"held", surplusBib}, {"near", doubleBib}, {"held", doubleBib}, {"implausible", swiftBib},
	} {
		if s.count(s.card(f.kind, f.bib)) != 1 {
			s.t.Errorf("no finding %s of bib %d", f.kind, f.bib)
		}
	}
	if got, want := s.count("li.card"), 8; got != want {
		s.t.Errorf("%d findings, want %d", got, want)
	}
	s.settle("implausible", swiftBib, "aceptar:", "cronómetro de respaldo revisado")
	// Of a double tap the second goes, and the mark that it kept out comes in.
	id := s.Attribute(s.card("near", doubleBib), "id")
	s.settle("near", doubleBib, "anular:registro:"+id[strings.LastIndex(id, "-")+1:], "toque doble")
	s.WaitVisible(s.card("missing", doubleBib))
	s.settle("held", doubleBib, "incluir:", "llegó completo")
	s.WaitGone(s.card("missing", doubleBib))
	s.settle("held", surplusBib, "anular:", "no es del equipo")
	s.settle("held", lateBib, "incluir:", "el teléfono no tenía red")
	s.WaitGone(s.card("missing", lateBib))

	s.Follow(s.card("missing", lostBib) + ` a[href*="tipo=agregar"]`)
	s.Fill("#f-tiempo", "18:34.250")
	s.Allow(`^status 422: POST .*/decision/$`)
	s.Eval(`document.querySelector("main form").noValidate = true`, nil)
	s.Follow("main form button.go") // without a reason
	s.WaitText("#f-motivo-fault", s.say("fault.required"))
	s.look("ruling")
	s.Fill("#f-motivo", "hoja de papel del juez")
	s.Follow("main form button.go")
	s.done("ruled")
	s.page("revision/")
	s.settle("declared", lostBib, "aceptar:", "la marca que falta está en la hoja")
	s.WaitText("main .note.ok", s.say("review.empty"))
	s.WaitText("details summary", s.say("review.accepted", 2))
	s.look("review-done")
	s.page("resultados/")
	if got := s.count(`tbody tr:has(b)`); got != storyTeams {
		s.t.Errorf("%d teams are in the results, want %d", got, storyTeams)
	}
	for _, text := range s.Texts("table:has(#results-caption) td:last-child") {
		if text != s.say("status.clasificado") {
			s.t.Errorf("after the review a team is %q", text)
		}
	}
}

// correctGun moves the gun by 2.35 s: each of the 15 times of a team is shorter.
func (s *story) correctGun() {
	s.t.Helper()
	before := s.total()
	s.page("salida/")
	s.Fill("#f-ajuste", "+2.35")
	s.Fill("#f-motivo", "el disparo se oyó más tarde")
	s.Follow("form.box > p.actions button.go")
	s.WaitText(".note.warn h2", s.say("gun.check"))
	s.WaitText(".note.warn p", s.say("gun.shorter", "0:02.350", storyTeams*teamSize))
	s.look("gun")
	s.page("resultados/")
	if got := s.total(); got != before {
		s.t.Errorf("the check alone changed the total from %v to %v", before, got)
	}
	s.page("salida/")
	s.Fill("#f-ajuste", "+2.35")
	s.Fill("#f-motivo", "el disparo se oyó más tarde")
	s.Follow("form.box > p.actions button.go")
	s.Follow("button[name=confirmar]")
	s.done("gun")
	s.WaitText("#state", "(+2.350 s)")
	s.page("resultados/")
	if got, want := s.total(), before-teamSize*2350*time.Millisecond; got != want {
		s.t.Errorf("the total of %s is %v, want %v", fastest, got, want)
	}
}
