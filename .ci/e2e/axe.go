package e2e

import (
	"bytes"
	"compress/gzip"
	_ "embed" // axe-core
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"
)

// axeCore is axe-core 4.14.1 of Deque Systems, MPL-2.0 (axe/LICENSE), unchanged but
// compressed: axe.min.js of the npm package, SHA-256 29348999450cdf28… . It is for
// tests only and no part of the server.
//
//go:embed axe/axe.min.js.gz
var axeCore []byte

var axeSource = sync.OnceValues(func() (string, error) {
	r, err := gzip.NewReader(bytes.NewReader(axeCore))
	if err != nil {
		return "", err
	}
	source, err := io.ReadAll(r)
	return string(source), err
})

// axeRun asks for all rules of WCAG 2.2, levels A and AA.
const axeRun = `axe.run(document, {
	runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
	resultTypes: ["violations"], preload: false,
}).then((result) => result.violations.map((v) => ({
	ID: v.id, Impact: v.impact ?? "", Help: v.help,
	Nodes: v.nodes.map((n) => ({Selector: n.target.join(" "), HTML: n.html, Fix: n.failureSummary ?? ""})),
})))`

// Violation is a rule of WCAG that a page breaks.
type Violation struct {
	ID     string // of the rule, as color-contrast
	Impact string // minor, moderate, serious or critical
	Help   string
	Nodes  []struct{ Selector, HTML, Fix string }
}

// String has a line for the rule and two for each element.
func (v Violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s", v.ID, v.Impact, v.Help)
	for _, n := range v.Nodes {
		fmt.Fprintf(&b, "\n  at %s: %s\n    %s", n.Selector, n.HTML, strings.ReplaceAll(n.Fix, "\n", "\n    "))
	}
	return b.String()
}

// Axe fails the test, without ending it, for each rule of WCAG 2.2 A or AA that
// the page as it is now breaks, but for the rules in except. The debugger runs it,
// so the page's policy stays as it is. It needs the page's scripts on.
func (t *Tab) Axe(except ...string) {
	t.tb.Helper()
	for _, v := range t.Violations() {
		if !slices.Contains(except, v.ID) {
			t.tb.Errorf("accessibility: %v", v)
		}
	}
}

// Violations is what Axe reports.
func (t *Tab) Violations() []Violation {
	t.tb.Helper()
	source, err := axeSource()
	if err != nil {
		t.tb.Fatalf("read axe-core: %v", err)
	}
	var out []Violation
	t.do("accessibility",
		chromedp.Evaluate("if (!window.axe) {"+source+"}", nil),
		chromedp.Evaluate(axeRun, &out, awaitPromise),
	)
	return out
}
