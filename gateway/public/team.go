package public

import (
	"time"
)

// teamPage is what the page of a team is given.
type teamPage struct {
	View    *view
	Line    line
	Kind    string // of its status
	Status  string
	Place   int
	Total   string
	Gap     string
	Average string
	Best    string
	Penalty string
	Times   []teamTime
	Chart   spreadChart
	Clock   clockFace
	State   pageState
	Absent  int
	Waiting int // marks that are still to come
}

// teamTime is one member.
type teamTime struct {
	runner
	Text string
	Gap  string // to the first of the team
	Next string // to the one before
}

// team makes the page of a team.
func (p *Pages) team(v shown, l line, lang string, now time.Time) teamPage {
	rounding := v.Competition.Rounding
	whole, members := wholeTotals(rounding), wholeMembers(rounding)
	out := teamPage{
		View: v.view, Line: l, Place: l.Place, Absent: l.Absent, Waiting: max(v.Competition.TeamSize-l.Records, 0),
		Clock: p.face(v.board, lang, now), State: p.state(v, lang, pageTeam),
	}
	out.State.Team = int64(l.Team.ID)
	out.Kind, out.Status = p.status(v.board, l, lang)
	if l.Records > l.Absent {
		out.Total, out.Average = written(whole, l.Total), written(members, l.Average)
		if !l.BestHidden {
			out.Best = written(members, l.Best)
		}
	}
	if l.Gap > 0 {
		out.Gap = "+" + written(whole, l.Gap)
	}
	if l.Penalty > 0 {
		out.Penalty = clock(l.Penalty)
	}
	var first, before time.Duration
	for _, m := range l.Members {
		t := teamTime{runner: m}
		if m.Time > 0 {
			t.Text = written(members, m.Time)
			if first > 0 {
				t.Gap, t.Next = "+"+written(members, m.Time-first), "+"+written(members, m.Time-before)
			} else {
				first = m.Time
			}
			before = m.Time
		}
		out.Times = append(out.Times, t)
	}
	out.Chart = spreadOf(v.board, []line{l})
	return out
}
