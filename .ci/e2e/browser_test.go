package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const strictPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'"

// pages are what the browser is tried on, each the body of a page under a strict
// policy.
var pages = map[string]string{
	"/clean": `<main><h1>Competitions</h1><form method="post" action="/form">
		<label for="name">Name</label><input id="name" name="name" value="old">
		<label for="kind">Kind</label><select id="kind" name="kind"><option value="a">A</option><option value="b">B</option></select>
		<label for="at">Start</label><input id="at" name="at" type="datetime-local">
		<label><input type="checkbox" id="open" name="open" value="yes"> Open</label>
		<label for="list">List</label><input type="file" id="list">
		<button>Save</button></form>
		<p id="script"></p><p id="keys"></p><p id="online"></p><button id="later" disabled>Later</button>
		<a id="csv" href="/teams.csv">Teams</a><a id="self" href="/clean">Again</a></main><script src="/app.js"></script>`,
	"/inline":    `<h1>Inline</h1><script>document.title = "ran"</script>`,
	"/throws":    `<h1>Throws</h1><script src="/throws.js"></script>`,
	"/logs":      `<h1>Logs</h1><script src="/logs.js"></script>`,
	"/missing":   `<h1>Missing</h1><img src="/no-such.png" alt="nothing">`,
	"/elsewhere": `<h1>Elsewhere</h1><img src="http://example.org/logo.png" alt="logo">`,
	"/dialog":    `<h1>Dialog</h1><script src="/dialog.js"></script>`,
	"/covered": `<h1>Covered</h1><button id="off" disabled>Off</button><button id="under">Under</button>
		<dialog id="over">Over</dialog><script src="/modal.js"></script>`,
	"/unlabeled": `<main><h1>Unlabeled</h1><input id="bare"></main>`,
	"/mixed": `<main><h1>Teams</h1><p>3 <b>equipos</b> inscritos</p><input placeholder="Buscar equipo" aria-label="Search">
		<p>admin.nav.teams</p><p hidden>Guardar</p><p lang="es">Guardar</p><p>Final</p><p>Team %!d(MISSING)</p></main>`,
}

var scripts = map[string]string{
	"/app.js": `document.querySelector("#script").textContent = "script " + navigator.language
		const later = document.querySelector("#later")
		setTimeout(() => { later.disabled = false }, 100)
		later.addEventListener("click", () => later.remove())
		addEventListener("keydown", (e) => { document.querySelector("#keys").textContent = (e.shiftKey ? "Shift+" : "") + e.key })`,
	"/throws.js": `throw new Error("broken on purpose")`,
	"/logs.js":   `console.error("one", 2); console.log("fine")`,
	"/modal.js":  `document.querySelector("#over").showModal()`,
	"/dialog.js": `document.title = confirm("sure?")`,
}

