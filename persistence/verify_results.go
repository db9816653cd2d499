package persistence

import (
	"context"
	"fmt"
	"time"

	"server5k/race"
)

// maxReadings bounds how often a competition is read again because it changed
// between two reads: teams change rarely, so once is enough.
const maxReadings = 5

// Report is what a Verifier found out about a competition.
type Report struct {
	Archive   Archive
	Standings race.Digest // race.StandingsDigest of the results, with the rulings
	Damages   []Damage    // none when all is well
}

// Competition reads and checks a competition, which may be running. The results
// of the archive without its rulings are compared with a recount of what Teams and
// Records return, the other way to the same rows. It fails with race.ErrNotFound when there is no
// such competition, and with race.CodeUnavailable when it never stood still.
func (v *Verifier) Competition(ctx context.Context, store Store, id race.CompetitionID) (Report, error) {
	a, err := store.Archive(ctx, id)
	if err != nil {
		return Report{}, err
	}
	for range maxReadings {
		standings := race.Rank(a.Competition, a.Teams, a.Records)
		wrong, err := recount(ctx, store, a, standings)
		if err != nil {
			return Report{}, err
		}
		if wrong != nil {
			again, err := store.Archive(ctx, id)
			if err != nil {
				return Report{}, err
			}
			if !sameState(a, again) {
				a = again
				continue
			}
		}
		r := Report{Archive: a, Standings: race.StandingsDigest(a.Competition, a.Evidence().Standings()), Damages: v.Check(a)}
		if wrong != nil {
			r.Damages = append(r.Damages, *wrong)
		}
		return r, nil
	}
	return Report{}, race.Errorf(race.CodeUnavailable, "La competencia %d cambió mientras se leía; repita", id)
}

// sameState says whether nothing happened to a competition between two archives.
func sameState(a, b Archive) bool {
	return a.Epoch == b.Epoch && a.Seq == b.Seq && a.Event == b.Event && len(a.Teams) == len(b.Teams)
}

// recount compares standings with the rows of the second way.
func recount(ctx context.Context, store Store, a Archive, standings []race.Standing) (*Damage, error) {
	teams, err := store.Teams(ctx, race.TeamFilter{Competition: a.Competition.ID})
	if err != nil {
		return nil, err
	}
	records, err := store.Records(ctx, a.Competition.ID)
	if err != nil {
		return nil, err
	}
	// What was stored since has higher numbers.
	last := a.Seq
	if n := len(a.Records); n > 0 {
		last = max(last, a.Records[n-1].Seq)
	}
	return checkStandings(a.Competition, standings, teams, records[:upTo(records, last)]), nil
}

// sum is what a team has, counted without race.Rank.
type sum struct{ records, absent, ms int64 }

// checkStandings compares results with a count of their own rows.
func checkStandings(c race.Competition, standings []race.Standing, teams []race.TeamRow, records []race.TimeRecord) *Damage {
	sums := map[race.TeamID]*sum{}
	for _, t := range teams {
		sums[t.ID] = &sum{}
	}
	for _, r := range records {
		s := sums[r.Team]
		if s == nil {
			continue // Check names it
		}
		s.records++
		if r.Elapsed == 0 {
			s.absent++
		}
		ms := clocked(c, r)
		if c.Rounding == race.RoundUpEach {
			ms = (ms + 999) / 1000 * 1000
		}
		s.ms += ms
	}
	if len(standings) != len(sums) {
		return &Damage{Text: fmt.Sprintf("los resultados tienen %d equipos y hay %d", len(standings), len(sums))}
	}
	for _, line := range standings {
		s := sums[line.Team.ID]
		if s == nil {
			return &Damage{Text: fmt.Sprintf("el equipo %d de los resultados no existe", line.Team.ID)}
		}
		if text := s.differs(c, line); text != "" {
			return &Damage{Text: fmt.Sprintf("resultado del equipo %d «%s»: %s", line.Team.ID, line.Team.Name, text)}
		}
	}
	return nil
}

// clocked returns the milliseconds of a record by the clock policy, worked out from
// the microseconds that are stored.
func clocked(c race.Competition, r race.TimeRecord) int64 {
	ms := r.Elapsed.Milliseconds()
	if c.Clock != race.ClockCorrected || ms == 0 || c.StartedAt.IsZero() || r.Mark.MarkedAt.IsZero() || r.Mark.ClockUncertainty <= 0 {
		return ms
	}
	us := r.Mark.MarkedAt.UnixMicro() + r.Mark.ClockOffset.Microseconds() - c.StartedAt.UnixMicro()
	if at := (us + 500) / 1000; us >= 500 && at <= race.MaxElapsed.Milliseconds() {
		return at
	}
	return ms
}

// differs says how a line of the results differs from its sum, "" when it does
// not.
func (s sum) differs(c race.Competition, line race.Standing) string {
	total := s.ms
	if c.Rounding == race.RoundUpTotal {
		total = (total + 999) / 1000 * 1000
	}
	complete := s.records >= int64(c.TeamSize)
	want := race.StatusIncomplete
	if s.absent > 0 {
		want = race.StatusDisqualified
	} else if complete {
		want = race.StatusRanked
	}
	switch {
	case int64(line.Records) != s.records || int64(line.Absent) != s.absent:
		return fmt.Sprintf("tiene %d registros y %d ausentes, y el recuento da %d y %d", line.Records, line.Absent, s.records, s.absent)
	case line.Total != time.Duration(total)*time.Millisecond:
		return fmt.Sprintf("suma %s y el recuento da %d ms", line.Total, total)
	case line.Status != want:
		return fmt.Sprintf("está %s y debe estar %s", line.Status, want)
	case !complete && (line.Place != 0 || line.CategoryPlace != 0):
		return "está incompleto y tiene lugar"
	case want == race.StatusRanked && (line.Place == 0 || line.CategoryPlace == 0):
		return "está completo y no tiene lugar"
	}
	return ""
}
