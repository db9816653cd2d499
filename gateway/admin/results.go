package admin

import (
	"context"
	"net/http"
	"strconv"

	"server5k/race"
)

// resultsPage shows the standings and what was published.
type resultsPage struct {
	Head     head
	Names    categoryNames
	Lines    []resultLine
	Category string
	Options  []option
	Versions []race.Version // newest first
	Last     *race.Version
	Form     *form
	Reasons  []option // why results cannot be official: kinds of findings that are open
	Complete int
	Teams    int
}

// resultLine is a standing, and whether the public is shown it.
type resultLine struct {
	race.Standing
	Hidden bool
}

// results answers GET /admin/competencias/{}/resultados/.
func results(ctx context.Context, c *call) error {
	f := newForm()
	f.Values["clave"] = newKey()
	return showResults(ctx, c, http.StatusOK, f)
}

// publish answers POST /admin/competencias/{}/oficial/.
func publish(ctx context.Context, c *call) error {
	f := c.form("clave", "motivo", "forzar", "confirmar")
	if !f.checked("confirmar") {
		f.fault("confirmar", c.say("fault.confirm"))
	}
	if f.checked("forzar") {
		c.required(f, "motivo")
	}
	if !f.bad() {
		key, err := orderKey(f.Values["clave"], "official")
		if err == nil {
			_, err = c.p.cfg.Desk.Rule(ctx, c.who, race.Order{
				Competition: c.competition(), Kind: race.RulingOfficial, Key: key, Reason: f.Values["motivo"], Override: f.checked("forzar"),
			})
		}
		if err == nil {
			return c.done(eventPath(c.competition(), "resultados/"), "official")
		}
		if !c.refuse(f, err) {
			return err
		}
	}
	return showResults(ctx, c, http.StatusUnprocessableEntity, f)
}

func showResults(ctx context.Context, c *call, status int, f *form) error {
	r, err := c.p.cfg.Desk.Results(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	versions, err := c.p.cfg.Desk.Versions(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	page := resultsPage{Head: c.headOf(r, "resultados"), Category: c.query("categoria"), Last: r.Version, Form: f, Teams: len(r.Standings)}
	if page.Names, err = c.categoryNames(ctx); err != nil {
		return err
	}
	for i := len(versions) - 1; i >= 0; i-- {
		page.Versions = append(page.Versions, versions[i])
	}
	open := openOf(r.Findings)
	for _, k := range findingKinds {
		if open[k] > 0 {
			page.Reasons = append(page.Reasons, option{string(k), c.say("filter.count", c.say("finding."+string(k)), open[k]), false})
		}
	}
	hidden := r.Evidence.Concealment().Teams
	seen := map[race.Category]bool{}
	for _, s := range r.Standings {
		if k := s.Team.Category; !seen[k] {
			seen[k] = true
			page.Options = append(page.Options, option{string(k), page.Names.Of(k), string(k) == page.Category})
		}
		if s.Records == r.Evidence.Competition.TeamSize {
			page.Complete++
		}
		if page.Category == "" || string(s.Team.Category) == page.Category {
			page.Lines = append(page.Lines, resultLine{s, hidden[s.Team.ID]})
		}
	}
	return c.page(status, "results", c.say("results.title")+" · "+r.Evidence.Competition.Name, page)
}

// versionPage shows results as they were published.
type versionPage struct {
	Head    head
	Names   categoryNames
	Version race.Version
	Sheet   race.Sheet
}

// version answers GET /admin/competencias/{}/versiones/{}/.
func version(ctx context.Context, c *call) error {
	r, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	v, sheet, err := c.p.cfg.Desk.Version(ctx, c.who, c.competition(), int(c.id(1)))
	if err != nil {
		return err
	}
	names, err := c.categoryNames(ctx)
	if err != nil {
		return err
	}
	return c.page(http.StatusOK, "version", c.say("version.title", v.Number)+" · "+r.Name, versionPage{c.head(r, "resultados"), names, v, sheet})
}

// differencePage shows what changed between two versions; To 0 is now.
type differencePage struct {
	Head     head
	From, To int
	Changes  []race.Difference
}

// difference answers GET /admin/competencias/{}/diferencias/?desde=1&hasta=2.
func difference(ctx context.Context, c *call) error {
	from, err := strconv.Atoi(c.query("desde"))
	if err != nil || from < 1 {
		return race.ErrNotFound
	}
	to := int(c.queryID("hasta"))
	r, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	changes, err := c.p.cfg.Desk.Difference(ctx, c.who, c.competition(), from, to)
	if err != nil {
		return err
	}
	return c.page(http.StatusOK, "difference", c.say("difference.title")+" · "+r.Name, differencePage{c.head(r, "resultados"), from, to, changes})
}
