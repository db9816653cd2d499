package public

import (
	"time"

	"server5k/race"
)

// livePage is what the live page and the screen of a hall are given.
type livePage struct {
	View     *view
	Scope    race.Category // of the standings that are shown; empty all
	Path     string
	Rows     []row
	Boards   []boardTable // of the screen: all, then each category
	Podium   []podium
	Recent   []recentRow
	Charts   *chartsPage // nil on the screen
	Clock    clockFace
	State    pageState
	Whole    bool // totals are whole seconds
	Close    bool // a row is within the uncertainty
	Official int  // number of the last version, 0 none
}

// boardTable is one table of standings.
type boardTable struct {
	Code  race.Category
	Title string
	Rows  []row
}

// row is one team in a table of standings.
type row struct {
	ID       race.TeamID
	Bib      int
	Name     string
	Category string
	Place    int
	Records  int
	Size     int
	Total    string // empty without marks
	Gap      string // empty when not ranked
	Ranked   bool
	Kind     string // of the status, for its look
	Status   string // for people
	Penalty  string // empty without
	Close    bool
}

// podium is that of a category or of all.
type podium struct {
	Code  race.Category
	Title string
	Steps []step
	Big   bool
}

type step struct {
	Place int
	ID    race.TeamID
	Bib   int
	Name  string
	Total string
}

type recentRow struct {
	ID      race.TeamID
	Bib     int
	Name    string
	Records int
	Size    int
	Time    string // of the last mark
	Done    bool
	Total   string // when it ranks
	Place   int
}

// clockFace is the clock of a competition: it counts up from Gun, down to Target,
// or stands still.
type clockFace struct {
	Gun, Target int64 // ms since 1970, 0 not
	Text        string
}

// pageState is what the scripts of a page start from.
type pageState struct {
	Page   string            `json:"pagina"`
	Scope  string            `json:"categoria"`
	Code   string            `json:"codigo"` // of the scripts and styles
	Lang   string            `json:"idioma"`
	Whole  bool              `json:"enteros"`
	Socket bool              `json:"socket"` // whether there is one to listen to
	Team   int64             `json:"equipo,omitzero"`
	Data   *dataJSON         `json:"datos,omitzero"`
	ID     int64             `json:"competencia"`
	Seq    int64             `json:"sec"`
	Stream int64             `json:"epoca"`
	Texts  map[string]string `json:"textos"`
}

// scriptTexts are the keys of the texts that the scripts write.
var scriptTexts = [...]string{
	"live.on", "live.idle", "live.off", "live.wait", "live.away", "live.closed", "age.seconds", "age.minutes",
	"status.clasificado", "status.marks", "status.waiting", "status.missing", "status.missing.one", "status.absent", "status.ruled",
	"status.surplus", "status.surplus.one", "status.out",
	"say.leader", "say.done", "say.done.out", "recent.done", "recent.none", "podium.none", "close.badge", "penalty",
	"phase.programada", "phase.en_curso", "phase.provisional", "phase.oficial", "count.complete", "count.marks",
	"screen.page", "clock.days",
}

// state returns what the scripts of a page need.
func (p *Pages) state(v shown, lang string, kind page) pageState {
	texts := make(map[string]string, len(scriptTexts))
	for _, key := range scriptTexts {
		texts[key] = p.texts[lang].Text(key)
	}
	return pageState{
		Page: string(kind), Code: p.code, Lang: lang, Whole: wholeTotals(v.Competition.Rounding), Socket: v.Competition.Active,
		ID: int64(v.Competition.ID), Seq: v.Seq, Stream: v.Stream, Texts: texts,
	}
}

// live makes the live page of a competition, or of one category of it.
func (p *Pages) live(v shown, kind page, lang string, scope race.Category, now time.Time) livePage {
	texts := p.texts[lang]
	out := livePage{
		View: v.view, Scope: scope, Path: "/competencia/" + itoa(int64(v.Competition.ID)) + "/",
		Rows: p.rows(v.board, lang, scope), Recent: v.recent(), Clock: p.face(v.board, lang, now), Whole: wholeTotals(v.Competition.Rounding),
		Official: v.Competition.Version, State: p.state(v, lang, kind),
	}
	data := v.data(v.At, p.cfg.Location, false)
	out.State.Data, out.State.Scope = &data, string(scope)
	for _, r := range out.Rows {
		out.Close = out.Close || r.Close
	}
	charts := p.charts(v.board, lang, scope)
	out.Charts = &charts
	if scope == "" {
		out.Podium = append(out.Podium, podium{Title: texts.Text("scope.all"), Steps: v.steps(""), Big: true})
		out.Boards = append(out.Boards, boardTable{"", texts.Text("scope.all"), out.Rows})
	}
	for _, c := range v.Categories {
		if c.Code == scope || (scope == "" && len(v.Categories) > 1) {
			out.Podium = append(out.Podium, podium{c.Code, c.Name, v.steps(c.Code), scope != ""})
		}
		if scope == "" && len(v.Categories) > 1 {
			out.Boards = append(out.Boards, boardTable{c.Code, c.Name, p.rows(v.board, lang, c.Code)})
		}
	}
	return out
}

