package e2e

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// concealedWithin is how soon what is concealed may be seen nowhere any more.
const concealedWithin = 5 * time.Second

// conceal hides a team from the public, everywhere.
func (d *day) conceal() {
	d.t.Helper()
	const team = 3
	var teams []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	d.server.Organizer().Must(http.MethodGet, "/api/competencias/1/equipos/", nil, &teams)
	name := ""
	for _, t := range teams {
		if t.ID == team {
			name = t.Name
		}
	}
	if !strings.Contains(d.read("/competencia/1/datos.json"), name) {
		d.t.Fatalf("the data do not have %s", name)
	}
	heard := len(d.audience.feed.Sights())

	s := d.organizer
	s.visit("/admin/equipos/%d/", team)
	s.Follow(`main a[href*="tipo=ocultar"]`)
	s.Fill("#f-motivo", "pedido de la familia")
	s.Follow("main form button.go")
	s.done("ruled")
	since := time.Now()
	for _, p := range append(slices.Clone(d.audience.pages), d.audience.kiosk) {
		p.WaitGone(fmt.Sprintf(`[data-team="%d"]`, team))
	}
	for _, path := range []string{
		"/competencia/1/", "/competencia/1/datos.json", "/competencia/1/?pantalla=1", "/competencia/1/locutor/", "/competencia/1/graficos/", "/", fmt.Sprintf("/equipo/%d/", team),
	} {
		for strings.Contains(d.read(path), name) {
			if time.Since(since) > concealedWithin {
				d.t.Errorf("%s shows what is concealed", path)
				break
			}
		}
	}
	for i, p := range append(slices.Clone(d.audience.pages), d.audience.kiosk) {
		var still []string
		for {
			p.Eval(fmt.Sprintf(`[...document.querySelectorAll("body *")].filter((e) => e.localName !== "script" && ![...e.children].some((c) => c.textContent.includes(%[1]q)) && e.textContent.includes(%[1]q)).map((e) => e.closest("section")?.id + " " + e.outerHTML)`, name), &still)
			if len(still) == 0 || time.Since(since) > concealedWithin {
				break
			}
		}
		if len(still) > 0 {
			d.t.Errorf("page %d still shows what is concealed: %q", i+1, still)
		}
	}
	d.t.Logf("concealed everywhere after %v", time.Since(since).Round(time.Millisecond))
	for _, sight := range d.audience.feed.Sights()[heard:] {
		if sight.TeamID == team || strings.Contains(sight.Raw, name) {
			d.t.Errorf("the feed tells of what is concealed: %s", sight.Raw)
		}
	}
	again := d.server.Feed(1)
	again.Await(d.t, "the first event", func(sights []Sight) bool { return len(sights) > 0 })
	for _, sight := range again.Sights() {
		if strings.Contains(sight.Raw, name) {
			d.t.Errorf("a new feed tells of what is concealed: %s", sight.Raw)
		}
	}
}

// read returns what a public address answers.
func (d *day) read(path string) string {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.server.URL+path, http.NoBody)
	if err != nil {
		d.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it was read, or there is an error already
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatalf("%s: %v", path, err)
	}
	return string(raw)
}
