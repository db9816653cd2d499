package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// launchTimeout is for a machine that compiles at the same time.
const launchTimeout = 60 * time.Second

// chromePaths are tried in this order. The first is the program itself: the script
// of that name in /usr/bin starts it as a child that outlives the script.
var chromePaths = []string{
	"/usr/lib/chromium/chromium-headless-shell",
	"/usr/lib/chromium/chromium",
	"/usr/bin/chromium",
}

// LANHost is a name for the machine itself that a browser trusts no more than any
// other host: over plain HTTP it is no secure context, as servers are in a field.
const LANHost = "carrera.lan"

// Browser is one running browser. It is safe for several goroutines.
type Browser struct {
	ctx       context.Context //nolint:containedctx // chromedp keeps its connection in a context
	cancel    context.CancelFunc
	userAgent string
}

// StartBrowser starts a browser that lives as long as tb. It takes about half a
// second, so subtests better share one. flags are options of the browser, as
// name=value.
func StartBrowser(tb testing.TB, flags ...string) *Browser {
	tb.Helper()
	b, err := LaunchBrowser(flags...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(b.Close)
	return b
}

// LaunchBrowser starts a browser for several tests; end it with Close, in TestMain.
func LaunchBrowser(flags ...string) (*Browser, error) {
	program, err := chromePath()
	if err != nil {
		return nil, err
	}
	options := append(
		chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.NoSandbox, // root has none
		chromedp.DisableGPU,
		chromedp.WSURLReadTimeout(launchTimeout),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-pings", true),
		// Nothing but the servers of the tests has an address.
		chromedp.Flag("host-resolver-rules", "MAP "+LANHost+" 127.0.0.1,MAP * ~NOTFOUND,EXCLUDE 127.0.0.1"),
		chromedp.Flag("hide-scrollbars", false),
	)
	for _, flag := range flags {
		name, value, _ := strings.Cut(flag, "=")
		options = append(options, chromedp.Flag(name, value))
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	// Events that this version of the protocol does not know are no errors of a test.
	quiet := func(string, ...any) {}
	ctx, stop := chromedp.NewContext(allocator, chromedp.WithErrorf(quiet), chromedp.WithLogf(quiet))
	b := &Browser{ctx: ctx, cancel: func() { stop(); stopAllocator() }}
	err = chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		_, _, _, b.userAgent, _, err = browser.GetVersion().Do(ctx)
		return err
	}))
	if err != nil {
		b.cancel()
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	return b, nil
}

// Close ends the browser and all its tabs. It may be called twice.
func (b *Browser) Close() { b.cancel() }

func chromePath() (string, error) {
	if path := os.Getenv("CHROME_BIN"); path != "" {
		return path, nil
	}
	for _, path := range chromePaths {
		if found, err := exec.LookPath(path); err == nil {
			return found, nil
		}
	}
	return "", errors.New("no browser: install chromium-headless-shell, or set CHROME_BIN")
}
