package public

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"server5k/gateway/site"
	"server5k/race"
)

// everyPage are paths that show each page there is.
var everyPage = []string{
	"/", "/competencia/3/", "/competencia/3/?categoria=interfacultades", "/competencia/3/?pantalla=1", "/competencia/3/locutor/",
	"/competencia/3/graficos/", "/equipo/100/", "/equipo/103/", "/equipo/105/", "/competencia/99/",
}

// states are competitions in each phase.
func states() map[string]race.Evidence {
	all := map[string]race.Evidence{"running": sample(sampleTeams), "empty": {Competition: sample(0).Competition}}
	coming := sample(12)
	coming.Records = nil
	coming.Competition.Running, coming.Competition.StartedAt, coming.Competition.ScheduledAt = false, time.Time{}, epoch.Add(50*time.Hour)
	all["scheduled"] = coming
	over := sample(sampleTeams)
	over.Competition.Running, over.Competition.FinishedAt = false, start.Add(time.Hour)
	over.Rulings = []race.Ruling{
		{ID: 1, Kind: race.RulingPenalty, Team: 102, Amount: 30 * time.Second},
		{ID: 2, Kind: race.RulingDisqualify, Team: 104, Reason: "cambio de <dorsal>"},
	}
	all["provisional"] = over
	whole := over
	whole.Competition.Rounding, whole.Competition.Version = race.RoundUpEach, 2
	all["official"] = whole
	return all
}

func TestPages_RenderInEveryStateAndLanguage(t *testing.T) {
	t.Parallel()
	for name, e := range states() {
		f := setup(t)
		f.store.put(e)
		if e.Competition.Version > 0 {
			_, digest := e.Sheet().Encode()
			f.store.versions[e.Competition.Version] = race.Version{Number: 2, At: epoch, Digest: digest}
		}
		for _, uri := range everyPage {
			for _, lang := range site.Languages {
				join := "?"
				if strings.Contains(uri, "?") {
					join = "&"
				}
				got := f.get(t, uri+join+"lang="+lang)
				want := http.StatusOK
				if strings.Contains(uri, "99") || (len(e.Teams) == 0 && strings.Contains(uri, "equipo")) {
					want = http.StatusNotFound
				}
				if got.status != want {
					t.Errorf("%s %s: status %d, want %d", name, uri, got.status, want)
				}
				if strings.Contains(got.body, "⟦") || strings.Contains(got.body, "%!") || strings.Contains(got.body, "<no value>") {
					t.Errorf("%s %s %s: a text is missing or broken", name, uri, lang)
				}
				if strings.Contains(got.body, " style=") || strings.Contains(got.body, "onclick") || strings.Contains(got.body, "<style") {
					t.Errorf("%s %s: something that the policy forbids", name, uri)
				}
				if !strings.Contains(uri, "graficos") && !strings.Contains(got.body, `<html lang="`+lang+`">`) {
					t.Errorf("%s %s: not in %s", name, uri, lang)
				}
			}
		}
	}
}

