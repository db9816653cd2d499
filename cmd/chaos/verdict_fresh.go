package main

import "time"

const (
	// freshFor is how old what a viewer sees may be without a word about it: a node
	// takes up to five seconds to find that it hears nothing, and news two more.
	freshFor = 8 * time.Second
	// noticeTime is how soon after an old snapshot it has to be called old.
	noticeTime = 500 * time.Millisecond
)

// knownSince tells for each event of a competition since when somebody has known
// that there is a later one: since the first acknowledgement of it.
func (v *verdict) knownSince(competition int64) []instant {
	rows := v.e.Tables.rowsOf(competition)
	last := int64(0)
	for _, r := range rows {
		last = max(last, r.Event)
	}
	out := make([]instant, last+1)
	for i := range out {
		out[i] = never
	}
	for _, r := range rows {
		if at, ok := v.firstAck(placeOf{r.Team, r.ID, r.MS}); ok && r.counted() && r.Event > 0 {
			out[r.Event-1] = min(out[r.Event-1], at)
		}
	}
	for i := len(out) - 2; i >= 0; i-- {
		out[i] = min(out[i], out[i+1])
	}
	return out
}

// checkFresh: no viewer is shown for long as live what others know to be over. A
// node that is frozen can tell nobody.
func (v *verdict) checkFresh(w viewing, known []instant) {
	since := func(seq int64) instant {
		if seq < 0 || seq >= int64(len(known)) {
			return never
		}
		return known[seq]
	}
	connected, live, from, seen, node := false, false, instant(0), int64(0), ""
	for i, x := range w.Sights {
		if began := max(since(seen), from); connected && live && v.tooLate(node, began, x.At) {
			v.find(checkViewer, "viewer %d of competition %d stood at event %d as if it were live for %.1fs, until %.1fs",
				w.Viewer, w.Competition, seen, seconds(x.At-began), seconds(x.At))
		}
		switch x.Kind {
		case sightWelcome:
			connected, live, from, seen, node = true, true, x.At, x.From, x.Node
			continue
		case sightGone:
			connected = false
			continue
		case sightStale:
			live = false
			v.figures.Stale++
			continue
		case sightLive:
			live, from = true, x.At
			continue
		case sightSnapshot:
			told := i+1 < len(w.Sights) && w.Sights[i+1].Kind == sightStale && w.Sights[i+1].At-x.At < instant(noticeTime)
			if live && !told && v.tooLate(node, since(x.Seq), x.At) {
				v.find(checkViewer, "viewer %d of competition %d was shown event %d as if it were live at %.1fs, %.1fs after a later one was known",
					w.Viewer, w.Competition, x.Seq, seconds(x.At), seconds(x.At-since(x.Seq)))
			}
		}
		seen = x.Seq
	}
}

// tooLate says whether a piece of time is longer than a node may show what is
// over; the time that it was frozen does not count.
func (v *verdict) tooLate(url string, from, to instant) bool {
	allowed := instant(freshFor)
	if from == never || to-from <= allowed {
		return false
	}
	for _, b := range v.e.Blows {
		if b.Kind != nodeFreeze && b.Kind != ownerFreeze || len(b.Hits) == 0 || b.Hits[0].URL != url {
			continue
		}
		allowed += max(0, min(b.Until, to)-max(b.At, from))
	}
	return to-from > allowed
}
