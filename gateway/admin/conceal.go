package admin

import "server5k/race"

// hidings are the rulings in force that hide something from the public.
type hidings struct {
	teams   map[race.TeamID]*race.Ruling
	records map[int64]*race.Ruling
}

// hiding returns what hides each team and each runner: to show one again is to
// undo that ruling.
func hiding(e race.Evidence) hidings {
	out := hidings{map[race.TeamID]*race.Ruling{}, map[int64]*race.Ruling{}}
	holds := e.Holds()
	for i := range e.Rulings {
		switch r := &e.Rulings[i]; {
		case r.Kind != race.RulingConceal || !holds[r.ID]:
		case r.Record == 0:
			out.teams[r.Team] = r
		default:
			out.records[r.Record] = r
		}
	}
	return out
}
