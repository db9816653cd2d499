package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"server5k/gateway/auth"
	"server5k/persistence"
	"server5k/race"
)

// What the tests of the race office have: two competitions, each with a team, a
// judge and an organizer of its own.
const (
	firstRace, secondRace = race.CompetitionID(1), race.CompetitionID(2)
	superID               = race.OrganizerID(1)
	anaID                 = race.OrganizerID(2) // organizer of the first
	betoID                = race.OrganizerID(3) // organizer of the second
	veraID                = race.OrganizerID(4) // looks at the first
)

// officeBench is a server with people who call it.
type officeBench struct {
	cfg                    *Config
	url                    string
	super, ana, beto, vera client
	judge                  [4]client // by id; 3 times no team
}

// client calls as one person and keeps what the answer said.
type client struct {
	t     *testing.T
	url   string
	token string
}

// answer is what a call got.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// into reads the body.
func (a answer) into(t *testing.T, out any) {
	t.Helper()
	if err := json.Unmarshal(a.body, out); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

// do sends a request; in is JSON, or raw bytes with a content type in headers.
func (c client) do(method, path string, in any, headers ...string) answer {
	c.t.Helper()
	a, err := c.try(c.t.Context(), method, path, in, headers...)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func (c client) try(ctx context.Context, method, path string, in any, headers ...string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, replyTimeout)
	defer cancel()
	raw, isRaw := in.([]byte)
	if in != nil && !isRaw {
		var err error
		if raw, err = json.Marshal(in); err != nil {
			return answer{}, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(raw))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	direct := &http.Client{Transport: spoken(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := direct.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()                                                                       // it was read, or there is an error already
	if res.StatusCode == http.StatusSwitchingProtocols || res.Header.Get("Content-Type") == "text/event-stream" { // has no end
		return answer{status: res.StatusCode, header: res.Header}, nil
	}
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, body}, err
}

// must is do for a call that has to answer with a status, read into out if any.
func (c client) must(status int, method, path string, in, out any, headers ...string) answer {
	c.t.Helper()
	a := c.do(method, path, in, headers...)
	if a.status != status {
		c.t.Fatalf("%s %s: %d %s, want %d", method, path, a.status, a.body, status)
	}
	if out != nil {
		a.into(c.t, out)
	}
	return a
}

// setupOffice serves the two competitions.
func setupOffice(t *testing.T) *officeBench {
	t.Helper()
	return setupOfficeOn(t, testConfig(t, t.TempDir()))
}

// setupOfficeOn serves them from the database of cfg, which is empty.
func setupOfficeOn(t *testing.T, cfg *Config) *officeBench {
	t.Helper()
	addOffice(t, cfg)
	url, _ := serveConfig(t, cfg)
	b := &officeBench{cfg: cfg, url: url}
	for id, c := range map[race.OrganizerID]*client{superID: &b.super, anaID: &b.ana, betoID: &b.beto, veraID: &b.vera} {
		*c = client{t, url, organizerToken(t, id)}
	}
	for id := range b.judge {
		if id > 0 {
			b.judge[id] = client{t, url, judgeToken(t, race.JudgeID(id))}
		}
	}
	return b
}

// addOffice stores what setupOffice serves.
func addOffice(t *testing.T, cfg *Config) {
	t.Helper()
	d := persistence.Dump{}
	for n := 1; n <= 3; n++ {
		judge := newSeat(n, "").judge
		judge.ID = race.JudgeID(n)
		d.Judges = append(d.Judges, persistence.JudgeRow{Judge: judge})
	}
	for n := 1; n <= 2; n++ {
		d.Competitions = append(d.Competitions, race.Competition{
			ID: race.CompetitionID(n), Name: fmt.Sprintf("Carrera %d", n), ScheduledAt: now(), Active: true, TeamSize: 2, Rounding: race.RoundRaw,
		})
		d.Teams = append(d.Teams, race.Team{
			ID: race.TeamID(n), Competition: race.CompetitionID(n), Judge: race.JudgeID(n), Name: "Ñandú", Bib: 101, Category: race.CategoryStudents,
		})
	}
	addRace(t, cfg, d)
	hash, err := testHash()
	if err != nil {
		t.Fatal(err)
	}
	err = withStore(t.Context(), cfg, func(s persistence.Store) error {
		return s.Edit(t.Context(), func(ctx context.Context, e race.Editor) error {
			for _, o := range []struct {
				name   string
				viewer bool
				grant  race.CompetitionID
			}{{"ana", false, firstRace}, {"beto", false, secondRace}, {"vera", true, firstRace}} {
				id, err := e.PutOrganizer(ctx, race.Organizer{Username: o.name, Viewer: o.viewer, Active: true, CreatedAt: now()}, hash)
				if err != nil {
					return err
				}
				if err := e.SetGrants(ctx, id, []race.CompetitionID{o.grant}); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// organizerToken mints what a login would give.
func organizerToken(t *testing.T, id race.OrganizerID) string {
	t.Helper()
	access, _ := organizerTokens(t, id, time.Now)
	return access
}

func organizerTokens(t *testing.T, id race.OrganizerID, now func() time.Time) (access, refresh string) {
	t.Helper()
	access, refresh, err := auth.NewIssuer([]byte(testSecret), now).Pair(auth.Token{
		Audience: auth.OrganizerAudience, UserID: int64(id), Role: string(race.RoleOrganizer),
	})
	if err != nil {
		t.Fatal(err)
	}
	return access, refresh
}

// run starts the first competition as ana and sends times as judge 1, in
// milliseconds; it returns the ids of the records.
func (b *officeBench) run(times ...int64) []string {
	t := b.ana.t
	t.Helper()
	b.ana.must(http.StatusOK, "POST", "/api/competencias/1/iniciar/", map[string]any{"started_at": now().Add(-time.Hour)}, nil)
	ids := make([]string, len(times))
	for i, ms := range times {
		var got struct {
			Records []struct {
				ID string `json:"id_registro"`
			} `json:"registros"`
		}
		b.judge[1].must(http.StatusCreated, "POST", "/api/equipos/1/registros/", map[string]any{"registros": []any{map[string]any{"tiempo": ms}}}, &got)
		ids[i] = got.Records[0].ID
	}
	return ids
}

// declare says in the place of judge 1 how many marks were made.
func (b *officeBench) declare(total int) {
	b.ana.t.Helper()
	b.rule(http.StatusCreated, map[string]any{"tipo": "declarar", "equipo_id": 1, "total": total, "motivo": "planilla"})
}

// rule posts a decision on the first competition as ana.
func (b *officeBench) rule(status int, order map[string]any) (ruled struct {
	Ruling struct {
		ID     int64  `json:"id"`
		Kind   string `json:"tipo"`
		Record int64  `json:"registro"`
		Author string `json:"autor"`
		Holds  bool   `json:"vigente"`
	} `json:"decision"`
	Repeated bool `json:"repetida"`
},
) {
	b.ana.t.Helper()
	b.ana.must(status, "POST", "/api/competencias/1/decisiones/", order, &ruled)
	return ruled
}

// results reads those of the first competition.
func (b *officeBench) results() (got struct {
	State   string `json:"estado"`
	Changed bool   `json:"cambios"`
	Open    int    `json:"revision_pendiente"`
	Version *struct {
		Number int    `json:"numero"`
		Digest string `json:"sha256"`
	} `json:"version"`
	Results []struct {
		Status  string  `json:"estado"`
		Penalty int64   `json:"penalizacion"`
		Total   int64   `json:"tiempo_total"`
		Times   []int64 `json:"registros"`
	} `json:"resultados"`
},
) {
	b.vera.t.Helper()
	b.vera.must(http.StatusOK, "GET", "/api/competencias/1/resultados/", nil, &got)
	return got
}
