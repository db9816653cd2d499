package e2e

import (
	"fmt"
	"net/http"
	"testing"
)

// publicPages are the pages of the public, by the names of their pictures.
var publicPages = []struct{ name, path string }{
	{"list", "/"}, {"live", "/competencia/1/"}, {"category", "/competencia/1/?categoria=interfacultades"}, {"screen", "/competencia/1/?pantalla=1"},
	{"announcer", "/competencia/1/locutor/"}, {"team", "/equipo/1/"}, {"team-done", "/equipo/2/"}, {"team-none", "/equipo/4/"},
}

// TestPublicPages looks at every page of the public, in both languages and at both
// widths, while the race runs and when its results are official.
func TestPublicPages(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"live", "official"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			c := newCrowd(t)
			c.gun()
			for phone, times := range []int{teamSize - 1, teamSize, 4, 0, teamSize, teamSize} {
				c.mark(phone, times)
			}
			if when == "official" {
				c.server.StopCompetition(1)
				c.server.Organizer().Must(http.MethodPost, "/api/competencias/1/resultados/oficial/", map[string]any{"motivo": "acta", "forzar": true}, nil)
			}
			for _, language := range []string{"es", "en"} {
				for _, width := range []int{consoleWidth, deskWidth} {
					t.Run(fmt.Sprintf("%d-%s", width, language), func(t *testing.T) {
						t.Parallel()
						lookAround(t, c.server, language, width)
					})
				}
			}
		})
	}
}

// lookAround looks at each public page.
func lookAround(t *testing.T, server *Server, language string, width int) {
	t.Helper()
	c := &crowd{t: t, server: server}
	s := c.open("/", language, width)
	for _, p := range publicPages {
		if status := s.visit("%s", p.path); status != http.StatusOK {
			t.Errorf("%s: status %d", p.path, status)
		}
		if got := s.Attribute("html", "lang"); got != language {
			t.Errorf("%s is in %q, want %q", p.path, got, language)
		}
		s.WaitVisible("h1")
		s.look(p.name)
	}
	s.Allow(`^status 404: GET .*/competencia/99/$`)
	if status := s.visit("/competencia/99/"); status != http.StatusNotFound {
		t.Errorf("a race that is not there has the status %d", status)
	}
	s.look("missing")
}
