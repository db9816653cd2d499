package main

import "slices"

// story is what the tables say that happened in a competition, by event.
type story struct {
	last   int64
	stream int64
	kinds  map[int64]string         // of each event
	totals map[int64]total          // after each event about times, of its team
	teams  map[int64][]runningTotal // of each team, by event
}

// runningTotal is what a team has after an event.
type runningTotal struct {
	event int64
	total total
}

// tell puts the story of a competition together.
func (v *verdict) tell(c competitionRow) story {
	s := story{last: c.Event, stream: c.Stream, kinds: map[int64]string{}, totals: map[int64]total{}, teams: map[int64][]runningTotal{}}
	for _, d := range v.e.Tables.Decisions {
		if d.Competition == c.ID {
			s.kinds[d.Event] = map[string]string{"start": sightStarted, "stop": sightStopped}[d.Kind]
		}
	}
	rows := slices.DeleteFunc(v.e.Tables.rowsOf(c.ID), func(r recordRow) bool { return !r.counted() })
	slices.SortStableFunc(rows, func(a, b recordRow) int { return int(a.Event - b.Event) })
	sums := map[int64]total{}
	for _, r := range rows {
		t := sums[r.Team]
		t = total{r.Team, t.Records + 1, t.Sum + r.MS}
		sums[r.Team], s.totals[r.Event], s.kinds[r.Event] = t, t, sightTimes
		list := s.teams[r.Team]
		if n := len(list); n > 0 && list[n-1].event == r.Event {
			list[n-1].total = t
			continue
		}
		s.teams[r.Team] = append(list, runningTotal{r.Event, t})
	}
	return s
}

// at is what a team has after an event.
func (s story) at(team, event int64) total {
	out := total{Team: team}
	for _, t := range s.teams[team] {
		if t.event <= event {
			out = t.total
		}
	}
	return out
}

// checkViewers: every event that a viewer saw is the one of the tables, the
// numbers have no gap between a snapshot and the next, and the last is the end.
func (v *verdict) checkViewers() {
	stories := map[int64]story{}
	for _, c := range v.e.Tables.Competitions {
		stories[c.ID] = v.tell(c)
	}
	several := v.e.Cluster || slices.ContainsFunc(v.e.Blows, func(b blow) bool { return b.Kind == doubleOwner })
	for _, w := range v.e.Viewings {
		v.checkViewing(w, stories[w.Competition], several)
		if v.e.Cluster {
			v.checkFresh(w, v.knownSince(w.Competition))
		}
	}
}

// checkViewing follows one viewer. With several servers, one that has lost its
// competition to another, or hears nothing of it, may show an older state, as a
// snapshot, until it finds out.
func (v *verdict) checkViewing(w viewing, s story, several bool) {
	last := int64(0)
	for _, x := range w.Sights {
		if !x.numbered() {
			continue
		}
		v.figures.Sights++
		if x.Stream != s.stream {
			v.find(checkViewer, "viewer %d saw history %d of competition %d, which is %d", w.Viewer, x.Stream, w.Competition, s.stream)
		}
		switch x.Kind {
		case sightWelcome:
			last = x.From
			continue
		case sightSnapshot:
			if x.Seq < last && several {
				v.figures.Back++
			} else if x.Seq < last {
				v.find(checkViewer, "viewer %d went back from event %d to a snapshot of %d", w.Viewer, last, x.Seq)
			}
			v.checkSnapshot(w, x, s)
		default:
			if x.Seq != last+1 {
				v.find(checkViewer, "viewer %d saw event %d of competition %d after %d", w.Viewer, x.Seq, w.Competition, last)
			}
			if x.Kind != s.kinds[x.Seq] {
				v.find(checkViewer, "viewer %d saw event %d of competition %d as %s, stored is %q", w.Viewer, x.Seq, w.Competition, x.Kind, s.kinds[x.Seq])
			} else if x.Kind == sightTimes && (len(x.Totals) != 1 || x.Totals[0] != s.totals[x.Seq]) {
				v.find(checkViewer, "viewer %d saw event %d of competition %d as %+v, stored is %+v", w.Viewer, x.Seq, w.Competition, x.Totals, s.totals[x.Seq])
			}
		}
		last = x.Seq
	}
	if last != s.last {
		v.find(checkViewer, "viewer %d of competition %d ended at event %d of %d", w.Viewer, w.Competition, last, s.last)
	}
}

// checkSnapshot: a snapshot shows every team as the tables say for its number.
func (v *verdict) checkSnapshot(w viewing, x sight, s story) {
	shown := map[int64]bool{}
	for _, t := range x.Totals {
		shown[t.Team] = true
		if want := s.at(t.Team, x.Seq); t != want {
			v.find(checkViewer, "viewer %d saw %+v in the snapshot at %d of competition %d, stored is %+v", w.Viewer, t, x.Seq, w.Competition, want)
		}
	}
	for team := range s.teams {
		if s.at(team, x.Seq).Records > 0 && !shown[team] {
			v.find(checkViewer, "viewer %d did not see team %d in the snapshot at %d of competition %d", w.Viewer, team, x.Seq, w.Competition)
		}
	}
}
