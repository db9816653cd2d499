package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"server5k/race"
)

// rulingKind is what the panel knows of a kind of ruling.
type rulingKind struct {
	wire   string
	kind   race.RulingKind
	needs  string // what it is about: "mark", "team", "finding" or "ruling"
	reason bool   // one must be given
}

// rulingKinds are the rulings that the form of one offers, by their wire value.
// The gun, a reopening and official results have their own pages.
var rulingKinds = []rulingKind{
	{"incluir", race.RulingInclude, "mark", false},
	{"anular", race.RulingVoid, "mark", true},
	{"restituir", race.RulingReinstate, "mark", false},
	{"mover", race.RulingMove, "mark", true},
	{"agregar", race.RulingAdd, "team", true},
	{"ausencia", race.RulingAbsence, "team", true},
	{"penalizar", race.RulingPenalty, "team", true},
	{"descalificar", race.RulingDisqualify, "team", true},
	{"declarar", race.RulingDeclare, "team", true},
	{"ocultar", race.RulingConceal, "team", true},
	{"ocultar_marca", race.RulingConceal, "mark", true},
	{"aceptar", race.RulingAccept, "finding", false},
	{"deshacer", race.RulingUndo, "ruling", false},
}

func kindOf(wire string) (rulingKind, bool) {
	i := slices.IndexFunc(rulingKinds, func(k rulingKind) bool { return k.wire == wire })
	if i < 0 {
		return rulingKind{}, false
	}
	return rulingKinds[i], true
}

// rulingPage asks for what a ruling needs, or says what was wrong with it.
type rulingPage struct {
	Head    head
	Form    *form
	Kind    string // wire value
	Needs   string
	Reason  bool // required
	Team    race.Team
	Mark    *race.Finish
	Near    []race.Finish // the marks of the team that count, by time
	Ruling  *race.Ruling  // to be undone
	Finding *race.Finding
	Teams   []option // RulingMove
	Stored  int      // RulingDeclare: marks that the judge sent
	Back    string
}

// rulingFields are the fields of the form. The wire names are those of the API.
var rulingFields = []string{"tipo", "equipo", "registro", "tiempo", "penalizacion", "total", "hallazgo", "deshace", "motivo", "clave", "equipo_destino"}

// rulingForm answers GET /admin/competencias/{}/decision/.
func rulingForm(ctx context.Context, c *call) error {
	f := newForm()
	for _, name := range rulingFields {
		f.Values[name] = c.query(name)
	}
	f.Values["clave"] = newKey()
	return showRuling(ctx, c, http.StatusOK, f)
}

// rulingPost answers POST /admin/competencias/{}/decision/. A button of a list may
// say in `accion` which of several rulings it is: "anular:registro:12".
func rulingPost(ctx context.Context, c *call) error {
	f := c.form(rulingFields...)
	if parts := strings.Split(c.value("accion"), ":"); len(parts) == 3 {
		f.Values["tipo"], f.Values[parts[1]] = parts[0], parts[2]
	}
	o, ok := c.order(f)
	if !ok {
		return race.ErrNotFound
	}
	if !f.bad() {
		_, err := c.p.cfg.Desk.Rule(ctx, c.who, o)
		if err == nil {
			return c.done(c.back(eventPath(c.competition(), "revision/")), "ruled")
		}
		if !c.refuse(f, err) {
			return err
		}
	}
	return showRuling(ctx, c, http.StatusUnprocessableEntity, f)
}

// order reads the order of a form; ok is false for one of no known kind.
func (c *call) order(f *form) (race.Order, bool) {
	k, ok := kindOf(f.Values["tipo"])
	if !ok {
		return race.Order{}, false
	}
	number := func(name string) int64 {
		n, err := strconv.ParseInt(f.Values[name], 10, 64)
		if err != nil || n <= 0 {
			return 0
		}
		return n
	}
	o := race.Order{Competition: c.competition(), Kind: k.kind, Reason: f.Values["motivo"]}
	if k.reason {
		c.required(f, "motivo")
	}
	switch k.needs {
	case "mark":
		o.Record = number("registro")
	case "team":
		o.Team = race.TeamID(number("equipo"))
	case "finding":
		o.Finding = f.Values["hallazgo"]
	case "ruling":
		o.Undoes = race.RulingID(number("deshace"))
	}
	switch k.kind {
	case race.RulingMove:
		c.required(f, "equipo_destino")
		o.Team = race.TeamID(number("equipo_destino"))
	case race.RulingAdd:
		o.Elapsed = c.duration(f, "tiempo")
	case race.RulingPenalty:
		o.Amount = c.duration(f, "penalizacion")
	case race.RulingDeclare:
		o.Declared.Total = c.total(f)
	default:
	}
	key, err := orderKey(f.Values["clave"], o.Kind, o.Team, o.Record, o.Undoes, o.Finding, o.Elapsed, o.Amount, o.Declared.Total)
	if err != nil {
		c.refuse(f, err)
	}
	o.Key = key
	return o, true
}

