package main

import (
	"cmp"
	"slices"
)

// sourceOf is how the table calls a way of sending.
func sourceOf(way string) string {
	if way == wayPost {
		return "http"
	}
	return "ws"
}

// checkRows: every stored row was sent like that by the team's judge, and a held
// one was refused like that.
func (v *verdict) checkRows() {
	stops := v.stoppedTimes()
	for id, rows := range v.counted {
		if len(rows) > 1 {
			v.find(checkTwice, "%s is counted %d times, for teams %d and %d", id, len(rows), rows[0].Team, rows[1].Team)
		}
	}
	for i := range v.e.Tables.Records {
		r := &v.e.Tables.Records[i]
		if !v.wasSent(r) {
			v.find(checkPhantom, "row %d of competition %d (%s, %s %d of team %d by judge %d) was not sent so", r.Seq, r.Competition, r.State, r.ID, r.MS, r.Team, r.Judge)
		}
		if !r.counted() && !v.wasRefused(r, stops[r.Competition]) {
			v.find(checkHeld, "row %d of competition %d (%s %d of team %d) is held as %q and was not refused so", r.Seq, r.Competition, r.ID, r.MS, r.Team, r.Reason)
		}
	}
}

// wasSent says whether somebody who may sent r as it is stored.
func (v *verdict) wasSent(r *recordRow) bool {
	c := v.e.Cast
	if r.Judge != c.judgeOf(r.Team) || r.Competition != c.competitionOf(r.Team) || r.Anonymous {
		return false
	}
	return slices.ContainsFunc(v.tries[placeOf{r.Team, r.ID, r.MS}], func(t try) bool {
		m := t.record()
		name := ""
		if m.Tap > 0 {
			name = device(r.Judge)
		}
		return t.send.Judge == r.Judge && sourceOf(t.send.Way) == r.Source && m.Tap == r.DeviceSeq && name == r.Device
	})
}

// wasRefused says whether a held row has a refusal for its reason, or an unknown
// outcome that may have been one. In a cluster a node asks another owner when the
// answer of the first is lost: what one refused while the race stood still, the
// next may have counted, and the judge hears that.
func (v *verdict) wasRefused(r *recordRow, stops []span) bool {
	if r.Slot != 0 || r.Event != 0 || (r.Reason != wordComplete && r.Reason != wordNotRunning) {
		return false
	}
	return slices.ContainsFunc(v.tries[placeOf{r.Team, r.ID, r.MS}], func(t try) bool {
		again := v.e.Cluster && r.Reason == wordNotRunning && t.record().stored() && overlaps(stops, t.send.Call, t.send.Return)
		return t.send.Judge == r.Judge && (again || t.unknown() || t.record().Answer == r.Reason || t.send.Refusal == r.Reason)
	})
}

// checkSlots: a team has at most its number of records, in different places.
func (v *verdict) checkSlots() {
	for team, rows := range v.byTeam {
		size := v.sizeOf(team)
		if len(rows) > size {
			v.find(checkSlots, "team %d has %d records", team, len(rows))
		}
		taken := map[int64]bool{}
		for _, r := range rows {
			if taken[r.Slot] || r.Slot < 1 || r.Slot > int64(size) {
				v.find(checkSlots, "place %d of team %d is taken twice or does not exist", r.Slot, team)
			}
			taken[r.Slot] = true
		}
	}
}

// checkOrder: a record that was acknowledged before another was sent at all has
// the lower number.
func (v *verdict) checkOrder() {
	type moment struct {
		at   instant
		ack  bool
		seq  int64
		name string
	}
	for _, c := range v.e.Tables.Competitions {
		var all []moment
		for _, r := range v.e.Tables.Records {
			if r.Competition != c.ID || !r.counted() {
				continue
			}
			p := placeOf{r.Team, r.ID, r.MS}
			if first, ok := v.sentAs(p); ok {
				all = append(all, moment{first, false, r.Seq, r.ID})
			}
			if ack, ok := v.firstAck(p); ok {
				all = append(all, moment{ack, true, r.Seq, r.ID})
			}
		}
		slices.SortFunc(all, func(a, b moment) int {
			if a.at == b.at && a.ack != b.ack && b.ack {
				return -1 // at the same time is not after
			}
			return cmp.Compare(a.at, b.at)
		})
		var last moment
		for _, m := range all {
			switch {
			case m.ack && m.seq > last.seq:
				last = m
			case !m.ack && m.seq < last.seq:
				v.find(checkOrder, "competition %d: %s was sent at %.3fs, after %s was acknowledged, and has number %d before %d", c.ID, m.name, seconds(m.at), last.name, m.seq, last.seq)
			}
		}
	}
}

func (v *verdict) firstAck(p placeOf) (at instant, ok bool) {
	for _, t := range v.tries[p] {
		if t.record().stored() && (!ok || t.send.Return < at) {
			at, ok = t.send.Return, true
		}
	}
	return at, ok
}

// checkAtomic: of a POST all or nothing is stored. Ids that went another way too
// tell nothing.
func (v *verdict) checkAtomic() {
	ways := map[string]map[string]bool{}
	for _, s := range v.e.Sends {
		for _, r := range s.Records {
			if ways[r.ID] == nil {
				ways[r.ID] = map[string]bool{}
			}
			ways[r.ID][s.Way] = true
		}
	}
	for _, s := range v.e.Sends {
		if s.Way != wayPost {
			continue
		}
		in, out := 0, 0
		for _, r := range s.Records {
			switch {
			case len(ways[r.ID]) > 1:
			case len(v.counted[r.ID]) > 0:
				in++
			default:
				out++
			}
		}
		if in > 0 && out > 0 {
			v.find(checkAtomic, "a POST for team %d at %.3fs is stored in part: %d records are, %d are not", s.Team, seconds(s.Call), in, out)
		}
	}
}
