package e2e

import (
	"fmt"
	"testing"
	"time"
)

const (
	// raceTabs and raceSockets are how many watch; two more pages are a screen of a hall
	// and one without scripts.
	raceTabs, raceSockets = 18, 4
	// gunAgo is how long the race has run when the marks come, so that nobody runs
	// faster than people can (race.FastestFinish).
	gunAgo = 14 * time.Minute
	// The phone of the second judge is so wrong, and is set so far while it marks.
	wrongBy = -7 * time.Minute
	setBy   = 3 * time.Second
	// The network of the third judge takes so long to the server, and back.
	slowUp, slowDown = 20 * time.Millisecond, 180 * time.Millisecond
)

// day is a race with three judges at their consoles, an organizer in the panel and
// people who watch. Its methods are in the order in which it happens.
type day struct {
	t         *testing.T
	server    *Server
	organizer *scene
	links     []string // of the judges' cards
	judges    []Credentials
	paths     []*Path    // of the consoles
	consoles  []*console // by the bib of their team
	relief    *console   // takes the third over
	audience  *audience
}

// TestRace is a race of three consoles, an organizer and all who watch: one phone
// loses its network and is loaded anew without it, the clock of one is wrong and is
// set meanwhile, and the network of one is slow.
func TestRace(t *testing.T) {
	t.Parallel()
	d := &day{t: t, server: StartServer(t, Options{Judges: 3, Env: []string{"TIME_ZONE=UTC"}})}
	d.organize()
	d.settle()
	d.audience = gather(t, d.server, raceTabs, raceSockets)
	d.gun()
	d.firstMarks()
	d.cutOff()
	d.setClock()
	d.comeBack()
	d.takeBack()
	d.relieve()
	d.lastMarks()
	d.evidence()
	d.refuse()
	d.declare()
	d.official()
	d.same()
	d.conceal()
}

// organize lets the phones' clocks decide, and prints the judges' cards.
func (d *day) organize() {
	d.t.Helper()
	s := openScene(d.t, d.server, deskWidth, "es")
	d.organizer = s
	s.login(AdminName, AdminPassword)
	s.visit("/admin/competencias/1/ajustes/")
	s.Fill("#f-politica_reloj", "corregido")
	s.Follow(`form[action="/admin/competencias/1/ajustes/"] button.go`)
	s.done("saved")
	s.visit("/admin/competencias/1/credenciales/")
	s.Check("#f-confirmar", true)
	s.Follow("form.box button.danger")
	for n := range d.server.Judges {
		card := fmt.Sprintf("article.card:nth-of-type(%d) ", n+1)
		secrets := s.Texts(card + "dd.secret")
		d.judges = append(d.judges, Credentials{secrets[0], secrets[1]})
		d.links = append(d.links, s.ReadQR(card+"img"))
	}
}

// settle lets the judges log in, by code and by password, and go to their posts.
func (d *day) settle() {
	d.t.Helper()
	for n := range 3 {
		d.paths = append(d.paths, NewPath(d.t, d.server.URL))
		language, prepare := "es", []func(*Tab){}
		switch n {
		case 1:
			language = "en"
			prepare = append(prepare, func(tab *Tab) { tab.SetClock(wrongBy) })
		case 2:
			d.paths[n].Delay(slowUp, slowDown)
		}
		c := openConsole(d.t, d.server, d.paths[n].URL, d.judges[n].Username, language, prepare...)
		if n == 1 {
			c.login(d.judges[n])
		} else {
			c.link(d.links[n])
		}
		c.post(int64(n + 1))
		c.measured()
		c.counts(0, 0)
		d.consoles = append(d.consoles, c)
	}
	d.consoles[0].WaitTrue(`navigator.serviceWorker.ready.then(() => true)`)
}

// gun starts the race.
func (d *day) gun() {
	d.t.Helper()
	s := d.organizer
	s.visit("/admin/competencias/1/iniciar/")
	s.Fill("#f-hora", time.Now().UTC().Add(-gunAgo).Format("2006-01-02T15:04:05"))
	s.Follow(`button[name=confirmar]`)
	s.done("started")
	for _, c := range d.consoles {
		c.WaitText("#race-state", c.say("race.running"))
	}
	for _, p := range d.audience.pages {
		p.WaitText("[data-phase]", p.say("phase.en_curso"))
	}
}

