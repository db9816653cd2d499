package print_test

import (
	"strings"
	"testing"

	"server5k/gateway/print"
	"server5k/race"
)

// TestResults_WithinTheUncertainty: a list says how certain each total is, which
// teams cannot be told apart, and whether that decides anything.
func TestResults_WithinTheUncertainty(t *testing.T) {
	t.Parallel()
	const column, close, information = "± s: incertidumbre del total", "*: dentro de la incertidumbre", "Es solo informativa"
	for name, tc := range map[string]struct {
		change    func(*race.Sheet)
		want, not []string
	}{
		"the phones decide":  {func(*race.Sheet) {}, []string{column, information, "El del teléfono"}, []string{close}},
		"the server decides": {func(s *race.Sheet) { s.Clock = race.ClockCorrected }, []string{column, "El del servidor"}, []string{close, information}},
		"two teams are near": {func(s *race.Sheet) { s.Lines[0].Close, s.Lines[1].Close = true, true }, []string{close, "2.34 *"}, nil},
		"nobody measured": {func(s *race.Sheet) {
			for i := range s.Lines {
				s.Lines[i].UncertaintyMS = 0
			}
		}, []string{"El del teléfono"}, []string{column, close, information}},
	} {
		sheet := field(6, race.RoundRaw).Sheet()
		tc.change(&sheet)
		in := print.Results{Sheet: sheet}
		html := write(t, print.Spanish, print.HTML, resultsOf(in))
		for _, text := range tc.want {
			if !strings.Contains(html, text) {
				t.Errorf("%s: the page lacks %q", name, text)
			}
		}
		for _, text := range tc.not {
			if strings.Contains(html, text) {
				t.Errorf("%s: the page says %q", name, text)
			}
		}
		pdf := write(t, print.Spanish, print.PDF, resultsOf(in))
		if got, want := len(missing(pdf, "± s")) == 0, strings.Contains(html, column); got != want {
			t.Errorf("%s: the column on paper is there: %v, want %v", name, got, want)
		}
	}
}

// In the list of a category its own neighbours count.
func TestResults_WithinTheUncertaintyOfACategory(t *testing.T) {
	t.Parallel()
	sheet := field(8, race.RoundRaw).Sheet()
	sheet.Lines[1].CategoryClose = true
	html := write(t, print.English, print.HTML, resultsOf(print.Results{Sheet: sheet}))
	if n := strings.Count(html, " *</td>"); n != 1 {
		t.Errorf("%d lines are marked, want that of the category", n)
	}
	if n := strings.Count(html, "*: within the uncertainty."); n != 1 {
		t.Errorf("it is explained %d times, want once", n)
	}
}

func TestPodium_SaysWhatIsUncertain(t *testing.T) {
	t.Parallel()
	sheet := field(2, race.RoundRaw).Sheet()
	sheet.Lines[0].Close, sheet.Lines[1].UncertaintyMS = true, 0
	html := write(t, print.Spanish, print.HTML, podiumOf(print.Results{Sheet: sheet}))
	if n := strings.Count(html, "±2.34 s, dentro de la incertidumbre"); n != 1 || strings.Count(html, "±") != 1 {
		t.Errorf("said %d times, want of the first alone", n)
	}
}
