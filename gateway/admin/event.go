package admin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"server5k/gateway/office"
	"server5k/race"
)

// head is what stands above every page of a competition.
type head struct {
	Competition race.Competition
	Tab         string
	Edits       bool
	Open        int // findings, -1 when the page does not know
	Official    string
}

func (c *call) head(r race.Competition, tab string) head {
	h := head{Competition: r, Tab: tab, Edits: c.who.Edits(r.ID), Open: -1}
	if r.Version > 0 {
		h.Official = "state.published"
	}
	return h
}

// headOf is head with what the results tell.
func (c *call) headOf(r office.Results, tab string) head {
	h := c.head(r.Evidence.Competition, tab)
	h.Open = r.Open()
	switch {
	case r.Official:
		h.Official = "state.official"
	case r.Changed:
		h.Official = "state.changed"
	default:
		h.Official = "state.provisional"
	}
	return h
}

// eventPath returns the path of a page of a competition.
func eventPath(id race.CompetitionID, rest string) string {
	return fmt.Sprintf("/admin/competencias/%d/%s", id, rest)
}

// eventPage shows the teams of a competition.
type eventPage struct {
	Head     head
	Names    categoryNames
	Rows     []teamLine
	Total    int // teams, without the filter
	Complete int
	Filter   teamFilter
	Links    links
	Here     string
}

// teamLine is one team in the table.
type teamLine struct {
	Team     race.Team
	Judge    string // user name
	Records  int
	Absent   int
	Total    time.Duration
	Status   race.TeamStatus
	Complete bool
	Hidden   bool // from the public
	Open     int  // findings
}

// teamFilter is what the query of the table asks for.
type teamFilter struct{ Search, State, Sort string }

// event answers GET /admin/competencias/{}/: the teams, kept fresh over the
// public socket.
func event(ctx context.Context, c *call) error {
	r, err := c.p.cfg.Desk.Results(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	if c.isFragment() && c.query("parte") == "estado" {
		return c.fragment("event", "state", c.headOf(r, "equipos"))
	}
	teams, err := c.p.cfg.Desk.Teams(ctx, c.who, race.TeamFilter{Competition: c.competition()})
	if err != nil {
		return err
	}
	filter := teamFilter{c.query("buscar"), c.query("estado"), c.query("ordenar")}
	page := eventPage{Head: c.headOf(r, "equipos"), Filter: filter, Here: c.origin()}
	if page.Links, err = c.links(r.Evidence.Competition.ID); err != nil {
		return err
	}
	if page.Names, err = c.categoryNames(ctx); err != nil {
		return err
	}
	lines := teamLines(r, teams)
	page.Total = len(lines)
	for _, l := range lines {
		if l.Complete {
			page.Complete++
		}
		if filter.takes(l, page.Names.Of(l.Team.Category)) {
			page.Rows = append(page.Rows, l)
		}
	}
	filter.order(page.Rows)
	return c.page(http.StatusOK, "event", r.Evidence.Competition.Name, page)
}

// teamLines joins the standings with the judges and the findings, by bib.
func teamLines(r office.Results, teams []race.TeamRow) []teamLine {
	judges := make(map[race.TeamID]string, len(teams))
	for _, t := range teams {
		judges[t.ID] = t.JudgeUsername
	}
	open := map[race.TeamID]int{}
	for _, f := range r.Findings {
		if !f.Accepted {
			open[f.Team]++
		}
	}
	hidden := r.Evidence.Concealment().Teams
	out := make([]teamLine, 0, len(r.Standings))
	for _, s := range r.Standings {
		out = append(out, teamLine{
			Team: s.Team, Judge: judges[s.Team.ID], Records: s.Records, Absent: s.Absent, Total: s.Total, Status: s.Status,
			Complete: s.Records == r.Evidence.Competition.TeamSize, Hidden: hidden[s.Team.ID], Open: open[s.Team.ID],
		})
	}
	slices.SortFunc(out, func(a, b teamLine) int { return cmp.Compare(a.Team.Bib, b.Team.Bib) })
	return out
}

// takes says whether a team of a category of that name passes the filter.
func (f teamFilter) takes(l teamLine, category string) bool {
	switch f.State {
	case "completos":
		if !l.Complete {
			return false
		}
	case "incompletos":
		if l.Complete {
			return false
		}
	case "revisar":
		if l.Open == 0 {
			return false
		}
	case "sin-juez":
		if l.Judge != "" {
			return false
		}
	case "ocultos":
		if !l.Hidden {
			return false
		}
	}
	return matches(f.Search, fmt.Sprint(l.Team.Bib), l.Team.Name, l.Judge, category)
}

// order sorts the lines, which come by bib.
func (f teamFilter) order(lines []teamLine) {
	switch f.Sort {
	case "nombre":
		slices.SortStableFunc(lines, func(a, b teamLine) int {
			return cmp.Compare(strings.ToLower(a.Team.Name), strings.ToLower(b.Team.Name))
		})
	case "marcas":
		slices.SortStableFunc(lines, func(a, b teamLine) int { return cmp.Compare(a.Records, b.Records) })
	case "-marcas":
		slices.SortStableFunc(lines, func(a, b teamLine) int { return cmp.Compare(b.Records, a.Records) })
	}
}

// matches says whether every word of a search is in one of the texts.
func matches(search string, texts ...string) bool {
	all := strings.ToLower(strings.Join(texts, "\n"))
	for word := range strings.FieldsSeq(strings.ToLower(search)) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}
