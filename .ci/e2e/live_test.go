package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

const (
	// firstVisit is how many bytes the live page may take on a phone that never saw it.
	firstVisit = 60_000
	liveTeams  = 8
)

// crowd is a race of phones, with who looks at it.
type crowd struct {
	t      *testing.T
	server *Server
	fleet  *Fleet
}

// TestLivePages shows what the public sees of a race, from before the gun to the
// official results.
func TestLivePages(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	c.scheduled()
	c.start()
	c.mark(0, teamSize-1)
	c.mark(1, teamSize)
	c.firstVisit()
	c.spoken()
	c.calm()
	c.announcer()
	c.byKeyboard()
	c.withoutScripts()
	c.printed()
	c.over()
}

// liveNames are the teams, by bib.
var liveNames = []string{
	"Cóndores del Chimborazo", "Chasquis", "Lobos del Páramo", "Las Golondrinas", "Río Napo", "Los Rezagados", "Colibríes", "Vientos Alisios",
}

// newCrowd makes a race that is to come, and logs its judges in.
func newCrowd(t *testing.T) *crowd {
	t.Helper()
	server := StartServer(t, Options{Judges: liveTeams, Competition: "Carrera del Páramo", Env: []string{"TIME_ZONE=UTC"}})
	for i, name := range liveNames {
		server.Organizer().Must(http.MethodPatch, fmt.Sprintf("/api/equipos/%d/", i+1), map[string]any{"name": name}, nil)
	}
	return &crowd{t: t, server: server, fleet: Phones(t, server, server.Judges)}
}

// open opens a public page.
func (c *crowd) open(path, language string, width int, prepare ...func(*Tab)) *scene {
	c.t.Helper()
	s := newScene(c.t, c.server, "public", language)
	s.data = []string{"Carrera del Páramo"}
	s.SetLanguage(language)
	s.SetViewport(width, 800, width < deskWidth)
	for _, p := range prepare {
		p(s.Tab)
	}
	if status := s.visit("%s", path); status != http.StatusOK {
		c.t.Errorf("%s: status %d", path, status)
	}
	return s
}

// mark lets a phone send marks, half a minute apart, and returns when all are stored.
func (c *crowd) mark(phone, times int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), answerTimeout)
	defer cancel()
	p := c.fleet.Phones[phone]
	for n := range times {
		if _, err := p.Mark(ctx, p.Teams[0].ID, 16*time.Minute+time.Duration(phone*7+n*31)*time.Second+time.Duration(n)*113*time.Millisecond); err != nil {
			c.t.Fatal(err)
		}
	}
}

// last lets a phone send one mark, after all of its others.
func (c *crowd) last(phone int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), answerTimeout)
	defer cancel()
	p := c.fleet.Phones[phone]
	if _, err := p.Mark(ctx, p.Teams[0].ID, running-time.Duration(phone+1)*time.Second); err != nil {
		c.t.Fatal(err)
	}
}

// team is the id of the team of a phone.
func (c *crowd) team(phone int) int64 { return c.fleet.Phones[phone].Teams[0].ID }

// records is the cell with the number of marks of the team of a phone.
func (c *crowd) records(phone int) string {
	return fmt.Sprintf(`[data-team="%d"] [data-cell="records"]`, c.team(phone))
}

// scheduled counts down to a race that is to come.
func (c *crowd) scheduled() {
	c.t.Helper()
	at := time.Now().UTC().Add(2 * time.Hour).Truncate(time.Second).Format(time.RFC3339)
	c.server.Organizer().Must(http.MethodPatch, "/api/competencias/1/", map[string]any{"datetime": at}, nil)
	for _, language := range []string{"es", "en"} {
		s := c.open("/competencia/1/", language, consoleWidth)
		s.WaitText("[data-phase]", s.say("phase.programada"))
		s.WaitTrue(`/^1:59:\d\d$/.test(document.querySelector("#clock").textContent)`)
		s.look("scheduled-" + language)
		s.Close()
	}
	s := c.open("/", "es", consoleWidth)
	s.WaitText("main", s.say("list.coming"))
	s.Follow(`a[href*="/competencia/1/"]`)
	s.WaitText("h1", "Carrera del Páramo")
	// The addresses of the server before.
	for old, now := range map[string]string{"/1/": "/competencia/1/", "/equipo/1": "/equipo/1/"} {
		s.visit("%s", old)
		if got := s.path(); got != now {
			c.t.Errorf("%s leads to %s, want %s", old, got, now)
		}
	}
	s.Close()
}