func TestLive_SaysWhatPeopleComeFor(t *testing.T) {
	t.Parallel()
	tests := []struct {
		state, uri string
		want       []string
	}{
		{"running", "/competencia/3/", []string{
			`<title>Carrera &lt;5K&gt; Ñandú — resultados en vivo · Server5K</title>`, `data-phase="en_curso"`, `data-gun="1795248000000"`, ">31:12</p>", `role="timer" aria-live="off"`,
			`<td class="num place" data-cell="place">1</td>`, `Descalificado: integrante ausente`, `data-cell="records">14/15</td>`, `id="podium"`, `id="justin"`,
			`<noscript><meta http-equiv="refresh" content="20"></noscript>`, `href="/competencia/3/?categoria=estudiantes"`, `href="/equipo/100/"`,
		}},
		{"running", "/competencia/3/?categoria=interfacultades&lang=en", []string{`aria-current="page">Interfacultades`, "Disqualified: absent runner", `href="/equipo/101/?lang=en"`, "Gap to the leader"}},
		{"scheduled", "/competencia/3/", []string{`data-phase="programada"`, "Salida prevista: lunes, 23 de noviembre de 2026, 05:31", "2 d 2:00:00", "Por llegar"}},
		{"provisional", "/competencia/3/", []string{`data-banner="provisional"`, "1:00:00</p>", "Incompleto: falta 1", "&#43;0:30 de penalización", "Descalificado: cambio de &lt;dorsal&gt;"}},
		{"official", "/competencia/3/", []string{`data-banner="official"`, "Resultados oficiales, versión 2", `data-phase="oficial"`}},
		{"official", "/", []string{"Terminadas", "Resultados oficiales", `place-1">1.º</span>`}},
		{"running", "/", []string{"En curso", `data-gun="1795248000000"`, "Va primero:"}},
		{"running", "/equipo/105/", []string{"Ausente: no se presentó", "Equipo 6 «Íñigo &amp; hijos»", `aria-labelledby="chart-spread"`}},
		{"running", "/equipo/103/", []string{"Falta 1 integrante."}},
		{"running", "/competencia/3/locutor/", []string{"Próximos a completarse", "14/15", "total proyectado", "Van primeros"}},
		{"running", "/competencia/3/?pantalla=1", []string{`class="on-screen"`, `data-slide="recent"`, `data-board="interfacultades"`}},
	}
	for _, test := range tests {
		t.Run(test.state+test.uri, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			e := states()[test.state]
			f.store.put(e)
			if e.Competition.Version > 0 {
				_, digest := e.Sheet().Encode()
				f.store.versions[2] = race.Version{Number: 2, At: epoch, Digest: digest}
			}
			got := f.get(t, test.uri).body
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("there is no %q", want)
				}
			}
		})
	}
}

func TestLive_SaysThatOfficialResultsChanged(t *testing.T) {
	t.Parallel()
	f := setup(t)
	e := states()["official"]
	f.store.put(e)
	f.store.versions[2] = race.Version{Number: 2, At: epoch}
	got := f.get(t, "/competencia/3/").body
	for _, want := range []string{`data-phase="provisional"`, "Hay cambios desde la versión oficial 2, de las 03:31:12."} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q", want)
		}
	}
}

func TestHandler_TakesItsPathsOnly(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, test := range []struct {
		uri      string
		taken    bool
		status   int
		location string
	}{
		{"/", true, 200, ""},
		{"/3/", true, 301, "/competencia/3/"},
		{"/3?lang=en", true, 301, "/competencia/3/?lang=en"},
		{"/competencia/3", true, 301, "/competencia/3/"},
		{"/equipo/100", true, 301, "/equipo/100/"},
		{"/competencia/3/locutor", true, 301, "/competencia/3/locutor/"},
		{"/competencia/3/datos.json", true, 200, ""},
		{"/competencia/3/datos.json/", true, 301, "/competencia/3/datos.json"},
		{"/competencia/3/eventos/", false, 200, ""},
		{"/competencia/3/otra/", false, 200, ""},
		{"/competencia/x/", false, 200, ""},
		{"/competencia/", false, 200, ""},
		{"/0/", false, 200, ""},
		{"/99999999999999999999/", false, 200, ""},
		{"/api/", false, 200, ""},
		{"/api/equipos/1/", false, 200, ""},
		{"/juez/", false, 200, ""},
		{"/health/live/", false, 200, ""},
		{"/admin", false, 200, ""},
		{"/estatico/nada.css", true, 404, ""},
		{"/competencia/98/", true, 404, ""},
		{"/equipo/1/", true, 404, ""},
	} {
		got := f.get(t, test.uri)
		if got.taken != test.taken || got.status != test.status || string(got.header.Peek("Location")) != test.location {
			t.Errorf("%s: got %v %d %q", test.uri, got.taken, got.status, got.header.Peek("Location"))
		}
	}
	if got := f.ask(t, http.MethodPost, "/competencia/3/"); got.status != http.StatusMethodNotAllowed || string(got.header.Peek("Allow")) != "GET, HEAD" {
		t.Errorf("POST: status %d, Allow %q", got.status, got.header.Peek("Allow"))
	}
	if got := f.ask(t, http.MethodOptions, "/competencia/3/datos.json"); got.status != http.StatusNoContent {
		t.Errorf("OPTIONS: status %d", got.status)
	}
}

