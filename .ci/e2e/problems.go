package e2e

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// cspMark starts what reportCSP writes to the console.
const cspMark = "content security policy: "

// reportCSP tells the console of violations, those of report-only policies too. The
// debugger adds it to each document, so no policy stops it.
const reportCSP = `addEventListener("securitypolicyviolation", (e) => console.error(
	"` + cspMark + `" + e.effectiveDirective + " blocks " + e.blockedURI + " at " + (e.sourceFile || e.documentURI) + ":" + e.lineNumber
), true)`

// watch records what goes wrong in a tab while nobody looks.
type watch struct {
	mu       sync.Mutex // protects all below
	problems []string
	methods  map[network.RequestID]string // method and URL of each request
	hosts    map[string]bool              // that the test opened
	bytes    float64                      // received since the test opened a page
	allowed  []*regexp.Regexp
}

func newWatch() *watch {
	return &watch{methods: map[network.RequestID]string{}, hosts: map[string]bool{}}
}

// received is how many bytes came since the test opened a page, with the heads of the
// answers, as they were compressed. What came over sockets does not count.
func (w *watch) received() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return int(w.bytes)
}

// welcome adds the host of a URL that the test opens to those a page may ask.
func (w *watch) welcome(address string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if u, err := url.Parse(address); err == nil {
		w.hosts[u.Host] = true
	}
	w.bytes = 0
}

func (w *watch) allow(pattern *regexp.Regexp) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.allowed = append(w.allowed, pattern)
}

// list returns the problems that are not allowed, oldest first.
func (w *watch) list() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, p := range w.problems {
		if !slices.ContainsFunc(w.allowed, func(r *regexp.Regexp) bool { return r.MatchString(p) }) {
			out = append(out, p)
		}
	}
	return out
}

// add needs the lock held.
func (w *watch) add(format string, args ...any) {
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

// see takes an event of the browser. It must not ask the browser anything.
func (w *watch) see(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		w.seeConsole(e)
	case *runtime.EventExceptionThrown:
		w.add("uncaught exception: %s", exceptionText(e.ExceptionDetails))
	case *log.EventEntryAdded:
		w.seeEntry(e.Entry)
	case *network.EventRequestWillBeSent:
		w.methods[e.RequestID] = e.Request.Method + " " + e.Request.URL
		w.seeAddress(e.Request.URL)
	case *network.EventWebSocketCreated:
		w.seeAddress(e.URL)
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			w.add("status %d: %s", e.Response.Status, w.methods[e.RequestID])
		}
	case *network.EventLoadingFinished:
		w.bytes += e.EncodedDataLength
	case *network.EventLoadingFailed:
		if !e.Canceled { // by leaving the page, or because it became a download
			w.add("failed request: %s: %s %s", w.methods[e.RequestID], e.ErrorText, e.BlockedReason)
		}
	case *page.EventJavascriptDialogOpening:
		w.add("%s dialog: %s", e.Type, e.Message)
	}
}

func (w *watch) seeConsole(e *runtime.EventConsoleAPICalled) {
	switch e.Type {
	case runtime.APITypeError, runtime.APITypeAssert, runtime.APITypeWarning:
	default:
		return
	}
	words := make([]string, 0, len(e.Args))
	for _, arg := range e.Args {
		words = append(words, argText(arg))
	}
	text := strings.Join(words, " ")
	if strings.HasPrefix(text, cspMark) {
		w.add("%s", text)
		return
	}
	w.add("console %s: %s", e.Type, text)
}

// seeEntry takes what the browser itself writes to the console. That a request
// failed is known in more detail from its own events, and a violation of the
// policy from reportCSP, unless it stops the document itself.
func (w *watch) seeEntry(e *log.Entry) {
	if e.Level != log.LevelError || strings.HasPrefix(e.Text, "Failed to load resource") {
		return
	}
	w.add("browser error (%s): %s %s", e.Source, e.Text, e.URL)
}

// seeAddress notes an address on a host that the test did not open.
func (w *watch) seeAddress(address string) {
	u, err := url.Parse(address)
	if err != nil {
		w.add("request to what is no URL: %s", address)
		return
	}
	switch u.Scheme {
	case "http", "https", "ws", "wss":
		if !w.hosts[u.Host] {
			w.add("request to another host: %s", address)
		}
	}
}

func argText(o *runtime.RemoteObject) string {
	if o.Description != "" {
		return o.Description
	}
	return strings.Trim(string(o.Value), `"`)
}

func exceptionText(d *runtime.ExceptionDetails) string {
	text := d.Text
	if d.Exception != nil {
		text += " " + argText(d.Exception)
	}
	return fmt.Sprintf("%s (%s:%d)", text, d.URL, d.LineNumber+1)
}
