package print

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"server5k/race"
)

// TeamEvidence is all there is about one team, for whoever doubts its result.
type TeamEvidence struct {
	Evidence   race.Evidence
	Team       race.TeamID
	Judges     map[race.JudgeID]string // their names; one that is missing goes by its number
	Categories []race.CategoryRow
	Version    *race.Version // as in Results
	Latest     int
}

// Evidence writes every mark of a team, whether it counts or not, and every ruling
// that touches it. It fails with race.ErrNotFound when the team is not in the
// evidence.
func (p *Printer) Evidence(w io.Writer, f Format, in TeamEvidence) error {
	r, err := p.evidence(in)
	if err != nil {
		return err
	}
	return p.write(w, f, r)
}

func (p *Printer) evidence(in TeamEvidence) (*report, error) {
	standings := in.Evidence.Standings()
	i := slices.IndexFunc(standings, func(s race.Standing) bool { return s.Team.ID == in.Team })
	if i < 0 {
		return nil, fmt.Errorf("print evidence of team %d: %w", in.Team, race.ErrNotFound)
	}
	results := Results{Sheet: in.Evidence.Sheet(), Categories: in.Categories, Version: in.Version, Latest: in.Latest}
	_, stamp, final := p.standing(results)
	x := &teamEvidence{
		TeamEvidence: in, p: p, exact: precisionOf(results.Sheet), holds: in.Evidence.Holds(), hidden: in.Evidence.Concealment(), marks: map[int64]bool{},
	}
	marks := x.markGrid()
	return &report{
		Kind: p.t("evidence"), Title: x.team(in.Team), Stamp: stamp, Final: final, Landscape: true,
		Facts: append(x.facts(standings[i], results.Sheet.Lines[i], results.Sheet), p.status(results)...),
		Sections: []section{
			{Title: p.t("marks"), Grids: []grid{marks}},
			{Title: p.t("rulings"), Grids: []grid{x.rulingGrid()}},
		},
	}, nil
}

// teamEvidence is what the parts of the document share.
type teamEvidence struct {
	TeamEvidence
	p     *Printer
	exact precision
	holds map[race.RulingID]bool
	// hidden is what the public is not shown; this document is not for the public.
	hidden race.Concealment
	marks  map[int64]bool // Seq of the marks of the team
}

// facts sums the result up so that it can be checked by hand.
func (x *teamEvidence) facts(s race.Standing, l race.SheetLine, sheet race.Sheet) []fact {
	p, c := x.p, x.Evidence.Competition
	category := categoryName(x.Categories, s.Team.Category)
	result := p.word("team", string(s.Status))
	if s.Place > 0 {
		result = p.t("result.place", p.ordinalBefore(s.Place), p.ordinal(s.CategoryPlace), category)
	} else {
		result += ": " + p.cause(sheet, l)
	}
	out := []fact{{p.t("competition"), c.Name}, {p.t("category"), category}, {p.t("gun.announced"), p.exact(c.StartedAt)}}
	if shift := x.Evidence.GunShift(); shift != 0 {
		out = append(out, fact{p.t("gun.corrected"), p.exact(sheet.StartedAt) + " (" + signed(shift) + ")"})
	}
	var sum time.Duration
	for _, m := range s.Members {
		sum += counted(c.Rounding, m.Official)
	}
	out = append(out, fact{p.t("result"), result}, fact{p.t("sum"), fmt.Sprintf("%s (%d)", x.exact.elapsed(sum), s.Records)})
	if by := s.Total - s.Penalty - sum; by != 0 {
		out = append(out, fact{p.t("sum.rounding"), x.exact.added(by)})
	}
	if s.Penalty != 0 {
		out = append(out, fact{p.t("col.penalty"), x.exact.added(s.Penalty)})
	}
	out = append(out, fact{p.t("col.total"), x.exact.elapsed(s.Total)}, fact{p.t("rounding"), p.word("rounding", string(c.Rounding))})
	return append(append(out, x.clockFacts(s)...), x.proofFacts()...)
}

