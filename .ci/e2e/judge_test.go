package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The console's own width and height on a small phone.
const consoleWidth, consoleHeight = 360, 640

// apart is how long after each other runners of a team arrive: more than what looks
// like a double tap (race.NearFinish).
const apart = 350 * time.Millisecond

// hearing makes a page keep what comes over its sockets, with the instant on the
// machine's clock, in ms.
const hearing = `(() => {
	const started = performance.timeOrigin
	globalThis.__heard = []
	WebSocket = new Proxy(WebSocket, {construct: (target, args, as) => {
		const socket = Reflect.construct(target, args, as)
		socket.addEventListener("message", (e) => __heard.push({At: started + performance.now(), Text: e.data}))
		return socket
	}})
})()`

// console is a judge's console on a phone.
type console struct {
	*scene
	name    string
	url     string // of the server as the phone reaches it
	team    int64
	touches []Touch // of #mark, all that were made
	last    time.Time
	heard   []hearsay // of documents that are gone
}

// hearsay is a message that came to a page.
type hearsay struct {
	At   float64 // ms since 1970
	Text string
}

// consoleMark is a mark as the console keeps it.
type consoleMark struct {
	ID     string
	Team   int64
	Number int64
	At     float64
	Absent bool
	State  string
	Frozen *struct {
		Elapsed     int64    `json:"tiempo"`
		MarkedAt    float64  `json:"marcado_en"`
		Offset      *float64 `json:"desfase_ms"`
		Uncertainty *float64 `json:"incertidumbre_ms"`
	}
	Taken *struct{ State string }
}

// openConsole opens the console on a phone of its own. prepare sets the phone up
// before its first page.
func openConsole(t *testing.T, server *Server, url, name, language string, prepare ...func(*Tab)) *console {
	t.Helper()
	return consoleIn(t, panelBrowser, server, url, name, language, prepare...)
}

func consoleIn(t *testing.T, browser *Browser, server *Server, url, name, language string, prepare ...func(*Tab)) *console {
	t.Helper()
	c := &console{scene: sceneIn(t, browser, server, "console", language), name: name, url: url}
	c.SetViewport(consoleWidth, consoleHeight, true)
	c.SetLanguage(language)
	c.Inject(hearing)
	// The browser lets a page shake the phone from the end of its first touch on.
	c.Allow(`Blocked call to navigator\.vibrate`)
	for _, p := range prepare {
		p(c.Tab)
	}
	return c
}

// fill returns a text of the console with its places filled: fill("note.full", "n", 15).
func (c *console) fill(key string, values ...any) string {
	c.t.Helper()
	text := c.say(key)
	for i := 0; i < len(values); i += 2 {
		text = strings.ReplaceAll(text, fmt.Sprintf("{%v}", values[i]), fmt.Sprint(values[i+1]))
	}
	return text
}

// login logs in as people without a card with a code do.
func (c *console) login(who Credentials) {
	c.t.Helper()
	c.Open(c.url + "/juez/")
	c.Fill("#login-user", who.Username)
	c.Fill("#login-password", who.Password)
	c.Tap("#login-send")
	c.WaitGone("#login-send")
}

// link logs in with the link of a card, as the phone's camera opens it.
func (c *console) link(url string) {
	c.t.Helper()
	_, rest, found := strings.Cut(url, "/juez/")
	if !found {
		c.t.Fatalf("the code of the card is %q", url)
	}
	c.Open(c.url + "/juez/" + rest)
	c.WaitVisible(`[data-screen]:not([data-screen="start"]):not([data-screen="login"])`)
}

// post waits for the post of a team: a judge with a single one need not choose.
func (c *console) post(team int64) {
	c.t.Helper()
	c.team = team
	c.WaitVisible("#mark")
}

// measured waits until the console knows how wrong its clock is.
func (c *console) measured() {
	c.t.Helper()
	c.WaitTrue(`document.querySelector("[data-offset]").dataset.offset !== ""`)
}

// next waits until the next runner arrives.
func (c *console) next() { <-time.After(time.Until(c.last.Add(apart))) }

// mark taps once, when the next runner arrives.
func (c *console) mark() { c.t.Helper(); c.marks(1) }

