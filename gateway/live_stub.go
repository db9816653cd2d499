package gateway

import "server5k/race"

// Confirm implements actors.Publisher.
func (*Live) Confirm(race.CompetitionID) {}

// Stale implements actors.Publisher.
func (*Live) Stale(race.CompetitionID) {}
