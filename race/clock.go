package race

import (
	"math"
	"time"
)

// ClockPolicy says whose clock decides about a finish time, by its wire value.
type ClockPolicy string

// ClockClient takes the time that the judge's device computed; ClockCorrected
// takes the instant of the tap, corrected by what the device measured of its
// clock, from the gun. A mark without such a measurement counts as it was sent
// under both.
const (
	ClockClient    ClockPolicy = "cliente"
	ClockCorrected ClockPolicy = "corregido"
)

// Valid says whether p is one of the policies.
func (p ClockPolicy) Valid() bool { return p == ClockClient || p == ClockCorrected }

// Measured says whether the device knew how wrong its clock was.
func (m Mark) Measured() bool { return !m.MarkedAt.IsZero() && m.ClockUncertainty > 0 }

// CorrectedAt returns the instant of the tap on the server's clock: that of the
// device plus its offset, which is the server's clock less the device's.
func (m Mark) CorrectedAt() time.Time { return m.MarkedAt.Add(m.ClockOffset) }

// corrected returns the time of a record from the announced start by its
// corrected instant, in whole milliseconds; false when it has none, or one of
// before that start: records stay when a competition is started again.
func (c Competition) corrected(r TimeRecord) (time.Duration, bool) {
	if !r.Mark.Measured() || c.StartedAt.IsZero() {
		return 0, false
	}
	d := r.Mark.CorrectedAt().Sub(c.StartedAt).Round(time.Millisecond)
	return d, d > 0 && d <= MaxElapsed
}

// ElapsedOf returns the time from the announced start that a device would have sent
// with a mark: by its own clock, corrected by what it knows of it, in whole
// milliseconds. 0 would be an absent runner, so what lies before the start is one
// millisecond. CodeNotFinished before the start.
func (c Competition) ElapsedOf(m Mark) (time.Duration, error) {
	if c.StartedAt.IsZero() {
		return 0, Errorf(CodeNotFinished, "La competencia no se ha iniciado")
	}
	return min(max(m.CorrectedAt().Sub(c.StartedAt).Round(time.Millisecond), time.Millisecond), MaxElapsed), nil
}

// Clocked returns the time of a record from the announced start, by the clock
// policy; 0 for an absent runner. The second result says whether it is the
// corrected one.
func (c Competition) Clocked(r TimeRecord) (time.Duration, bool) {
	if c.Clock != ClockCorrected || r.Absent() {
		return r.Elapsed, false
	}
	if d, ok := c.corrected(r); ok {
		return d, true
	}
	return r.Elapsed, false
}

// Official returns the time of a record by the clock policy and the corrected
// gun, not rounded; 0 for an absent runner.
func (c Competition) Official(r TimeRecord) time.Duration {
	if r.Absent() {
		return 0
	}
	d, _ := c.Clocked(r)
	return d - c.GunShift
}

// tapSpread is the standard deviation of a person who taps at an event that can
// be seen coming (Am. J. Phys. 87, 110: 0.07 s in 4,304 tries).
const tapSpread = 70 * time.Millisecond

// uncertainty returns that of the sum of times of a team: sqrt(n·σ² + Σ_d(Σu)²).
// The error of a clock is the same for all marks of a device d and adds up; those
// of the taps are independent. It is 0, unknown, when a mark has no measured
// clock. When the device's own time decides, what it differs from the corrected
// one is part of its uncertainty.
func (c Competition) uncertainty(members []Finish) time.Duration {
	clocks := map[string]float64{} // seconds, by device
	taps := 0.0
	for _, m := range members {
		if m.Absent() {
			continue
		}
		at, ok := c.corrected(m.TimeRecord)
		if !ok {
			return 0
		}
		u := m.Mark.ClockUncertainty
		if c.Clock != ClockCorrected {
			u += (m.Elapsed - at).Abs()
		}
		clocks[m.Mark.Device] += u.Seconds()
		taps += tapSpread.Seconds() * tapSpread.Seconds()
	}
	sum := taps
	for _, u := range clocks {
		sum += u * u
	}
	return time.Duration(math.Sqrt(sum) * float64(time.Second)).Round(time.Millisecond)
}

// compare marks the ranked lines whose neighbour is too near to be told apart:
// their totals differ by no more than their uncertainties together. out is in the
// order of the standings.
func compare(out []Standing) {
	last := map[Category]*Standing{}
	for i := range out {
		s := &out[i]
		if s.Status != StatusRanked {
			continue
		}
		if i > 0 && near(out[i-1], *s) {
			out[i-1].Close, s.Close = true, true
		}
		if before := last[s.Team.Category]; before != nil && near(*before, *s) {
			before.CategoryClose, s.CategoryClose = true, true
		}
		last[s.Team.Category] = s
	}
}

func near(a, b Standing) bool {
	if a.Uncertainty == 0 || b.Uncertainty == 0 {
		return false
	}
	return (b.Total - a.Total).Abs().Seconds() <= math.Hypot(a.Uncertainty.Seconds(), b.Uncertainty.Seconds())
}
