package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

func (t *Tab) acceptDownloads() chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		c := chromedp.FromContext(ctx)
		return browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorAllowAndName).
			WithBrowserContextID(c.BrowserContextID).
			WithDownloadPath(t.downloads).
			WithEventsEnabled(true).
			Do(withBrowser(ctx))
	})
}

// Download clicks on what starts a download, waits for its end and returns the
// path of the file, which has the name the server suggested.
func (t *Tab) Download(selector string) (path string) {
	t.tb.Helper()
	t.do("download "+selector, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		path, err = t.download(ctx, selector)
		return err
	}))
	return path
}

func (t *Tab) download(ctx context.Context, selector string) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()               // ends the listening
	var id, name string          // of the download; set by the listener before it sends
	ended := make(chan error, 1) // the listener sends; the first counts
	frame := t.frame()
	chromedp.ListenBrowser(ctx, func(event any) {
		switch e := event.(type) {
		case *browser.EventDownloadWillBegin:
			if e.FrameID == frame && id == "" {
				id, name = e.GUID, e.SuggestedFilename
			}
		case *browser.EventDownloadProgress:
			if e.GUID != id || id == "" || e.State == browser.DownloadProgressStateInProgress {
				return
			}
			var err error
			if e.State == browser.DownloadProgressStateCanceled {
				err = errors.New("it was cancelled")
			}
			select {
			case ended <- err:
			default:
			}
		}
	})
	if err := t.click(ctx, selector); err != nil {
		return "", err
	}
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case err := <-ended:
		if err != nil {
			return "", err
		}
	}
	path := filepath.Join(t.downloads, filepath.Base(name))
	if err := os.Rename(filepath.Join(t.downloads, id), path); err != nil {
		return "", fmt.Errorf("download of %s: %w", name, err)
	}
	return path, nil
}

// withBrowser makes a command go to the browser instead of the page.
func withBrowser(ctx context.Context) context.Context {
	return cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser)
}
