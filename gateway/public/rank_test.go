package public

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"server5k/gateway/site"
	"server5k/race"
)

// engine runs the scripts of the pages that need no browser, as they are shipped.
type engine struct {
	tb testing.TB
	vm *goja.Runtime
}

func newEngine(tb testing.TB) engine {
	tb.Helper()
	e := engine{tb, goja.New()}
	for _, name := range []string{"rank.js", "format.js", "clock.js", "model.js"} {
		if _, err := e.vm.RunScript(name, string(static(name))); err != nil {
			tb.Fatal(err)
		}
	}
	return e
}

// call calls a function with JSON values and decodes what it returns.
func (e engine) call(out any, function string, args ...any) {
	e.tb.Helper()
	text := "JSON.stringify(" + function + "("
	for i, a := range args {
		if i > 0 {
			text += ","
		}
		text += string(encode(a))
	}
	v, err := e.vm.RunString(text + "))")
	if err != nil {
		e.tb.Fatalf("%s: %v", function, err)
	}
	if err := json.Unmarshal([]byte(v.String()), out); err != nil {
		e.tb.Fatalf("%s: %v", function, err)
	}
}

// chance makes evidence with few different times, so that totals are often equal,
// with absences, missing and surplus marks, rulings and three categories.
func chance(rnd *rand.Rand) race.Evidence {
	e := race.Evidence{Competition: race.Competition{
		ID: 1, Active: true, Running: rnd.IntN(2) == 0, StartedAt: start, TeamSize: 1 + rnd.IntN(4),
		Rounding: []race.Rounding{race.RoundRaw, race.RoundUpEach, race.RoundUpTotal}[rnd.IntN(3)],
	}}
	if !e.Competition.Running {
		e.Competition.FinishedAt = start.Add(time.Hour)
	}
	bibs := rnd.Perm(40)
	for i := range 2 + rnd.IntN(30) {
		e.Teams = append(e.Teams, race.Team{ID: race.TeamID(bibs[i] + 1), Bib: bibs[i]/2*3 + 1, Name: fmt.Sprint("E", i), Category: race.Category(fmt.Sprint("c", rnd.IntN(3)))})
		for range max(0, e.Competition.TeamSize+rnd.IntN(4)-2) {
			ms := int64(1000 + 500*rnd.IntN(3))
			if rnd.IntN(25) == 0 {
				ms = 0
			}
			n := int64(len(e.Records) + 1)
			e.Records = append(e.Records, race.TimeRecord{Team: race.TeamID(bibs[i] + 1), Elapsed: time.Duration(ms) * time.Millisecond, State: race.StateCounted, Slot: int(n), Seq: n, Event: n})
		}
		if rnd.IntN(12) == 0 {
			e.Rulings = append(e.Rulings, race.Ruling{ID: race.RulingID(len(e.Rulings) + 1), Kind: race.RulingDisqualify, Team: race.TeamID(bibs[i] + 1), Reason: "salida falsa"})
		}
		if rnd.IntN(12) == 0 {
			e.Rulings = append(e.Rulings, race.Ruling{ID: race.RulingID(len(e.Rulings) + 1), Kind: race.RulingPenalty, Team: race.TeamID(bibs[i] + 1), Amount: 500 * time.Millisecond})
		}
	}
	return e
}

// TestRank_OrdersAsTheServer shuffles what the server ranked, forgets the places and
// has the browser's code rank it anew.
func TestRank_OrdersAsTheServer(t *testing.T) {
	t.Parallel()
	js := newEngine(t)
	for seed := range uint64(80) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		want := build(chance(rnd), nil, nil).data(epoch, time.UTC, false).Lines
		mixed := make([]lineJSON, len(want))
		for i, at := range rnd.Perm(len(want)) {
			mixed[i] = want[at]
			mixed[i].Place, mixed[i].CategoryPlace, mixed[i].Gap, mixed[i].CategoryGap = nil, nil, nil, nil
		}
		var got []lineJSON
		js.call(&got, "rank", mixed)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d (-server +browser):\n%s", seed, diff)
		}
	}
}

// TestModel_ConcealedTeamsKeepTheirPlace ranks what is left of a ranking.
func TestModel_ConcealedTeamsKeepTheirPlace(t *testing.T) {
	t.Parallel()
	js := newEngine(t)
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		e := chance(rnd)
		for _, i := range rnd.Perm(len(e.Teams))[:2] {
			e.Rulings = append(e.Rulings, race.Ruling{ID: race.RulingID(len(e.Rulings) + 1), Kind: race.RulingConceal, Team: e.Teams[i].ID})
		}
		want := build(e, nil, nil).data(epoch, time.UTC, false)
		var got []lineJSON
		js.call(&got, "((d) => makeModel(d).rank())", want)
		places := func(lines []lineJSON) (out [][3]int) {
			for _, l := range lines {
				if l.Place != nil {
					out = append(out, [3]int{int(l.TeamID), *l.Place, *l.CategoryPlace})
				}
			}
			return out
		}
		if diff := cmp.Diff(places(want.Lines), places(got)); diff != "" {
			t.Fatalf("seed %d (-server +browser):\n%s", seed, diff)
		}
	}
}

