package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// panelDump is a race of 100 teams, each complete, that is over.
func panelDump() persistence.Dump {
	const teams = 100
	d := raceDump(teams)
	c := &d.Competitions[0]
	c.StartedAt, c.FinishedAt = now().Add(-time.Hour), now()
	for team := 1; team <= teams; team++ {
		for i := range race.DefaultTeamSize {
			d.Records = append(d.Records, race.TimeRecord{
				ID: race.NewRecordID(), Team: race.TeamID(team), Judge: race.JudgeID(team), Source: race.SourceSocket,
				Elapsed: time.Duration(20*60_000+team*1000+i*7_000) * time.Millisecond, ReceivedAt: c.StartedAt.Add(time.Duration(20*60+team+i*7) * time.Second),
			})
		}
	}
	return d
}

// BenchmarkPanel answers the pages that an organizer has open on race day, with
// 100 complete teams, over HTTP on both databases.
func BenchmarkPanel(b *testing.B) {
	for _, db := range []string{"sqlite", "postgres"} {
		b.Run(db, func(b *testing.B) {
			cfg := testConfig(b, b.TempDir())
			if db == "postgres" {
				cfg.DatabaseURL = databases.Database(b)
			}
			addRace(b, cfg, panelDump())
			base, stop := serveConfig(b, cfg)
			defer stop()
			browser := panelLogin(b, base)
			for _, page := range []string{
				"", "competencias/1/", "competencias/1/preparacion/", "competencias/1/revision/", "competencias/1/resultados/",
				"equipos/50/", "jueces/", "auditoria/",
			} {
				b.Run(strings.ReplaceAll(strings.Trim("admin/"+page, "/"), "/", "_"), func(b *testing.B) {
					size := 0
					for b.Loop() {
						size = panelPage(b, browser, base+"/admin/"+page)
					}
					b.ReportMetric(float64(size)/1024, "KiB/page")
				})
			}
		})
	}
}

// panelLogin returns a client that is logged in to the panel.
func panelLogin(tb testing.TB, base string) *http.Client {
	tb.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		tb.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Timeout: replyTimeout}
	form := url.Values{"usuario": {testAdmin}, "clave": {testPassword}}
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, base+"/admin/entrar/", strings.NewReader(form.Encode()))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", base)
	res, err := browser.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // read or not, the client is done with it
	if res.StatusCode != http.StatusOK || res.Request.URL.Path != "/admin/" {
		tb.Fatalf("login ended at %s with %d", res.Request.URL, res.StatusCode)
	}
	return browser
}

// panelPage gets one page and returns its length.
func panelPage(tb testing.TB, browser *http.Client, page string) int {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, page, http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	res, err := browser.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it was read
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		tb.Fatal(fmt.Errorf("%s: %d %w", page, res.StatusCode, err))
	}
	return len(raw)
}
