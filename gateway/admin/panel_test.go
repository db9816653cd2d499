package admin

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"

	"server5k/gateway"
	"server5k/gateway/auth"
	"server5k/gateway/hooks"
	"server5k/gateway/office"
	"server5k/gateway/site"
	"server5k/race"
)

// Accounts of the tests.
const (
	super  race.OrganizerID = 1
	chief  race.OrganizerID = 2 // organizer of competition 1
	viewer race.OrganizerID = 3 // sees competition 1
	other  race.OrganizerID = 4 // organizer of nothing
)

var gun = time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)

// bench is a panel over a real desk and a database in memory.
type bench struct {
	t     testing.TB
	db    *memory
	panel *Panel
	hooks *hookStore
	cl    *fasthttp.Client
	now   time.Time
}

// setup returns a panel with a competition that is over: 101 complete, 102 with a
// mark too few, a held one and two marks almost at once.
func setup(tb testing.TB) *bench {
	tb.Helper()
	b := &bench{t: tb, hooks: &hookStore{}, now: gun.Add(time.Hour)}
	clock := func() time.Time { return b.now }
	b.db = newMemory(clock)
	m := b.db
	m.organizers = map[race.OrganizerID]race.Organizer{
		super:  {ID: super, Username: "ada", Superuser: true, Active: true},
		chief:  {ID: chief, Username: "bea", Active: true},
		viewer: {ID: viewer, Username: "vera", Viewer: true, Active: true},
		other:  {ID: other, Username: "otto", Active: true},
	}
	m.grants = map[race.OrganizerID][]race.CompetitionID{chief: {1}, viewer: {1}}
	m.categories = map[race.Category]string{race.CategoryStudents: "Estudiantes por Equipos", race.CategoryFaculties: "Interfacultades por Equipos"}
	m.events[1] = race.Competition{ID: 1, Name: "Ñandú & <5K>", ScheduledAt: gun, Active: true, StartedAt: gun, FinishedAt: gun.Add(50 * time.Minute), TeamSize: 3, Rounding: race.RoundRaw}
	m.events[2] = race.Competition{ID: 2, Name: "Otra", ScheduledAt: gun, Active: true, TeamSize: 15, Rounding: race.RoundUpEach}
	for i := 1; i <= 3; i++ {
		m.judges[race.JudgeID(i)] = race.Judge{ID: race.JudgeID(i), Username: fmt.Sprintf("juez%d", i), FirstName: "Íñigo", Active: i < 3}
	}
	m.teams[11] = race.Team{ID: 11, Competition: 1, Judge: 1, Name: "Lobos", Bib: 101, Category: race.CategoryStudents}
	m.teams[12] = race.Team{ID: 12, Competition: 1, Judge: 2, Name: "Cóndores", Bib: 102, Category: race.CategoryStudents}
	m.teams[13] = race.Team{ID: 13, Competition: 1, Name: "Sin juez", Bib: 103, Category: race.CategoryFaculties}
	b.mark(11, 20*time.Minute, race.StateCounted, "")
	b.mark(11, 21*time.Minute, race.StateCounted, "")
	b.mark(11, 22*time.Minute, race.StateCounted, "")
	b.mark(12, 23*time.Minute, race.StateCounted, "")
	b.mark(12, 23*time.Minute+100*time.Millisecond, race.StateCounted, "")
	b.mark(12, 55*time.Minute, race.StateHeld, race.CodeNotRunning)
	m.presence = []race.Presence{
		{Judge: 1, HeardAt: b.now.Add(-3 * time.Second), ClockOffset: 1500 * time.Microsecond, ClockUncertainty: 4 * time.Millisecond, Battery: 80, Device: "a1", Received: 3, Confirmed: 3},
		{Judge: 2, HeardAt: b.now.Add(-2 * time.Minute), Battery: 7, Received: 2, Confirmed: 1},
	}
	m.audit = []race.AuditEntry{{ID: 1, At: gun, Author: "ada", Action: "team.update", Competition: 1, Subject: "101 Lobos", Detail: `{"name":["Lobo","Lobos"]}`}}

	log := testLog{tb}
	desk := office.New(office.Config{Store: m, Races: m, Hasher: testHasher(), Now: clock})
	b.panel = New(Config{Desk: desk, Accounts: m, Hasher: testHasher(), Secret: []byte("a secret of the tests"), Importer: importer{m}, Webhooks: hooks.NewRegistry(b.hooks, hooks.Guard{}, clock), ReadMarks: gateway.ReadMarks, Now: clock, Location: time.FixedZone("", -5*3600), Log: log.logger()})
	ln := fasthttputil.NewInmemoryListener()
	srv := &fasthttp.Server{Handler: b.panel.Handler, DisablePreParseMultipartForm: true}
	go srv.Serve(ln) //nolint:errcheck // it ends with the listener
	b.cl = &fasthttp.Client{Dial: func(string) (net.Conn, error) { return ln.Dial() }}
	tb.Cleanup(func() { ln.Close() })
	return b
}

