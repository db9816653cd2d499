package print

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"server5k/race"
)

// Results are the results of a competition, to be printed as a list, a podium or
// certificates.
type Results struct {
	Sheet      race.Sheet
	Categories []race.CategoryRow // their names; one that is missing goes by its Label
	// Version is what the sheet is or was published as, nil if never. The sheet is
	// called official only when its digest is that of the version.
	Version *race.Version
	// Latest is the number of the newest version, if Version may be an older one.
	Latest int
}

// Results writes the list of results: overall, then each category if there is
// more than one, each from the top of a page.
func (p *Printer) Results(w io.Writer, f Format, in Results) error {
	return p.write(w, f, p.results(in))
}

func (p *Printer) results(in Results) *report {
	s := in.Sheet
	_, stamp, final := p.standing(in)
	gun := p.t("not_started")
	if !s.StartedAt.IsZero() {
		gun = p.exact(s.StartedAt)
	}
	r := &report{
		Kind: p.t("results"), Title: s.Name, Stamp: stamp, Final: final,
		Facts: append([]fact{{p.t("gun"), gun}}, p.status(in)...),
	}
	r.Facts = append(r.Facts, fact{p.t("members"), strconv.Itoa(s.TeamSize)}, fact{p.t("rounding"), p.word("rounding", string(s.Rounding))}, fact{p.t("clock"), p.policy(s.Clock)})
	for i, g := range in.groups(p) {
		r.Sections = append(r.Sections, section{Title: g.title, Break: i > 0, Grids: p.ranking(in, g)})
	}
	return r
}

// status tells in words how far the results are to be trusted.
func (p *Printer) status(in Results) []fact {
	text, _, _ := p.standing(in)
	facts := []fact{{p.t("status"), text}}
	if in.official() {
		facts = append(facts, fact{p.t("digest"), in.digest()})
	}
	return facts
}

// standing returns the status in words and as a stamp, and whether it is final.
func (p *Printer) standing(in Results) (text, stamp string, final bool) {
	v := in.Version
	switch {
	case v == nil:
		return p.t("provisional"), p.t("stamp.provisional"), false
	case !in.official():
		return p.t("provisional.after", v.Number, p.instant(v.At)), p.t("stamp.provisional"), false
	case v.Number < in.Latest:
		return p.t("superseded", v.Number, p.instant(v.At), v.Author, in.Latest), p.t("stamp.superseded", v.Number), false
	}
	return p.t("official", v.Number, p.instant(v.At), v.Author), p.t("stamp.official", v.Number), true
}

// official says whether the sheet is what was published as Version.
func (in Results) official() bool {
	if in.Version == nil {
		return false
	}
	_, digest := in.Sheet.Encode()
	return digest == in.Version.Digest
}

// digest returns the beginning of the digest that people compare.
func (in Results) digest() string { return in.Version.Digest.String()[:16] }

// category returns the name of a category for people.
func (in Results) category(c race.Category) string { return categoryName(in.Categories, c) }

func categoryName(names []race.CategoryRow, c race.Category) string {
	for _, row := range names {
		if row.Code == c && row.Name != "" {
			return row.Name
		}
	}
	return c.Label()
}

// group is the teams that are ranked against one another.
type group struct {
	title   string
	overall bool
	lines   []race.SheetLine
}

// place returns the place of a line of the group, 0 if it is not ranked.
func (g group) place(l race.SheetLine) int {
	if g.overall {
		return l.Place
	}
	return l.CategoryPlace
}

// groups returns all teams, then those of each category in the order of the
// categories that were given and of the sheet. A single category is all.
func (in Results) groups(p *Printer) []group {
	out := []group{{title: p.t("group.all"), overall: true, lines: in.Sheet.Lines}}
	of := map[race.Category][]race.SheetLine{}
	var order []race.Category
	for _, c := range in.Categories {
		order = append(order, c.Code)
	}
	for _, l := range in.Sheet.Lines {
		order = append(order, l.Category)
		of[l.Category] = append(of[l.Category], l)
	}
	if len(of) < 2 {
		return out
	}
	for _, c := range order {
		if lines := of[c]; len(lines) > 0 {
			out = append(out, group{title: in.category(c), lines: lines})
			delete(of, c)
		}
	}
	return out
}

