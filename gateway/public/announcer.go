package public

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"server5k/race"
)

const (
	announcedTeams = 6
	// expectedFrom marks a team must have before its pace says anything.
	expectedFrom = 5
	// nearlyThere is how many marks may be missing for a team to be expected whatever
	// its pace.
	nearlyThere = 2
)

// announcerPage is what the announcer's desk is given.
type announcerPage struct {
	View     *view
	Path     string
	Clock    clockFace
	Done     []doneRow
	Expected []expectedRow
	Leaders  []boardTable
	State    pageState
}

// doneRow is a team that has all its marks, the last one first.
type doneRow struct {
	row
	At            string // race time of its last mark
	CategoryPlace int
	Average       string
}

// expectedRow is a team that will have all its marks soon.
type expectedRow struct {
	row
	At    string // race time at which it is projected, empty for any moment now
	Total string // projected
	Place int    // projected, among those that rank now
}

// announcer makes the announcer's desk.
func (p *Pages) announcer(v shown, lang string, now time.Time) announcerPage {
	texts := p.texts[lang]
	out := announcerPage{
		View: v.view, Path: "/competencia/" + itoa(int64(v.Competition.ID)) + "/", Clock: p.face(v.board, lang, now), State: p.state(v, lang, pageAnnouncer),
	}
	rows := map[race.TeamID]row{}
	for _, r := range p.rows(v.board, lang, "") {
		rows[r.ID] = r
	}
	whole := wholeTotals(v.Competition.Rounding)
	for _, l := range v.done() {
		out.Done = append(out.Done, doneRow{rows[l.Team.ID], clock(l.last), l.CategoryPlace, clock(l.Average)})
	}
	for _, e := range v.expected(now) {
		out.Expected = append(out.Expected, expectedRow{rows[e.Team.ID], e.when(), written(whole, e.total), e.place})
	}
	out.Leaders = append(out.Leaders, boardTable{"", texts.Text("scope.all"), first(p.rows(v.board, lang, ""), announcedTeams)})
	if len(v.Categories) > 1 {
		for _, c := range v.Categories {
			out.Leaders = append(out.Leaders, boardTable{c.Code, c.Name, first(p.rows(v.board, lang, c.Code), podiumSteps)})
		}
	}
	return out
}

// first returns the first n rows that rank.
func first(rows []row, n int) []row {
	end := slices.IndexFunc(rows, func(r row) bool { return !r.Ranked })
	if end < 0 {
		end = len(rows)
	}
	return rows[:min(n, end)]
}

// done returns the teams that have all their marks, the one that got its last mark
// latest first.
func (b *board) done() []line {
	var out []line
	for _, l := range b.Lines {
		if l.Records >= b.Competition.TeamSize {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(x, y line) int { return cmp.Compare(y.last, x.last) })
	return out[:min(len(out), announcedTeams)]
}

// projection is what a team is on its way to.
type projection struct {
	line
	at, total time.Duration
	place     int
	due       bool // by its pace it should be complete already
}

func (e projection) when() string {
	if e.due {
		return ""
	}
	return clock(e.at)
}

// expected projects when teams will have all their marks: each missing runner is
// taken to come after the one before at the mean interval of the team so far, the
// first of them not before now. Teams that lack at most nearlyThere come first,
// then those whose projection is soonest.
func (b *board) expected(now time.Time) []projection {
	if b.Phase != running {
		return nil
	}
	size, passed := b.Competition.TeamSize, now.Sub(b.Competition.Gun())
	var out []projection
	for _, l := range b.Lines {
		missing := size - l.Records
		if l.Status != race.StatusIncomplete || l.Records < min(expectedFrom, size-nearlyThere) || l.Records < 2 || missing <= 0 {
			continue
		}
		interval := (l.last - l.first) / time.Duration(l.Records-1)
		e := projection{line: l, at: l.last, total: l.Total}
		for range missing {
			e.at = max(e.at+interval, passed)
			e.total += e.at
		}
		e.due, e.place = e.at <= passed, 1
		for _, other := range b.Lines {
			if other.Place > 0 && other.Total < e.total {
				e.place++
			}
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(x, y projection) int {
		near := func(e projection) int {
			if size-e.Records <= nearlyThere {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(near(x), near(y)), cmp.Compare(x.at, y.at))
	})
	return out[:min(len(out), announcedTeams)]
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
