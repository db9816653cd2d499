package admin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"server5k/race"
)

// evidencePage is all that is known of a team.
type evidencePage struct {
	Head     head
	Team     race.TeamRow
	Category string
	Standing race.Standing
	Marks    []markLine
	Rulings  []rulingLine // that concern the team, newest first
	Findings []race.Finding
	Post     proofLine
	Hidden   *race.Ruling // that hides the team from the public, nil when none does
	Here     string
}

// markLine is a mark with the rulings on it.
type markLine struct {
	race.Finish
	State   string // key of a text
	Mood    string
	Rulings []race.Ruling
	Lag     time.Duration // from the tap to us, 0 unknown
	From    race.Team     // the team that it was marked for, when moved
	Actions []string      // wire values of rulings
	Here    bool          // it belongs to this team
	Hidden  race.RulingID // that hides the runner from the public, 0 none
	// Corrected is the time of the corrected instant, from the announced start; 0 when
	// the clock was not measured.
	CorrectedTime time.Duration
}

// rulingLine is a ruling in the history.
type rulingLine struct {
	race.Ruling
	Holds    bool
	CanUndo  bool
	UndoneBy *race.Ruling
}

// teamEvidence answers GET /admin/equipos/{}/.
func teamEvidence(ctx context.Context, c *call) error {
	team, err := c.p.cfg.Desk.Team(ctx, c.who, race.TeamID(c.id(0)))
	if err != nil {
		return err
	}
	e, err := c.p.cfg.Desk.Evidence(ctx, c.who, team.Competition)
	if err != nil {
		return err
	}
	page := evidencePage{Head: c.head(e.Competition, "equipos"), Team: team, Here: c.path}
	names, err := c.categoryNames(ctx)
	if err != nil {
		return err
	}
	page.Category = names.Of(team.Category)
	for _, s := range e.Standings() {
		if s.Team.ID == team.ID {
			page.Standing = s
		}
	}
	findings := e.Findings()
	page.Rulings = historyOf(e, findings, team.ID)
	page.Marks = marksOf(e, team.ID)
	page.Post = postOf(e, team)
	page.Hidden = hiding(e).teams[team.ID]
	for _, f := range findings {
		if f.Team == team.ID {
			page.Findings = append(page.Findings, f)
		}
	}
	return c.page(http.StatusOK, "evidence", fmt.Sprintf("%d · %s", team.Bib, team.Name), page)
}

// marksOf returns the marks that were made for a team or belong to it, by time.
func marksOf(e race.Evidence, id race.TeamID) []markLine {
	rulings := map[int64][]race.Ruling{}
	holds := e.Holds()
	for _, r := range e.Rulings {
		if r.Record != 0 && holds[r.ID] && r.Kind != race.RulingUndo {
			rulings[r.Record] = append(rulings[r.Record], r)
		}
	}
	teams := map[race.TeamID]race.Team{}
	for _, t := range e.Teams {
		teams[t.ID] = t
	}
	hidden, measured := hiding(e).records, e.Competition
	measured.Clock = race.ClockCorrected
	var out []markLine
	for _, m := range e.Finishes() {
		if m.Team != id && m.For != id {
			continue
		}
		l := markLine{Finish: m, Rulings: rulings[m.Seq], Here: m.For == id}
		if at, ok := measured.Clocked(m.TimeRecord); ok && !m.Absent() {
			l.CorrectedTime = at
		}
		if r := hidden[m.Seq]; r != nil {
			l.Hidden = r.ID
		}
		if !m.Mark.MarkedAt.IsZero() && !m.ReceivedAt.IsZero() {
			l.Lag = m.ReceivedAt.Sub(m.Mark.MarkedAt)
		}
		if m.Moved {
			l.From = teams[m.Team]
		}
		l.State, l.Mood, l.Actions = stateOf(m, id)
		if l.Here && m.Counts && l.Hidden == 0 {
			l.Actions = append(l.Actions, "ocultar_marca")
		}
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b markLine) int { return byTime(a.Finish, b.Finish) })
	return out
}

// stateOf says in words how a mark stands and what can be done about it.
func stateOf(m race.Finish, team race.TeamID) (key, mood string, actions []string) {
	switch {
	case m.For != team:
		return "mark.moved_away", "warn", []string{"mover"}
	case m.Retracted:
		return "mark.retracted", "bad", []string{"restituir", "mover"}
	case m.Voided:
		return "mark.void", "bad", []string{"restituir", "mover"}
	case m.Counts && m.Absent():
		return "mark.absence", "warn", []string{"anular"}
	case m.Counts && m.Included:
		return "mark.included", "ok", []string{"anular", "mover"}
	case m.Counts:
		return "mark.counts", "ok", []string{"anular", "mover"}
	case m.Source == race.SourceManual:
		return "mark.undone", "bad", []string{"incluir"}
	default:
		return "mark.held", "warn", []string{"incluir", "anular", "mover"}
	}
}

// historyOf returns the rulings that concern a team, newest first.
func historyOf(e race.Evidence, all []race.Finding, id race.TeamID) []rulingLine {
	ofTeam := map[int64]bool{}
	for _, m := range e.Finishes() {
		if m.Team == id || m.For == id {
			ofTeam[m.Seq] = true
		}
	}
	findings := map[string]bool{}
	for _, f := range all {
		if f.Team == id {
			findings[f.Key] = true
		}
	}
	holds := e.Holds()
	undone := map[race.RulingID]*race.Ruling{}
	for i, r := range e.Rulings {
		if r.Undoes != 0 && holds[r.ID] {
			undone[r.Undoes] = &e.Rulings[i]
		}
	}
	var out []rulingLine
	for _, r := range slices.Backward(e.Rulings) {
		if concerns := r.Team == id || ofTeam[r.Record] || findings[r.Finding]; !concerns {
			continue
		}
		out = append(out, rulingLine{Ruling: r, Holds: holds[r.ID], CanUndo: holds[r.ID] && canUndo(r.Kind), UndoneBy: undone[r.ID]})
	}
	return out
}

// canUndo says whether rulings of a kind can be taken back.
func canUndo(k race.RulingKind) bool {
	return !known(k, race.RulingStart, race.RulingStop, race.RulingReopen, race.RulingOfficial)
}

// byTime orders marks as they finished, absences last.
func byTime(a, b race.Finish) int {
	if a.Absent() != b.Absent() {
		if a.Absent() {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(a.Official, b.Official), cmp.Compare(a.Seq, b.Seq))
}
