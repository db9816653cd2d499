package admin

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/gateway/site"
	"server5k/race"
)

const marksPath = "/admin/competencias/1/marcas/importar/"

// saved is a file of marks as the console exports it: a mark of team 12, another that
// was taken back, one of a phone that did not know of the start, and one of a team of
// another race.
func saved() string {
	record := func(n int, rest string) string {
		return fmt.Sprintf(`{"id_registro":"00000000-0000-4000-8000-%012d","marcado_en":%d.25,"desfase_ms":-1500.5,"incertidumbre_ms":12.25,"secuencia":%d,"dispositivo":"web-3f9c"%s}`, n, gun.Add(26*time.Minute).UnixMilli(), n, rest)
	}
	return `{"formato":"server5k-marcas-1","juez":"juez2","dispositivo":"web-3f9c","exportado":"2026-11-26T14:40:00.5Z","equipos":[` +
		`{"equipo_id":12,"dorsal":102,"registros":[` + record(1, `,"tiempo":1560000`) + `,` + record(2, `,"tiempo":1561000,"anulado":true`) + `,` + record(3, `,"tiempo":null`) + `]},` +
		`{"equipo_id":99,"dorsal":null,"registros":[` + record(4, `,"tiempo":1562000`) + `]}]}`
}

// frames cuts a file as the console does.
func frames(text string, size int) []string {
	var out []string
	n := (len(text) + size - 1) / size
	for i := range n {
		out = append(out, fmt.Sprintf("S5K1|%d|%d|%s", i+1, n, text[i*size:min(len(text), (i+1)*size)]))
	}
	return out
}

func TestMarks_ShowsWhatIsInThemFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.get(viewer, marksPath).want(t, http.StatusForbidden)
	b.get(chief, marksPath).want(t, http.StatusOK, "Importar marcas de un teléfono", "S5K1")
	codes := frames(saved(), 100)
	codes[0], codes[2] = codes[2], codes[0]
	for name, c := range map[string]struct {
		answer answer
		status int
		want   []string
	}{
		"nothing":         {b.post(chief, marksPath), http.StatusUnprocessableEntity, []string{"Elija un archivo o pegue el texto"}},
		"another file":    {b.uploadTo(marksPath, "a.json", `{"formato":"otro"}`), http.StatusUnprocessableEntity, []string{"No es un archivo de marcas"}},
		"no JSON":         {b.post(chief, marksPath, "texto", "hola"), http.StatusUnprocessableEntity, []string{"No es un archivo de marcas"}},
		"a code too few":  {b.post(chief, marksPath, "texto", strings.Join(codes[1:], "\n")), http.StatusUnprocessableEntity, []string{"Faltan códigos: 3", "S5K1|2|"}},
		"of two files":    {b.post(chief, marksPath, "texto", "S5K1|1|2|a\nS5K1|2|3|b"), http.StatusUnprocessableEntity, []string{"códigos de archivos distintos"}},
		"a file":          {b.uploadTo(marksPath, "marcas.json", "\ufeff"+saved()), http.StatusOK, []string{"juez2", "web-3f9c", "102 · Cóndores", "1–3", "El equipo 99 no es de esta competencia", "todavía no están guardadas: 3", "quedarán retenidas"}},
		"codes":           {b.post(chief, marksPath, "texto", strings.Join(codes, "\r\n")), http.StatusOK, []string{"102 · Cóndores", "todavía no están guardadas: 3"}},
		"in English":      {b.do(request{method: http.MethodGet, path: marksPath, who: chief, lang: site.English}), http.StatusOK, []string{"Import a phone&#39;s marks"}},
		"a file too much": {b.uploadTo(marksPath, "a.json", strings.Repeat(" ", maxImport+1)), http.StatusUnprocessableEntity, []string{"demasiado grande"}},
	} {
		if c.answer.status != c.status {
			t.Errorf("%s: status %d, want %d: %s", name, c.answer.status, c.status, excerpt(c.answer.body))
		}
		for _, text := range c.want {
			if !strings.Contains(c.answer.body, text) {
				t.Errorf("%s: no %q: %s", name, text, excerpt(c.answer.body))
			}
		}
	}
	if n := len(b.db.records[1]); n != 6 || len(b.db.audit) != 1 {
		t.Errorf("%d records before anything was confirmed", n)
	}
}

