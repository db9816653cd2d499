package e2e

import (
	"fmt"
	"testing"
	"time"
)

// The organizer's day.
const (
	storyName  = "Carrera Ñandú 2026"
	storyTeams = 72
	// Teams with something that an organizer has to look at, by bib.
	lateBib    = 11 // one of the marks arrives after the stop
	lostBib    = 21 // one mark is missing
	surplusBib = 31 // one mark too many
	doubleBib  = 41 // a double tap took the place of the last mark
	swiftBib   = 51 // nobody runs that fast
	fastestBib = 1
	fastest    = "Ñandú Íñiguez" // the team with fastestBib
)

// story is one organizer's day. Its methods are in the order in which it happens.
type story struct {
	*scene
	id     int64   // of the competition
	teams  []int64 // ids, by bib
	judges []Credentials
	fleet  *Fleet
}

// TestStory is an organizer's day from the list of teams to the official results.
func TestStory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		width    int
		language string
	}{{deskWidth, "es"}, {phoneWidth, "en"}} {
		t.Run(fmt.Sprintf("%d-%s", c.width, c.language), func(t *testing.T) {
			t.Parallel()
			server := StartServer(t, Options{Env: []string{"TIME_ZONE=UTC"}})
			s := &story{scene: openScene(t, server, c.width, c.language)}
			s.data = []string{storyName}
			s.look("login")
			s.login(AdminName, AdminPassword)
			s.create()
			s.importTeams()
			s.makeCredentials()
			s.connect()
			s.start()
			s.race()
			s.stop()
			s.review()
			s.correctGun()
			s.rule()
			s.publish()
			s.export()
			s.leave()
		})
	}
}

// page opens a page of the competition.
func (s *story) page(rest string) {
	s.t.Helper()
	s.visit("/admin/competencias/%d/%s", s.id, rest)
}

// team returns the id of the team with a bib.
func (s *story) team(bib int) int64 { return s.teams[bib-1] }

// create makes the competition.
func (s *story) create() {
	s.t.Helper()
	s.look("dashboard-empty")
	s.Follow(`a[href="/admin/competencias/nueva/"]`)
	s.Fill("#f-name", storyName)
	s.Fill("#f-datetime", "2026-11-29T08:00")
	s.look("competition-new")
	s.Follow("form.box button.go")
	s.done("saved")
	s.WaitText("h1", storyName)
	var path string
	s.Eval(`location.pathname`, &path)
	if _, err := fmt.Sscanf(path, "/admin/competencias/%d/intercambio/", &s.id); err != nil {
		s.t.Fatalf("a new competition leads to %s", path)
	}
}

// total returns the total of the fastest team on the results page.
func (s *story) total() time.Duration {
	s.t.Helper()
	return parseClock(s.t, s.Text(fmt.Sprintf(`tr:has(a[href="/admin/equipos/%d/"]) td b`, s.team(fastestBib))))
}
