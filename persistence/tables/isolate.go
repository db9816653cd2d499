package tables

import (
	"maps"
	"slices"

	"server5k/race"
)

// Isolate stores requests with try, one transaction that decides and stores some
// of them and returns the teams that they touch. When refused says that the
// database does not take what they hold, it halves them until the poison request
// is alone; that one is refused with race.CodeInvalidValue and nothing of it is
// stored. It returns the decision of all requests, in their order, and the teams
// by id, the later state of each. After another error of try some requests may be
// stored and the decision is lost; the same requests may be tried again.
func Isolate(
	requests []race.Request, try func([]race.Request) (race.Decision, []race.Team, error), refused func(error) bool,
) (race.Decision, []race.Team, error) {
	d, teams, err := try(requests)
	if err == nil {
		return d, teams, nil
	}
	if len(requests) == 0 || !refused(err) {
		return race.Decision{}, nil, err
	}
	if len(requests) == 1 {
		return refuse(requests[0], err, try)
	}
	first, firstTeams, err := Isolate(requests[:len(requests)/2], try, refused)
	if err != nil {
		return race.Decision{}, nil, err
	}
	second, secondTeams, err := Isolate(requests[len(requests)/2:], try, refused)
	if err != nil {
		return race.Decision{}, nil, err
	}
	return race.Decision{
		Replies: slices.Concat(first.Replies, second.Replies),
		Store:   slices.Concat(first.Store, second.Store),
		Touched: slices.Concat(first.Touched, second.Touched),
		Seq:     second.Seq,
		Event:   second.Event,
	}, merge(firstTeams, secondTeams), nil
}

// refuse answers a poison request, of which the database said why; a try of
// nothing tells the last numbers.
func refuse(
	q race.Request, why error, try func([]race.Request) (race.Decision, []race.Team, error),
) (race.Decision, []race.Team, error) {
	d, teams, err := try(nil)
	if err != nil {
		return race.Decision{}, nil, err
	}
	d.Replies = []race.Reply{race.Refuse(q, race.Team{ID: q.Team}, &race.Error{
		Code: race.CodeInvalidValue, Text: "El registro tiene un valor que no se puede guardar", Cause: why,
	})}
	return d, teams, nil
}

// merge joins two lists of teams into one by id.
func merge(earlier, later []race.Team) []race.Team {
	byID := make(map[race.TeamID]race.Team, len(earlier)+len(later))
	for _, t := range slices.Concat(earlier, later) {
		byID[t.ID] = t
	}
	var out []race.Team
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		out = append(out, byID[id])
	}
	return out
}
