package main

// checkAnswers judges every answer against what is stored at the end. Stored
// records never change, so the end tells what an answer may have said earlier.
func (v *verdict) checkAnswers() {
	stops := v.stoppedTimes()
	for _, s := range v.e.Sends {
		foreign := v.e.Cast.judgeOf(s.Team) != s.Judge
		for i, r := range s.Records {
			switch t := (try{s, i}); {
			case r.stored() && foreign:
				v.find(checkRefusal, "judge %d was acknowledged %s for team %d of somebody else", s.Judge, r.ID, s.Team)
			case r.stored():
				v.checkStored(s, r)
			case t.unknown():
			case foreign:
				if code := firstOf(s.Refusal, r.Answer); code != wordForeign {
					v.find(checkRefusal, "judge %d was refused team %d of somebody else with %q", s.Judge, s.Team, code)
				}
			case r.Answer != "":
				v.checkRefused(s, r, stops)
			}
		}
		if s.Way == wayPost && s.Return != 0 && s.Refusal != "" && !foreign {
			v.checkRefusedPost(s, stops)
		}
	}
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// checkStored: what was acknowledged is stored once, with team and time.
func (v *verdict) checkStored(s *send, r sent) {
	rows := v.counted[r.ID]
	switch {
	case len(rows) == 0:
		v.find(checkLost, "%s %d of team %d was acknowledged (%s) at %.3fs and is not stored", r.ID, r.MS, s.Team, r.Answer, seconds(s.Return))
	case len(rows) > 1: // reported with the rows
	case rows[0].Team != s.Team || rows[0].MS != r.MS:
		v.find(checkAltered, "%s was acknowledged as %d of team %d, stored as %d of team %d", r.ID, r.MS, s.Team, rows[0].MS, rows[0].Team)
	}
}

func seconds(t instant) float64 { return float64(t) / 1e9 }

// checkRefused: a refusal of one record of the judge's own team can be true.
func (v *verdict) checkRefused(s *send, r sent, stops map[int64][]span) {
	switch r.Answer {
	case wordConflict:
		v.checkConflict(s, r)
	case wordComplete:
		if n := len(v.byTeam[s.Team]); n < v.sizeOf(s.Team) && s.Way != wayPost {
			v.find(checkRefusal, "team %d was called complete at %.3fs and has %d records at the end", s.Team, seconds(s.Return), n)
		}
		v.checkKept(s, r)
	case wordNotRunning:
		if !overlaps(stops[v.e.Cast.competitionOf(s.Team)], s.Call, s.Return) {
			v.find(checkRefusal, "competition %d was called not running at %.3fs, and it ran", v.e.Cast.competitionOf(s.Team), seconds(s.Return))
		}
		v.checkKept(s, r)
	default:
		v.find(checkRefusal, "%s of team %d was refused with %q", r.ID, s.Team, r.Answer)
	}
}

// checkConflict: the id is stored with other content, and may have been before
// the answer.
func (v *verdict) checkConflict(s *send, r sent) {
	for _, row := range v.counted[r.ID] {
		if row.Team == s.Team && row.MS == r.MS {
			continue
		}
		if first, ok := v.sentAs(placeOf{row.Team, row.ID, row.MS}); ok && first < s.Return {
			return
		}
	}
	v.find(checkRefusal, "%s %d of team %d was called a conflict at %.3fs, and nothing else has that id", r.ID, r.MS, s.Team, seconds(s.Return))
}

// checkRefusedPost: a whole POST is refused for a reason that can be true.
func (v *verdict) checkRefusedPost(s *send, stops map[int64][]span) {
	switch s.Refusal {
	case wordUnavailable, wordRate:
	case wordConflict:
		for _, r := range s.Records {
			if r.Answer == wordConflict {
				return
			}
		}
		v.find(checkRefusal, "a POST for team %d was called a conflict without naming a record", s.Team)
	case wordComplete:
		all := map[string]bool{}
		for _, row := range v.byTeam[s.Team] {
			all[row.ID] = true
		}
		for _, r := range s.Records {
			all[r.ID] = true
		}
		if len(all) <= v.sizeOf(s.Team) {
			v.find(checkRefusal, "a POST for team %d was refused as too much, and %d records are not", s.Team, len(all))
		}
	case wordNotRunning:
		if !overlaps(stops[v.e.Cast.competitionOf(s.Team)], s.Call, s.Return) {
			v.find(checkRefusal, "a POST for competition %d was refused as not running at %.3fs, and it ran", v.e.Cast.competitionOf(s.Team), seconds(s.Return))
		}
	default:
		v.find(checkRefusal, "a POST for team %d was refused with %q", s.Team, s.Refusal)
	}
}

// checkKept: what the race had no room for is kept for the organizer.
func (v *verdict) checkKept(s *send, r sent) {
	if _, ok := v.held[placeOf{s.Team, r.ID, r.MS}]; !ok {
		v.find(checkHeld, "%s %d of team %d was refused with %s and is not kept", r.ID, r.MS, s.Team, r.Answer)
	}
}

func (v *verdict) sizeOf(team int64) int {
	for _, c := range v.e.Tables.Competitions {
		if c.ID == v.e.Cast.competitionOf(team) {
			return c.TeamSize
		}
	}
	return teamSize
}

// span is a piece of time, ends included.
type span struct{ from, to instant }

func overlaps(list []span, from, to instant) bool {
	for _, s := range list {
		if s.from <= to && from <= s.to {
			return true
		}
	}
	return false
}

const never = instant(1<<62 - 1)

// stoppedTimes are the times at which each competition may not have run: from a
// try to stop it until the end of a later try to start it. A stop without an
// answer may come late, at any time.
func (v *verdict) stoppedTimes() map[int64][]span {
	out := map[int64][]span{}
	add := func(competition int64, from, after instant) {
		to := never
		for _, c := range v.e.Changes {
			if c.Competition == competition && c.Start && c.done() && c.Call >= after {
				to = min(to, c.Return)
			}
		}
		out[competition] = append(out[competition], span{from, to})
	}
	for _, c := range v.e.Tables.Competitions {
		add(c.ID, 0, 0)
	}
	for _, c := range v.e.Changes {
		switch {
		case c.Start:
		case c.done():
			add(c.Competition, c.Call, c.Return)
		default:
			add(c.Competition, c.Call, never)
		}
	}
	return out
}
