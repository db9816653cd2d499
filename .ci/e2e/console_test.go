package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	// manyTaps is how many taps are measured; a person does 15.
	manyTaps = 60
	// tapWithin bounds the work of a tap. It is 20 ms for most of them; here the machine
	// may compile at the same time.
	tapWithin, tapAtMost = 20 * time.Millisecond, 150 * time.Millisecond
)

// judged is a running race with a judge at the console, behind a path.
func judged(t *testing.T, options Options) (*Server, *Path, *console) {
	t.Helper()
	options.Judges, options.Env = 1, append(options.Env, "TIME_ZONE=UTC")
	server := StartServer(t, options)
	server.Organizer().Must(http.MethodPost, "/api/competencias/1/iniciar/", map[string]any{"started_at": time.Now().UTC().Add(-gunAgo).Format(time.RFC3339)}, nil)
	path := NewPath(t, server.URL)
	c := openConsole(t, server, path.URL, "juez1", "es")
	c.login(server.Judges[0])
	return server, path, c
}

// stored returns the ids of the marks of a team that count.
func stored(server *Server, team int64) []string {
	server.tb.Helper()
	var state struct {
		List []struct {
			ID string `json:"id_registro"`
		} `json:"registros"`
	}
	server.Judge(server.Judges[0]).Must(http.MethodGet, fmt.Sprintf("/api/equipos/%d/registros/estado/", team), nil, &state)
	ids := make([]string, 0, len(state.List))
	for _, r := range state.List {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	return ids
}

// ids returns the ids of this phone's marks of a team.
func (c *console) ids(team int64) []string {
	c.t.Helper()
	var ids []string
	for _, m := range c.all() {
		if m.Team == team {
			ids = append(ids, m.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func TestConsole_ATapTakesLittle(t *testing.T) {
	t.Parallel()
	_, _, c := judged(t, Options{})
	c.post(1)
	c.measured()
	c.touches = c.Taps("#mark", manyTaps)
	var ms []float64
	c.Eval(`performance.getEntriesByName("mark", "measure").map((m) => m.duration)`, &ms)
	if len(ms) != manyTaps || len(c.all()) != manyTaps {
		t.Errorf("%d taps were measured and %d kept, want %d", len(ms), len(c.all()), manyTaps)
	}
	took := make([]time.Duration, 0, len(ms))
	for _, m := range ms {
		took = append(took, duration(m))
	}
	t.Logf("a tap takes %s", spread(took))
	if median, most := took[len(took)/2], took[len(took)-1]; median > tapWithin || most > tapAtMost {
		t.Errorf("half of the taps take %v and more, one %v", median, most)
	}
}

func TestConsole_ANewVersionKeepsTheOutbox(t *testing.T) {
	t.Parallel()
	server, path, c := judged(t, Options{})
	c.Allow(`WebSocket`, `ERR_(CONNECTION_RESET|CONNECTION_CLOSED|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)`)
	c.post(1)
	c.measured()
	c.WaitTrue(`navigator.serviceWorker.ready.then(() => true)`)
	c.mark()
	c.counts(1, 1)
	path.RefuseSockets(true)
	c.WaitTrue(`document.querySelector("[data-link]").dataset.link !== "open"`)
	for range teamSize - 2 {
		c.mark()
	}
	c.counts(teamSize-1, 1)
	before := c.all()
	var old, now string
	c.Eval(`server5k.version`, &old)

	server.Upgrade()
	c.reload()
	c.WaitVisible(`[data-notice="update"]`)
	c.mark()
	c.counts(teamSize, 1)
	c.Screenshot("update")
	c.keep()
	c.Tap(`[data-notice="update"]`)
	c.Eval(`document.body.dataset.old = "yes"`, nil)
	c.Tap(`[data-notice="update"] button`)
	c.WaitTrue(`document.body && document.body.dataset.old !== "yes" && window.server5k`)
	if c.Eval(`server5k.version`, &now); now == old {
		t.Errorf("the version is %s still", now)
	}
	c.WaitVisible("#mark")
	c.counts(teamSize, 1)
	for i, m := range c.all()[:teamSize-1] {
		if m.ID != before[i].ID || m.At != before[i].At {
			t.Errorf("mark %d was %+v and is %+v", i+1, before[i], m)
		}
	}
	path.Mend()
	c.counts(teamSize, teamSize)
	c.honest()
	if diff := cmp.Diff(c.ids(1), stored(server, 1)); diff != "" {
		t.Errorf("marks (-console +server):\n%s", diff)
	}
}

// marksFile is what the console exports.
type marksFile struct {
	Format string `json:"formato"`
	Judge  string `json:"juez"`
	Device string `json:"dispositivo"`
	Teams  []struct {
		TeamID  int64            `json:"equipo_id"`
		Bib     int              `json:"dorsal"`
		Records []map[string]any `json:"registros"`
	} `json:"equipos"`
}

// readFrames reads the QR codes that the console shows one after the other.
func (c *console) readFrames() marksFile {
	c.t.Helper()
	c.Click("#export-qr")
	var parts []string
	for i := 0; i == 0 || i < len(parts); i++ {
		c.Click("#qr-next") // it stands still then
		fields := strings.SplitN(c.ReadQR("#qr-canvas"), "|", 4)
		if len(fields) != 4 || fields[0] != "S5K1" {
			c.t.Fatalf("a frame is %q", fields)
		}
		at, _ := strconv.Atoi(fields[1])
		all, _ := strconv.Atoi(fields[2])
		if parts == nil {
			parts = make([]string, all)
		}
		if at < 1 || at > len(parts) || all != len(parts) {
			c.t.Fatalf("frame %d of %d beside %d", at, all, len(parts))
		}
		parts[at-1] = fields[3]
	}
	var file marksFile
	if err := json.Unmarshal([]byte(strings.Join(parts, "")), &file); err != nil {
		c.t.Fatalf("%v in %q", err, parts)
	}
	c.t.Logf("%d marks are in %d frames", len(file.Teams[0].Records), len(parts))
	return file
}

func TestConsole_MarksLeaveThePhoneWithoutANetwork(t *testing.T) {
	t.Parallel()
	server, path, c := judged(t, Options{})
	c.Allow(`WebSocket`, `ERR_(CONNECTION_RESET|CONNECTION_CLOSED|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)`)
	c.post(1)
	c.measured()
	path.Cut()
	for range teamSize {
		c.mark()
	}
	c.counts(teamSize, 0)
	c.Click("#to-teams")
	c.Click("#to-phone")
	c.look("phone")
	frames := c.readFrames()
	c.Screenshot("codes")
	raw, err := os.ReadFile(c.Download("#export-file"))
	if err != nil {
		t.Fatal(err)
	}
	var file marksFile
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(file, frames); diff != "" {
		t.Errorf("the codes differ from the file (-file +codes):\n%s", diff)
	}
	if file.Format != "server5k-marcas-1" || file.Judge != "juez1" || len(file.Teams) != 1 || len(file.Teams[0].Records) != teamSize {
		t.Fatalf("the file is %s", raw)
	}
	server.Organizer().Must(http.MethodPost, "/api/competencias/1/marcas/", json.RawMessage(raw), nil)
	if diff := cmp.Diff(c.ids(1), stored(server, 1)); diff != "" {
		t.Errorf("after the import (-console +server):\n%s", diff)
	}
	// The network comes after all, and the phone sends what is there already.
	path.Mend()
	c.Click("#phone-back")
	c.Click(`#team-list [data-team="1"]`)
	c.counts(teamSize, teamSize)
	if diff := cmp.Diff(c.ids(1), stored(server, 1)); diff != "" {
		t.Errorf("after the network came (-console +server):\n%s", diff)
	}
}

func TestConsole_WarnsOnAFieldNetwork(t *testing.T) {
	t.Parallel()
	server := StartServer(t, Options{Judges: 1, Env: []string{"ALLOWED_HOSTS=127.0.0.1," + LANHost}})
	server.StartCompetition(1)
	path := NewPath(t, server.URL)
	c := openConsole(t, server, strings.Replace(path.URL, "127.0.0.1", LANHost, 1), "juez1", "en")
	c.Allow(`WebSocket`, `ERR_(CONNECTION_RESET|CONNECTION_CLOSED|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)`)
	c.login(server.Judges[0])
	c.post(1)
	c.WaitTrue(`!isSecureContext`)
	c.WaitText(`[data-notice="insecure"]`, c.say("notice.insecure"))
	c.measured()
	c.look("insecure")
	c.mark()
	c.counts(1, 1)
	path.RefuseSockets(true)
	c.WaitTrue(`document.querySelector("[data-link]").dataset.link !== "open"`)
	c.mark()
	c.mark()
	c.counts(3, 1)
	c.reload()
	if got := c.Problems(); !slices.ContainsFunc(got, func(p string) bool { return strings.HasPrefix(p, "beforeunload dialog") }) {
		t.Errorf("nobody is asked before the page goes: %q", got)
	}
	c.Allow(`^beforeunload dialog`)
	c.counts(3, 1)
	c.mark()
	path.Mend()
	c.counts(4, 4)
	c.honest()
	if diff := cmp.Diff(c.ids(1), stored(server, 1)); diff != "" {
		t.Errorf("marks (-console +server):\n%s", diff)
	}
}

func TestConsole_IsSafeWithTheOwnAuthority(t *testing.T) {
	t.Parallel()
	server := StartServer(t, Options{Judges: 1, Certificate: true, Env: []string{"ALLOWED_HOSTS=127.0.0.1," + LANHost}})
	server.StartCompetition(1)
	browser := StartBrowser(t, server.TrustFlag())
	c := consoleIn(t, browser, server, strings.Replace(server.TLSURL, "127.0.0.1", LANHost, 1), "juez1", "es")
	c.login(server.Judges[0])
	c.post(1)
	c.WaitTrue(`isSecureContext && location.protocol === "https:" && navigator.serviceWorker.ready.then(() => true)`)
	c.measured()
	c.mark()
	c.mark()
	c.counts(2, 2)
	c.honest()
	if n := c.count(`[data-notice="insecure"]`); n > 0 {
		t.Error("it warns of a connection that is safe")
	}
	// Who has no certificate yet gets it without TLS.
	for _, language := range []string{"es", "en"} {
		s := newScene(t, server, "lanca", language)
		s.SetLanguage(language)
		s.SetViewport(consoleWidth, consoleHeight, true)
		s.visit("/ca/")
		s.look("authority-" + language)
		if got, want := s.ReadQR("svg.code"), strings.Replace(server.URL, "127.0.0.1", LANHost, 1)+"/ca.crt"; got != want {
			t.Errorf("the code of the page leads to %s, want %s", got, want)
		}
	}
}

func TestConsole_SwitchesBetweenTeams(t *testing.T) {
	t.Parallel()
	server, _, c := judged(t, Options{Teams: 2})
	c.WaitText("h1", c.say("teams.title"))
	c.look("teams")
	c.Click(`#team-list [data-team="1"]`)
	c.post(1)
	c.measured()
	c.mark()
	c.mark()
	c.counts(2, 2)
	c.Tap(`#chips [data-team="2"]`)
	c.WaitText("#team-name", "2 ·")
	c.counts(0, 0)
	c.mark()
	c.counts(1, 1)
	c.Tap(`#chips [data-team="1"]`)
	c.counts(2, 2)
	c.look("switch")
	for team := range int64(2) {
		if diff := cmp.Diff(c.ids(team+1), stored(server, team+1)); diff != "" {
			t.Errorf("marks of team %d (-console +server):\n%s", team+1, diff)
		}
	}
	c.exactly(0)
	c.honest()
}

func TestConsole_IsUsableByKeyboardAlone(t *testing.T) {
	t.Parallel()
	server := StartServer(t, Options{Judges: 1})
	server.StartCompetition(1)
	c := openConsole(t, server, server.URL, "juez1", "es")
	c.SetViewport(deskWidth, 800, false)
	c.Open(server.URL + "/juez/")
	c.WaitVisible("#login-user")
	c.look("login")
	c.tabTo("#login-user")
	c.types(server.Judges[0].Username)
	c.tabTo("#login-password")
	c.types(server.Judges[0].Password)
	c.Press("Enter")
	c.WaitVisible("#mark")
	c.measured()
	c.tabTo("#mark")
	c.Press("Space")
	c.counts(1, 1)
	c.Press("Enter")
	c.counts(2, 2)
	c.tabTo("#void")
	c.Press("Enter")
	c.counts(1, 1)
	c.tabTo("#declare")
	c.Press("Enter")
	c.WaitTrue(`document.activeElement.id === "declare-total"`)
	c.look("declare")
	c.types("1")
	c.Press("Enter")
	c.WaitText("#tally-note", c.fill("note.declared", "n", 1))
	if got := len(c.all()); got != 2 {
		t.Errorf("two presses became %d marks", got)
	}
}