// round lets a runner of each of some teams arrive.
func round(consoles ...*console) {
	for _, c := range consoles {
		c.mark()
	}
}

// firstMarks has two runners of a team arrive at once.
func (d *day) firstMarks() {
	d.t.Helper()
	first, second, third := d.consoles[0], d.consoles[1], d.consoles[2]
	for range 3 {
		round(first, second, third)
	}
	first.marks(2)
	if apart := first.touches[4].After.Sub(first.touches[3].Before); apart > 50*time.Millisecond {
		d.t.Logf("two taps at once took %v", apart)
	}
	first.counts(5, 5)
	second.counts(3, 3)
	third.counts(3, 3)
}

// cutOff takes the network from the first console: first nobody tells it, then it
// knows, then its page is loaded anew, and it marks all the time.
func (d *day) cutOff() {
	d.t.Helper()
	c, path := d.consoles[0], d.paths[0]
	path.Silence()
	c.mark()
	c.mark()
	c.counts(7, 5)
	path.Cut()
	c.SetOffline(true)
	c.Allow(`ERR_(INTERNET_DISCONNECTED|CONNECTION_RESET|CONNECTION_CLOSED|EMPTY_RESPONSE|FAILED)`, `WebSocket`)
	c.WaitTrue(`document.querySelector("[data-link]").dataset.link !== "open"`)
	c.mark()
	c.counts(8, 5)
	round(d.consoles[1], d.consoles[2])
	c.reload()
	c.counts(8, 5)
	c.look("offline")
	c.mark()
	c.mark()
	c.counts(10, 5)
}

// setClock sets the second phone's clock while two runners arrive at once, for whom the
// judge uses both thumbs.
func (d *day) setClock() {
	d.t.Helper()
	c := d.consoles[1]
	c.StepClock(setBy)
	c.next()
	c.touches = append(c.touches, c.Fingers("#mark", 2)...)
	c.last = time.Now()
	c.counts(6, 6)
	round(c, d.consoles[2])
}

// comeBack gives the first console its network back.
func (d *day) comeBack() {
	d.t.Helper()
	c := d.consoles[0]
	c.SetOffline(false)
	d.paths[0].Mend()
	c.counts(10, 10)
}

// takeBack takes a mark back that was none, and the runner arrives a moment later.
func (d *day) takeBack() {
	d.t.Helper()
	c := d.consoles[0]
	c.mark()
	c.counts(11, 11)
	c.Tap("#void")
	c.counts(10, 10)
	c.mark()
	c.counts(11, 11)
}

// relieve lets somebody else go on for the third judge, on another phone.
func (d *day) relieve() {
	d.t.Helper()
	d.consoles[2].mark()
	d.consoles[2].counts(6, 6)
	c := openConsole(d.t, d.server, d.server.URL, "relief", "es")
	c.login(d.judges[2])
	c.post(3)
	c.measured()
	c.counts(6, 6)
	d.relief = c
}

// lastMarks completes the teams; of the second one nobody else comes.
func (d *day) lastMarks() {
	d.t.Helper()
	first, second, relief := d.consoles[0], d.consoles[1], d.relief
	for n := range teamSize - 6 {
		if n < teamSize-11 {
			first.mark()
		}
		if n < teamSize-8 {
			second.mark()
		}
		relief.mark()
		if n == 2 {
			first.counts(14, 14)
			first.look("marking")
			second.look("marking-en")
		}
	}
	second.Tap("#absent")
	second.Tap("#absent-yes")
	for _, c := range []*console{first, second, relief} {
		c.counts(teamSize, teamSize)
	}
	for _, p := range d.audience.pages {
		p.WaitTrue(`[1, 2, 3].every((team) => parseInt(document.querySelector('[data-team="' + team + '"] [data-cell="records"]').textContent) == 15)`)
	}
	d.audience.pages[0].look("race")
	d.audience.pages[1].look("race")
}
