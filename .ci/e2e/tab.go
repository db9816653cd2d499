package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

const (
	// stepTimeout bounds each step; a page of this server is there in 0.1 s, but the
	// machine may be busy.
	stepTimeout = 15 * time.Second
	// settleTimeout is how long a tab waits at its end for events on their way.
	settleTimeout = 2 * time.Second
	// desktopWidth and desktopHeight are the viewport of a new tab.
	desktopWidth, desktopHeight = 1280, 900
	// excerpt is how much text of a page a failed step shows.
	excerpt = 1500
)

// Tab is one page in the browser, for the goroutine of its test.
type Tab struct {
	tb        testing.TB
	browser   *Browser
	ctx       context.Context //nolint:containedctx // chromedp keeps the page in a context
	watch     *watch
	stop      func()
	width     int
	noScripts bool
	downloads string        // folder
	shots     string        // folder
	patience  time.Duration // with each step
	failures  int

	clock       time.Duration         // ahead of the machine's
	clockScript page.ScriptIdentifier // makes it so
}

// Tab opens an empty tab with cookies and storage of its own: Spanish, 1280×900.
// It closes when tb ends.
func (b *Browser) Tab(tb testing.TB) *Tab {
	tb.Helper()
	return b.open(tb, b.ctx, chromedp.WithNewBrowserContext())
}

// Beside opens another tab with the cookies and storage of this one.
func (t *Tab) Beside() *Tab {
	t.tb.Helper()
	return t.browser.open(t.tb, t.ctx)
}

func (b *Browser) open(tb testing.TB, parent context.Context, opts ...chromedp.ContextOption) *Tab {
	tb.Helper()
	ctx, cancel := chromedp.NewContext(parent, opts...)
	t := &Tab{tb: tb, browser: b, ctx: ctx, watch: newWatch(), patience: stepTimeout, downloads: tb.TempDir(), shots: shotsOf(tb)}
	t.stop = sync.OnceFunc(func() { t.settle(); cancel() })
	tb.Cleanup(t.Close)
	// The first Run ties the page to its context, so it has no deadline of its own.
	if err := chromedp.Run(ctx); err != nil {
		tb.Fatalf("open a tab: %v", err)
	}
	chromedp.ListenTarget(ctx, t.watch.see)
	chromedp.ListenTarget(ctx, t.answerDialogs)
	t.do("prepare the tab",
		log.Enable(),
		emulation.SetFocusEmulationEnabled(true),
		t.acceptDownloads(),
	)
	t.Inject(reportCSP)
	t.SetLanguage("es")
	t.SetViewport(desktopWidth, desktopHeight, false)
	return t
}

// Close ends the tab and fails the test with an error for each problem that was
// not allowed. The end of the test calls it too; it may be called twice.
func (t *Tab) Close() {
	t.tb.Helper()
	before := t.ctx.Err()
	t.stop()
	if before != nil {
		return
	}
	for _, p := range t.watch.list() {
		t.tb.Errorf("in the browser: %s", p)
	}
}

// Problems returns what would fail the test by now, as Allow matches it:
//
//	status 422: POST http://127.0.0.1:4000/admin/
//	failed request: GET http://127.0.0.1:4000/x net::ERR_FAILED
//	request to another host: https://example.org/font.woff2
//	content security policy: script-src-elem blocks inline at …
//	uncaught exception: … · console error: … · console warning: … · browser error (source): …
//	confirm dialog: …
func (t *Tab) Problems() []string {
	t.settle()
	return t.watch.list()
}

// Allow makes problems that match one of the regular expressions pass, before or
// after they happen.
func (t *Tab) Allow(patterns ...string) {
	t.tb.Helper()
	for _, p := range patterns {
		r, err := regexp.Compile(p)
		if err != nil {
			t.tb.Fatalf("allow: %v", err)
		}
		t.watch.allow(r)
	}
}

