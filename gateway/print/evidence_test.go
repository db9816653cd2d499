package print_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"server5k/gateway/print"
	"server5k/race"
)

func TestEvidence_SaysEverythingOfATeam(t *testing.T) {
	t.Parallel()
	e := disputed()
	got := write(t, print.Spanish, print.HTML, evidenceOf(e, 1))
	for _, want := range []string{
		"<h1>101 · Ñandú Íñiguez</h1>", "21 de noviembre de 2026, 08:00:02.350 (&#43;0:02.350)",
		// A mark with all that is known of it.
		`<td class="number">2</td><td class="number">20:11.285</td><td class="number">20:11.165 ±35 ms</td><td class="total">20:09</td><td class="text">Cuenta</td><td class="number">2</td>` +
			`<td class="text">08:20:11.465</td><td class="text">WebSocket</td><td class="small">Pixel 7a, #2</td><td class="number">-120 ms</td><td class="text">María José Íñiguez</td>`,
		"Anulada", "Cuenta, movida a 102 · Los Halcones de Loja", "Cuenta, movida aquí desde 102 · Los Halcones de Loja",
		"Retenida, equipo completo", "Cuenta por decisión, ingresada a mano", "2026-11-22 10:00:00.000", "Juez 2",
		// The rulings.
		"Salida corregida en &#43;0:02.350 desde la anunciada", "Doble toque", "No, deshecha", "Deshacer la decisión 6",
		"Mover la marca 30 a 101 · Ñandú Íñiguez", "Agregar la marca 120", "Dar por revisado: marca retenida (119)", "Planilla de respaldo",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, foreign := range []string{"No es de este equipo", "Relevo fuera de zona", "Inicio de la competencia"} {
		if strings.Contains(got, foreign) {
			t.Errorf("the page says %q, which is not about the team", foreign)
		}
	}
}

// What judges did themselves is told apart, and whether all marks are here.
func TestEvidence_OfThePost(t *testing.T) {
	t.Parallel()
	e := field(3, race.RoundRaw)
	e.Competition.Clock = race.ClockCorrected
	e.Records[2].Mark.ClockUncertainty = 0
	rule := func(r race.Ruling) {
		r.ID, r.At, r.Author = race.RulingID(100+len(e.Rulings)), gun.Add(time.Hour), race.JudgeAuthor+"josé"
		e.Rulings = append(e.Rulings, r)
	}
	rule(race.Ruling{Kind: race.RulingRetract, Team: 1, Record: 2})
	rule(race.Ruling{Kind: race.RulingDeclare, Team: 1, Declared: race.Declaration{Total: 15, Device: "Pixel 7a", Highest: 17}})
	rule(race.Ruling{Kind: race.RulingConceal, Team: 1, Record: 3})
	rule(race.Ruling{Kind: race.RulingConceal, Team: 1})
	rule(race.Ruling{Kind: race.RulingAccept, Finding: "gap-1-Pixel 7a-17-2"})
	for lang, want := range map[print.Language][]string{
		print.Spanish: {
			"Retirada por el juez", "Cuenta, oculta al público", "juez josé", "El juez retiró la marca 2", "Declarar 15 marcas (Pixel 7a)", "Ocultar la marca 3 al público",
			"Ocultar el equipo al público", "Dar por revisado: faltan números de un dispositivo", "declaradas 15, guardadas 14; Pixel 7a: mayor número declarado 17, mayor guardado 15, faltan: 16, 17",
			"El del servidor: vale el instante de cada marca", "Desconocida: alguna marca no tiene un reloj medido.", "sin medir", "19:24.088 ±35 ms",
		},
		print.English: {
			"Taken back by the judge", "Counts, hidden from the public", "judge josé", "The judge took mark 2 back", "Declare 15 marks (Pixel 7a)", "declared 15, stored 14",
			"missing: 16, 17", "not measured", "Unknown: the clock of some mark was not measured.",
		},
	} {
		got := write(t, lang, print.HTML, evidenceOf(e, 1))
		for _, text := range want {
			if !strings.Contains(got, text) {
				t.Errorf("%s: the page lacks %q", lang, text)
			}
		}
	}
}

// What is shown of the members, the rounding and the penalty gives the total.
func TestEvidence_TheSumCanBeChecked(t *testing.T) {
	t.Parallel()
	e := field(6, race.RoundUpTotal)
	e.Competition.GunShift = 0
	pdf := write(t, print.English, print.PDF, evidenceOf(e, 6))
	// 6:08:32.780 as measured, up to the second, 30 s of penalty.
	if lost := missing(pdf, "Sum of runners", "6:08:32.780 (15)", "Rounding of the total", "+0:00.220", "+0:30.000", "6:09:03.000"); len(lost) > 0 {
		t.Errorf("the PDF lacks %q", lost)
	}
	if n := pages(pdf); n != 2 {
		t.Errorf("%d pages, want 2", n)
	}
}

func TestEvidence_OfNoTeam(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	err := printer(print.Spanish).Evidence(&b, print.PDF, print.TeamEvidence{Evidence: disputed(), Team: 77})
	if !errors.Is(err, race.ErrNotFound) || b.Len() != 0 {
		t.Errorf("got %v and %d bytes, want ErrNotFound and nothing", err, b.Len())
	}
}

// A reason as long as it may be, again and again, runs over pages without a loss.
func TestEvidence_LongReasons(t *testing.T) {
	t.Parallel()
	e := disputed()
	for i := range 40 {
		e.Rulings = append(e.Rulings, race.Ruling{
			ID: race.RulingID(100 + i), Kind: race.RulingPenalty, Team: 1, Amount: 1, Author: "maria", At: gun, Reason: strings.Repeat("razón ", race.MaxReasonLength/6),
		})
	}
	e.Rulings = append(e.Rulings, race.Ruling{ID: 999, Kind: race.RulingPenalty, Team: 1, Amount: 1, Author: "maria", At: gun, Reason: strings.Repeat("x", race.MaxReasonLength*8) + "FIN"})
	got := write(t, print.Spanish, print.PDF, evidenceOf(e, 1))
	if n := strings.Count(got, "FIN) Tj"); n != 1 {
		t.Errorf("the end of the longest reason stands %d times, want once", n)
	}
	if n := pages(got); n < 5 || n > 12 || low(t, got) != 2*n {
		t.Errorf("%d pages with %d texts at their feet, want some with two each", n, low(t, got))
	}
}