// start starts the race while somebody looks.
func (c *crowd) start() {
	c.t.Helper()
	s := c.open("/competencia/1/", "es", deskWidth)
	s.WaitVisible("[data-live].on")
	c.gun()
	s.WaitText("[data-phase]", s.say("phase.en_curso"))
	s.WaitTrue(`/^25:\d\d$/.test(document.querySelector("#clock").textContent)`)
	s.WaitText("[data-live-state]", s.say("live.on"))
	s.Close()
}

// gun starts the race.
func (c *crowd) gun() {
	c.t.Helper()
	c.server.Organizer().Must(http.MethodPost, "/api/competencias/1/iniciar/", map[string]any{"started_at": time.Now().UTC().Add(-running).Format(time.RFC3339)}, nil)
}

// firstVisit measures what a phone takes that was never here.
func (c *crowd) firstVisit() {
	c.t.Helper()
	for path, most := range map[string]int{"/competencia/1/": firstVisit, "/": firstVisit, "/equipo/1/": firstVisit, "/competencia/1/?pantalla=1": firstVisit} {
		s := c.open(path, "es", consoleWidth)
		s.WaitTrue(`document.readyState == "complete"`)
		got := s.Received()
		c.t.Logf("%s takes %d bytes", path, got)
		if got > most || got == 0 {
			c.t.Errorf("%s takes %d bytes, more than %d", path, got, most)
		}
		s.Close()
	}
}

// spoken listens to what a screen reader is told: who is complete and who leads, and
// not each mark.
func (c *crowd) spoken() {
	c.t.Helper()
	s := c.open("/competencia/1/", "es", deskWidth)
	s.WaitText("[data-live-state]", s.say("live.on"))
	var regions []string
	s.Eval(`[...document.querySelectorAll("[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=log]")].map((e) => e.id || e.className)`, &regions)
	if diff := cmp.Diff([]string{"announce"}, regions); diff != "" {
		c.t.Errorf("live regions (-want +got):\n%s", diff)
	}
	s.Eval(`window.told = []; new MutationObserver(() => told.push(document.querySelector("#announce").textContent)).observe(document.querySelector("#announce"), {childList: true, characterData: true, subtree: true})`, nil)
	c.mark(5, 3)
	s.WaitText(c.records(5), "3/")
	s.WaitTrue(`told.length == 0`)
	c.last(0)
	name := c.fleet.Phones[0].Teams[0].Name
	s.WaitTrue(fmt.Sprintf(`told.join().includes(%q)`, name))
	var told []string
	s.Eval(`told`, &told)
	if !strings.Contains(strings.Join(told, "\n"), strings.SplitN(s.say("say.done"), ":", 2)[0]) {
		c.t.Errorf("of a complete team it is told %q", told)
	}
	s.Close()
}

// calm looks whether rows move for who does not want anything to move.
func (c *crowd) calm() {
	c.t.Helper()
	s := c.open("/competencia/1/", "es", deskWidth, func(tab *Tab) { tab.SetMedia("prefers-reduced-motion", "reduce") })
	s.WaitText("[data-live-state]", s.say("live.on"))
	s.Eval(`window.moved = []; const look = () => { moved.push(...document.getAnimations().filter((a) => {
		const t = a.effect.getComputedTiming(); return t.activeDuration > 1 || t.iterations === Infinity }).map((a) => a.animationName ?? a.transitionProperty ?? "script")); requestAnimationFrame(look) }; look()`, nil)
	c.mark(6, teamSize)
	s.WaitText(c.records(6), "15/")
	s.WaitTrue(fmt.Sprintf(`document.querySelector('[data-team="%d"] [data-cell="place"]').textContent.trim() > "0"`, c.team(6)))
	var moved []string
	if s.Eval(`[...new Set(moved)]`, &moved); len(moved) > 0 {
		c.t.Errorf("although motion is reduced, there move %q", moved)
	}
	s.Close()
}