// ranking returns the tables of a group: who is ranked, and who is not and why.
func (p *Printer) ranking(in Results, g group) []grid {
	exact := precisionOf(in.Sheet)
	penalties := false
	for _, l := range g.lines {
		penalties = penalties || l.PenaltyMS != 0
	}
	doubts := g.uncertain()
	ranked := grid{Empty: p.t("none_ranked"), Cols: p.rankingCols(exact, g.overall, penalties, doubts), Remark: p.remark(g, in.Sheet.Clock)}
	var first time.Duration
	for _, l := range g.lines {
		place := g.place(l)
		if place == 0 {
			continue
		}
		if len(ranked.Rows) == 0 {
			first = millis(l.TotalMS)
		}
		cells := []string{strconv.Itoa(place)}
		if g.overall {
			cells = append(cells, strconv.Itoa(l.CategoryPlace))
		} else {
			cells = append(cells, strconv.Itoa(l.Place))
		}
		cells = append(cells, strconv.Itoa(l.Bib), l.Name)
		if g.overall {
			cells = append(cells, in.category(l.Category))
		}
		cells = append(cells, strconv.Itoa(l.Records))
		if penalties {
			cells = append(cells, exact.added(millis(l.PenaltyMS)))
		}
		cells = append(cells, exact.elapsed(millis(l.TotalMS)))
		if doubts {
			cells = append(cells, g.doubt(l))
		}
		cells = append(cells, exact.added(millis(l.TotalMS)-first))
		ranked.Rows = append(ranked.Rows, row{Cells: cells, Strong: place <= 3})
	}
	if out := p.unranked(in, g); len(out.Rows) > 0 {
		return []grid{ranked, out}
	}
	return []grid{ranked}
}

// added shows what comes on top of another time, "" if nothing does.
func (x precision) added(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return "+" + x.elapsed(d)
}

// rankingCols returns the columns of those who are ranked; what the columns that
// are left out would take goes to the team.
func (p *Printer) rankingCols(exact precision, overall, penalties, doubts bool) []column {
	wide, category := 21.0, 37.0
	if exact == inSeconds {
		wide = 17
	}
	if doubts && penalties {
		category = 30 // the names of teams need the room more
	}
	other := column{p.t("col.category_place"), 11, cellNumber}
	if !overall {
		other.Title = p.t("col.overall_place")
	}
	cols := []column{{p.t("col.place"), 14, cellNumber}, other, {p.t("col.bib"), 14, cellNumber}, {p.t("col.team"), 0, cellMain}}
	if overall {
		cols = append(cols, column{p.t("col.category"), category, cellSmall})
	}
	cols = append(cols, column{p.t("col.records"), 10, cellNumber})
	if penalties {
		cols = append(cols, column{p.t("col.penalty"), wide - 2, cellNumber})
	}
	cols = append(cols, column{p.t("col.total"), wide, cellTotal})
	if doubts {
		cols = append(cols, column{p.t("col.uncertainty"), 15, cellNumber})
	}
	cols = append(cols, column{p.t("col.gap"), wide, cellNumber})
	return spread(cols, portraitRoom)
}

// Room for tables between the margins.
const (
	portraitRoom  = 210 - 2*margin
	landscapeRoom = 297 - 2*margin
)

// spread gives the column without a width what the others leave.
func spread(cols []column, room float64) []column {
	open := 0
	for i, c := range cols {
		if c.Width == 0 {
			open = i
		}
		room -= c.Width
	}
	cols[open].Width += room
	return cols
}

// unranked returns the table of those who are not ranked, each with its reason.
func (p *Printer) unranked(in Results, g group) grid {
	out := grid{Caption: p.t("unranked"), Cols: []column{
		{p.t("col.bib"), 14, cellNumber},
		{p.t("col.team"), 56, cellMain},
		{p.t("col.category"), 37, cellSmall},
		{p.t("col.records"), 10, cellNumber},
		{p.t("col.situation"), 25, cellText},
		{p.t("col.reason"), 0, cellText},
	}}
	spread(out.Cols, portraitRoom)
	for _, l := range g.lines {
		if g.place(l) == 0 {
			out.Rows = append(out.Rows, row{Cells: []string{
				strconv.Itoa(l.Bib), l.Name, in.category(l.Category), fmt.Sprint(l.Records), p.word("team", string(l.Status)), p.cause(in.Sheet, l),
			}})
		}
	}
	return out
}

// cause says why a team is not ranked.
func (p *Printer) cause(s race.Sheet, l race.SheetLine) string {
	switch l.Cause {
	case race.CauseAbsent:
		return p.t("cause.absent")
	case race.CauseMissing:
		return p.t("cause.missing", l.Records, s.TeamSize)
	case race.CauseSurplus:
		return p.t("cause.surplus", l.Records, s.TeamSize)
	case race.CauseRuling:
	}
	return l.Reason
}
