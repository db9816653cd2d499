package actors

import "time"

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
// is harmless: a record has an id, a change of state its instant, an
// order its key.
type effort struct {
	since   time.Time
	last    time.Time
	changes int64 // of the placement, when it was last sent
	again   bool  // it was refused there
}

func newEffort() effort { return effort{since: time.Now()} }

func (e *effort) sent(place Placement) {
	e.last, e.changes, e.again = time.Now(), place.Changes(), false
}

// refused notes that the owner is elsewhere; the next tick sends again.
func (e *effort) refused() { e.again = true }

// over says whether it is time to give up.
func (e *effort) over() bool { return time.Since(e.since) >= giveUpAfter }

// due says whether it is time to send again: it was refused, a node came or went,
// or there was no answer for long. It is the change that counts, not another
// address: an owner that was started again has forgotten what it was asked.
func (e *effort) due(place Placement) bool {
	return e.again || place.Changes() != e.changes || time.Since(e.last) >= resendAfter
}
