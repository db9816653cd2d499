package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp/fasthttputil"

	"server5k/gateway/auth"
	"server5k/race"
)

// emptyStore has no rows; what it does not implement must not be called.
type emptyStore struct{ Store }

func (emptyStore) Ping(context.Context) error { return nil }

func (emptyStore) Competitions(context.Context, race.JudgeID) ([]race.Competition, error) {
	return nil, nil
}

// Competition finds the one that newLive has.
func (emptyStore) Competition(_ context.Context, id race.CompetitionID) (race.Competition, error) {
	if id != 1 {
		return race.Competition{}, race.ErrNotFound
	}
	return race.Competition{ID: 1, Active: true}, nil
}

func (emptyStore) JudgeCredential(context.Context, string) (race.Credential, race.Judge, error) {
	return race.Credential{}, race.Judge{}, race.ErrNotFound
}

func (emptyStore) Judge(_ context.Context, id race.JudgeID) (race.Judge, error) {
	switch id {
	case 1:
		return race.Judge{ID: 1, Username: "juez1", Active: true}, nil
	case 9:
		panic("store bug")
	}
	return race.Judge{}, race.ErrNotFound
}

type peer struct {
	t      *testing.T
	dial   func() (net.Conn, error)
	issuer *auth.Issuer
}

func setup(t *testing.T, cfg Config) *peer {
	t.Helper()
	cfg.Store = emptyStore{}
	cfg.Issuer = auth.NewIssuer([]byte("test-secret"), nil)
	cfg.Hasher = auth.NewHasher(2, 8)
	cfg.AllowHost = func(string) bool { return true }
	s := New(cfg)
	ln := fasthttputil.NewInmemoryListener()
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	t.Cleanup(func() {
		if err := s.Shutdown(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &peer{t, ln.Dial, cfg.Issuer}
}

func (p *peer) bearer(judge int64) string {
	p.t.Helper()
	access, _, err := p.issuer.Pair(auth.Token{Audience: auth.JudgeAudience, JudgeID: judge, HasJudgeID: true})
	if err != nil {
		p.t.Fatal(err)
	}
	return "Authorization: Bearer " + access
}

// send writes a request as it is and reads one answer.
func (p *peer) send(line, body string, headers ...string) (status int, h http.Header, answer string) {
	p.t.Helper()
	conn, err := p.dial()
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close()
	raw := line + " HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n"
	if body != "" {
		raw += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	for _, header := range headers {
		raw += header + "\r\n"
	}
	if _, err := io.WriteString(conn, raw+"\r\n"+body); err != nil {
		p.t.Fatal(err)
	}
	method, _, _ := strings.Cut(line, " ")
	r, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return r.StatusCode, r.Header, string(text)
}

func TestServer_RoutesAndMethods(t *testing.T) {
	t.Parallel()
	p := setup(t, Config{})
	judge := p.bearer(1)
	for _, tt := range []struct {
		line, header    string
		status          int
		location, allow string
	}{
		{line: "GET /api/health/", status: 200},
		{line: "HEAD /api/health/", status: 200},
		{line: "GET /api/health", status: 301, location: "/api/health/"},
		{line: "HEAD /api/health", status: 301, location: "/api/health/"},
		{line: "GET /api/me?x=1&y=%20z", status: 301, location: "/api/me/?x=1&y=%20z"},
		{line: "POST /api/health/", status: 405, allow: "GET, HEAD, OPTIONS"},
		{line: "GET /api/nope/", status: 404},
		{line: "GET /api/equipos/x/", status: 404},
		{line: "GET /api/equipos/1/2/", status: 404},
		{line: "GET /", status: 404},
		{line: "GET /api/logout/", status: 401},
		{line: "GET /api/logout/", header: judge, status: 405, allow: "POST, OPTIONS"},
		{line: "OPTIONS /api/me/", header: judge, status: 200, allow: "GET, HEAD, OPTIONS"},
		{line: "GET /api/me/", header: judge, status: 200},
		{line: "GET /api/me/", header: "Authorization: Bearer", status: 401},
		{line: "GET /api/me/", header: p.bearer(2), status: 401},
		{line: "GET /api/me/", header: p.bearer(9), status: 500},
		{line: "PUT /api/competencias/1/", header: judge, status: 405, allow: "GET, HEAD, OPTIONS"},
		{line: "GET /api/competencias/1/resultados/", header: judge, status: 403},
		{line: "POST /api/competencias/1/iniciar/", status: 401},
		{line: "GET /api/competencias/1000000000000000000000000000000/", header: judge, status: 404},
		{line: "GET /api/equipos/1000000000000000000000000000000/registros/estado/", header: judge, status: 404},
		{line: "GET /api/equipos/?competition_id=1.5", header: judge, status: 400},
		{line: "DELETE /ws/juez/1/", status: 405, allow: "GET"},
		{line: "GET /ws/juez/1%0d%0aX-Bad:1", status: 404},
	} {
		status, h, answer := p.send(tt.line, "", tt.header+"\r\nX-Test: 1")
		if status != tt.status || h.Get("Location") != tt.location || h.Get("Allow") != tt.allow {
			t.Errorf("%s (%.30s): got %d Location %q Allow %q %s; want %d, %q, %q", tt.line, tt.header, status, h.Get("Location"), h.Get("Allow"), answer, tt.status, tt.location, tt.allow)
		}
		if status >= 400 && h.Get("Content-Type") != "application/json" {
			t.Errorf("%s: content type %q", tt.line, h.Get("Content-Type"))
		}
		if (status == 401) != (h.Get("WWW-Authenticate") == `Bearer realm="api"`) {
			t.Errorf("%s: status %d with challenge %q", tt.line, status, h.Get("WWW-Authenticate"))
		}
	}
}

func TestServer_ReadsBodies(t *testing.T) {
	t.Parallel()
	p := setup(t, Config{})
	const (
		jsonType  = "Content-Type: application/json"
		formType  = "Content-Type: application/x-www-form-urlencoded"
		multipart = "Content-Type: multipart/form-data; boundary=X"
	)
	field := func(name, value string) string {
		return "--X\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	for _, tt := range []struct {
		name, body, header string
		status             int
		key                string // of the answer
	}{
		{"json", `{"username":"a","password":"b"}`, jsonType, 401, "error"},
		{"charset", `{"username":"a","password":"b"}`, jsonType + "; charset=utf-8", 401, "error"},
		{"duplicate keys", `{"username":"","username":"a","password":"b"}`, jsonType, 401, "error"},
		{"form", `username=a&password=b`, formType, 401, "error"},
		{"multipart", field("username", "a") + field("password", "b") + "--X--\r\n", multipart, 401, "error"},
		{"no body", ``, jsonType, 400, "error"},
		{"wrong type", `{"username":{"a":1},"password":"b"}`, jsonType, 400, "error"},
		{"array", `[1]`, jsonType, 400, "error"},
		{"malformed", `{"username": "a", `, jsonType, 400, "detail"},
		{"two values", `{} {}`, jsonType, 400, "detail"},
		{"not UTF-8", "{\"username\":\"\xff\"}", jsonType, 400, "detail"},
		{"form not UTF-8", "username=%ff", formType, 400, "detail"},
		{"text", `x`, "Content-Type: text/plain", 415, "detail"},
		{"no type", `x`, "X-None: 1", 415, "detail"},
		{"compressed", `x`, jsonType + "\r\nContent-Encoding: gzip", 415, "detail"},
		{"too large", strings.Repeat(" ", maxBodyBytes+1), jsonType, 413, "detail"},
		{"length twice", `{}`, jsonType + "\r\nTransfer-Encoding: chunked", 400, "detail"},
	} {
		status, _, answer := p.send("POST /api/login/", tt.body, tt.header)
		var got map[string]any
		if err := json.Unmarshal([]byte(answer), &got); err != nil {
			t.Errorf("%s: %v in %q", tt.name, err, answer)
		}
		if _, ok := got[tt.key]; status != tt.status || !ok {
			t.Errorf("%s: got %d %s; want %d with %q", tt.name, status, answer, tt.status, tt.key)
		}
	}
}

func TestServer_SharesOnlyWithAllowedOrigins(t *testing.T) {
	t.Parallel()
	p := setup(t, Config{AllowedOrigins: []string{"https://a.example"}})
	for _, tt := range []struct {
		line, origin string
		status       int
		want         string
	}{
		{"GET /api/health/", "https://a.example", 200, "https://a.example"},
		{"GET /api/health/", "https://b.example", 200, ""},
		{"OPTIONS /api/me/", "https://a.example", 200, "https://a.example"},
		{"OPTIONS /api/me/", "https://b.example", 401, ""},
	} {
		status, h, _ := p.send(tt.line, "", "Origin: "+tt.origin, "Access-Control-Request-Method: GET")
		if status != tt.status || h.Get("Access-Control-Allow-Origin") != tt.want || h.Get("Vary") != "Origin" || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s from %s: got %d %v", tt.line, tt.origin, status, h)
		}
	}
}

func TestServer_LimitsFailedLogins(t *testing.T) {
	t.Parallel()
	p := setup(t, Config{})
	for i := range auth.MaxUserFailures + 1 {
		status, h, answer := p.send("POST /api/login/", `{"username":"a","password":"b"}`, "Content-Type: application/json")
		want := 401
		if i == auth.MaxUserFailures {
			want = 429
		}
		if status != want || (want == 429) != (h.Get("Retry-After") != "") {
			t.Fatalf("attempt %d: got %d %v %s; want %d", i, status, h, answer, want)
		}
	}
}

// TestRetryAfter: who is refused by 503 comes back at a time of its own, in whole
// seconds; who sends too fast, after what it takes.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	s := New(Config{})
	after := func(err error) string {
		c := newCall(s, "")
		c.fail(err)
		return string(c.ctx.Response.Header.Peek("Retry-After"))
	}
	for _, err := range []error{errors.New("no database"), race.Errorf(race.CodeUnavailable, "x"), newCall(s, "").refuseRecords(race.Errorf(race.CodeUnavailable, "x"), nil)} {
		seen := map[string]bool{}
		for range 200 {
			seen[after(err)] = true
		}
		if diff := cmp.Diff(map[string]bool{"1": true, "2": true, "3": true}, seen); diff != "" {
			t.Errorf("%v: %s", err, diff)
		}
	}
	for want, err := range map[string]error{
		"1": race.Errorf(race.CodeRateLimited, "x"), "8": &refusal{status: http.StatusTooManyRequests, retryAfter: 7*time.Second + 1}, "": race.ErrNotFound,
	} {
		if got := after(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

func TestStamp_WritesAsTheOriginal(t *testing.T) {
	t.Parallel()
	guayaquil := stamp{time.FixedZone("", -5*3600)}
	for want, nanos := range map[string]int{
		"2025-12-20T10:00:03-05:00":        999, // below a microsecond
		"2025-12-20T10:00:03.250000-05:00": 250_000_000,
		"2025-12-20T10:00:03.000001-05:00": 1000,
	} {
		if got := guayaquil.text(time.Date(2025, 12, 20, 15, 0, 3, nanos, time.UTC)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := (stamp{time.UTC}).text(time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)); got != "2025-01-02T03:04:05+00:00" {
		t.Errorf("got %s in UTC", got)
	}
}

func TestStatuses_RecordsAreNeverConflictsNorInternal(t *testing.T) {
	t.Parallel()
	for code := range statuses {
		switch got := recordStatus(code); got {
		case 400, 403, 404, 429, 503:
		default:
			t.Errorf("%s: %d", code, got)
		}
	}
	got := map[race.Code]int{}
	for _, code := range []race.Code{race.CodeAlreadyRuns, race.CodeUnavailable, race.CodeForeignTeam, race.CodeNoSuchTeam, "other"} {
		got[code] = statusOf(code)
	}
	want := map[race.Code]int{race.CodeAlreadyRuns: 409, race.CodeUnavailable: 503, race.CodeForeignTeam: 403, race.CodeNoSuchTeam: 404, "other": 503}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPrefersEnglish(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"": false, "es": false, "en": true, "en-US,en;q=0.9": true, "es-EC,en;q=0.8": false, "en;q=0.8,es;q=0.9": false, "*": false, "fr": false,
	} {
		if got := prefersEnglish(header); got != want {
			t.Errorf("%q: got %v", header, got)
		}
	}
}