func TestMarks_ImportTwiceIsOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.db.events[1]
	r.Running, r.FinishedAt = true, time.Time{}
	b.db.events[1] = r
	content := b.post(chief, marksPath, "texto", saved()).want(t, http.StatusOK).hidden(t, "contenido")
	states := func(a answer) []string {
		var out []string
		for _, m := range regexp.MustCompile(`(?s)<tbody>(.*?)</tbody>`).FindAllStringSubmatch(a.body, -1) {
			for row := range strings.SplitSeq(strings.TrimSpace(m[1]), "</tr>") {
				if text := strings.TrimSpace(blank.ReplaceAllString(markup.ReplaceAllString(row, " "), " ")); text != "" {
					out = append(out, text)
				}
			}
		}
		return out
	}
	b.db.busy = true
	b.post(chief, marksPath, "contenido", content).want(t, http.StatusServiceUnavailable, "Repita la importación", `name="contenido" value="`)
	b.db.busy = false
	a := b.post(chief, marksPath, "contenido", content).want(t, http.StatusOK, "Guardadas: 2 · ya estaban: 0 · retenidas: 1 · rechazadas: 1")
	want := []string{
		"102 · Cóndores 1 26:00.000 Guardada 00000000-0000-4000-8000-000000000001",
		"102 · Cóndores 2 26:01.000 Retirada por el juez 00000000-0000-4000-8000-000000000002",
		"102 · Cóndores 3 — Retenida el equipo ya estaba completo 00000000-0000-4000-8000-000000000003",
		"— 4 26:02.000 No se guardó El equipo 99 no existe en esta competencia 00000000-0000-4000-8000-000000000004",
	}
	if diff := cmp.Diff(want, states(a)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	stored := b.db.records[1][7] // after what was taken back
	mark := race.Mark{MarkedAt: gun.Add(26*time.Minute + 250*time.Microsecond), ClockOffset: -1500500 * time.Microsecond, ClockUncertainty: 12250 * time.Microsecond, Device: "web-3f9c", DeviceSeq: 1}
	if diff := cmp.Diff(mark, stored.Mark); diff != "" || stored.Source != race.SourceImport || stored.Judge != 2 || stored.Elapsed != 26*time.Minute {
		t.Errorf("stored %+v (-want +got):\n%s", stored, diff)
	}
	a = b.post(chief, marksPath, "contenido", content).want(t, http.StatusOK, "Guardadas: 0 · ya estaban: 2")
	want[0] = strings.Replace(want[0], "Guardada", "Ya estaba guardada", 1)
	if diff := cmp.Diff(want, states(a)); diff != "" {
		t.Errorf("the second time (-want +got):\n%s", diff)
	}
	if n := len(b.db.records[1]); n != 9 {
		t.Errorf("%d records", n)
	}
	b.get(chief, "/admin/auditoria/").want(t, http.StatusOK, "Marcas: importación de un teléfono")
	b.post(chief, marksPath, "contenido", "%%%").want(t, http.StatusUnprocessableEntity, "No es un archivo de marcas")
}

// FuzzJoinFrames reads what anybody may paste. What is joined is made of what was
// there, and codes that the console makes come to what it cut.
func FuzzJoinFrames(f *testing.F) {
	for _, text := range append(frames(saved(), 300), saved(), strings.Join(frames(saved(), 200), "\n"), "S5K1|1|1|S5K1|", "S5K1|0001|2|a") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		joined, missing, ok := joinFrames(text)
		if len(joined) > len(text) || (!ok && (joined != "" || missing != nil)) {
			t.Fatalf("%q: %q %v %v", text, joined, missing, ok)
		}
		if text == "" || framePattern.MatchString(text) || strings.ContainsAny(text, "\r\n") || len(text) > 20*maxFrames {
			return
		}
		if joined, missing, ok = joinFrames(strings.Join(frames(text, 20), "\n")); joined != text || missing != nil || !ok {
			t.Fatalf("%q cut and joined is %q %v %v", text, joined, missing, ok)
		}
	})
}
