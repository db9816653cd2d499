package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLivePages_KeepUpOnABadNetwork takes first the socket and then all of the network
// from a page.
func TestLivePages_KeepUpOnABadNetwork(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	c.gun()
	path := NewPath(t, c.server.URL)
	s := newScene(t, c.server, "public", "es")
	s.Allow(`WebSocket`, `ERR_(CONNECTION_RESET|CONNECTION_CLOSED|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)`)
	s.Open(path.URL + "/competencia/1/")
	s.WaitText("[data-live-state]", s.say("live.on"))
	s.Eval(`document.body.dataset.stay = "yes"`, nil)

	path.RefuseSockets(true)
	s.WaitText("[data-live-state]", s.say("live.off"))
	c.mark(2, 3)
	s.WaitText(c.records(2), "3/") // by asking again and again

	path.Cut()
	s.WaitTrue(`/\d+ s/.test(document.querySelector("[data-age]").textContent)`)
	s.Screenshot("stale")
	c.mark(3, 2)
	if got := s.Texts(c.records(3)); len(got) != 1 || !strings.HasPrefix(got[0], "0/") {
		t.Errorf("without a network the page shows %q", got)
	}
	path.Mend()
	s.WaitText("[data-live-state]", s.say("live.on"))
	s.WaitTrue(`document.querySelector("[data-age]").textContent == ""`)
	s.WaitText(c.records(3), "2/")
	c.mark(4, 1)
	s.WaitText(c.records(4), "1/")
	s.WaitTrue(`document.body.dataset.stay == "yes"`)
	c.agrees(s)
	s.Close()
}

// agrees compares the table of a page with the data for programs.
func (c *crowd) agrees(s *scene) {
	c.t.Helper()
	const fields = `r.puesto ?? 0, r.equipo_id, r.total_registros`
	var want, got string
	s.Eval(`fetch("/competencia/1/datos.json").then((r) => r.json()).then((d) => d.resultados.map((r) => [`+fields+`].join(" ")).join("\n"))`, &want)
	s.Eval(`[...document.querySelectorAll("#standings [data-team]")].map((r) => [
		parseInt(r.querySelector('[data-cell="place"]').textContent) || 0, r.dataset.team, parseInt(r.querySelector('[data-cell="records"]').textContent)].join(" ")).join("\n")`, &got)
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Errorf("the page differs from the data (-data +page):\n%s", diff)
	}
}

// TestLivePages_TurnOnAScreen watches the screen of a hall turn by itself.
func TestLivePages_TurnOnAScreen(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	c.gun()
	for phone, times := range []int{teamSize - 1, teamSize, 4, 0, teamSize, teamSize} {
		c.mark(phone, times)
	}
	s := c.open("/competencia/1/?pantalla=1", "es", 1920)
	s.SetViewport(1920, 1080, false)
	var first string
	s.Eval(`document.querySelector("[data-slide].on h2").textContent`, &first)
	s.look("screen")
	var size float64
	if s.Eval(`parseFloat(getComputedStyle(document.querySelector("[data-slide].on [data-cell=total]")).fontSize)`, &size); size < 24 {
		t.Errorf("the letters on the screen are %v px high", size)
	}
	s.WaitTrue(fmt.Sprintf(`document.querySelector("[data-slide].on h2").textContent != %q`, first))
	s.look("screen-next")
	s.Close()
}
