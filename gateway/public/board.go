package public

import (
	"cmp"
	"slices"
	"time"

	"server5k/race"
)

// phase says where a competition is, by its word on the wire.
type phase string

// The phases. Results are official when the last version is what the results are
// now; with changes since they are provisional again.
const (
	scheduled   phase = "programada"
	running     phase = "en_curso"
	provisional phase = "provisional"
	official    phase = "oficial"
)

const (
	recentTeams = 8 // that are shown as just in
	podiumSteps = 3
)

// board is what the pages of one competition show, without any language. Nothing
// in it is changed once it is built.
type board struct {
	Competition race.Competition
	Phase       phase
	VersionAt   time.Time // of the last official results, zero without
	Changed     bool      // the results differ from them
	Seq, Stream int64     // it has all events up to Seq; Stream 0: not known of what history
	Lines       []line    // of the teams that may be shown, in the order of the standings
	Categories  []category
	Complete    int // teams with all their marks, ranked or not
	Marks       int
	Recent      []arrival
	Finishes    []time.Duration // that may be shown, ascending
	byTeam      map[race.TeamID]int
}

// category is one that has teams.
type category struct {
	Code race.Category
	Name string
	Teams,
	Complete int
}

// line is one team. Members that are concealed have no time.
type line struct {
	race.Standing
	Category    string // its name
	Gap         time.Duration
	CategoryGap time.Duration
	Members     []runner
	BestHidden  bool // the best member is concealed
	last        time.Duration
	first       time.Duration
}

// runner is one member of a team.
type runner struct {
	Rank   int // within the team, 0 when absent
	Time   time.Duration
	Absent bool
	Hidden bool
}

// arrival is the latest of a team.
type arrival struct {
	Team    race.Team
	Records int
	Time    time.Duration // of the last mark; 0 when it is an absence or concealed
	Done    bool
	line    int
}

// build makes the board of a competition. version is the last one published, nil
// without.
func build(e race.Evidence, names map[race.Category]string, version *race.Version) *board {
	c := e.Competition
	b := &board{Competition: c, byTeam: map[race.TeamID]int{}}
	b.Phase = phaseOf(c)
	if version != nil {
		_, now := e.Sheet().Encode()
		b.VersionAt, b.Changed = version.At, now != version.Digest
		if b.Phase == provisional && !b.Changed {
			b.Phase = official
		}
	}
	hidden := e.Concealment()
	for _, s := range e.Standings() {
		if !hidden.Teams[s.Team.ID] {
			b.add(s, names, hidden)
		}
	}
	b.gaps()
	b.collect(e, hidden)
	for _, r := range e.Records {
		b.Seq = max(b.Seq, r.Event)
	}
	for _, r := range e.Rulings {
		b.Seq = max(b.Seq, r.Event)
	}
	return b
}

func phaseOf(c race.Competition) phase {
	switch {
	case c.Running:
		return running
	case !c.FinishedAt.IsZero():
		return provisional
	default:
		return scheduled
	}
}

// visible says whether the public may see a competition: an active one, or one
// that is over and withdrawn.
func visible(c race.Competition) bool { return c.Active || c.Archived() }

// add adds the line of a team and counts it.
func (b *board) add(s race.Standing, names map[race.Category]string, hidden race.Concealment) {
	l := line{Standing: s, Category: cmp.Or(names[s.Team.Category], s.Team.Category.Label())}
	rounding := b.Competition.Rounding
	for i, m := range s.Members {
		r := runner{Absent: m.Absent(), Hidden: hidden.Records[m.Seq]}
		if !r.Absent {
			r.Rank = i + 1
			if !r.Hidden {
				r.Time = member(rounding, m.Official)
				if l.first == 0 {
					l.first = m.Official
				}
				l.last = m.Official
			}
			l.BestHidden = l.BestHidden || (i == 0 && r.Hidden)
		}
		l.Members = append(l.Members, r)
	}
	b.byTeam[s.Team.ID] = len(b.Lines)
	b.Lines = append(b.Lines, l)
	b.Marks += s.Records
	i := slices.IndexFunc(b.Categories, func(c category) bool { return c.Code == s.Team.Category })
	if i < 0 {
		i = len(b.Categories)
		b.Categories = append(b.Categories, category{Code: s.Team.Category, Name: l.Category})
	}
	b.Categories[i].Teams++
	if s.Records >= b.Competition.TeamSize {
		b.Complete++
		b.Categories[i].Complete++
	}
}

// gaps fills in how far each team is behind the first that may be shown.
func (b *board) gaps() {
	slices.SortFunc(b.Categories, func(x, y category) int {
		return cmp.Or(cmp.Compare(y.Teams, x.Teams), cmp.Compare(x.Name, y.Name))
	})
	var first time.Duration
	leaders := map[race.Category]time.Duration{}
	for i := range b.Lines {
		l := &b.Lines[i]
		if l.Place == 0 {
			continue
		}
		if first == 0 {
			first = l.Total
		}
		if leaders[l.Team.Category] == 0 {
			leaders[l.Team.Category] = l.Total
		}
		l.Gap, l.CategoryGap = l.Total-first, l.Total-leaders[l.Team.Category]
	}
}

// collect gathers who is just in, newest first, one entry for each team, and the
// finishes of all.
func (b *board) collect(e race.Evidence, hidden race.Concealment) {
	seen := map[race.TeamID]bool{}
	for _, f := range slices.Backward(e.Finishes()) {
		i, shown := b.byTeam[f.For]
		if !f.Counts || !shown {
			continue
		}
		secret := hidden.Records[f.Seq]
		if !f.Absent() && !secret {
			b.Finishes = append(b.Finishes, f.Official)
		}
		if seen[f.For] || len(b.Recent) == recentTeams {
			continue
		}
		seen[f.For] = true
		l := b.Lines[i]
		a := arrival{Team: l.Team, Records: l.Records, Done: l.Records >= b.Competition.TeamSize, line: i}
		if !f.Absent() && !secret {
			a.Time = member(b.Competition.Rounding, f.Official)
		}
		b.Recent = append(b.Recent, a)
	}
	slices.Sort(b.Finishes)
}

// team returns the line of a team; false when the public sees none.
func (b *board) team(id race.TeamID) (line, bool) {
	i, ok := b.byTeam[id]
	if !ok {
		return line{}, false
	}
	return b.Lines[i], true
}

// in returns the lines of a category, all for the empty one.
func (b *board) in(c race.Category) []line {
	if c == "" {
		return b.Lines
	}
	var out []line
	for _, l := range b.Lines {
		if l.Team.Category == c {
			out = append(out, l)
		}
	}
	return out
}

// has says whether a category has teams.
func (b *board) has(c race.Category) bool {
	return slices.ContainsFunc(b.Categories, func(x category) bool { return x.Code == c })
}

// podium returns the teams on the steps, of one category or of all: places one to
// three, more than three teams when some share a place.
func (b *board) podium(c race.Category) []line {
	var out []line
	for _, l := range b.in(c) {
		if n := l.placeIn(c); n > 0 && n <= podiumSteps {
			out = append(out, l)
		}
	}
	return out
}

// placeIn and gapIn are those of the line in a category, overall for the empty one.
func (l line) placeIn(c race.Category) int {
	if c == "" {
		return l.Place
	}
	return l.CategoryPlace
}

func (l line) gapIn(c race.Category) time.Duration {
	if c == "" {
		return l.Gap
	}
	return l.CategoryGap
}
