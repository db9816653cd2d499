package e2e

import (
	"context"
	"fmt"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Inject runs a script before those of each document that is opened from now on.
func (t *Tab) Inject(script string) {
	t.tb.Helper()
	t.do("inject a script", chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
		return err
	}))
}

// SetViewport makes the page width×height CSS pixels large; mobile also gives it a
// touch screen and lets it obey its viewport meta tag.
func (t *Tab) SetViewport(width, height int, mobile bool) {
	t.tb.Helper()
	t.width = width
	t.do(fmt.Sprintf("viewport %d×%d", width, height),
		emulation.SetDeviceMetricsOverride(int64(width), int64(height), 1, mobile),
		emulation.SetTouchEmulationEnabled(mobile),
	)
}

// SetLanguage makes the browser ask for pages in language, "es" or "en", from the
// next request on.
func (t *Tab) SetLanguage(language string) {
	t.tb.Helper()
	t.do("language "+language, emulation.SetUserAgentOverride(t.browser.userAgent).WithAcceptLanguage(language))
}

// SetTimeZone moves the browser to an IANA time zone. Without it, it is where the
// machine is.
func (t *Tab) SetTimeZone(name string) {
	t.tb.Helper()
	t.do("time zone "+name, emulation.SetTimezoneOverride(name))
}

// SetScripts turns the page's scripts off, or on again, from the next document on.
func (t *Tab) SetScripts(on bool) {
	t.tb.Helper()
	t.noScripts = !on
	t.do(fmt.Sprintf("scripts %t", on), emulation.SetScriptExecutionDisabled(!on))
}

// SetMedia emulates a media feature, such as prefers-reduced-motion: reduce, or
// prefers-color-scheme: dark. It replaces the one before.
func (t *Tab) SetMedia(feature, value string) {
	t.tb.Helper()
	t.do("media "+feature, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: feature, Value: value}}))
}

// SetOffline cuts the page's network, or mends it. Requests and new
// sockets fail and navigator.onLine is false; a socket that is open is not closed,
// but what it carries waits. The failures are problems, see Tab.Allow.
func (t *Tab) SetOffline(offline bool) {
	t.tb.Helper()
	const unlimited = -1
	var rules []*network.Conditions // none: as it is
	if offline {
		rules = []*network.Conditions{{DownloadThroughput: unlimited, UploadThroughput: unlimited, Offline: true}}
	}
	t.do(fmt.Sprintf("offline %t", offline), chromedp.ActionFunc(func(ctx context.Context) error {
		if _, err := network.EmulateNetworkConditionsByRule(rules).WithEmulateOfflineServiceWorker(offline).Do(ctx); err != nil {
			return err
		}
		return network.OverrideNetworkState(offline, 0, unlimited, unlimited).Do(ctx)
	}))
}
