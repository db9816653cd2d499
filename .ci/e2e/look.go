package e2e

import (
	"context"
	"fmt"

	"github.com/chromedp/chromedp"
)

const visibleText = `((selector) => {
	const shown = [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility({visibilityProperty: true}))
	return shown.map((e) => (e.innerText ?? e.textContent).trim())
})`

// Text waits for a visible element that matches the CSS selector and returns the
// text of the first one.
func (t *Tab) Text(selector string) string {
	t.tb.Helper()
	var all []string
	t.wait("text of "+selector, func(ctx context.Context) (bool, error) {
		err := call(ctx, &all, visibleText, selector)
		return len(all) > 0, err
	})
	return all[0]
}

// Texts returns the text of each visible element that matches by now, maybe none.
func (t *Tab) Texts(selector string) []string {
	t.tb.Helper()
	var all []string
	t.do("texts of "+selector, chromedp.ActionFunc(func(ctx context.Context) error {
		return call(ctx, &all, visibleText, selector)
	}))
	return all
}

// Value waits for a field and returns what it holds.
func (t *Tab) Value(selector string) string {
	t.tb.Helper()
	var value *string
	t.wait("value of "+selector, func(ctx context.Context) (bool, error) {
		err := call(ctx, &value, `((selector) => document.querySelector(selector)?.value ?? null)`, selector)
		return value != nil, err
	})
	return *value
}

// Attribute waits for an element and returns its attribute, "" when it has none.
func (t *Tab) Attribute(selector, name string) string {
	t.tb.Helper()
	var value *string
	t.wait(fmt.Sprintf("attribute %s of %s", name, selector), func(ctx context.Context) (bool, error) {
		const get = `((selector, name) => { const e = document.querySelector(selector); return e ? e.getAttribute(name) ?? "" : null })`
		err := call(ctx, &value, get, selector, name)
		return value != nil, err
	})
	return *value
}

// Received returns how many bytes the page took by now since Open, compressed and
// with the heads of the answers; what came over sockets does not count.
func (t *Tab) Received() int { t.settle(); return t.watch.received() }

// WaitText waits until a visible element that matches selector has text in it.
func (t *Tab) WaitText(selector, text string) {
	t.tb.Helper()
	t.wait(fmt.Sprintf("wait for %q in %s", text, selector), t.shows(selector, text, true))
}

// WaitVisible waits until a visible element matches selector.
func (t *Tab) WaitVisible(selector string) {
	t.tb.Helper()
	t.wait("wait for "+selector, t.shows(selector, "", true))
}

// WaitGone waits until no visible element matches selector.
func (t *Tab) WaitGone(selector string) {
	t.tb.Helper()
	t.wait("wait until "+selector+" is gone", t.shows(selector, "", false))
}

// WaitTrue waits until a JavaScript expression is true.
func (t *Tab) WaitTrue(expression string) {
	t.tb.Helper()
	t.wait("wait for "+expression, func(ctx context.Context) (ok bool, err error) {
		err = chromedp.Evaluate("!!("+expression+")", &ok, awaitPromise).Do(ctx)
		return ok, err
	})
}

func (t *Tab) shows(selector, text string, want bool) func(context.Context) (bool, error) {
	const has = `((selector, text) => (` + visibleText + `)(selector).some((s) => s.includes(text)))`
	return func(ctx context.Context) (bool, error) {
		var got bool
		err := call(ctx, &got, has, selector, text)
		return got == want, err
	}
}

func (t *Tab) wait(step string, ready func(context.Context) (bool, error)) {
	t.tb.Helper()
	t.do(step, chromedp.ActionFunc(func(ctx context.Context) error {
		return poll(ctx, func() (bool, error) { return ready(ctx) })
	}))
}