// duration reads a time of more than zero.
func (c *call) duration(f *form, name string) time.Duration {
	d, err := parseClock(f.Values[name])
	if err != nil || d <= 0 {
		f.fault(name, c.say("fault.time"))
	}
	return d
}

// total reads how many marks a judge declares.
func (c *call) total(f *form) int {
	n, err := strconv.Atoi(f.Values["total"])
	if err != nil || n < 0 || n > race.MaxDeclared {
		f.fault("total", c.say("fault.total", race.MaxDeclared))
	}
	return n
}

// errNoSubject means that a form is about something that is not there.
var errNoSubject = errors.Join(race.ErrNotFound, errors.New("nothing to rule on"))

// showRuling renders the form of a ruling with what it is about.
func showRuling(ctx context.Context, c *call, status int, f *form) error {
	k, ok := kindOf(f.Values["tipo"])
	if !ok {
		return race.ErrNotFound
	}
	e, err := c.p.cfg.Desk.Evidence(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	if !c.who.Edits(e.Competition.ID) {
		return errForbidden
	}
	page := rulingPage{
		Head: c.head(e.Competition, ""), Form: f, Kind: k.wire, Needs: k.needs, Reason: k.reason,
		Back: c.back(eventPath(e.Competition.ID, "revision/")),
	}
	if err := page.find(e, k, f); err != nil {
		return err
	}
	if k.kind == race.RulingDeclare {
		page.Stored = storedAt(e, page.Team.ID)
	}
	if k.kind == race.RulingMove {
		for _, t := range e.Teams {
			if t.ID != page.Team.ID {
				value := fmt.Sprint(t.ID)
				page.Teams = append(page.Teams, option{value, fmt.Sprintf("%d · %s", t.Bib, t.Name), value == f.Values["equipo_destino"]})
			}
		}
	}
	return c.page(status, "ruling", c.say("ruling.title."+k.wire), page)
}

// find looks up what the ruling is about.
func (p *rulingPage) find(e race.Evidence, k rulingKind, f *form) error {
	finishes := e.Finishes()
	team := f.Values["equipo"]
	switch k.needs {
	case "mark":
		i := slices.IndexFunc(finishes, func(m race.Finish) bool { return fmt.Sprint(m.Seq) == f.Values["registro"] })
		if i < 0 {
			return errNoSubject
		}
		p.Mark, team = &finishes[i], fmt.Sprint(finishes[i].For)
	case "finding":
		all := e.Findings()
		i := slices.IndexFunc(all, func(x race.Finding) bool { return x.Key == f.Values["hallazgo"] })
		if i < 0 {
			return errNoSubject
		}
		p.Finding, team = &all[i], fmt.Sprint(all[i].Team)
	case "ruling":
		i := slices.IndexFunc(e.Rulings, func(r race.Ruling) bool { return fmt.Sprint(r.ID) == f.Values["deshace"] })
		if i < 0 {
			return errNoSubject
		}
		p.Ruling, team = &e.Rulings[i], fmt.Sprint(e.Rulings[i].Team)
	}
	i := slices.IndexFunc(e.Teams, func(t race.Team) bool { return fmt.Sprint(t.ID) == team })
	if i >= 0 {
		p.Team = e.Teams[i]
		p.Near = countingOf(finishes, p.Team.ID)
	} else if k.needs == "team" {
		return errNoSubject
	}
	return nil
}

// storedAt returns how many marks the judge of a team sent.
func storedAt(e race.Evidence, id race.TeamID) int {
	for _, p := range e.Posts() {
		if p.Team == id {
			return p.Stored
		}
	}
	return 0
}

// countingOf returns the marks of a team that count, by time.
func countingOf(finishes []race.Finish, id race.TeamID) []race.Finish {
	var out []race.Finish
	for _, m := range finishes {
		if m.Counts && m.For == id {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, byTime)
	return out
}

// rulingPath returns the path of the form of a ruling.
func rulingPath(id race.CompetitionID, kind, subject string, value any, back string) string {
	q := url.Values{"tipo": {kind}, subject: {fmt.Sprint(value)}, "volver": {back}}
	return eventPath(id, "decision/?"+q.Encode())
}
