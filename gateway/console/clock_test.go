package console_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// pair is a device and a server in a world without noise: the device's clock is
// behind by offset at instant 0 and the server's gains drift ms each ms on it.
// Instants are the device's, milliseconds since noon.
type pair struct{ offset, drift float64 }

const noon = gun

func (p pair) offsetAt(t float64) float64 { return p.offset + p.drift*t }

// exchange of a ping sent at t that takes there and back, answered at once.
func (p pair) exchange(t, there, back float64) exchange {
	t3 := t + (there+back)/(1+p.drift)
	arrived := noon + t + p.offsetAt(t) + there
	return exchange{noon + t, arrived, arrived, noon + t3}
}

func (p pair) ping(tb testing.TB, c clock, t, there, back float64) string {
	tb.Helper()
	return c.add(tb, p.exchange(t, there, back))
}

// want fails the test unless the offset at t is covered, within at most so many
// milliseconds.
func (p pair) want(tb testing.TB, c clock, t, most float64, life ...any) estimate {
	tb.Helper()
	got := c.at(tb, noon+t, life...)
	if truth := p.offsetAt(t); !got.covers(truth) || got.uncertainty > most {
		tb.Errorf("at %.0f ms: got %+v, want %.3f within %.1f ms", t, got, truth, most)
	}
	return got
}

func TestClock_OneExchange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		there, back float64
	}{
		{"even", 40, 40},
		{"slow there", 300, 5},
		{"slow back", 5, 300},
		{"nothing but the way there", 200, 0},
		{"on this machine", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, clock := pair{offset: -420_000}, load(t).clock(t)
			if got := p.ping(t, clock, 0, c.there, c.back); got != "kept" {
				t.Fatalf("got %q", got)
			}
			got := p.want(t, clock, c.there+c.back, (c.there+c.back)/2+1.1)
			// NTP's theta, whose error is half the difference of the ways.
			if theta := p.offset + (c.there-c.back)/2; math.Abs(got.offset-theta) > 0.1 || got.samples != 1 {
				t.Errorf("got %+v, want %.1f from 1 exchange", got, theta)
			}
		})
	}
}

func TestClock_QuickestWaysNeedNotBeOfOneExchange(t *testing.T) {
	t.Parallel()
	p, clock := pair{offset: 1234, drift: 20e-6}, load(t).clock(t)
	p.ping(t, clock, 0, 5, 250)
	p.want(t, clock, 250, 129)
	p.ping(t, clock, 2000, 280, 5)
	p.want(t, clock, 2000, 6.5)
}

func TestClock_UncertaintyGrowsAwayFromTheExchanges(t *testing.T) {
	t.Parallel()
	p, clock := pair{offset: 600_000, drift: 100e-6}, load(t).clock(t)
	for i := range 8 {
		p.ping(t, clock, float64(i)*100, 10, 10)
	}
	for _, sign := range []float64{-1, 1} {
		before := p.want(t, clock, 350, 11.5).uncertainty
		for _, minutes := range []float64{1, 10, 30, 60} {
			away := minutes * minute
			got := p.want(t, clock, 350+sign*away, 11.5+away*124e-6).uncertainty
			if got <= before {
				t.Errorf("%.0f minutes away: %.1f ms, want more than %.1f", minutes, got, before)
			}
			before = got
		}
	}
}

func TestClock_DriftIsFound(t *testing.T) {
	t.Parallel()
	for _, drift := range []float64{-100e-6, -50e-6, 0, 50e-6, 100e-6} {
		p, clock := pair{offset: -600_000, drift: drift}, load(t).clock(t)
		for i := range 60 {
			p.ping(t, clock, float64(i)*20_000, 4, 8)
		}
		got := p.want(t, clock, 10*minute, 9)
		if math.Abs(got.drift-drift*1e6) > 15 {
			t.Errorf("got %.1f ppm, want %.1f", got.drift, drift*1e6)
		}
		// An hour off line; at the greatest drift it would be 450 ms.
		p.want(t, clock, 80*minute, 100)
		p.want(t, clock, -60*minute, 100)
	}
}

