package console_test

import (
	"math"
	"os"
	"strings"
	"testing"

	"github.com/dop251/goja"
)

// engine runs the clock.js that phones get, in a bare JavaScript engine: what it
// would miss of a browser is a failure. One engine is for one goroutine.
type engine struct {
	vm                         *goja.Runtime
	create, add, ask, save, up goja.Callable
}

// edit changes one place of the source, to see a test fail on a worse estimator.
type edit struct{ old, new string }

func load(tb testing.TB, edits ...edit) *engine {
	tb.Helper()
	raw, err := os.ReadFile("static/clock.js")
	if err != nil {
		tb.Fatal(err)
	}
	src := string(raw)
	for _, e := range edits {
		if n := strings.Count(src, e.old); n != 1 {
			tb.Fatalf("clock.js has %d times %q, want once", n, e.old)
		}
		src = strings.Replace(src, e.old, e.new, 1)
	}
	e := &engine{vm: goja.New()}
	v, err := e.vm.RunScript("clock.js", `(() => {"use strict";`+src+`
		return [
			() => new Clock(),
			(c, t0, t1, t2, t3) => c.add({t0, t1, t2, t3}),
			(c, at, life) => {
				const e = c.estimate(at, life);
				return e === null ? null : [e.offset, e.uncertainty, e.samples, e.drift];
			},
			(c) => JSON.stringify(c),
			(text) => Clock.fromJSON(JSON.parse(text)),
		];
	})();`)
	if err != nil {
		tb.Fatal(err)
	}
	for i, f := range []*goja.Callable{&e.create, &e.add, &e.ask, &e.save, &e.up} {
		*f, _ = goja.AssertFunction(v.ToObject(e.vm).Get(string(rune('0' + i))))
	}
	return e
}

func (e *engine) call(tb testing.TB, f goja.Callable, args ...any) goja.Value {
	tb.Helper()
	values := make([]goja.Value, len(args))
	for i, a := range args {
		values[i] = e.vm.ToValue(a)
	}
	v, err := f(goja.Undefined(), values...)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// clock is a Clock of clock.js.
type clock struct {
	e  *engine
	js goja.Value
}

func (e *engine) clock(tb testing.TB) clock {
	tb.Helper()
	return clock{e, e.call(tb, e.create)}
}

// exchange is the four timestamps of one ping, milliseconds since 1970.
type exchange struct{ t0, t1, t2, t3 float64 }

// estimate is what estimate() returned; known is false for null.
type estimate struct {
	offset, uncertainty, samples, drift float64
	known                               bool
}

// covers says whether the truth is where the estimate says that it is.
func (e estimate) covers(truth float64) bool {
	return e.known && math.Abs(e.offset-truth) <= e.uncertainty
}

func (c clock) add(tb testing.TB, x exchange) string {
	tb.Helper()
	return c.e.call(tb, c.e.add, c.js, x.t0, x.t1, x.t2, x.t3).String()
}

// at asks for the offset at an instant of the device's clock, of a life of it if
// one is given.
func (c clock) at(tb testing.TB, at float64, life ...any) estimate {
	tb.Helper()
	v := c.e.call(tb, c.e.ask, append([]any{c.js, at}, life...)...)
	if goja.IsNull(v) {
		return estimate{}
	}
	var parts []float64
	if err := c.e.vm.ExportTo(v, &parts); err != nil {
		tb.Fatal(err)
	}
	return estimate{parts[0], parts[1], parts[2], parts[3], true}
}

func (c clock) property(name string) int64 { return c.js.ToObject(c.e.vm).Get(name).ToInteger() }

func (c clock) saved(tb testing.TB) string {
	tb.Helper()
	return c.e.call(tb, c.e.save, c.js).String()
}

func (e *engine) restore(tb testing.TB, saved string) clock {
	tb.Helper()
	return clock{e, e.call(tb, e.up, saved)}
}