// announcer looks at what a speaker reads.
func (c *crowd) announcer() {
	c.t.Helper()
	s := c.open("/competencia/1/locutor/", "es", deskWidth)
	s.WaitText("#justin", c.fleet.Phones[1].Teams[0].Name)
	c.mark(7, teamSize)
	s.WaitText("#justin", c.fleet.Phones[7].Teams[0].Name)
	s.look("announcer")
	s.Close()
}

// byKeyboard goes from the top of the page to a team.
func (c *crowd) byKeyboard() {
	c.t.Helper()
	s := c.open("/competencia/1/", "es", deskWidth)
	s.tabTo("a.skip")
	s.Press("Enter")
	s.WaitTrue(`document.activeElement.id == "main"`)
	link := fmt.Sprintf(`#standings a[href^="/equipo/%d/"]`, c.team(1))
	s.tabTo(link)
	s.enter("h1", c.fleet.Phones[1].Teams[0].Name)
	s.Close()
}

// withoutScripts looks at the page in a browser that runs none.
func (c *crowd) withoutScripts() {
	c.t.Helper()
	s := c.open("/competencia/1/", "en", consoleWidth, func(tab *Tab) { tab.SetScripts(false) })
	s.WaitText("[data-phase]", s.say("phase.en_curso"))
	s.WaitText(c.records(5), "3/")
	s.WaitVisible("#charts svg")
	if got := s.Attribute(`meta[http-equiv="refresh"]`, "content"); got == "" {
		c.t.Error("the page does not refresh itself")
	}
	s.Screenshot("plain")
	s.Follow(`a[href*="lang=es"]`)
	s.WaitTrue(`document.documentElement.lang == "es"`)
	s.Close()
}

// printed looks at the page on paper.
func (c *crowd) printed() {
	c.t.Helper()
	s := c.open("/competencia/1/", "es", deskWidth)
	s.do("print", emulation.SetEmulatedMedia().WithMedia("print"))
	s.Screenshot("print")
	for _, part := range []string{"a.skip", ".links", ".languages", "#justin"} {
		if n := s.count(part); n > 0 {
			c.t.Errorf("%s is printed", part)
		}
	}
	if n := s.count("#standings [data-team]"); n != liveTeams {
		c.t.Errorf("%d teams are printed, want %d", n, liveTeams)
	}
	var pdf []byte
	s.do("print to a file", chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = page.PrintToPDF().Do(ctx)
		return err
	}))
	if !strings.HasPrefix(string(pdf), "%PDF-") {
		c.t.Error("the page cannot be printed")
	}
	s.Close()
}

// over stops the race: results are provisional, then official.
func (c *crowd) over() {
	c.t.Helper()
	s := c.open("/competencia/1/", "es", deskWidth)
	s.WaitText("[data-live-state]", s.say("live.on"))
	c.server.StopCompetition(1)
	s.WaitText("[data-phase]", s.say("phase.provisional"))
	s.WaitText(`[data-banner="provisional"]`, s.say("banner.provisional"))
	s.WaitText(`.sofar`, fmt.Sprintf("4/%d", liveTeams))
	s.look("provisional")
	c.server.Organizer().Must(http.MethodPost, "/api/competencias/1/resultados/oficial/", map[string]any{"motivo": "acta", "forzar": true}, nil)
	s.WaitText("[data-phase]", s.say("phase.oficial"))
	s.WaitText(`[data-banner="official"]`, "1")
	s.look("official")
	s.Close()
}
