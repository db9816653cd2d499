package race_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/race"
)

// measured gives a record a tap at after the start, by a clock that is slow by
// offset and known to within uncertainty.
func measured(r *race.TimeRecord, device string, after, offset, uncertainty time.Duration) {
	r.Mark.Device, r.Mark.MarkedAt = device, rulingGun.Add(after-offset)
	r.Mark.ClockOffset, r.Mark.ClockUncertainty = offset, uncertainty
}

func TestCompetition_Official(t *testing.T) {
	t.Parallel()
	sent := 20 * time.Minute
	for _, c := range []struct {
		name   string
		policy race.ClockPolicy
		change func(*race.TimeRecord)
		want   time.Duration
	}{
		{"as it was sent", race.ClockClient, func(r *race.TimeRecord) { measured(r, "a", 19*time.Minute, 7*time.Minute, time.Second) }, sent - time.Second},
		{"corrected", race.ClockCorrected, func(r *race.TimeRecord) { measured(r, "a", 19*time.Minute, 7*time.Minute, time.Second) }, 19*time.Minute - time.Second},
		{"a fast clock", race.ClockCorrected, func(r *race.TimeRecord) { measured(r, "a", 19*time.Minute, -7*time.Minute, time.Second) }, 19*time.Minute - time.Second},
		{"not measured", race.ClockCorrected, func(r *race.TimeRecord) { measured(r, "a", 19*time.Minute, time.Minute, 0) }, sent - time.Second},
		{"whole milliseconds", race.ClockCorrected, func(r *race.TimeRecord) { measured(r, "a", 19*time.Minute+600*time.Microsecond, 0, time.Second) }, 19*time.Minute + time.Millisecond - time.Second},
		{"of an earlier start", race.ClockCorrected, func(r *race.TimeRecord) { measured(r, "a", -time.Minute, 0, time.Second) }, sent - time.Second},
		{"absent", race.ClockCorrected, func(r *race.TimeRecord) {
			r.Elapsed = 0
			measured(r, "a", 19*time.Minute, 0, time.Second)
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := race.TimeRecord{Elapsed: sent}
			c.change(&r)
			got := race.Competition{StartedAt: rulingGun, GunShift: time.Second, Clock: c.policy}.Official(r)
			if got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// TestEvidence_Uncertainty: the errors of one clock add up, those of several and of
// the fingers do not.
func TestEvidence_Uncertainty(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		policy race.ClockPolicy
		change func([]race.TimeRecord)
		want   string // of teams 1 and 2
	}{
		{"one device", race.ClockCorrected, func([]race.TimeRecord) {}, "2.002s,2.002s close"},
		{"two devices", race.ClockCorrected, func(r []race.TimeRecord) { r[1].Mark.Device = "b" }, "1.418s,2.002s"},
		{"one mark unknown", race.ClockCorrected, func(r []race.TimeRecord) { r[1].Mark.ClockUncertainty = 0 }, "0s,2.002s"},
		{"the device decides", race.ClockClient, func(r []race.TimeRecord) {
			r[0].Elapsed += time.Second
		}, "3.002s,2.002s close"},
		{"far apart", race.ClockCorrected, func(r []race.TimeRecord) { measured(&r[2], "c", 25*time.Minute, 0, time.Second) }, "2.002s,1.418s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := evidence()
			e.Competition.Clock = c.policy
			e.Teams = e.Teams[:2]
			e.Records = e.Records[:4]
			for i, at := range []time.Duration{20 * time.Minute, 21 * time.Minute, 20 * time.Minute, 21*time.Minute + 2500*time.Millisecond} {
				e.Records[i].Elapsed = at
				measured(&e.Records[i], fmt.Sprint("phone ", e.Records[i].Team), at, time.Minute, time.Second)
			}
			c.change(e.Records)
			s := e.Standings()
			got := fmt.Sprintf("%v,%v", s[0].Uncertainty, s[1].Uncertainty)
			if s[0].Close && s[1].Close && s[0].CategoryClose && s[1].CategoryClose {
				got += " close"
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestEvidence_FindingsOfClocks(t *testing.T) {
	t.Parallel()
	e := evidence()
	e.Competition.Clock = race.ClockCorrected
	e.Records = e.Records[:4]
	measured(&e.Records[0], "a", 21*time.Minute, 0, time.Second) // a minute after it came
	measured(&e.Records[2], "b", 22*time.Minute, 0, time.Second)
	measured(&e.Records[3], "b", 23*time.Minute, 0, time.Second)
	var got []string
	for _, f := range e.Findings() {
		if f.Kind == race.FindingClock || f.Kind == race.FindingUnmeasured {
			got = append(got, fmt.Sprintf("%d %s %d %v", f.Team, f.Key, f.Count, f.Amount))
		}
	}
	want := []string{"1 clock-1 0 1m0s", "1 unmeasured-1-1 1 0s"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
