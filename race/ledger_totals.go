package race

import (
	"cmp"
	"slices"
	"time"
)

// Adjust makes known what rulings change in the totals. Decide looks at nothing of
// it but the held marks that were included, which are stored like counted ones.
func (l *Ledger) Adjust(a map[TeamID]Adjustment) { l.adjustments = a }

// Total returns what a team has on record, as the standings count it.
func (l *Ledger) Total(id TeamID) TeamTotal {
	y, a, c := l.tally(id), l.adjustments[id], l.competition
	t := TeamTotal{Team: y.team, Concealed: a.Concealed}
	add := func(by int, records []TimeRecord) {
		for _, r := range records {
			t.Records += by
			t.Elapsed += time.Duration(by) * c.Rounding.each(c.Official(r))
			if r.Absent() {
				t.Absent += by
			}
		}
	}
	add(1, y.records)
	add(1, a.With)
	add(-1, a.Without)
	t.Elapsed = c.Rounding.total(t.Elapsed) + a.Penalty
	if t.Status, _, _ = c.status(t.Records, t.Absent); a.Disqualified {
		t.Status = StatusDisqualified
	}
	return t
}

// Included returns the held record of a team that a ruling has counted, whatever
// became of it since.
func (l *Ledger) Included(m HeldMark) (TimeRecord, bool) {
	a := l.adjustments[m.Team].Included
	if i := slices.IndexFunc(a, func(r TimeRecord) bool { return r.HeldMark() == m }); i >= 0 {
		return a[i], true
	}
	return TimeRecord{}, false
}

// includedID returns the included mark with that id, of whatever team.
func (l *Ledger) includedID(id RecordID) (TimeRecord, bool) {
	for _, a := range l.adjustments {
		if i := slices.IndexFunc(a.Included, func(r TimeRecord) bool { return r.ID == id }); i >= 0 {
			return a.Included[i], true
		}
	}
	return TimeRecord{}, false
}

// Room says whether a team has fewer records that count than runners, by the
// rulings. Decide knows slots only, which what is void still takes.
func (l *Ledger) Room(id TeamID) bool { return l.Total(id).Records < l.competition.TeamSize }

// Totals returns what every known team has on record, by bib.
func (l *Ledger) Totals() []TeamTotal {
	var out []TeamTotal
	for id, y := range l.teams {
		if y.known {
			out = append(out, l.Total(id))
		}
	}
	slices.SortFunc(out, func(a, b TeamTotal) int {
		return cmp.Or(cmp.Compare(a.Team.Bib, b.Team.Bib), cmp.Compare(a.Team.ID, b.Team.ID))
	})
	return out
}
