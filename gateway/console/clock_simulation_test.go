package console_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The race that is simulated. Instants are milliseconds on the server's clock,
// which is the truth here.
const (
	phones     = 72
	runners    = 15
	gun        = 1.795618800e12
	minute     = 60_000.0
	raceEnd    = gun + 45*minute
	tapDelay   = 110.0 // of a person who sees the runner come, domain knowledge
	tapSpread  = 70.0
	wanderPPM  = 2.0 // of an oscillator, as the phone gets warmer and colder
	wanderLoop = 30 * minute
)

// phone is a judge's device with its network and the runners of its team.
type phone struct {
	rng         *rand.Rand
	offset      float64 // server less device at the gun
	drift       float64 // by which that grows, ms per ms
	phase       float64 // of the wander
	grain       float64 // of the device's timer
	there, back float64 // least delay each way
	cuts        [][2]float64
	reload      float64   // when its page is loaded again, +Inf never
	jump        float64   // by which the wall clock was set in between, ms
	crossings   []float64 // when its runners cross the line
}

func newPhone(seed, i uint64) *phone {
	rng := rand.New(rand.NewPCG(seed, i))
	between := func(a, b float64) float64 { return a + (b-a)*rng.Float64() }
	p := &phone{
		rng: rng, offset: between(-10*minute, 10*minute), drift: between(-50e-6, 50e-6), phase: between(0, 2*math.Pi),
		grain: []float64{0.005, 0.1, 1}[rng.IntN(3)], there: between(5, 50), back: between(5, 50), reload: math.Inf(1),
	}
	if rng.IntN(8) == 0 { // a busy uplink
		p.there = between(100, 200)
	}
	for range rng.IntN(3) {
		from := between(gun-15*minute, raceEnd)
		p.cuts = append(p.cuts, [2]float64{from, from + between(1, 30)*minute})
	}
	if rng.IntN(4) == 0 {
		p.reload, p.jump = between(gun, raceEnd), []float64{0, 3000, -420_000}[rng.IntN(3)]
	}
	pace := 28*minute + minute*rng.NormFloat64()
	for range runners {
		p.crossings = append(p.crossings, gun+min(max(pace+4.5*minute*rng.NormFloat64(), 15*minute), 45*minute))
	}
	slices.Sort(p.crossings)
	return p
}

// offsetAt returns the true offset, and read what the device's clock shows.
func (p *phone) offsetAt(t float64) float64 {
	w := 2 * math.Pi / wanderLoop
	jump := 0.0
	if t >= p.reload {
		jump = p.jump
	}
	return p.offset + jump + p.drift*(t-gun) + wanderPPM*1e-6/w*(math.Sin(w*(t-gun)+p.phase)-math.Sin(p.phase))
}

func (p *phone) read(t float64) float64 {
	d := t - p.offsetAt(t)
	return math.Floor(d/p.grain) * p.grain
}

// delay is heavy-tailed (Pareto), from the least of its way to 300 ms.
func (p *phone) delay(least float64) float64 {
	return min(300, least*math.Pow(1-p.rng.Float64(), -1/1.5))
}

func (p *phone) exchange(t float64) (x exchange, end float64) {
	t1 := t + p.delay(p.there)
	t2 := t1 + 0.05 + p.rng.Float64()
	end = t2 + p.delay(p.back)
	return exchange{p.read(t), t1, t2, p.read(end)}, end
}

// restored returns when the network that is cut at t comes back, t if it is not cut.
func (p *phone) restored(t float64) float64 {
	for again := true; again; {
		again = false
		for _, c := range p.cuts {
			if t >= c[0] && t < c[1] {
				t, again = c[1], true
			}
		}
	}
	return t
}

// mark is a tap and what the phone says of it.
type mark struct {
	crossed, tapped float64 // the truth, on the server's clock
	shown           float64 // on the device's
	life            int     // of the page
	estimate
}

