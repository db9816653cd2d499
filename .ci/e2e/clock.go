package e2e

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// wrongClock moves what a page is told of the time of day by a number of
// milliseconds. What counts from the start of the page, as performance.now() and the
// instants of events, stays, as on a device with a wrong clock.
const wrongClock = `((shift) => {
	const Real = Date, started = performance.timeOrigin + shift
	const now = () => Real.now() + shift
	const Wrong = new Proxy(Real, {
		construct: (target, args, as) => Reflect.construct(target, args.length ? args : [now()], as),
		apply: () => new Real(now()).toString(),
		get: (target, name) => name === "now" ? now : Reflect.get(target, name),
	})
	Real.prototype.constructor = Wrong
	globalThis.Date = Wrong
	Object.defineProperty(Performance.prototype, "timeOrigin", {get: () => started, configurable: true})
	globalThis.__step = (ms) => { shift += ms }
})(%d)`

// SetClock makes the device's clock ahead of the machine's by offset, or behind with
// a negative one, from the next document on.
func (t *Tab) SetClock(offset time.Duration) {
	t.tb.Helper()
	t.clock = offset
	t.do(fmt.Sprintf("clock %v", offset), chromedp.ActionFunc(func(ctx context.Context) (err error) {
		if t.clockScript != "" {
			if err := page.RemoveScriptToEvaluateOnNewDocument(t.clockScript).Do(ctx); err != nil {
				return err
			}
		}
		t.clockScript, err = page.AddScriptToEvaluateOnNewDocument(fmt.Sprintf(wrongClock, offset.Milliseconds())).Do(ctx)
		return err
	}))
}

// StepClock moves the device's clock while the page is open, as a phone does when it
// hears from its network what time it is. SetClock comes before, and the page after.
func (t *Tab) StepClock(by time.Duration) {
	t.tb.Helper()
	t.Eval(fmt.Sprintf(`__step(%d)`, by.Milliseconds()), nil)
	t.SetClock(t.clock + by)
}
