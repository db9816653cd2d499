package public

import "server5k/race"

// concealment is what rulings hide from the public.
type concealment struct {
	teams   map[race.TeamID]bool
	records map[int64]bool // by Seq: the time of one runner
}

func concealmentOf(race.Evidence) concealment { return concealment{} }

func (c concealment) team(id race.TeamID) bool { return c.teams[id] }

func (c concealment) record(seq int64) bool { return c.records[seq] }

// closeness says whether a neighbour in the ranking is within the uncertainty of
// the times, overall and in the category.
func closeness(race.Standing) (overall, category bool) { return false, false }