// settle lets the events that were on their way arrive: an answer of the page comes
// after all that it told before. A page that is gone has nothing to tell.
func (t *Tab) settle() {
	ctx, cancel := context.WithTimeout(t.ctx, settleTimeout)
	defer cancel()
	turn := `new Promise((done) => setTimeout(done, 20))` // violations are told in a task of their own
	if t.noScripts {
		turn = `0`
	}
	_ = chromedp.Run(ctx, chromedp.Evaluate(turn, nil, awaitPromise))
}

// answerDialogs refuses dialogs, which would hold the page for ever. Who leaves a page
// that would rather not be left leaves it all the same.
func (t *Tab) answerDialogs(event any) {
	if e, ok := event.(*page.EventJavascriptDialogOpening); ok {
		leave := e.Type == page.DialogTypeBeforeunload
		go func() { _ = chromedp.Run(t.ctx, page.HandleJavaScriptDialog(leave)) }() // ends with the tab
	}
}

// do runs actions within the time of a step, and ends the test when they fail.
func (t *Tab) do(step string, actions ...chromedp.Action) {
	t.tb.Helper()
	if err := t.try(actions...); err != nil {
		t.fatal(step, err)
	}
}

func (t *Tab) try(actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeoutCause(t.ctx, t.patience, fmt.Errorf("not done in %v", t.patience))
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		// A step that waits says for what; of others it is known that they did not end.
		if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
			return cause
		}
		return err
	}
	return nil
}

// fatal ends the test with the state of the page.
func (t *Tab) fatal(step string, err error) {
	t.tb.Helper()
	t.failures++
	t.tb.Fatalf("%s: %v\n%s", step, err, t.state())
}

// state describes the page for a person who looks for a mistake.
func (t *Tab) state() string {
	ctx, cancel := context.WithTimeout(t.ctx, settleTimeout)
	defer cancel()
	var address, text string
	if err := chromedp.Run(ctx, chromedp.Evaluate(`location.href`, &address), chromedp.Evaluate(`document.body?.innerText ?? ""`, &text)); err != nil {
		return "the page does not answer: " + err.Error()
	}
	if r := []rune(text); len(r) > excerpt {
		text = string(r[:excerpt]) + " …"
	}
	shot, err := t.shoot(fmt.Sprintf("failed-%d", t.failures))
	if err != nil {
		shot = err.Error()
	}
	return fmt.Sprintf("page: %s\nscreenshot: %s\nproblems: %q\ntext:\n%s", address, shot, t.watch.list(), text)
}

// shotsOf is the folder of a test's screenshots.
func shotsOf(tb testing.TB) string {
	tb.Helper()
	root := os.Getenv("E2E_SHOTS")
	if root == "" {
		root = filepath.Join(os.TempDir(), "server5k-e2e")
	}
	return filepath.Join(root, fileName(tb.Name()))
}

// Screenshot saves the whole page as E2E_SHOTS/TEST/NAME-WIDTH.png.
func (t *Tab) Screenshot(name string) {
	t.tb.Helper()
	if _, err := t.shoot(name); err != nil {
		t.tb.Errorf("screenshot %s: %v", name, err)
	}
}

func (t *Tab) shoot(name string) (string, error) {
	path := filepath.Join(t.shots, fmt.Sprintf("%s-%d.png", fileName(name), t.width))
	var png []byte
	err := t.try(chromedp.ActionFunc(func(ctx context.Context) error {
		_, _, _, _, _, size, err := page.GetLayoutMetrics().Do(ctx)
		if err != nil {
			return err
		}
		// A page that is shown at its full height has no scroll bar, and its room.
		png, err = page.CaptureScreenshot().WithCaptureBeyondViewport(true).
			WithClip(&page.Viewport{Width: max(float64(t.width), size.Width), Height: size.Height, Scale: 1}).Do(ctx)
		return err
	}))
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, png, 0o644)
}

var unfit = regexp.MustCompile(`[^\pL\pN._-]+`)

// fileName makes a name of a test one for a file.
func fileName(s string) string { return strings.Trim(unfit.ReplaceAllString(s, "-"), "-.") }

// frame is the id of the page's own frame.
func (t *Tab) frame() cdp.FrameID { return cdp.FrameID(chromedp.FromContext(t.ctx).Target.TargetID) }