func TestPages_CompressedAndNotSentTwice(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, uri := range []string{"/", "/competencia/3/", "/competencia/3/datos.json", "/equipo/100/"} {
		plain, small := f.get(t, uri), f.get(t, uri, "Accept-Encoding", "br, gzip")
		r, err := gzip.NewReader(bytes.NewReader([]byte(small.body)))
		if err != nil {
			t.Fatalf("%s: %v", uri, err)
		}
		unpacked, err := io.ReadAll(r)
		if err != nil || string(unpacked) != plain.body {
			t.Errorf("%s: compressed is something else (%v)", uri, err)
		}
		tag, smallTag := string(plain.header.Peek("ETag")), string(small.header.Peek("ETag"))
		if tag == smallTag || !strings.HasPrefix(tag, `"`) {
			t.Errorf("%s: tags %s and %s", uri, tag, smallTag)
		}
		if got := string(plain.header.Peek("Cache-Control")); got != "no-cache" {
			t.Errorf("%s: Cache-Control %q", uri, got)
		}
		for _, known := range []string{smallTag, `"x", W/` + smallTag, "*"} {
			got := f.get(t, uri, "Accept-Encoding", "gzip", "If-None-Match", known)
			if got.status != http.StatusNotModified || got.body != "" || string(got.header.Peek("ETag")) != smallTag {
				t.Errorf("%s, %s: status %d, %d bytes", uri, known, got.status, len(got.body))
			}
		}
		if got := f.get(t, uri, "If-None-Match", `"x"`); got.status != http.StatusOK {
			t.Errorf("%s: other tag: status %d", uri, got.status)
		}
	}
}

func TestAssets_KeptForEver(t *testing.T) {
	t.Parallel()
	f := setup(t)
	page := f.get(t, "/").body
	paths := loads(page)
	if len(paths) != 3 {
		t.Fatalf("the page loads %q", paths)
	}
	for _, path := range paths {
		got := f.get(t, path, "Accept-Encoding", "gzip")
		if got.status != http.StatusOK || !strings.Contains(string(got.header.Peek("Cache-Control")), "immutable") || string(got.header.Peek("Content-Encoding")) != "gzip" {
			t.Errorf("%s: status %d, headers %s", path, got.status, got.header)
		}
	}
}

// loads returns the files that a page asks for.
func loads(page string) []string {
	return regexp.MustCompile(`/estatico/[^"]+`).FindAllString(page, -1)
}

// TestAssets_OnlyCommentsAreLeftOut keeps the joining of scripts honest: no line that
// is taken for a comment may be inside of a text.
func TestAssets_OnlyCommentsAreLeftOut(t *testing.T) {
	t.Parallel()
	for _, name := range append(scripts[:], styles[:]...) {
		text := string(static(name))
		if strings.Contains(string(joined([]string{name})), "`") {
			t.Errorf("%s: a text over several lines would lose its indents", name)
		}
		if strings.Contains(text, "/*") != strings.Contains(text, "*/") {
			t.Errorf("%s: a comment without its end", name)
		}
	}
	for line, want := range map[string]bool{"// x": true, "/** x */": true, "/**": true, "* x": true, "*/": true, "*, a { b }": false, "a = b; // c": false, "/* x */ a {}": false} {
		if got := isComment(line); got != want {
			t.Errorf("%q: got %v", line, got)
		}
	}
}

