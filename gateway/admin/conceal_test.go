package admin

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"server5k/gateway/site"
	"server5k/race"
)

// TestConceal hides a team and a runner, shows it in the lists, and shows them again
// by undoing it.
func TestConceal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const badge = "oculto al público"
	rule := func(form ...string) answer {
		return b.post(chief, "/admin/competencias/1/decision/", append([]string{"clave", newKey(), "volver", "/admin/equipos/11/"}, form...)...)
	}
	b.get(chief, "/admin/equipos/11/").want(t, http.StatusOK, "tipo=ocultar&amp;volver", "tipo=ocultar_marca")
	rule("tipo", "ocultar", "equipo", "11").want(t, http.StatusUnprocessableEntity, "Complete este campo", "desaparece de todas las páginas públicas")
	rule("tipo", "ocultar", "equipo", "11", "motivo", "lo pidió").want(t, http.StatusSeeOther)
	rule("tipo", "ocultar", "equipo", "11", "motivo", "otra vez").want(t, http.StatusUnprocessableEntity, "ya está oculto")
	rule("tipo", "ocultar_marca", "registro", "2", "motivo", "menor de edad").want(t, http.StatusSeeOther)
	id := b.db.rulings[1][0].ID
	b.get(chief, "/admin/equipos/11/").want(t, http.StatusOK, "El equipo está oculto al público.", "lo pidió", "Mostrar al público", fmt.Sprint("deshace=", id), "menor de edad", badge)
	for _, path := range []string{"/admin/competencias/1/", "/admin/competencias/1/resultados/"} {
		if n := strings.Count(b.get(viewer, path).want(t, http.StatusOK).body, badge); n != 1 {
			t.Errorf("%s says %d times that a team is hidden", path, n)
		}
	}
	a := b.get(viewer, "/admin/competencias/1/?estado=ocultos").want(t, http.StatusOK, "Lobos")
	if strings.Contains(a.body, "Cóndores") {
		t.Error("the filter takes a team that is not hidden")
	}
	rule("tipo", "deshacer", "deshace", fmt.Sprint(id)).want(t, http.StatusSeeOther)
	if a := b.get(viewer, "/admin/competencias/1/").want(t, http.StatusOK); strings.Contains(a.body, badge) {
		t.Error("it is still hidden")
	}
}

// TestEvidence_OfTheClock shows each mark by both clocks, and what a judge did.
func TestEvidence_OfTheClock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.db.records[1][1].Mark.ClockUncertainty = 0
	withRulings(b)
	b.get(chief, "/admin/equipos/12/").want(
		t, http.StatusOK, "Retirada por el juez", "El juez retiró la marca", "juez juez2", "23:00.001", "± 2 ms", "Tiempo del teléfono", "Tiempo corregido", "Comprobación del puesto",
	)
	b.get(chief, "/admin/equipos/11/").want(t, http.StatusOK, "sin medir", "desconocida")
	b.do(request{method: http.MethodGet, path: "/admin/equipos/12/", who: chief, lang: site.English}).want(t, http.StatusOK, "Taken back by the judge", "judge juez2", "hidden from the public")
}

// TestResults_WithinTheUncertainty: the standings and what was published say which
// teams cannot be told apart, and whether that decides anything.
func TestResults_WithinTheUncertainty(t *testing.T) {
	t.Parallel()
	for policy, want := range map[race.ClockPolicy]string{race.ClockClient: "Aquí es solo informativa", race.ClockCorrected: "Deciden los instantes corregidos"} {
		b := setup(t)
		r := b.db.events[1]
		r.Clock, r.TeamSize = policy, 2
		b.db.events[1] = r
		for i := range b.db.records[1] { // both teams the same, and the rest void
			m := &b.db.records[1][i]
			if m.State = race.StateHeld; i == 0 || i == 1 || i == 3 || i == 4 {
				m.State, m.Elapsed = race.StateCounted, 20*time.Minute+time.Duration(i%3)*time.Second
				m.Mark.MarkedAt = gun.Add(m.Elapsed)
			}
		}
		const within = "dentro de la incertidumbre</span>"
		a := b.get(viewer, "/admin/competencias/1/resultados/").want(t, http.StatusOK, want, "± 99 ms", "reloj que decide")
		if n := strings.Count(a.body, within); n != 2 {
			t.Errorf("%s: %d teams are within the uncertainty: %s", policy, n, excerpt(a.body))
		}
		if _, err := b.db.Rule(t.Context(), race.Order{Competition: 1, Kind: race.RulingOfficial, Override: true, Key: race.NewRecordID(), Reason: "x"}); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.get(viewer, "/admin/competencias/1/versiones/1/").want(t, http.StatusOK, "± 99 ms").body, within); n != 2 {
			t.Errorf("%s: of the version %d", policy, n)
		}
	}
}

// TestPublish_SaysWhatIsInTheWay names what is open and asks for a reason.
func TestPublish_SaysWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.numbered()
	b.get(chief, "/admin/competencias/1/resultados/").want(t, http.StatusOK, "Falta la declaración (2)", "revision/?tipo=undeclared", "el motivo es obligatorio")
	b.post(chief, "/admin/competencias/1/oficial/", "clave", newKey(), "confirmar", "1", "forzar", "1").want(t, http.StatusUnprocessableEntity, `href="#f-motivo"`)
}

func TestSettings_ClockPolicy(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page := b.get(chief, "/admin/competencias/1/ajustes/").want(t, http.StatusOK, `value="cliente" selected`, "Vale el tiempo que calculó cada teléfono", "Vale el instante de cada marca")
	save := func(policy string) answer {
		return b.post(chief, "/admin/competencias/1/ajustes/", "version", page.hidden(t, "version"), "name", "x", "datetime", "2026-11-26T09:00", "integrantes", "3", "politica_redondeo", "raw", "politica_reloj", policy)
	}
	save("luna").want(t, http.StatusUnprocessableEntity, "Debe ser cliente o corregido", `href="#f-politica_reloj"`)
	save("corregido").want(t, http.StatusSeeOther)
	if got := b.db.events[1].Clock; got != race.ClockCorrected {
		t.Errorf("policy %q", got)
	}
	b.get(chief, "/admin/competencias/1/ajustes/").want(t, http.StatusOK, `value="corregido" selected`)
}

func TestEvent_LeadsToTheOtherPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.get(viewer, "/admin/competencias/1/").want(
		t, http.StatusOK, `href="/competencia/1/"`, `href="/competencia/1/?pantalla=1"`, `href="/competencia/1/locutor/"`, `href="/juez/"`, `href="/ca/"`,
		`src="data:image/png;base64,`, "http://panel.test/competencia/1/",
	)
}
