package print

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"server5k/race"
)

// rulingGrid lists the rulings about the team, those that were taken back too.
// The marks must be known.
func (x *teamEvidence) rulingGrid() grid {
	p := x.p
	g := grid{Empty: p.t("rulings.none"), Cols: spread([]column{
		{p.t("col.seq"), 12, cellNumber},
		{p.t("col.when"), 36, cellText},
		{p.t("col.who"), 28, cellText},
		{p.t("col.what"), 70, cellMain},
		{p.t("col.why"), 0, cellText},
		{p.t("col.holds"), 24, cellText},
	}, landscapeRoom)}
	concerns := map[race.RulingID]bool{}
	for _, r := range x.Evidence.Rulings {
		concerns[r.ID] = x.concerns(r) || concerns[r.Undoes]
		if !concerns[r.ID] {
			continue
		}
		holds := "holds.yes"
		if !x.holds[r.ID] {
			holds = "holds.no"
		}
		g.Rows = append(g.Rows, row{Faint: !x.holds[r.ID], Cells: []string{
			strconv.FormatInt(int64(r.ID), 10), p.tabular(r.At, "15:04:05"), p.author(r.Author), x.what(r), r.Reason, p.t(holds),
		}})
	}
	return g
}

// concerns says whether a ruling is about the team, one of its marks or, like a
// correction of the gun, about all times.
func (x *teamEvidence) concerns(r race.Ruling) bool {
	if r.Kind == race.RulingGun || r.Team == x.Team || x.marks[r.Record] {
		return true
	}
	if r.Kind != race.RulingAccept {
		return false
	}
	kind, numbers := finding(r.Finding)
	if ofTeam(kind) {
		return len(numbers) > 0 && race.TeamID(numbers[0]) == x.Team
	}
	for _, seq := range numbers {
		if x.marks[seq] {
			return true
		}
	}
	return false
}

// author names who ruled; a judge is told apart from an organizer.
func (p *Printer) author(name string) string {
	if judge, ok := strings.CutPrefix(name, race.JudgeAuthor); ok {
		return p.t("author.judge", judge)
	}
	return name
}

// ofTeam says whether the key of such a finding begins with the team, and has no
// marks.
func ofTeam(k race.FindingKind) bool {
	switch k {
	case race.FindingMissing, race.FindingSurplus, race.FindingUndeclared, race.FindingDeclared, race.FindingGap, race.FindingUnmeasured:
		return true
	default:
		return false
	}
}

// finding takes the key of a finding apart: its kind, then the numbers of marks,
// or of the team. That of a gap has the name of a device in it, which may be
// anything.
func finding(key string) (race.FindingKind, []int64) {
	var numbers []int64
	if rest, ok := strings.CutPrefix(key, string(race.FindingGap)+"-"); ok {
		team, _, _ := strings.Cut(rest, "-")
		if id, err := strconv.ParseInt(team, 10, 64); err == nil {
			return race.FindingGap, []int64{id}
		}
	}
	for {
		i := strings.LastIndexByte(key, '-')
		n, err := strconv.ParseInt(key[i+1:], 10, 64)
		if i < 0 || err != nil {
			return race.FindingKind(key), numbers
		}
		key, numbers = key[:i], append([]int64{n}, numbers...)
	}
}

// what says in words what a ruling does.
func (x *teamEvidence) what(r race.Ruling) string {
	key := "ruling." + string(r.Kind)
	switch r.Kind {
	case race.RulingGun:
		return x.p.t(key, signed(r.Amount))
	case race.RulingInclude, race.RulingVoid, race.RulingReinstate, race.RulingAdd, race.RulingAbsence, race.RulingRetract:
		return x.p.t(key, r.Record)
	case race.RulingDeclare:
		return x.p.t(key, r.Declared.Total, x.declaredOn(r.Declared))
	case race.RulingConceal:
		if r.Record != 0 {
			return x.p.t("ruling.conceal.mark", r.Record)
		}
	case race.RulingMove:
		return x.p.t(key, r.Record, x.team(r.Team))
	case race.RulingPenalty:
		return x.p.t(key, precision(r.Amount%time.Second == 0).elapsed(r.Amount))
	case race.RulingAccept:
		return x.p.t(key, x.finding(r.Finding))
	case race.RulingUndo:
		return x.p.t(key, r.Undoes)
	case race.RulingOfficial:
		return x.p.t(key, r.Version)
	case race.RulingStart, race.RulingStop, race.RulingReopen, race.RulingDisqualify:
	}
	return x.p.t(key)
}

// finding says in words what was odd, with the numbers of the marks.
func (x *teamEvidence) finding(key string) string {
	kind, numbers := finding(key)
	text := x.p.word("finding", string(kind))
	if ofTeam(kind) || len(numbers) == 0 {
		return text
	}
	marks := make([]string, len(numbers))
	for i, n := range numbers {
		marks[i] = strconv.FormatInt(n, 10)
	}
	return fmt.Sprintf("%s (%s)", text, list(marks...))
}