func (m mark) err() float64 { return math.Abs(m.shown + m.offset - m.tapped) }

// run plays the race: pings as the console sends them, a burst at each connection,
// then one in 5 s for a minute and one in 15 to 30 s; a mark is corrected when it
// is first sent, which is at once, or when the network is back, or never: what is
// not sent half an hour after the race leaves as a file. It returns how many
// exchanges were not taken for good, too.
func (p *phone) run(tb testing.TB, c clock) (done []mark, refused int) {
	tb.Helper()
	var waiting []mark
	for _, t := range p.crossings {
		m := mark{crossed: t, tapped: t + max(0, tapDelay+tapSpread*p.rng.NormFloat64()), life: 1}
		if m.tapped >= p.reload {
			m.life = 2
		}
		m.shown = p.read(m.tapped)
		waiting = append(waiting, m)
	}
	send := func(until float64) {
		for len(waiting) > 0 && waiting[0].tapped < until {
			m := waiting[0]
			m.estimate = c.at(tb, m.shown, m.life)
			done, waiting = append(done, m), waiting[1:]
		}
	}
	connected, life := -1.0, 1
	for t := gun - (1+14*p.rng.Float64())*minute; t < raceEnd+30*minute && len(waiting) > 0; {
		if t >= p.reload && life == 1 {
			c, life, connected = c.e.restore(tb, c.saved(tb)), 2, -1
		}
		if back := p.restored(t); back > t {
			connected, t = -1, back
			continue
		}
		if connected < 0 {
			connected = t
		}
		x, end := p.exchange(t)
		if t < p.reload && end >= p.reload { // the page that sent it is gone
			t = end
			continue
		}
		burst := t-connected < 1000
		if !burst {
			send(t)
		}
		if c.add(tb, x) != "kept" {
			refused++
		}
		switch {
		case burst:
			t = max(end, t+125)
		case t-connected < minute:
			t += 5000
		default:
			t += 15_000 * (1 + p.rng.Float64())
		}
	}
	send(math.Inf(1))
	return done, refused
}

// result is what a simulated race says of an estimator.
type result struct {
	marks                    []mark
	refused                  int     // exchanges that were not kept
	covered                  float64 // part of the marks whose truth is within their uncertainty
	median, p95, most        float64 // of the uncertainty, ms
	medianErr, p95Err, worst float64 // of the error, ms
}

func (r result) String() string {
	return fmt.Sprintf("%d marks, %d exchanges refused, %.2f %% covered; uncertainty median %.1f, p95 %.1f, greatest %.1f ms; error median %.1f, p95 %.1f, greatest %.1f ms",
		len(r.marks), r.refused, 100*r.covered, r.median, r.p95, r.most, r.medianErr, r.p95Err, r.worst)
}

// simulate plays a race of so many phones; the same seed gives the same race.
func simulate(tb testing.TB, seed uint64, devices int, edits ...edit) result {
	tb.Helper()
	e := load(tb, edits...)
	var r result
	var uncertainties, errs []float64
	within := 0
	for i := range devices {
		marks, refused := newPhone(seed, uint64(i)).run(tb, e.clock(tb))
		r.marks, r.refused = append(r.marks, marks...), r.refused+refused
	}
	for _, m := range r.marks {
		if m.covers(m.tapped - m.shown) {
			within++
		}
		uncertainties, errs = append(uncertainties, m.uncertainty), append(errs, m.err())
	}
	slices.Sort(uncertainties)
	slices.Sort(errs)
	at := func(s []float64, part float64) float64 { return s[int(part*float64(len(s)-1))] }
	r.covered = float64(within) / float64(len(r.marks))
	r.median, r.p95, r.most = at(uncertainties, 0.5), at(uncertainties, 0.95), at(uncertainties, 1)
	r.medianErr, r.p95Err, r.worst = at(errs, 0.5), at(errs, 0.95), at(errs, 1)
	return r
}