// TestModel_EventsLeadToTheStateOfTheServer applies the events of a race one by one,
// with and without what newer servers say of a team, and compares with what the
// server has in the end.
func TestModel_EventsLeadToTheStateOfTheServer(t *testing.T) {
	t.Parallel()
	js := newEngine(t)
	type event struct {
		Team    race.TeamID `json:"equipo_id"`
		Records int         `json:"total_registros"`
		Total   int64       `json:"tiempo_total"`
		Status  string      `json:"estado,omitzero"`
		Absent  int         `json:"ausentes"`
	}
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		e := chance(rnd)
		e.Rulings = nil
		full := build(e, nil, nil)
		before := e
		before.Records = nil
		var events []event
		for i := range e.Records {
			part := e
			part.Records = e.Records[:i+1]
			l, _ := build(part, nil, nil).team(e.Records[i].Team)
			ev := event{Team: l.Team.ID, Records: l.Records, Total: l.Total.Milliseconds(), Absent: l.Absent}
			if seed%2 == 0 {
				ev.Status = string(l.Status)
			}
			events = append(events, ev)
		}
		var got []lineJSON
		js.call(&got, "((d, events) => { const m = makeModel(d); events.forEach(m.apply); return m.rank(); })", build(before, nil, nil).data(epoch, time.UTC, false), events)
		want := full.data(epoch, time.UTC, false).Lines
		for _, lines := range [][]lineJSON{want, got} {
			for i := range lines {
				lines[i].Reason = "" // which events do not tell
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d (-server +browser):\n%s", seed, diff)
		}
	}
}

// TestScripts_WriteAsTheServer compares words and times.
func TestScripts_WriteAsTheServer(t *testing.T) {
	t.Parallel()
	js, p := newEngine(t), setup(t)
	for seed := range uint64(20) {
		b := build(chance(rand.New(rand.NewPCG(seed, 4))), nil, nil)
		for _, lang := range site.Languages {
			data, state := b.data(epoch, time.UTC, false), p.state(shown{view: &view{board: b}}, lang, pageLive)
			var got, want [][]string
			js.call(&got, "((lines, d, texts) => lines.map((l) => statusOf(l, d, texts)))", data.Lines, data, state.Texts)
			for _, l := range b.Lines {
				kind, text := p.status(b, l, lang)
				want = append(want, []string{kind, text})
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d, %s (-server +browser):\n%s", seed, lang, diff)
			}
		}
	}
	for _, ms := range []int64{0, 5, 999, 1000, 59_999, 60_000, 3_599_999, 3_600_000, 86_399_999, 200_000_123, -5} {
		d := time.Duration(ms) * time.Millisecond
		for _, whole := range []bool{false, true} {
			var got string
			js.call(&got, "timeText", ms, whole)
			if want := written(whole, d); got != want {
				t.Errorf("%d, %v: got %q, want %q", ms, whole, got, want)
			}
		}
		var got string
		js.call(&got, "countdownText", ms, map[string]string{"clock.days": p.texts[site.English]["clock.days"]})
		if want := countdown(p.texts[site.English], d); got != want {
			t.Errorf("%d: got %q, want %q", ms, got, want)
		}
	}
	for _, n := range []int{0, 1, 2, 3, 4, 10, 11, 12, 13, 21, 22, 23, 101, 111, 112} {
		for _, lang := range site.Languages {
			var got string
			js.call(&got, "ordinalText", lang, n)
			if want := ordinal(lang, n); got != want {
				t.Errorf("%d: got %q, want %q", n, got, want)
			}
		}
	}
}

// TestClock_TakesTheShortestWay gives the browser's clock samples of a server that is
// seven minutes ahead, over ways of different length.
func TestClock_TakesTheShortestWay(t *testing.T) {
	t.Parallel()
	js := newEngine(t)
	var off float64
	js.call(&off, `((ways) => {
		let device = 1000;
		const c = makeServerClock(() => device, () => 5e12);
		const skew = 420000;
		if (c.synced()) throw "nothing was measured";
		for (const [there, back] of ways) {
			const t0 = device, t1 = t0 + there + skew, t2 = t1 + 3;
			device = t0 + there + 3 + back;
			c.add(t0, t1, t2, device);
		}
		c.add(device, device, device + 5, device); // shorter than nothing: a broken sample
		return c.now() - (device + skew);
	})`, [][2]float64{{200, 30}, {9, 11}, {300, 300}, {80, 5}})
	if off < -1.001 || off > 1.001 { // half the difference of the best way's halves
		t.Errorf("off by %v ms", off)
	}
}