func TestClock_Steps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		step float64 // of the server less the device
	}{
		{"the server's clock is set forward, or the device slept", 3000},
		{"the server's clock is set back", -3000},
		{"an hour", -3_600_000},
		{"little more than ways and drift can explain", 150},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			clock := load(t).clock(t)
			old := pair{offset: 5000, drift: 30e-6}
			renewed := pair{offset: 5000 + c.step, drift: 30e-6}
			for i := range 20 {
				old.ping(t, clock, float64(i)*15_000, 20, 20)
			}
			const first = 10 * minute // the step was somewhere before
			if got := renewed.ping(t, clock, first, 20, 20); got != "step" {
				t.Errorf("the first exchange after it: got %q, want step", got)
			}
			if got := renewed.ping(t, clock, first+15_000, 20, 20); got != "kept" {
				t.Errorf("the next one: got %q, want kept", got)
			}
			if got := clock.property("steps"); got != 1 {
				t.Errorf("got %d steps, want 1", got)
			}
			old.want(t, clock, 0, 25)
			old.want(t, clock, 4*minute, 25)
			renewed.want(t, clock, first+minute, 30)
			// In between nobody knows on which side of the step a tap was.
			most := math.Abs(c.step)/2 + 60
			old.want(t, clock, 7*minute, most)
			renewed.want(t, clock, 7*minute, most)
		})
	}
}

func TestClock_DeviceClockGoesBack(t *testing.T) {
	t.Parallel()
	clock := load(t).clock(t)
	pair{offset: 0}.ping(t, clock, 30*minute, 10, 10)
	renewed := pair{offset: 10 * minute}
	if got := renewed.ping(t, clock, 20*minute, 10, 10); got != "step" {
		t.Errorf("got %q, want step", got)
	}
	renewed.want(t, clock, 20*minute+20, 12)
}

func TestClock_Garbage(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name string
		exchange
	}{
		{"not a number", exchange{nan, 1, 1, 1}},
		{"endless", exchange{1, 1, 1, inf}},
		{"of before 1970", exchange{-5, 1, 1, 5}},
		{"of another era", exchange{1, 1e15, 1e15, 5}},
		{"answered before it was received", exchange{noon, noon + 20, noon + 10, noon + 40}},
		{"back before it was sent", exchange{noon + 10, noon, noon, noon}},
		{"a negative round trip", exchange{noon, noon, noon + 30, noon + 20}},
		{"a minute on the way", exchange{noon, noon, noon, noon + 61_000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			clock := load(t).clock(t)
			if got := clock.add(t, c.exchange); got != "rejected" {
				t.Errorf("got %q, want rejected", got)
			}
			if got := clock.at(t, noon); got.known {
				t.Errorf("an estimate from nothing: %+v", got)
			}
			p := pair{offset: 77}
			p.ping(t, clock, 0, 10, 10)
			if got := clock.add(t, c.exchange); got != "rejected" {
				t.Errorf("got %q, want rejected", got)
			}
			p.want(t, clock, 20, 12)
		})
	}
}

func TestClock_GarbageThatIsNoNumber(t *testing.T) {
	t.Parallel()
	e := load(t)
	c := e.clock(t)
	for _, value := range []any{nil, "1", true, []any{}, map[string]any{}} {
		if got := e.call(t, e.add, c.js, value, 1.0, 1.0, 1.0).String(); got != "rejected" {
			t.Errorf("t0 = %v: got %q, want rejected", value, got)
		}
		if v := e.call(t, e.ask, c.js, value); v.Export() != nil {
			t.Errorf("an estimate at %v: %v", value, v)
		}
	}
	for _, at := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		pair{}.ping(t, c, 0, 1, 1)
		if got := c.at(t, at); got.known {
			t.Errorf("an estimate at %v: %+v", at, got)
		}
	}
}

