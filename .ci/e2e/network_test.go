package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// echoPages serves a page whose script sends a word a second over a socket, which
// comes back, and shows what happens to it.
func echoPages(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ws/":
			conn, _, _, err := ws.UpgradeHTTP(r, w)
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				for {
					text, err := wsutil.ReadClientText(conn)
					if err != nil || wsutil.WriteServerText(conn, text) != nil {
						return
					}
				}
			}()
		case "/echo.js":
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = fmt.Fprint(w, `
				window.echoes = []
				window.state = "opening"
				const socket = new WebSocket("ws://" + location.host + "/ws/")
				socket.onopen = () => { state = "open" }
				socket.onclose = () => { state = "closed" }
				socket.onmessage = (m) => echoes.push(m.data)
				window.say = (word) => socket.send(word)
				window.ask = async () => { const at = performance.now(); await fetch("/echo.js"); return performance.now() - at }
				window.touches = []
				addEventListener("pointerdown", (e) => touches.push({at: performance.timeOrigin + e.timeStamp, kind: e.pointerType}))`)
		default:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = fmt.Fprint(w, `<!doctype html><html lang="en"><title>Echo</title><meta name="viewport" content="width=device-width"><button id="big">Tap on this with one finger, or with more than one</button><script src="/echo.js"></script>`)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestTab_OfflineHoldsSockets is why there is a Path: the browser's own emulation does
// not end an open socket.
func TestTab_OfflineHoldsSockets(t *testing.T) {
	t.Parallel()
	tab, site := StartBrowser(t).Tab(t), echoPages(t)
	tab.Open(site + "/")
	tab.WaitTrue(`state == "open"`)
	tab.SetOffline(true)
	tab.WaitTrue(`!navigator.onLine && fetch("/echo.js").then(() => false, () => true)`)
	tab.Allow(`ERR_INTERNET_DISCONNECTED`)
	tab.Eval(`say("a")`, nil)
	tab.Eval(`new Promise((done) => setTimeout(done, 100))`, nil)
	tab.WaitTrue(`state == "open" && echoes.length == 0`)
	tab.SetOffline(false)
	tab.WaitTrue(`state == "open" && echoes.length == 1`)
}

func TestPath(t *testing.T) {
	t.Parallel()
	path := NewPath(t, echoPages(t))
	tab := StartBrowser(t).Tab(t)
	tab.Open(path.URL + "/")
	tab.WaitTrue(`state == "open"`)
	tab.Eval(`say("at once")`, nil)
	tab.WaitTrue(`echoes.length == 1`)

	path.Delay(150*time.Millisecond, 250*time.Millisecond)
	var ms float64
	if tab.Eval(`ask()`, &ms); ms < 395 {
		t.Errorf("a way of 150 ms and one back of 250 ms took %.1f ms", ms)
	}
	path.Delay(0, 0)

	path.Silence()
	tab.Eval(`say("in silence")`, nil)
	tab.Eval(`new Promise((done) => setTimeout(done, 100))`, nil)
	tab.WaitTrue(`state == "open" && echoes.length == 1`)
	path.Mend()
	tab.WaitTrue(`echoes.length == 2`)

	path.RefuseSockets(true)
	tab.WaitTrue(`state == "closed" && fetch("/echo.js").then((r) => r.ok)`)
	tab.Reload()
	tab.WaitTrue(`state == "closed"`)
	path.RefuseSockets(false)
	tab.Reload()
	tab.WaitTrue(`state == "open"`)

	path.Cut()
	tab.WaitTrue(`state == "closed"`)
	tab.WaitTrue(`fetch("/echo.js").then(() => false, () => true)`)
	tab.Allow(`ERR_(CONNECTION_(RESET|CLOSED)|EMPTY_RESPONSE)`, `WebSocket`)
	path.Mend()
	tab.Reload()
	tab.WaitTrue(`state == "open"`)
}

func TestTab_TapsAreFingers(t *testing.T) {
	t.Parallel()
	tab, site := StartBrowser(t).Tab(t), echoPages(t)
	tab.SetViewport(360, 640, true)
	tab.Open(site + "/")
	touches := append(tab.Taps("#big", 2), tab.Tap("#big"))
	touches = append(touches, tab.Fingers("#big", 2)...)
	var got []struct {
		At   float64
		Kind string
	}
	tab.Eval(`touches.map((t) => ({At: t.at, Kind: t.kind}))`, &got)
	if len(got) != len(touches) {
		t.Fatalf("%d touches were seen, want %d", len(got), len(touches))
	}
	for i, g := range got {
		at := time.UnixMicro(int64(g.At * 1000))
		if g.Kind != "touch" || at.Before(touches[i].Before.Add(-2*time.Millisecond)) || at.After(touches[i].After.Add(2*time.Millisecond)) {
			t.Errorf("touch %d: %s at %v, want touch within %v and %v", i, g.Kind, at, touches[i].Before, touches[i].After)
		}
	}
}

func TestTab_ClockIsWrong(t *testing.T) {
	t.Parallel()
	tab, site := StartBrowser(t).Tab(t), testPages(t)
	const offset = -7 * time.Minute
	tab.SetClock(offset)
	ahead := func() time.Duration {
		var all []float64
		tab.Eval(`[Date.now(), new Date().getTime(), +new Date, new Date(Date()).getTime() + 500, performance.timeOrigin + performance.now()]`, &all)
		slices.Sort(all)
		now := time.Now()
		if all[len(all)-1]-all[0] > 1500 {
			t.Errorf("the clocks of the page differ: %v", all)
		}
		return time.UnixMilli(int64(all[0])).Sub(now).Round(2 * time.Second)
	}
	tab.Open(site + "/clean")
	if got := ahead(); got != offset {
		t.Errorf("the clock is ahead by %v, want %v", got, offset)
	}
	tab.WaitTrue(`new Date(5).getTime() == 5 && new Date() instanceof Date && new Date("2026-11-26").toISOString().startsWith("2026-11-26") && Date.UTC(1970, 0) == 0`)
	var before, after float64
	tab.Eval(`window.started = Date.now() - performance.now()`, &before)
	tab.StepClock(30 * time.Second)
	tab.Eval(`Date.now() - performance.now()`, &after)
	if step := after - before; step < 29_900 || step > 30_100 {
		t.Errorf("the step was %v ms", step)
	}
	tab.Reload()
	if got, want := ahead(), offset+30*time.Second; got != want {
		t.Errorf("after a reload the clock is ahead by %v, want %v", got, want)
	}
	if problems := tab.Problems(); len(problems) > 0 {
		t.Errorf("got %q", strings.Join(problems, "\n"))
	}
}

func TestBrowser_TrustsAHostOfTheFieldLess(t *testing.T) {
	t.Parallel()
	tab, site := StartBrowser(t).Tab(t), echoPages(t)
	tab.Open(site + "/")
	tab.WaitTrue(`isSecureContext && navigator.serviceWorker`)
	tab.Open(strings.Replace(site, "127.0.0.1", LANHost, 1) + "/")
	tab.WaitTrue(`!isSecureContext && !navigator.serviceWorker && state == "open"`)
}
