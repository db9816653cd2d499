package gateway

import "server5k/race"

// Newest returns the number of the newest event of a competition that came to this
// node and the history it counts in, and whether what comes is live. All zero
// for a competition that nobody listens to.
func (l *Live) Newest(id race.CompetitionID) (seq, stream int64, live bool) {
	t := l.seen(id)
	if t == nil {
		return 0, 0, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seq, t.stream, t.live(l.now())
}
