package admin

import (
	"context"

	"server5k/race"
)

// Submit implements office.Races; the panel sends no marks.
func (m *memory) Submit(context.Context, race.Request, string) (race.Reply, error) {
	return race.Reply{}, race.Errorf(race.CodeUnavailable, "no")
}
