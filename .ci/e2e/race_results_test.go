package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// evidence compares what was tapped, what the consoles have and what the server has.
func (d *day) evidence() {
	d.t.Helper()
	for _, c := range append(slices.Clone(d.consoles), d.relief) {
		absences := 0
		if c == d.consoles[1] {
			absences = 1
		}
		c.exactly(absences)
		c.honest()
	}
	thumbs := d.consoles[1].all()[4:6]
	if apart := duration(thumbs[1].At - thumbs[0].At).Abs(); apart > 50*time.Millisecond {
		d.t.Errorf("two thumbs at once are marks %v apart", apart)
	}
	var stored []struct {
		ID     string `json:"id_registro"`
		TeamID int64  `json:"equipo_id"`
		State  string `json:"estado"`
		Number int64  `json:"secuencia"`
		Device string `json:"dispositivo"`
	}
	d.server.Organizer().Must(http.MethodGet, "/api/competencias/1/registros/?limit=1000", nil, &stored)
	var want, got []string
	for _, c := range append(slices.Clone(d.consoles), d.relief) {
		for _, m := range c.all() {
			state := "contado"
			if m.Taken != nil {
				state = "anulado"
			}
			want = append(want, fmt.Sprint(m.ID, " ", m.Team, " ", m.Number, " ", state))
		}
	}
	for _, r := range stored {
		got = append(got, fmt.Sprint(r.ID, " ", r.TeamID, " ", r.Number, " ", r.State))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		d.t.Errorf("the server has the marks\n%s\nthe consoles\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	acks := slices.Concat(d.consoles[0].acknowledgements(0), d.consoles[1].acknowledgements(0), d.consoles[2].acknowledgements(0), d.relief.acknowledgements(6))
	d.audience.prompt(acks)
	d.audience.gapless()
}

// refuse tries to publish before the last judge has declared.
func (d *day) refuse() {
	d.t.Helper()
	s := d.organizer
	s.visit("/admin/competencias/1/detener/")
	s.Follow(`button[name=confirmar]`)
	s.done("stopped")
	d.consoles[0].declare(teamSize)
	d.consoles[1].declare(teamSize)
	s.visit("/admin/competencias/1/revision/")
	s.look("review-undeclared")
	if got, want := s.count(`li.card[id^="h-undeclared-"]`), 1; got != want {
		d.t.Errorf("%d posts are undeclared, want %d", got, want)
	}
	for range s.count(`li.card[id^="h-near-"]`) {
		s.Fill(`li.card[id^="h-near-"] input[name=motivo]`, "llegaron juntos")
		s.Follow(`li.card[id^="h-near-"] button[value^="aceptar:"]`)
		s.done("ruled")
	}
	if status := d.publish(); status != http.StatusConflict {
		d.t.Errorf("with an undeclared post official results have the status %d", status)
	}
}

// publish asks for official results, without overriding anything.
func (d *day) publish() (status int) {
	d.t.Helper()
	return d.server.Organizer().Call(http.MethodPost, "/api/competencias/1/resultados/oficial/", map[string]any{"motivo": "acta"}, nil)
}

// declare says at the console how many marks there are.
func (c *console) declare(total int) {
	c.t.Helper()
	c.Tap("#declare")
	c.Fill("#declare-total", fmt.Sprint(total))
	c.Tap("#declare-send")
	c.WaitText("#tally-note", c.fill("note.declared", "n", total))
}

// post is what the server knows of the marks of a team.
type provenPost struct {
	TeamID   int64 `json:"equipo_id"`
	Declared *int  `json:"declaradas"`
	Stored   int   `json:"guardadas"`
	Complete bool  `json:"completo"`
	Devices  []struct {
		Device  string  `json:"dispositivo"`
		Claimed int64   `json:"mayor_declarada"`
		Stored  int64   `json:"mayor_guardada"`
		Missing []int64 `json:"faltan"`
	} `json:"dispositivos"`
}

// declare has the relief declare for both phones; then nothing is missing.
func (d *day) declare() {
	d.t.Helper()
	d.relief.declare(teamSize)
	var posts []provenPost
	d.server.Organizer().Must(http.MethodGet, "/api/competencias/1/puestos/", nil, &posts)
	if len(posts) != 3 {
		d.t.Fatalf("posts: %+v", posts)
	}
	for _, p := range posts {
		if p.Declared == nil || *p.Declared != teamSize || p.Stored != teamSize || !p.Complete {
			d.t.Errorf("the post of team %d is %+v", p.TeamID, p)
		}
		if want := 1 + int(p.TeamID)/3; len(p.Devices) != want {
			d.t.Errorf("at the post of team %d were %d phones, want %d", p.TeamID, len(p.Devices), want)
		}
		for _, device := range p.Devices {
			if len(device.Missing) > 0 || device.Claimed != device.Stored {
				d.t.Errorf("at the post of team %d the phone %s is %+v", p.TeamID, device.Device, device)
			}
		}
	}
}

// official publishes the results, and who watches sees it.
func (d *day) official() {
	d.t.Helper()
	s := d.organizer
	s.visit("/admin/competencias/1/resultados/")
	s.Check("#f-confirmar", true)
	s.Follow(`form[action$="/oficial/"] button`)
	s.done("official")
	for _, p := range d.audience.pages {
		p.WaitText(`[data-banner="official"]`, "1")
		p.WaitText("[data-phase]", p.say("phase.oficial"))
	}
	d.audience.plain.Reload()
	d.audience.plain.WaitText(`[data-banner="official"]`, "1")
}

// same compares the page with the results of the API.
func (d *day) same() {
	d.t.Helper()
	var answer struct {
		Results []struct {
			TeamID int64 `json:"equipo_id"`
			Place  *int  `json:"puesto"`
			Total  int64 `json:"tiempo_total"`
		} `json:"resultados"`
	}
	d.server.Organizer().Must(http.MethodGet, "/api/competencias/1/resultados/", nil, &answer)
	results := answer.Results
	for _, p := range append(slices.Clone(d.audience.pages), d.audience.plain) {
		var rows []struct{ Team, Place, Total string }
		p.Eval(`[...document.querySelectorAll("#standings [data-team]")].map((row) => ({
			Team: row.dataset.team, Place: row.querySelector('[data-cell="place"]').innerText, Total: row.querySelector('[data-cell="total"]').innerText}))`, &rows)
		if len(rows) != len(results) {
			d.t.Errorf("the page has %d teams, the API %d", len(rows), len(results))
			continue
		}
		for i, r := range results {
			if rows[i].Team != fmt.Sprint(r.TeamID) || (r.Place != nil && number(d.t, rows[i].Place) != *r.Place) || (r.Place == nil) == strings.ContainsAny(rows[i].Place, "123") {
				d.t.Errorf("row %d of the page is %+v, of the API %+v", i+1, rows[i], r)
			}
			if r.Place != nil && parseClock(d.t, rows[i].Total).Milliseconds() != r.Total {
				d.t.Errorf("row %d of the page has the total %s, of the API %d ms", i+1, rows[i].Total, r.Total)
			}
		}
	}
}
