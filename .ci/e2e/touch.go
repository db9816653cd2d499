package e2e

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Touch is a finger that touched the screen at an instant of the machine's clock,
// which is not before Before nor after After.
type Touch struct{ Before, After time.Time }

// Tap touches the first element that matches the CSS selector with a finger, once it
// can be, and lifts the finger again. It needs a touch screen, see SetViewport.
func (t *Tab) Tap(selector string) Touch { t.tb.Helper(); return t.Taps(selector, 1)[0] }

// Taps touches the element several times, one right after the other: a few
// milliseconds apart, less than a finger can. Nothing is looked at between them.
func (t *Tab) Taps(selector string, times int) []Touch {
	t.tb.Helper()
	touches := make([]Touch, 0, times)
	t.do(fmt.Sprintf("tap %s %d times", selector, times), chromedp.ActionFunc(func(ctx context.Context) error {
		at, err := t.find(ctx, selector)
		if err != nil {
			return err
		}
		for range times {
			touch, err := touchAt(ctx, at.X, at.Y)
			if err != nil {
				return err
			}
			touches = append(touches, touch)
		}
		return nil
	}))
	return touches
}

// touchAt returns when the page has handled the finger's coming.
func touchAt(ctx context.Context, x, y float64) (touch Touch, err error) {
	touch.Before = time.Now()
	err = input.DispatchTouchEvent(input.TouchStart, []*input.TouchPoint{{X: x, Y: y}}).Do(ctx)
	touch.After = time.Now()
	if err != nil {
		return touch, err
	}
	return touch, input.DispatchTouchEvent(input.TouchEnd, []*input.TouchPoint{}).Do(ctx)
}
