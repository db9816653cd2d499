package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// pollEvery is how often a step looks whether the page is ready for it.
const pollEvery = 25 * time.Millisecond

// Open goes to url, waits until the page is loaded and returns the status of its
// answer.
func (t *Tab) Open(url string) (status int) {
	t.tb.Helper()
	t.watch.welcome(url)
	return t.load("open "+url, chromedp.Navigate(url))
}

// Reload loads the page again.
func (t *Tab) Reload() (status int) {
	t.tb.Helper()
	return t.load("reload", chromedp.Reload())
}

// Follow clicks on a link or a button that leads to another page and waits until
// that is loaded. Use Click where the page stays.
func (t *Tab) Follow(selector string) (status int) {
	t.tb.Helper()
	return t.load("follow "+selector, chromedp.ActionFunc(func(ctx context.Context) error { return t.click(ctx, selector) }))
}

func (t *Tab) load(step string, action chromedp.Action) (status int) {
	t.tb.Helper()
	t.do(step, chromedp.ActionFunc(func(ctx context.Context) error {
		response, err := chromedp.RunResponse(ctx, action)
		if response != nil { // there is none of a page that was only scrolled
			status = int(response.Status)
		}
		return err
	}))
	return status
}

// Click waits until the first element that matches the CSS selector can be clicked:
// visible, enabled, at rest and not covered. Then it clicks as a mouse does.
func (t *Tab) Click(selector string) {
	t.tb.Helper()
	t.do("click "+selector, chromedp.ActionFunc(func(ctx context.Context) error { return t.click(ctx, selector) }))
}

// target is where to click, or why not yet.
type target struct {
	X, Y float64
	Why  string
}

const findTarget = `((selector) => {
	const e = document.querySelector(selector)
	if (!e) return {Why: "is not there"}
	e.scrollIntoView({block: "center", inline: "center", behavior: "instant"})
	const r = e.getClientRects()[0] ?? e.getBoundingClientRect()
	if (!r.width || !r.height || !e.checkVisibility({visibilityProperty: true})) return {Why: "is not visible"}
	if (e.matches(":disabled")) return {Why: "is disabled"}
	const x = r.x + r.width / 2, y = r.y + r.height / 2
	const hit = document.elementFromPoint(x, y)
	if (!hit) return {Why: "is outside of the page"}
	if (!e.contains(hit) && hit.closest("label")?.control !== e) {
		return {Why: "is covered by " + hit.cloneNode().outerHTML}
	}
	return {X: x, Y: y}
})`

func (t *Tab) click(ctx context.Context, selector string) error {
	at, err := t.find(ctx, selector)
	if err != nil {
		return err
	}
	return chromedp.MouseClickXY(at.X, at.Y).Do(ctx)
}

// find waits until the element can be clicked and returns where.
func (t *Tab) find(ctx context.Context, selector string) (target, error) {
	last := target{Why: "is not there"}
	err := poll(ctx, func() (bool, error) {
		var now target
		if err := call(ctx, &now, findTarget, selector); err != nil {
			return false, err
		}
		ready := now.Why == "" && now == last
		last = now
		return ready, nil
	})
	if err != nil && last.Why != "" {
		err = fmt.Errorf("%s: %w", last.Why, err)
	}
	return last, err
}

const setField = `((selector, value) => {
	const e = document.querySelector(selector)
	if (!e || !e.checkVisibility({visibilityProperty: true})) return "is not there"
	if (e.disabled || e.readOnly) return "is disabled"
	e.focus()
	if (/^(text|search|email|password|tel|url|number|textarea)$/.test(e.type)) {
		e.select()
		return "type"
	}
	e.value = value
	if (e.value !== value) return "does not take " + JSON.stringify(value) + ", has " + JSON.stringify(e.value)
	e.dispatchEvent(new Event("input", {bubbles: true}))
	e.dispatchEvent(new Event("change", {bubbles: true}))
	return ""
})`

// Fill replaces what a field has. Text is typed; a choice, a date or a time gets
// its value, as forms send it (2026-11-26T08:30).
func (t *Tab) Fill(selector, value string) {
	t.tb.Helper()
	step := "fill " + selector
	t.do(step, chromedp.ActionFunc(func(ctx context.Context) error {
		var why string
		err := poll(ctx, func() (bool, error) {
			err := call(ctx, &why, setField, selector, value)
			return why == "" || why == "type", err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", why, err)
		}
		if why != "type" {
			return nil
		}
		if value == "" {
			return pressKey(ctx, keys["Backspace"])
		}
		return input.InsertText(value).Do(ctx)
	}))
}

// Check ticks a box or chooses a radio button, or with on false clears the box.
func (t *Tab) Check(selector string, on bool) {
	t.tb.Helper()
	t.do(fmt.Sprintf("check %s %t", selector, on), chromedp.ActionFunc(func(ctx context.Context) error {
		const isOn = `((selector) => document.querySelector(selector)?.checked ?? null)`
		var now *bool
		err := poll(ctx, func() (bool, error) { err := call(ctx, &now, isOn, selector); return now != nil, err })
		if err != nil || *now == on {
			return err
		}
		return t.click(ctx, selector)
	}))
}

// Press presses one key, by its name or the character on it: Press("Enter"),
// Press("Shift+Tab"), Press("a").
func (t *Tab) Press(key string) {
	t.tb.Helper()
	step := "press " + key
	name, modifiers := key, []input.Modifier(nil)
	for {
		before, after, more := strings.Cut(name, "+")
		m, known := modifierKeys[before]
		if !more || !known {
			break
		}
		name, modifiers = after, append(modifiers, m)
	}
	code, known := keys[name]
	if !known {
		if len([]rune(name)) != 1 {
			t.tb.Fatalf("%s: no such key", step)
		}
		code = name
	}
	t.do(step, chromedp.ActionFunc(func(ctx context.Context) error {
		return pressKey(ctx, code, modifiers...)
	}))
}

// Upload chooses files in a file field, which may be hidden.
func (t *Tab) Upload(selector string, files ...string) {
	t.tb.Helper()
	t.do("upload "+selector, chromedp.SetUploadFiles(selector, files, chromedp.ByQuery))
}

// Eval evaluates JavaScript, waits for its promise, and reads its value into out,
// if it is not nil.
func (t *Tab) Eval(script string, out any) {
	t.tb.Helper()
	t.do("eval "+script, chromedp.Evaluate(script, out, awaitPromise))
}

func awaitPromise(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// call calls a JavaScript function, by the debugger: no policy of the page stops it.
func call(ctx context.Context, out any, function string, args ...any) error {
	list := make([]string, 0, len(args))
	for _, arg := range args {
		raw, err := json.Marshal(arg)
		if err != nil {
			return err
		}
		list = append(list, string(raw))
	}
	return chromedp.Evaluate(function+"("+strings.Join(list, ",")+")", out, awaitPromise).Do(ctx)
}

// poll asks until ready says yes or ctx ends. An error of ready may come from a
// page that is just being replaced; the last one is part of the answer, and one of
// the script itself ends the wait.
func poll(ctx context.Context, ready func() (bool, error)) error {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		ok, err := ready()
		if ok && err == nil {
			return nil
		}
		if _, mistake := errors.AsType[*runtime.ExceptionDetails](err); mistake {
			return err
		}
		select {
		case <-ctx.Done():
			if err == nil || errors.Is(err, ctx.Err()) {
				return context.Cause(ctx)
			}
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-ticker.C:
		}
	}
}