// signed shows a correction: "+0:02.350".
func signed(d time.Duration) string {
	if d < 0 {
		return inMilliseconds.elapsed(d)
	}
	return "+" + inMilliseconds.elapsed(d)
}

// team names a team by its bib.
func (x *teamEvidence) team(id race.TeamID) string {
	for _, t := range x.Evidence.Teams {
		if t.ID == id {
			return strconv.Itoa(t.Bib) + " · " + t.Name
		}
	}
	return fmt.Sprintf("%s %d", x.p.t("team"), id)
}

// markGrid lists the marks that were made for the team or belong to it now.
func (x *teamEvidence) markGrid() grid {
	p := x.p
	g := grid{Empty: p.t("marks.none"), Remark: p.t("marks.remark"), Cols: spread([]column{
		{p.t("col.seq"), 12, cellNumber},
		{p.t("col.time"), 21, cellNumber},
		{p.t("col.corrected"), 33, cellNumber},
		{p.t("col.official"), 21, cellTotal},
		{p.t("col.state"), 0, cellText},
		{p.t("col.slot"), 11, cellNumber},
		{p.t("col.received"), 22, cellText},
		{p.t("col.source"), 19, cellText},
		{p.t("col.device"), 36, cellSmall},
		{p.t("col.clock"), 20, cellNumber},
		{p.t("col.judge"), 32, cellText},
	}, landscapeRoom)}
	for _, f := range x.Evidence.Finishes() {
		if f.Team != x.Team && f.For != x.Team {
			continue
		}
		x.marks[f.Seq] = true
		raw, official := inMilliseconds.elapsed(f.Elapsed), x.exact.elapsed(counted(x.Evidence.Competition.Rounding, f.Official))
		if f.Absent() {
			raw, official = p.t("absent"), ""
		}
		g.Rows = append(g.Rows, row{Faint: !f.Counts || f.For != x.Team, Cells: []string{
			strconv.FormatInt(f.Seq, 10), raw, x.corrected(f), official, x.state(f), number(int64(f.Slot)), x.received(f.ReceivedAt),
			p.word("source", string(f.Source)), device(f.Mark), clockOf(f.Mark), x.judge(f.Judge),
		}})
	}
	return g
}

// state says what has become of a mark.
func (x *teamEvidence) state(f race.Finish) string {
	p, moved, why := x.p, "", ""
	switch {
	case f.For != x.Team:
		moved = p.t("state.moved_away", x.team(f.For))
	case f.Moved:
		moved = p.t("state.moved_here", x.team(f.Team))
	}
	if f.State == race.StateHeld {
		why = p.word("held", string(f.Reason))
	}
	if x.hidden.Records[f.Seq] {
		moved = list(moved, p.t("state.concealed"))
	}
	key := "state.held"
	switch {
	case f.Retracted:
		key = "state.retracted"
	case f.Voided:
		key = "state.void"
	case f.Counts && f.Included:
		key = "state.included"
	case f.Counts:
		key = "state.counts"
	}
	return list(p.t(key), why, moved)
}

// received shows the time of day, with the date when it is not that of the race.
func (x *teamEvidence) received(t time.Time) string {
	day := x.Evidence.Competition.StartedAt.In(x.p.loc).Format(time.DateOnly)
	if t.IsZero() || t.In(x.p.loc).Format(time.DateOnly) == day {
		return x.p.clock(t)
	}
	return x.p.tabular(t, "15:04:05.000")
}

func (x *teamEvidence) judge(id race.JudgeID) string {
	if name := x.Judges[id]; name != "" || id == 0 {
		return name
	}
	return fmt.Sprintf("%s %d", x.p.t("col.judge"), id)
}

// number shows n, "" for 0.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func device(m race.Mark) string {
	if m.DeviceSeq == 0 {
		return m.Device
	}
	return list(m.Device, "#"+number(m.DeviceSeq))
}

// clockOf shows by how much the device's clock was off, "" if it has not measured.
func clockOf(m race.Mark) string {
	if m.ClockOffset == 0 && m.ClockUncertainty == 0 {
		return ""
	}
	return fmt.Sprintf("%+d ms", m.ClockOffset.Milliseconds())
}