// marks taps several times at once.
func (c *console) marks(times int) {
	c.t.Helper()
	c.next()
	c.touches = append(c.touches, c.Taps("#mark", times)...)
	c.last = time.Now()
}

// counts waits for what the console says: so many marked, so many confirmed.
func (c *console) counts(marked, confirmed int) {
	c.t.Helper()
	c.WaitTrue(fmt.Sprintf(`document.querySelector('[data-marked="%d"][data-confirmed="%d"]')`, marked, confirmed))
}

// all returns the marks of this phone by their numbers.
func (c *console) all() []consoleMark {
	c.t.Helper()
	var all []consoleMark
	c.Eval(`server5k.marks()`, &all)
	slices.SortFunc(all, func(a, b consoleMark) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

// reload opens the page again, and keeps what the old one has heard.
func (c *console) reload() {
	c.t.Helper()
	c.keep()
	c.Reload()
	c.WaitVisible("#mark")
}

func (c *console) keep() {
	c.t.Helper()
	var heard []hearsay
	c.Eval(`__heard`, &heard)
	c.heard = append(c.heard, heard...)
}

// acknowledged is when a phone heard that a team has one mark more.
type acknowledged struct {
	At    time.Time
	Team  int64
	Count int
}

// acknowledgements returns when this phone heard of the marks of its team, one after
// the other, from the given count on. Repetitions do not count.
func (c *console) acknowledgements(count int) []acknowledged {
	c.t.Helper()
	c.keep()
	c.Eval(`__heard.length = 0`, nil)
	var out []acknowledged
	seen := map[string]bool{}
	for _, h := range c.heard {
		var m message
		if err := json.Unmarshal([]byte(h.Text), &m); err != nil {
			c.t.Fatalf("%s heard %q: %v", c.name, h.Text, err)
		}
		if m.Type == "registro_anulado" && m.TeamID == c.team && !seen["void "+m.ID] {
			seen["void "+m.ID] = true
			count--
			continue
		}
		if m.Type != "tiempo_registrado" || m.Record.TeamID != c.team || seen[m.Record.ID] {
			continue
		}
		seen[m.Record.ID] = true
		count++
		out = append(out, acknowledged{time.UnixMicro(int64(h.At * 1000)), c.team, count})
	}
	return out
}

// honest fails the test for each mark of this phone whose corrected instant is further
// from its touch than it says. The numbers of the marks are those of the touches.
func (c *console) honest() {
	c.t.Helper()
	var widest time.Duration
	touches := c.touches
	for _, m := range c.all() {
		if m.Absent {
			continue
		}
		touch := touches[0]
		touches = touches[1:]
		if m.Frozen == nil || m.Frozen.Offset == nil || m.Frozen.Uncertainty == nil {
			c.t.Errorf("%s: mark %d has no measured clock: %+v", c.name, m.Number, m)
			continue
		}
		at, u := instant(m.Frozen.MarkedAt+*m.Frozen.Offset), duration(*m.Frozen.Uncertainty)
		widest = max(widest, u)
		if at.Before(touch.Before.Add(-u)) || at.After(touch.After.Add(u)) {
			c.t.Errorf("%s: mark %d is of %v ± %v, the touch was between %v and %v", c.name, m.Number, at, u, touch.Before, touch.After)
		}
	}
	c.t.Logf("%s: corrected instants of %d marks are within ±%v", c.name, len(c.touches), widest)
}

// exactly fails the test unless this phone has a mark for each touch and each absence,
// numbered without a gap, and the server has heard of all.
func (c *console) exactly(absences int) {
	c.t.Helper()
	all := c.all()
	if got, want := len(all), len(c.touches)+absences; got != want {
		c.t.Errorf("%s: %d touches and %d absences became %d marks", c.name, len(c.touches), absences, got)
	}
	for i, m := range all {
		if m.Number != int64(i+1) || m.State != "confirmed" {
			c.t.Errorf("%s: mark %d has the number %d and is %s", c.name, i+1, m.Number, m.State)
		}
	}
}

func instant(ms float64) time.Time      { return time.UnixMicro(int64(ms * 1000)) }
func duration(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// number reads the number that a text starts with.
func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.FieldsFunc(text+" ", func(r rune) bool { return r < '0' || r > '9' })[0])
	if err != nil {
		t.Fatalf("%q has no number", text)
	}
	return n
}
