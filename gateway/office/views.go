package office

import (
	"time"

	"server5k/race"
)

// Account is an organizer with the competitions that were granted, ascending.
type Account struct {
	race.Organizer
	Grants []race.CompetitionID
}

// Results is where the results of a competition stand.
type Results struct {
	Evidence  race.Evidence
	Standings []race.Standing
	Version   *race.Version // the last one, without its sheet; nil when there is none
	Official  bool          // the results are those of Version
	Changed   bool          // there is a Version, and the results differ from it
	Findings  []race.Finding
}

// Open counts the findings that nobody has accepted.
func (r Results) Open() int {
	n := 0
	for _, f := range r.Findings {
		if !f.Accepted {
			n++
		}
	}
	return n
}

// Summary is a competition on the dashboard.
type Summary struct {
	Competition race.Competition
	Teams       int
	Complete    int // teams with as many records as they need
	Counted     int // records, as they were stored
	Held        int // records that nobody has ruled on
	// Findings is what can be told without reading every record: held records,
	// and once it is over the teams that have too few. Evidence.Findings knows more.
	Findings int
}

// Post is a team with its judge and the judge's device: where marks come from.
type Post struct {
	Team     race.Team
	Judge    race.Judge     // the zero value without one
	Presence *race.Presence // of the device heard last; nil when none is connected
	Counted  int            // records of the team
	// Silent says that marks may be missing: the race runs, the team is not
	// complete, and its judge's device is not connected or not heard of for SilentAfter.
	Silent bool
}

// SilentAfter is more than two of the heartbeats that devices send each 30 s.
const SilentAfter = 75 * time.Second

// Credential is what a judge's sheet shows, once: neither is stored as it is.
type Credential struct {
	Judge    race.Judge
	Teams    []race.Team
	Password string
	Code     string // for LoginCode, valid for CodeLifetime
}

// CodeLifetime is how long a code for logging in is good.
const CodeLifetime = 30 * 24 * time.Hour