// rows makes the table of a category, of all for the empty one.
func (p *Pages) rows(b *board, lang string, scope race.Category) []row {
	var out []row
	whole := wholeTotals(b.Competition.Rounding)
	for _, l := range b.in(scope) {
		r := row{
			ID: l.Team.ID, Bib: l.Team.Bib, Name: l.Team.Name, Category: l.Category, Place: l.placeIn(scope), Records: l.Records,
			Size: b.Competition.TeamSize, Ranked: l.Place > 0,
		}
		r.Kind, r.Status = p.status(b, l, lang)
		r.Close = (scope == "" && l.Close) || (scope != "" && l.CategoryClose)
		if l.Records > l.Absent {
			r.Total = written(whole, l.Total)
		}
		if r.Ranked && l.gapIn(scope) > 0 {
			r.Gap = "+" + written(whole, l.gapIn(scope))
		}
		if l.Penalty > 0 {
			r.Penalty = p.texts[lang].Text("penalty", clock(l.Penalty))
		}
		out = append(out, r)
	}
	return out
}

// status says how a team stands, for its look and for people. The scripts say the
// same with statusOf in model.js.
func (p *Pages) status(b *board, l line, lang string) (kind, text string) {
	texts := p.texts[lang]
	switch {
	case l.Status == race.StatusRanked:
		return "ok", texts.Text("status.clasificado")
	case l.Cause == race.CauseAbsent:
		return "bad", texts.Text("status.absent")
	case l.Status == race.StatusDisqualified && l.Reason == "":
		return "bad", texts.Text("status.out")
	case l.Status == race.StatusDisqualified:
		return "bad", texts.Text("status.ruled", l.Reason)
	case l.Status == race.StatusSurplus:
		return "warn", texts.Count("status.surplus", l.Records-b.Competition.TeamSize)
	case b.Phase == scheduled || (b.Phase == running && l.Records == 0):
		return "wait", texts.Text("status.waiting")
	case b.Phase == running:
		return "run", texts.Text("status.marks")
	default:
		return "warn", texts.Count("status.missing", b.Competition.TeamSize-l.Records)
	}
}

// steps makes the podium of a category, of all for the empty one.
func (b *board) steps(scope race.Category) []step {
	var out []step
	for _, l := range b.podium(scope) {
		out = append(out, step{l.placeIn(scope), l.Team.ID, l.Team.Bib, l.Team.Name, written(wholeTotals(b.Competition.Rounding), l.Total)})
	}
	return out
}

// recent makes the list of who is just in.
func (b *board) recent() []recentRow {
	var out []recentRow
	for _, a := range b.Recent {
		l := b.Lines[a.line]
		r := recentRow{ID: a.Team.ID, Bib: a.Team.Bib, Name: a.Team.Name, Records: a.Records, Size: b.Competition.TeamSize, Done: a.Done, Place: l.Place}
		if a.Time > 0 {
			r.Time = clock(a.Time)
		}
		if l.Place > 0 {
			r.Total = written(wholeTotals(b.Competition.Rounding), l.Total)
		}
		out = append(out, r)
	}
	return out
}

// face makes the clock as it is at now.
func (p *Pages) face(b *board, lang string, now time.Time) clockFace {
	c := b.Competition
	switch b.Phase {
	case running:
		return clockFace{Gun: sinceEpoch(c.Gun()), Text: clock(now.Sub(c.Gun()))}
	case scheduled:
		return clockFace{Target: sinceEpoch(c.ScheduledAt), Text: countdown(p.texts[lang], c.ScheduledAt.Sub(now))}
	default:
		return clockFace{Text: clock(c.FinishedAt.Sub(c.Gun()))}
	}
}
