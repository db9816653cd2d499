package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// shownWithin is how long after its acknowledgement a change may take to be on the
// pages. It is 1 s on race day; here the machine may compile at the same time.
const shownWithin = 3 * time.Second

// noticing makes a page note when it shows how many marks a team has, in ms of the
// machine's clock.
const noticing = `(() => {
	const seen = new Map()
	globalThis.__sights = []
	const look = () => {
		for (const cell of document.querySelectorAll('[data-team] [data-cell="records"]')) {
			const team = cell.closest("[data-team]").dataset.team, records = parseInt(cell.textContent)
			if (seen.get(team) === records) continue
			seen.set(team, records)
			__sights.push({At: performance.timeOrigin + performance.now(), TeamID: Number(team), Records: records})
		}
	}
	new MutationObserver(look).observe(document, {subtree: true, childList: true, characterData: true})
})()`

// audience is all who watch a race.
type audience struct {
	t       *testing.T
	server  *Server
	pages   []*scene // the live page, with scripts
	kiosk   *scene
	plain   *scene // without scripts
	sockets []*Viewer
	feed    *Viewer
}

// gather opens the live page in tabs, half of them phones, and beside them the screen of
// a hall, the page without scripts, sockets, and the feed for others.
func gather(t *testing.T, server *Server, tabs, sockets int) *audience {
	t.Helper()
	a := &audience{t: t, server: server}
	open := func(language, query string, width, height int, scripts bool) *scene {
		s := newScene(t, server, "public", language)
		s.SetLanguage(language)
		s.SetViewport(width, height, width < deskWidth)
		if scripts {
			s.Inject(noticing)
		} else {
			s.SetScripts(false)
		}
		s.visit("/competencia/1/%s", query)
		return s
	}
	for range tabs / 2 {
		a.pages = append(a.pages, open("es", "", consoleWidth, consoleHeight, true), open("en", "", deskWidth, 900, true))
	}
	a.kiosk = open("es", "?pantalla=1", 1920, 1080, true)
	a.plain = open("en", "", deskWidth, 900, false)
	for range sockets {
		a.sockets = append(a.sockets, server.Watch(1))
	}
	a.feed = server.Feed(1)
	for _, p := range append(slices.Clone(a.pages), a.kiosk) {
		p.WaitVisible("[data-live].on")
	}
	return a
}

// witness is one who noted when it knew of which count.
type witness struct {
	name   string
	sights []Sight
}

func (a *audience) witnesses() []witness {
	a.t.Helper()
	out := []witness{{"feed", a.feed.Sights()}}
	for i, v := range a.sockets {
		out = append(out, witness{fmt.Sprintf("socket %d", i+1), v.Sights()})
	}
	for i, p := range a.pages {
		var seen []struct {
			At      float64
			TeamID  int64
			Records int
		}
		p.Eval(`__sights`, &seen)
		w := witness{name: fmt.Sprintf("page %d", i+1)}
		for _, s := range seen {
			w.sights = append(w.sights, Sight{At: instant(s.At), TeamID: s.TeamID, Records: s.Records})
		}
		out = append(out, w)
	}
	return out
}

// prompt fails the test for each acknowledged mark that somebody saw too late, and
// logs how long it took. Acknowledgements that do not raise the count of their team
// above all before are left out: they cannot be told from what was there.
func (a *audience) prompt(acks []acknowledged) {
	a.t.Helper()
	highest := map[int64]int{}
	var pages, sockets []time.Duration
	for _, ack := range acks {
		if ack.Count <= highest[ack.Team] {
			continue
		}
		highest[ack.Team] = ack.Count
		for _, w := range a.witnesses() {
			i := slices.IndexFunc(w.sights, func(s Sight) bool { return s.TeamID == ack.Team && s.Records >= ack.Count })
			if i < 0 {
				a.t.Errorf("%s never saw that team %d has %d marks", w.name, ack.Team, ack.Count)
				continue
			}
			late := max(0, w.sights[i].At.Sub(ack.At))
			if late > shownWithin {
				a.t.Errorf("%s saw after %v that team %d has %d marks", w.name, late, ack.Team, ack.Count)
			}
			if a.isPage(w) {
				pages = append(pages, late)
			} else {
				sockets = append(sockets, late)
			}
		}
	}
	a.t.Logf("from acknowledgement to page: %s; to socket: %s", spread(pages), spread(sockets))
}

func (a *audience) isPage(w witness) bool { return w.name[:4] == "page" }

// spread describes durations for a person.
func spread(all []time.Duration) string {
	if len(all) == 0 {
		return "none"
	}
	slices.Sort(all)
	at := func(share float64) time.Duration {
		return all[min(len(all)-1, int(share*float64(len(all))))].Round(time.Millisecond)
	}
	return fmt.Sprintf("median %v, p95 %v, p99 %v, most %v of %d", at(0.5), at(0.95), at(0.99), at(1), len(all))
}

// gapless fails the test unless each socket heard of every change once, in order, or
// was told the whole state instead.
func (a *audience) gapless() {
	a.t.Helper()
	for i, v := range a.sockets {
		var last int64
		for _, s := range v.Sights() {
			if s.Kind == "conexion_establecida" || s.Kind == "resincronizar" || s.Seq == 0 {
				continue
			}
			if last != 0 && s.Seq != last+1 && s.Kind != "instantanea" {
				a.t.Errorf("socket %d heard of change %d after %d: %s", i+1, s.Seq, last, s.Raw)
			}
			last = s.Seq
		}
	}
}
