package print_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"server5k/gateway/print"
	"server5k/race"
)

func TestResults_PDFSaysIt(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		lang print.Language
		want []string
	}{
		{print.Spanish, []string{
			"RESULTADOS", "5K UNL por equipos «Ñandú Íñiguez» 2026 · Resultados", "OFICIALES · VERSIÓN 2", "21 de noviembre de 2026, 08:00:02.350",
			"Clasificación general", "Estudiantes por Equipos", "Interfacultades por Equipos", "Ñandú Íñiguez", "Fuera de clasificación",
			"Integrante ausente", "Faltan registros: 13 de 15", "Descalificado", "+0:30.000", "Cóndores ?", "Žižkov Lódz",
			"Ninguno: se suman los tiempos medidos, al milisegundo.", "Impreso el 21 de noviembre de 2026, 11:00:00 (UTC-05:00)", "Página 1 de 3",
		}},
		{print.English, []string{
			"RESULTS", "OFFICIAL · VERSION 2", "21 November 2026, 08:00:02.350", "Overall", "Not ranked", "A runner is absent",
			"Records are missing: 13 of 15", "Disqualified", "Official, version 2, published 21 November 2026, 10:00:00 by maria", "Page 2 of 3",
		}},
	} {
		got := write(t, tc.lang, print.PDF, resultsOf(publish(field(8, race.RoundRaw))))
		if lost := missing(got, tc.want...); len(lost) > 0 {
			t.Errorf("%s: the PDF lacks %q", tc.lang, lost)
		}
		if n := pages(got); n != 3 { // all teams, and a page for each category
			t.Errorf("%s: %d pages, want 3", tc.lang, n)
		}
	}
}

func TestResults_Status(t *testing.T) {
	t.Parallel()
	e := field(4, race.RoundRaw)
	never, changed, old := print.Results{Sheet: e.Sheet()}, publish(e), publish(e)
	changed.Sheet.Lines[0].PenaltyMS += 1000
	old.Latest = 3
	official := publish(e)
	digest := official.Version.Digest.String()[:16]
	for name, tc := range map[string]struct {
		in   print.Results
		want []string
		not  string
	}{
		"never published": {never, []string{"PROVISIONALES", "Provisionales"}, "Huella"},
		"official":        {official, []string{"OFICIALES · VERSIÓN 2", "Oficiales, versión 2, publicados el 21 de noviembre de 2026, 10:00:00 por maria", digest}, "PROVISIONALES"},
		"changed since":   {changed, []string{"PROVISIONALES", "Provisionales: hay cambios desde la versión 2, del 21 de noviembre de 2026, 10:00:00"}, digest},
		"superseded":      {old, []string{"REEMPLAZADOS · VERSIÓN 2", "Reemplazados: versión 2, publicada el 21 de noviembre de 2026, 10:00:00 por maria; la vigente es la 3", digest}, "OFICIALES · VERSIÓN 2"},
	} {
		got := write(t, print.Spanish, print.PDF, resultsOf(tc.in))
		if lost := missing(got, tc.want...); len(lost) > 0 {
			t.Errorf("%s: the PDF lacks %q", name, lost)
		}
		if len(missing(got, tc.not)) == 0 {
			t.Errorf("%s: the PDF says %q", name, tc.not)
		}
	}
}

// The head of the table stands on every page, and no row is cut: what stands
// at the foot of a page is the footer alone.
func TestResults_RowsAreNotCut(t *testing.T) {
	t.Parallel()
	e := field(100, race.RoundRaw)
	for i := range e.Teams {
		e.Teams[i].Category = race.CategoryStudents
		if i%3 == 0 {
			e.Teams[i].Name = strings.Repeat("Un nombre muy largo ", 1+i%9)
		}
	}
	got := write(t, print.Spanish, print.PDF, resultsOf(print.Results{Sheet: e.Sheet()}))
	n := pages(got)
	if n < 3 {
		t.Fatalf("%d pages, want some", n)
	}
	if heads := strings.Count(got, print.InPDF("Dorsal")); heads < n || heads > n+1 { // one more for those not ranked
		t.Errorf("%d heads on %d pages", heads, n)
	}
	if low := low(t, got); low != 2*n {
		t.Errorf("%d texts at the foot of %d pages, want two each", low, n)
	}
}

// low counts the texts at or below the line above the footer.
func low(t *testing.T, pdf string) int {
	t.Helper()
	n := 0
	for _, m := range regexp.MustCompile(`BT -?[\d.]+ (-?[\d.]+) Td`).FindAllStringSubmatch(pdf, -1) {
		y, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		if y < 38 { // points; the line is at 31
			n++
		}
	}
	return n
}