func TestClock_SurvivesAReload(t *testing.T) {
	t.Parallel()
	e := load(t)
	c, old := e.clock(t), pair{offset: 90_000, drift: -40e-6}
	for i := range 40 {
		old.ping(t, c, float64(i)*20_000, 15, 25)
	}
	before := c.at(t, noon+5*minute)
	again := e.restore(t, c.saved(t))
	if got := again.at(t, noon+5*minute); got != before {
		t.Errorf("a tap before the reload: got %+v, want %+v", got, before)
	}
	if got := again.property("life"); got != 2 {
		t.Errorf("got life %d, want 2", got)
	}
	// Off line: a tap of the old page is as sure as it was, one of the new page, or
	// of nobody knows which, is not.
	old.want(t, again, 20*minute, 60, 1)
	for _, life := range [][]any{{2}, nil} {
		if got := old.want(t, again, 20*minute, 6000, life...); got.uncertainty < 5000 {
			t.Errorf("life %v: %.0f ms, want the doubt of a reload", life, got.uncertainty)
		}
	}
	// On line again, and the wall clock had been set by -7 minutes.
	renewed := pair{offset: 90_000 + 7*minute, drift: -40e-6}
	if got := renewed.ping(t, again, 15*minute, 15, 25); got != "kept" {
		t.Errorf("the first exchange of a page: got %q, want kept", got)
	}
	renewed.want(t, again, 15*minute, 22)
	renewed.want(t, again, 14*minute, 30, 2)
	old.want(t, again, 14*minute, 40, 1)
	old.want(t, again, 20*minute, 60, 1)
	old.want(t, again, 14*minute, 4*minute) // either page
	renewed.want(t, again, 14*minute, 4*minute)
}

func TestClock_BrokenSavesGiveANewClock(t *testing.T) {
	t.Parallel()
	e := load(t)
	c := e.clock(t)
	pair{}.ping(t, c, 0, 1, 1)
	saved := c.saved(t)
	for _, text := range []string{
		`null`, `7`, `"x"`, `[]`, `{}`, `{"version":1}`, `{"version":1,"life":1,"spans":[null]}`,
		strings.Replace(saved, `"version":1`, `"version":2`, 1),
		strings.Replace(saved, `"upper":[[`, `"upper":[[null,`, 1),
		strings.Replace(saved, `"lower":[[`, `"lower":[],"x":[[`, 1),
		strings.Replace(saved, `"count":1`, `"count":"1"`, 1),
	} {
		restored := e.restore(t, text)
		if got := restored.at(t, noon); got.known {
			t.Errorf("%s: got %+v, want nothing known", text, got)
		}
		if got := (pair{offset: 5}).ping(t, restored, 0, 1, 1); got != "kept" {
			t.Errorf("%s: the next exchange: got %q, want kept", text, got)
		}
	}
}

// TestClock_MemoryIsBounded leaves a page open for a day with a ping each minute,
// through a server that is set every hour.
func TestClock_MemoryIsBounded(t *testing.T) {
	t.Parallel()
	c, rng := load(t).clock(t), rand.New(rand.NewPCG(1, 2))
	p := pair{drift: 50e-6}
	for i := range 1440 {
		if i%60 == 0 {
			p.offset += 60_000
		}
		p.ping(t, c, float64(i)*minute, 5+295*rng.Float64(), 5+295*rng.Float64())
	}
	p.want(t, c, 1440*minute, 60)
	if got := c.property("steps"); got != 23 {
		t.Errorf("got %d steps, want 23", got)
	}
	if size := len(c.saved(t)); size > 32<<10 {
		t.Errorf("%d bytes to save", size)
	}
	// Of the first hours nothing is known any more, which is not a guess.
	for _, life := range [][]any{{1}, nil} {
		if got := c.at(t, noon+30*minute, life...); got.known {
			t.Errorf("life %v: got %+v, want nothing known", life, got)
		}
	}
}

// TestClock_AlwaysCovers tries worlds within the assumptions, drifts and delays
// as bad as they may be, one in the clock of 1970: not one estimate may miss.
func TestClock_AlwaysCovers(t *testing.T) {
	t.Parallel()
	e := load(t)
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 3))
		p := pair{offset: 1e6 * rng.NormFloat64(), drift: 110e-6 * (2*rng.Float64() - 1)}
		if seed == 0 {
			p.offset = 1.7e12
		}
		c := e.clock(t)
		for at := 0.0; at < 60*minute; {
			if got := p.ping(t, c, at, 200*rng.ExpFloat64(), 20*rng.ExpFloat64()); got != "kept" {
				t.Fatalf("seed %d: %q at %.0f ms", seed, got, at)
			}
			at += 60_000 * rng.ExpFloat64()
		}
		for range 20 {
			p.want(t, c, 120*minute*(rng.Float64()-0.25), 1000)
		}
	}
}