func TestPages_PolicyOfTheirOwn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, uri := range []string{"/", "/competencia/3/", "/competencia/98/"} {
		got := string(f.get(t, uri).header.Peek("Content-Security-Policy"))
		if !strings.HasPrefix(got, "default-src 'none'; script-src 'self'; style-src 'self'") || !strings.Contains(got, "connect-src 'self' ws://race.example:8000 wss://race.example:8000;") || strings.Contains(got, "unsafe") {
			t.Errorf("%s: %s", uri, got)
		}
	}
}

func TestLanguage_ChosenIsKept(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, test := range []struct {
		uri     string
		headers []string
		want    string
	}{
		{"/competencia/3/", nil, site.Spanish},
		{"/competencia/3/", []string{"Accept-Language", "en-GB,en;q=0.9"}, site.English},
		{"/competencia/3/", []string{"Accept-Language", "en", "Cookie", "idioma=es"}, site.Spanish},
		{"/competencia/3/?lang=en", []string{"Cookie", "idioma=es"}, site.English},
		{"/competencia/3/?lang=fr", nil, site.Spanish},
	} {
		got := f.get(t, test.uri, test.headers...)
		if !strings.Contains(got.body, `<html lang="`+test.want+`">`) {
			t.Errorf("%s %q: not in %s", test.uri, test.headers, test.want)
		}
		kept := strings.Contains(string(got.header.PeekCookie(site.LanguageCookie)), "idioma="+test.want)
		if asked := strings.Contains(test.uri, "lang=en"); kept != asked {
			t.Errorf("%s %q: kept %v", test.uri, test.headers, kept)
		}
	}
}

func TestData_TellsWhatThePageShows(t *testing.T) {
	t.Parallel()
	f := setup(t)
	got := f.get(t, "/competencia/3/datos.json")
	if string(got.header.Peek("Access-Control-Allow-Origin")) != "*" || string(got.header.ContentType()) != "application/json" {
		t.Errorf("headers %s", got.header)
	}
	if ms, err := strconv.ParseInt(string(got.header.Peek("X-Server-Time")), 10, 64); err != nil || ms != epoch.UnixMilli() {
		t.Errorf("X-Server-Time %q", got.header.Peek("X-Server-Time"))
	}
	var data dataJSON
	if err := json.Unmarshal([]byte(got.body), &data); err != nil {
		t.Fatal(err)
	}
	e := sample(sampleTeams)
	if data.Seq != int64(len(e.Records)+1) || data.Phase != "en_curso" || data.Teams != sampleTeams || data.Marks != len(e.Records) || data.At != "2026-11-21T03:31:12-05:00" {
		t.Errorf("got %+v", data)
	}
	for i, s := range e.Standings() {
		l := data.Lines[i]
		if l.TeamID != int64(s.Team.ID) || l.Total != s.Total.Milliseconds() || (l.Place != nil) != (s.Place > 0) || len(l.Times) != s.Records {
			t.Errorf("line %d: got %+v, want %+v", i, l, s)
		}
	}
	for _, body := range []answer{f.get(t, "/competencia/98/datos.json")} {
		if body.status != http.StatusNotFound || !strings.Contains(body.body, `"detail"`) {
			t.Errorf("unknown: %d %s", body.status, body.body)
		}
	}
}

// TestFirstPage_Small is the budget of what a phone loads before it shows results of
// 72 teams.
func TestFirstPage_Small(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for uri, budget := range map[string]int{"/competencia/3/": 24 << 10, "/competencia/3/?pantalla=1": 24 << 10, "/": 14 << 10} {
		got := f.get(t, uri, "Accept-Encoding", "gzip")
		size := len(got.body)
		for _, path := range loads(f.get(t, uri).body) {
			size += len(f.get(t, path, "Accept-Encoding", "gzip").body)
		}
		t.Logf("%s: %d bytes, %d with what it loads", uri, len(got.body), size)
		if size > budget {
			t.Errorf("%s: %d bytes, want at most %d", uri, size, budget)
		}
	}
}