func testPages(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", strictPolicy)
		language := r.Header.Get("Accept-Language")
		switch body, script := pages[r.URL.Path], scripts[r.URL.Path]; {
		case body != "":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Test</title><body data-language=%q>%s`, language, body)
		case script != "":
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = fmt.Fprint(w, script)
		case r.URL.Path == "/teams.csv":
			w.Header().Set("Content-Disposition", `attachment; filename="teams.csv"`)
			_, _ = fmt.Fprint(w, "id,name\n1,Sol\n")
		case r.URL.Path == "/form" && r.FormValue("name") == "bad":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = fmt.Fprint(w, "<!doctype html><h1>Invalid</h1>")
		case r.URL.Path == "/form":
			http.Redirect(w, r, "/done?"+r.Form.Encode(), http.StatusSeeOther)
		case r.URL.Path == "/done":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = fmt.Fprintf(w, "<!doctype html><h1>Done</h1><p id=sent>%s|%s|%s|%s</p>", r.FormValue("name"), r.FormValue("kind"), r.FormValue("at"), r.FormValue("open"))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestTab_ReportsWhatGoesWrong(t *testing.T) {
	t.Parallel()
	browser, site := StartBrowser(t), testPages(t)
	for path, want := range map[string]string{
		"/inline":    "content security policy: script-src-elem blocks inline at " + site + "/inline:1",
		"/throws":    "uncaught exception: Uncaught Error: broken on purpose",
		"/logs":      "console error: one 2",
		"/missing":   "status 404: GET " + site + "/no-such.png",
		"/elsewhere": "request to another host: http://example.org/logo.png",
		"/dialog":    "confirm dialog: sure?",
		"/no-page":   "status 404: GET " + site + "/no-page",
	} {
		t.Run(strings.Trim(path, "/"), func(t *testing.T) {
			t.Parallel()
			tab := browser.Tab(t)
			tab.Open(site + path)
			got := tab.Problems()
			if !slices.ContainsFunc(got, func(p string) bool { return strings.HasPrefix(p, want) }) {
				t.Errorf("got %q, want one with %q", got, want)
			}
			tab.Allow(`.`)
		})
	}
}

func TestTab_CleanPageHasNothingToReport(t *testing.T) {
	t.Parallel()
	tab, site := StartBrowser(t).Tab(t), testPages(t)
	if status := tab.Open(site + "/clean"); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	tab.WaitText("#script", "script es")
	tab.Axe()
	if got := tab.Problems(); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}

func TestTab_FillsAndSendsAForm(t *testing.T) {
	t.Parallel()
	tab, site := StartBrowser(t).Tab(t), testPages(t)
	tab.Open(site + "/clean")
	tab.Fill("#name", "Señal ñ")
	tab.Fill("#kind", "b")
	tab.Fill("#at", "2026-11-26T08:30")
	tab.Check("#open", true)
	tab.Check("#open", true)
	tab.Press("Shift+Tab")
	tab.WaitText("#keys", "Shift+Tab")
	list := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(list, []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	tab.Upload("#list", list)
	tab.WaitTrue(`document.querySelector("#list").files[0].name == "list.csv"`)
	tab.Click("#later")
	tab.WaitGone("#later")
	if status := tab.Follow("form button"); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if got, want := tab.Text("#sent"), "Señal ñ|b|2026-11-26T08:30|yes"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTab_AllowsAnExpectedStatus(t *testing.T) {
	t.Parallel()
	tab, site := StartBrowser(t).Tab(t), testPages(t)
	tab.Open(site + "/clean")
	tab.Fill("#name", "bad")
	if status := tab.Follow("form button"); status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", status)
	}
	if got, want := tab.Problems(), "status 422: POST "+site+"/form"; len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
	tab.Allow(`^status 422: POST .*/form$`)
}

func TestTab_Downloads(t *testing.T) {
	t.Parallel()
	tab, site := StartBrowser(t).Tab(t), testPages(t)
	tab.Open(site + "/clean")
	path := tab.Download("#csv")
	got, err := os.ReadFile(path)
	if err != nil || string(got) != "id,name\n1,Sol\n" || filepath.Base(path) != "teams.csv" {
		t.Errorf("got %q in %s, %v", got, path, err)
	}
}

func TestTab_IsTheDeviceItIsToldToBe(t *testing.T) {
	t.Parallel()
	tab, site := StartBrowser(t).Tab(t), testPages(t)
	tab.SetLanguage("en")
	tab.SetViewport(360, 740, true)
	tab.SetMedia("prefers-color-scheme", "dark")
	tab.SetTimeZone("America/Guayaquil")
	tab.Open(site + "/clean")
	tab.WaitText("#script", "script en")
	tab.WaitTrue(`innerWidth == 360 && navigator.maxTouchPoints > 0 && matchMedia("(prefers-color-scheme: dark)").matches`)
	tab.WaitTrue(`new Date(0).getTimezoneOffset() == 300`)
	if got := tab.Attribute("body", "data-language"); got != "en" {
		t.Errorf("Accept-Language is %q", got)
	}
	tab.SetOffline(true)
	tab.WaitTrue(`!navigator.onLine && fetch("/clean").then(() => false, () => true)`)
	tab.Allow(`ERR_INTERNET_DISCONNECTED`)
	tab.SetOffline(false)
	tab.WaitTrue(`navigator.onLine && fetch("/clean").then((r) => r.ok)`)
	tab.SetScripts(false)
	tab.Open(site + "/clean")
	if got := tab.Texts("#script"); len(got) > 1 || strings.Join(got, "") != "" {
		t.Errorf("the script ran: %q", got)
	}
	tab.Fill("#name", "plain")
	tab.Follow("form button")
	tab.WaitText("#sent", "plain|")
}

func TestTab_CookiesAreItsOwn(t *testing.T) {
	t.Parallel()
	browser, site := StartBrowser(t), testPages(t)
	first, other := browser.Tab(t), browser.Tab(t)
	first.Open(site + "/clean")
	first.Eval(`document.cookie = "seen=yes"`, nil)
	beside := first.Beside()
	for tab, want := range map[*Tab]string{beside: "seen=yes", other: ""} {
		tab.Open(site + "/clean")
		var got string
		if tab.Eval(`document.cookie`, &got); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTab_ScreenshotShowsTheWholePage(t *testing.T) {
	root := t.TempDir()
	t.Setenv("E2E_SHOTS", root)
	tab, site := StartBrowser(t).Tab(t), testPages(t)
	tab.SetViewport(360, 200, false)
	tab.Open(site + "/clean")
	tab.Screenshot("tall")
	png, err := os.ReadFile(filepath.Join(root, t.Name(), "tall-360.png"))
	if err != nil || !strings.HasPrefix(string(png), "\x89PNG") {
		t.Fatalf("no PNG: %v", err)
	}
	if height := int(png[22])<<8 | int(png[23]); height <= 200 {
		t.Errorf("it is %d pixels high", height)
	}
}

func TestViolations_NamesRuleAndElement(t *testing.T) {
	t.Parallel()
	tab, site := StartBrowser(t).Tab(t), testPages(t)
	tab.Open(site + "/unlabeled")
	got := tab.Violations()
	if len(got) != 1 || got[0].ID != "label" || len(got[0].Nodes) != 1 || got[0].Nodes[0].Selector != "#bare" {
		t.Errorf("got %v", got)
	}
}
