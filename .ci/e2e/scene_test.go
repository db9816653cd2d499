package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The widths of the scenes: a desk, and a phone.
const (
	deskWidth  = 1280
	phoneWidth = 390
)

// scene is somebody in front of pages, in one language.
type scene struct {
	*Tab
	t          *testing.T
	server     *Server
	language   string
	own, other Catalogue
	data       []string // what people wrote, for OnlyIn
}

// newScene makes a scene with the texts of a part of the gateway: admin, public or
// console. Its tab is empty, and asks for Spanish.
func newScene(t *testing.T, server *Server, part, language string) *scene {
	t.Helper()
	return sceneIn(t, panelBrowser, server, part, language)
}

func sceneIn(t *testing.T, browser *Browser, server *Server, part, language string) *scene {
	t.Helper()
	texts := func(language string) Catalogue {
		return ReadCatalogue(t, "../../gateway/"+part+"/text/"+language+".json")
	}
	s := &scene{Tab: browser.Tab(t), t: t, server: server, language: language, own: texts("es"), other: texts("en")}
	if language == "en" {
		s.own, s.other = s.other, s.own
	}
	return s
}

// openScene opens the login page of the panel. The language is chosen as people do,
// with the button that stands on every page.
func openScene(t *testing.T, server *Server, width int, language string) *scene {
	t.Helper()
	s := newScene(t, server, "admin", language)
	if width < deskWidth {
		s.SetViewport(width, 844, true)
	} else {
		s.SetViewport(width, 900, false)
	}
	s.visit("/admin/")
	if language == "en" {
		s.Follow(`button[name=idioma][value=en]`)
	}
	s.SetLanguage(language)
	if got := s.Attribute("html", "lang"); got != language {
		t.Fatalf("the page is in %q, want %q", got, language)
	}
	return s
}

// visit opens a path of the server.
func (s *scene) visit(path string, args ...any) (status int) {
	s.t.Helper()
	return s.Open(s.server.URL + fmt.Sprintf(path, args...))
}

// say returns a text of the panel in the language of the scene.
func (s *scene) say(key string, args ...any) string {
	s.t.Helper()
	text, ok := s.own[key]
	if !ok {
		s.t.Fatalf("there is no text %s", key)
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// login logs in and waits for the dashboard.
func (s *scene) login(name, password string) {
	s.t.Helper()
	s.Fill("#f-usuario", name)
	s.Fill("#f-clave", password)
	s.Follow(`form[action="/admin/entrar/"] button`)
	s.WaitText("h1", s.say("dashboard.title"))
	s.WaitText(".account", name)
}

// done waits for what a page says after a change.
func (s *scene) done(what string) {
	s.t.Helper()
	s.WaitText(`main > p.note.ok[role=status]`, s.say("done."+what))
}

// look judges the page as it is, and takes a picture of it.
func (s *scene) look(name string) {
	s.t.Helper()
	s.Screenshot(name)
	s.inspect()
}

// inspect fails the test for what no page may have: violations of WCAG, text of the
// other language or with a mark of a missing one, and at the width of a phone more
// page than screen.
func (s *scene) inspect() {
	s.t.Helper()
	s.Axe()
	s.OnlyIn(s.own, s.other, s.data...)
	for _, text := range s.Readable() {
		if strings.ContainsAny(text, "⟦⟧") {
			s.t.Errorf("language: %q lacks its text", text)
		}
	}
	var size struct{ Page, Screen float64 }
	s.Eval(`({Page: document.scrollingElement.scrollWidth, Screen: innerWidth})`, &size)
	if size.Page > size.Screen {
		s.t.Errorf("the page is %v px wide, the screen %v px: %q", size.Page, size.Screen, s.wide())
	}
}

// wide names the elements that reach over the edge of the screen, outside of what
// scrolls by itself.
func (s *scene) wide() []string {
	s.t.Helper()
	var out []string
	s.Eval(`[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 &&
		!e.parentElement.closest(".scroll")).slice(0, 5).map((e) => e.cloneNode().outerHTML)`, &out)
	return out
}

// count returns how many visible elements match.
func (s *scene) count(selector string) int {
	s.t.Helper()
	return len(s.Texts(selector))
}

// parseClock reads h:mm:ss.mmm or m:ss.mmm.
func parseClock(t *testing.T, text string) time.Duration {
	t.Helper()
	whole, fraction, _ := strings.Cut(strings.TrimSpace(text), ".")
	var total, ms int64
	for part := range strings.SplitSeq(whole, ":") {
		var n int64
		if _, err := fmt.Sscanf(part, "%d", &n); err != nil {
			t.Fatalf("%q is no time", text)
		}
		total = total*60 + n
	}
	if _, err := fmt.Sscanf(fraction, "%03d", &ms); err != nil {
		t.Fatalf("%q has no milliseconds", text)
	}
	return time.Duration(total)*time.Second + time.Duration(ms)*time.Millisecond
}