// mark stores a record.
func (b *bench) mark(team race.TeamID, at time.Duration, state race.State, why race.Code) {
	id := b.db.teams[team].Competition
	seq := int64(len(b.db.records[id]) + 1)
	b.db.records[id] = append(b.db.records[id], race.TimeRecord{
		ID: race.RecordID(uuid.NewSHA1(uuid.Nil, fmt.Append(nil, team, at))), Team: team, Judge: b.db.teams[team].Judge, Elapsed: at, ReceivedAt: gun.Add(at + time.Second), Source: race.SourceSocket,
		State: state, Reason: why, Slot: 1, Seq: seq, Mark: race.Mark{MarkedAt: gun.Add(at), ClockOffset: time.Millisecond, ClockUncertainty: 2 * time.Millisecond, Device: "teléfono", DeviceSeq: seq},
	})
}

// page is an answer.
type answer struct {
	status int
	body   string
	header *fasthttp.ResponseHeader
}

// request is what to ask; who 0 is nobody.
type request struct {
	method, path string
	who          race.OrganizerID
	lang         string
	form         url.Values
	header       map[string]string
	body         []byte // instead of form
	media        string
	bare         bool // without the form token and the header of a browser
}

func (b *bench) session(id race.OrganizerID) session {
	s := b.panel.sessions.begin(id)
	s.ID = uuid.NewSHA1(uuid.Nil, fmt.Append(nil, "session", id))
	return s
}

func (b *bench) do(r request) answer {
	b.t.Helper()
	var req fasthttp.Request
	var res fasthttp.Response
	req.SetRequestURI("http://panel.test" + r.path)
	req.Header.SetMethod(r.method)
	if r.lang != "" {
		req.Header.SetCookie(site.LanguageCookie, r.lang)
	}
	if r.who != 0 {
		s := b.session(r.who)
		req.Header.SetCookie(sessionCookie, b.panel.sessions.encode(s))
		if r.form != nil && !r.bare {
			r.form.Set(csrfField, b.panel.sessions.formToken(s))
		}
	}
	if !safeMethod(r.method) && !r.bare {
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	switch {
	case r.body != nil:
		req.Header.SetContentType(r.media)
		req.SetBody(r.body)
	case r.form != nil:
		req.Header.SetContentType("application/x-www-form-urlencoded")
		req.SetBodyString(r.form.Encode())
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	if err := b.cl.DoTimeout(&req, &res, 30*time.Second); err != nil {
		b.t.Fatalf("%s %s: %v", r.method, r.path, err)
	}
	h := &fasthttp.ResponseHeader{}
	res.Header.CopyTo(h)
	return answer{res.StatusCode(), string(res.Body()), h}
}

func (b *bench) get(who race.OrganizerID, path string) answer {
	b.t.Helper()
	return b.do(request{method: http.MethodGet, path: path, who: who})
}

// post sends a form as "name", "value", ….
func (b *bench) post(who race.OrganizerID, path string, form ...string) answer {
	b.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		v.Add(form[i], form[i+1])
	}
	return b.do(request{method: http.MethodPost, path: path, who: who, form: v})
}

// upload sends a file and other fields to the import of competition 1.
func (b *bench) upload(name, content string, fields ...string) answer {
	b.t.Helper()
	return b.uploadTo("/admin/competencias/1/importar/", name, content, fields...)
}

func (b *bench) uploadTo(path, name, content string, fields ...string) answer {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	put := func(err error) {
		if err != nil {
			b.t.Fatal(err)
		}
	}
	put(w.WriteField(csrfField, b.panel.sessions.formToken(b.session(chief))))
	for i := 0; i+1 < len(fields); i += 2 {
		put(w.WriteField(fields[i], fields[i+1]))
	}
	if name != "" {
		part, err := w.CreateFormFile("archivo", name)
		put(err)
		_, err = part.Write([]byte(content))
		put(err)
	}
	put(w.Close())
	return b.do(request{method: http.MethodPost, path: path, who: chief, body: body.Bytes(), media: w.FormDataContentType()})
}

// location returns where an answer leads to.
func (a answer) location() string { return string(a.header.Peek("Location")) }

// want fails unless the answer has the status and all texts.
func (a answer) want(tb testing.TB, status int, texts ...string) answer {
	tb.Helper()
	if a.status != status {
		tb.Fatalf("status %d, want %d: %s", a.status, status, excerpt(a.body))
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			tb.Errorf("no %q in the page: %s", text, excerpt(a.body))
		}
	}
	return a
}

var (
	markup = regexp.MustCompile(`(?s)<head>.*?</head>|<svg.*?</svg>|<[^>]*>`)
	blank  = regexp.MustCompile(`\s+`)
)

// excerpt is the text of a page, short enough to be read in a failure.
func excerpt(body string) string {
	text := blank.ReplaceAllString(markup.ReplaceAllString(body, " "), " ")
	return text[:min(len(text), 900)]
}

// hidden returns the value of a hidden field of a page.
func (a answer) hidden(tb testing.TB, name string) string {
	tb.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(a.body)
	if m == nil {
		tb.Fatalf("no field %q: %s", name, excerpt(a.body))
	}
	return strings.NewReplacer("&#34;", `"`, "&#43;", "+", "&#39;", "'", "&amp;", "&").Replace(m[1])
}

// password makes the organizer log in with a password.
func (b *bench) password(password string) {
	b.t.Helper()
	hash, err := auth.NewHasher(1, 1).Hash(context.Background(), password)
	if err != nil {
		b.t.Fatal(err)
	}
	b.db.hashes[chief] = hash
}