func TestResults_OneCategoryIsOneList(t *testing.T) {
	t.Parallel()
	e := field(6, race.RoundRaw)
	got := write(t, print.Spanish, print.PDF, resultsOf(print.Results{Sheet: e.Sheet()}))
	if n := pages(got); n != 1 {
		t.Errorf("%d pages, want 1", n)
	}
}

func TestResults_CategoriesAsTheyAreCalled(t *testing.T) {
	t.Parallel()
	e := field(8, race.RoundRaw)
	in := print.Results{Sheet: e.Sheet(), Categories: []race.CategoryRow{{Code: race.CategoryFaculties, Name: "Facultades (mixto)"}}}
	got := write(t, print.Spanish, print.PDF, resultsOf(in))
	if lost := missing(got, "Facultades (mixto)", "Estudiantes por Equipos"); len(lost) > 0 {
		t.Errorf("the PDF lacks %q", lost)
	}
	if len(missing(got, "Gral.")) > 0 {
		t.Error("the list of a category does not say the place overall")
	}
}

// Under up-each whole seconds are shown, unless a penalty would not add up.
func TestResults_TimesAddUp(t *testing.T) {
	t.Parallel()
	whole := field(6, race.RoundUpEach)
	broken := field(6, race.RoundUpEach)
	broken.Rulings[3].Amount = 1500 * time.Millisecond
	total := regexp.MustCompile(`<td class="total">([^<]*)</td>`)
	for name, tc := range map[string]struct {
		e    race.Evidence
		want *regexp.Regexp
	}{
		"whole seconds":  {whole, regexp.MustCompile(`^\d:\d\d:\d\d$`)},
		"broken penalty": {broken, regexp.MustCompile(`^\d:\d\d:\d\d\.\d{3}$`)},
		"raw":            {field(6, race.RoundRaw), regexp.MustCompile(`^\d:\d\d:\d\d\.\d{3}$`)},
		"up-total":       {field(6, race.RoundUpTotal), regexp.MustCompile(`^\d:\d\d:\d\d\.000$`)},
	} {
		found := total.FindAllStringSubmatch(write(t, print.Spanish, print.HTML, resultsOf(print.Results{Sheet: tc.e.Sheet()})), -1)
		if len(found) != 3 {
			t.Errorf("%s: %d totals, want 3", name, len(found))
		}
		for _, m := range found {
			if !tc.want.MatchString(m[1]) {
				t.Errorf("%s: total %q", name, m[1])
			}
		}
	}
}

func TestResults_BeforeTheStart(t *testing.T) {
	t.Parallel()
	e := race.Evidence{Competition: race.Competition{ID: 1, Name: "5K", TeamSize: 15, Rounding: race.RoundRaw}}
	got := write(t, print.Spanish, print.PDF, resultsOf(print.Results{Sheet: e.Sheet()}))
	if lost := missing(got, "No se ha iniciado", "Todavía no hay equipos clasificados."); len(lost) > 0 {
		t.Errorf("the PDF lacks %q", lost)
	}
}

func TestPodium_TiesStandTogether(t *testing.T) {
	t.Parallel()
	e := field(12, race.RoundRaw)
	for i := range e.Teams {
		e.Teams[i].Category = race.CategoryStudents
	}
	s := e.Sheet()
	for i := range 8 { // eight teams share the first place
		s.Lines[i].Place, s.Lines[i].CategoryPlace = 1, 1
	}
	got := write(t, print.Spanish, print.PDF, podiumOf(print.Results{Sheet: s}))
	if n := strings.Count(got, print.InPDF("1.º")); n != 8 {
		t.Errorf("%d teams on the first place, want 8", n)
	}
	if n := pages(got); n != 2 {
		t.Errorf("%d pages, want 2", n)
	}
}

func TestCertificates_OnePageATeam(t *testing.T) {
	t.Parallel()
	e := field(8, race.RoundRaw)
	all := write(t, print.Spanish, print.PDF, certificatesOf(print.Certificates{Results: publish(e)}))
	if n := pages(all); n != 5 { // three are not ranked
		t.Errorf("%d pages, want 5", n)
	}
	some := print.Certificates{Results: publish(e), Teams: []race.TeamID{1, 3}, Signers: []string{"Juez árbitro", "Decana"}}
	got := write(t, print.Spanish, print.PDF, certificatesOf(some))
	if n := pages(got); n != 2 {
		t.Errorf("%d pages, want 2", n)
	}
	want := []string{"Certificado", "Ñandú Íñiguez", "por haber obtenido el", "en la categoría Estudiantes por Equipos", "por su participación", "Decana", "21 de noviembre de 2026"}
	if lost := missing(got, want...); len(lost) > 0 {
		t.Errorf("the PDF lacks %q", lost)
	}
}
