package public

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"server5k/race"
)

func TestPages_OnlyOfWhatIsPublic(t *testing.T) {
	t.Parallel()
	f := setup(t)
	e := sample(6)
	for name, test := range map[string]struct {
		change func(*race.Competition)
		want   int
	}{
		"withdrawn before the start": {func(c *race.Competition) { c.Active, c.Running, c.StartedAt = false, false, time.Time{} }, http.StatusNotFound},
		"withdrawn while it runs":    {func(c *race.Competition) { c.Active = false }, http.StatusNotFound},
		"archived":                   {func(c *race.Competition) { c.Active, c.Running, c.FinishedAt = false, false, epoch }, http.StatusOK},
	} {
		one := e
		test.change(&one.Competition)
		f.store.put(one)
		f.advance(time.Minute)
		for _, uri := range []string{"/competencia/3/", "/competencia/3/datos.json", "/competencia/3/graficos/", "/equipo/100/"} {
			if got := f.get(t, uri); got.status != test.want {
				t.Errorf("%s, %s: status %d, want %d", name, uri, got.status, test.want)
			}
		}
		if listed := strings.Contains(f.get(t, "/").body, "/competencia/3/"); listed != (test.want == http.StatusOK) {
			t.Errorf("%s: listed %v", name, listed)
		}
	}
}

func TestPages_WhatIsConcealedIsNowhere(t *testing.T) {
	t.Parallel()
	f := setup(t)
	e := sample(sampleTeams)
	standings := e.Standings()
	team, runner := standings[1].Team, standings[2].Members[4]
	f.get(t, "/competencia/3/") // so that there is something to forget
	before := f.get(t, "/equipo/"+itoa(int64(standings[2].Team.ID))+"/").body
	secret := precise(runner.Official)
	if !strings.Contains(before, secret) {
		t.Fatalf("the page of the team has no %s", secret)
	}
	e.Rulings = []race.Ruling{{ID: 1, Kind: race.RulingConceal, Team: team.ID}, {ID: 2, Kind: race.RulingConceal, Record: runner.Seq}}
	f.store.put(e)
	f.advance(maxView)
	name := strings.ReplaceAll(team.Name, "&", "&amp;")
	for _, uri := range append([]string{"/competencia/3/datos.json"}, everyPage...) {
		got := f.get(t, uri).body
		if strings.Contains(got, name) || strings.Contains(got, `/equipo/`+itoa(int64(team.ID))+`/`) || strings.Contains(got, `"equipo_id":`+itoa(int64(team.ID))+",") {
			t.Errorf("%s shows the team", uri)
		}
	}
	if got := f.get(t, "/equipo/"+itoa(int64(team.ID))+"/"); got.status != http.StatusNotFound {
		t.Errorf("its page: status %d", got.status)
	}
	after := f.get(t, "/equipo/"+itoa(int64(standings[2].Team.ID))+"/").body
	if strings.Contains(after, secret) || !strings.Contains(after, "Tiempo no publicado") || !strings.Contains(after, precise(standings[2].Total)) {
		t.Error("the page of the team shows the runner, or not its total")
	}
	var data dataJSON
	if err := json.Unmarshal([]byte(f.get(t, "/competencia/3/datos.json").body), &data); err != nil {
		t.Fatal(err)
	}
	if l := data.Lines[1]; l.TeamID != int64(standings[2].Team.ID) || l.Times[4] != nil || l.Records != 15 || *l.Place != standings[2].Place {
		t.Errorf("got %+v", l)
	}
}

func TestPages_WithoutTheStore(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.store.fail(errors.New("connection refused"))
	for _, uri := range []string{"/", "/competencia/3/", "/competencia/3/datos.json", "/equipo/100/"} {
		got := f.get(t, uri)
		if got.status != http.StatusServiceUnavailable && uri != "/equipo/100/" || len(got.header.Peek("Retry-After")) == 0 || len(got.header.Peek("ETag")) > 0 {
			t.Errorf("%s: status %d, headers %s", uri, got.status, got.header)
		}
		if strings.Contains(got.body, "refused") {
			t.Errorf("%s tells too much", uri)
		}
	}
	f.store.fail(nil)
	f.advance(retryAfter)
	if got := f.get(t, "/competencia/3/"); got.status != http.StatusOK {
		t.Fatalf("back: status %d", got.status)
	}
	f.get(t, "/")
	f.store.fail(errors.New("connection refused"))
	f.advance(time.Minute)
	for _, uri := range []string{"/competencia/3/", "/equipo/100/"} {
		got := f.get(t, uri)
		if got.status != http.StatusOK || string(got.header.Peek("Age")) != "60" || !strings.Contains(got.body, "Se muestra lo que había a las 03:31:13") {
			t.Errorf("%s: status %d, Age %q", uri, got.status, got.header.Peek("Age"))
		}
	}
	if got := f.get(t, "/"); got.status != http.StatusOK || !strings.Contains(got.body, "/competencia/3/") {
		t.Errorf("list: status %d", got.status)
	}
}
