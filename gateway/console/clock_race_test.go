package console_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"server5k/race"
)

const (
	mustCover  = 0.99  // of the marks
	mustBeNear = 150.0 // milliseconds, the median uncertainty
)

// TestClock_Race plays the race with the clock.js that is shipped: what it states
// is true, and the real scoring finds the podium that a single perfect clock on
// the line would have found, where the phones' own clocks find another.
func TestClock_Race(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			r := simulate(t, seed, phones)
			t.Log(r)
			if len(r.marks) != phones*runners || r.refused != 0 || r.covered < mustCover || r.median > mustBeNear {
				t.Errorf("want %d marks, no exchange refused, %.0f %% covered and a median uncertainty of %.0f ms", phones*runners, 100*mustCover, mustBeNear)
			}
			want, _ := podiums(t, r.marks, race.ClockClient, func(m mark) float64 { return m.crossed - gun })
			raw := func(m mark) float64 { return max(1, m.shown-gun) } // as an app without correction sends it
			got, lines := podiums(t, r.marks, race.ClockCorrected, raw)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("podiums under %s (-true +got):\n%s", race.ClockCorrected, diff)
			}
			wrong, _ := podiums(t, r.marks, race.ClockClient, raw)
			for group, teams := range wrong {
				if cmp.Equal(want[group], teams) {
					t.Errorf("the podium %q is right by the phones' own clocks: the race proves nothing", group)
				}
			}
			checkTotals(t, r.marks, lines)
		})
	}
}

// podiums scores the race and returns the first three of each category and, as
// "", of all.
func podiums(t *testing.T, marks []mark, policy race.ClockPolicy, elapsed func(mark) float64) (map[race.Category][]race.TeamID, []race.Standing) {
	t.Helper()
	millis := func(ms float64) time.Duration {
		return time.Duration(math.Round(ms*1000)) * time.Microsecond
	}
	c := race.Competition{ID: 1, StartedAt: time.UnixMilli(gun), TeamSize: runners, Rounding: race.RoundRaw, Clock: policy}
	var teams []race.Team
	records := make([]race.TimeRecord, 0, len(marks))
	for i, m := range marks {
		team := race.TeamID(i/runners + 1)
		if i%runners == 0 {
			category := race.CategoryStudents
			if team%3 == 0 {
				category = race.CategoryFaculties
			}
			teams = append(teams, race.Team{ID: team, Competition: 1, Bib: int(team), Category: category})
		}
		records = append(records, race.TimeRecord{
			ID: race.RecordID(uuid.NewSHA1(uuid.Nil, fmt.Append(nil, i))), Team: team, State: race.StateCounted,
			Slot: i%runners + 1, Seq: int64(i + 1), Elapsed: millis(elapsed(m)).Round(time.Millisecond),
			Mark: race.Mark{
				MarkedAt: time.UnixMilli(0).Add(millis(m.shown)), ClockOffset: millis(m.offset), ClockUncertainty: millis(m.uncertainty),
				Device: fmt.Sprintf("web-%d", team), DeviceSeq: int64(i%runners + 1),
			},
		})
	}
	lines := race.Evidence{Competition: c, Teams: teams, Records: records}.Standings()
	out := map[race.Category][]race.TeamID{}
	for _, s := range lines {
		for group, place := range map[race.Category]int{"": s.Place, s.Team.Category: s.CategoryPlace} {
			if place >= 1 && place <= 3 {
				out[group] = append(out[group], s.Team.ID)
			}
		}
	}
	return out, lines
}

// checkTotals holds the uncertainty that the standings state for a team against
// the truth: that of a sum of taps, which all come late by the same, is one
// standard deviation of them besides the bounds of the clocks.
func checkTotals(t *testing.T, marks []mark, lines []race.Standing) {
	t.Helper()
	within := 0
	for _, s := range lines {
		want := 0.0
		for _, m := range marks[(s.Team.ID-1)*runners:][:runners] {
			want += m.crossed - gun + tapDelay
		}
		if off := math.Abs(float64(s.Total.Microseconds())/1000 - want); off <= 2*float64(s.Uncertainty.Milliseconds()) {
			within++
		}
	}
	if part := float64(within) / float64(len(lines)); part < 0.95 {
		t.Errorf("%.0f %% of the totals are within twice their uncertainty, want 95 %%", 100*part)
	}
}

// TestClock_WorseEstimatorsFail proves that the simulation can fail: the same
// race refuses estimators that leave out what clock.js does.
func TestClock_WorseEstimatorsFail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		edits []edit
		pass  bool
	}{
		{"as shipped", nil, true},
		{"the way back is taken to cost nothing", []edit{{"value: t3 - t2 + CLOCK.resolution", "value: t0 - t1 + CLOCK.resolution"}}, false},
		{"clocks are taken not to drift", []edit{{"maxDrift: 120e-6", "maxDrift: 1e-6"}}, false},
		{"a quarter of the bound", []edit{{"uncertainty: (high - low) / 2", "uncertainty: (high - low) / 8"}}, false},
		{"the last exchange, whatever it took", []edit{
			{"if (!Clock.plausible(sample)) return \"rejected\";", "this.spans = [];"},
			{"uncertainty: (high - low) / 2", "uncertainty: 10"},
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := simulate(t, 7, 12, c.edits...)
			t.Log(r)
			if got := r.covered >= mustCover; got != c.pass {
				t.Errorf("got %.2f %% covered, want at least %.0f %%: %t", 100*r.covered, 100*mustCover, c.pass)
			}
		})
	}
}

// TestClock_DriftIsWorthEstimating compares with an estimator that only knows how
// fast a clock may drift at most: as true, but less use.
func TestClock_DriftIsWorthEstimating(t *testing.T) {
	t.Parallel()
	with := simulate(t, 7, 12)
	without := simulate(t, 7, 12, edit{"maxDrift: 120e-6", "maxDrift: 0"}, edit{"wander: 3e-6", "wander: 120e-6"})
	t.Logf("with:    %v", with)
	t.Logf("without: %v", without)
	if without.covered < mustCover {
		t.Errorf("without drift %.2f %% are covered, want no difference in that", 100*without.covered)
	}
	if with.median >= without.median || with.most >= without.most {
		t.Error("an estimate of the drift narrows nothing")
	}
}
