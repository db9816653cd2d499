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
			one, err := touch(ctx, &input.TouchPoint{X: at.X, Y: at.Y})
			if err != nil {
				return err
			}
			touches = append(touches, one)
		}
		return nil
	}))
	return touches
}

// Fingers touches the element with several fingers at the same instant, and lifts them.
func (t *Tab) Fingers(selector string, count int) []Touch {
	t.tb.Helper()
	touches := make([]Touch, count)
	t.do(fmt.Sprintf("touch %s with %d fingers", selector, count), chromedp.ActionFunc(func(ctx context.Context) error {
		at, err := t.find(ctx, selector)
		if err != nil {
			return err
		}
		points := make([]*input.TouchPoint, 0, count)
		for n := range count {
			points = append(points, &input.TouchPoint{X: at.X + float64(n*fingerWidth), Y: at.Y, ID: float64(n + 1)})
		}
		all, err := touch(ctx, points...)
		for n := range touches {
			touches[n] = all
		}
		return err
	}))
	return touches
}

// fingerWidth is how far fingers are apart, in CSS pixels.
const fingerWidth = 40

// touch returns when the page has handled the fingers' coming.
func touch(ctx context.Context, points ...*input.TouchPoint) (t Touch, err error) {
	t.Before = time.Now()
	err = input.DispatchTouchEvent(input.TouchStart, points).Do(ctx)
	t.After = time.Now()
	if err != nil {
		return t, err
	}
	return t, input.DispatchTouchEvent(input.TouchEnd, []*input.TouchPoint{}).Do(ctx)
}
