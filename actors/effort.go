package actors

import (
	"time"

	"server5k/race"
)

const (
	// resendAfter: a request without an answer is sent again, since its owner may
	// have stopped.
	resendAfter = 2 * time.Second
	// giveUpAfter is before the phone does (10 s).
	giveUpAfter = 9 * time.Second
	// tickEvery is how often somebody who waits looks whether it is time: what was
	// sent to an owner that is no more goes to the new one that much later.
	tickEvery = 250 * time.Millisecond
)

// effort is what was done so far to have one request answered. Sending it again
// is harmless: a record has an id, a change of state its instant.
type effort struct {
	competition race.CompetitionID // 0 while it is looked up
	since       time.Time
	last        time.Time
	owner       string // the node it was last sent to
	again       bool   // it was refused there
	tries       int
}

func newEffort() effort { return effort{since: time.Now()} }

func (e *effort) sent(owner string) {
	e.last, e.owner, e.again = time.Now(), owner, false
	e.tries++
}

// refused notes that the owner is elsewhere; the next tick sends again.
func (e *effort) refused() { e.again = true }

// over says whether it is time to give up.
func (e *effort) over() bool { return time.Since(e.since) >= giveUpAfter }

// due says whether it is time to send again: it was refused, the owner is another
// one now, or there was no answer for long.
func (e *effort) due(place Placement) bool {
	moved := e.competition != 0 && place.Owner(e.competition) != e.owner
	return e.again || moved || time.Since(e.last) >= resendAfter
}
