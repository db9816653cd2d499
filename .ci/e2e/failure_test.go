package e2e

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// failing is a test that is expected to fail: it keeps what it is told.
type failing struct {
	testing.TB
	told []string
}

func (f *failing) Errorf(format string, args ...any) {
	f.told = append(f.told, fmt.Sprintf(format, args...))
}

func (f *failing) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	runtime.Goexit()
}

// run runs do until its end or its first fatal step, and returns what it told.
func (f *failing) run(do func()) []string {
	f.told = nil
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	<-done
	return f.told
}

func TestTab_FailsItsTest(t *testing.T) {
	t.Parallel()
	browser, site := StartBrowser(t), testPages(t)
	for name, c := range map[string]struct {
		path  string
		do    func(*Tab)
		waits bool // until the step gives up
		want  []string
	}{
		"at its end": {path: "/logs", do: (*Tab).Close, want: []string{"in the browser: console error: one 2"}},
		"allowed": {path: "/logs", do: func(tab *Tab) {
			tab.Allow(`^console error: one`)
			tab.Close()
		}},
		"accessibility":          {path: "/unlabeled", do: func(tab *Tab) { tab.Axe() }, want: []string{"label (critical): ", "#bare"}},
		"accessibility excepted": {path: "/unlabeled", do: func(tab *Tab) { tab.Axe("label") }},
		"language": {path: "/mixed", do: func(tab *Tab) { tab.OnlyIn(englishTexts, spanishTexts) }, want: []string{
			`"Buscar equipo" is "Buscar equipo" (team.find)`, "admin.nav.teams",
		}},
		"missing":  {path: "/clean", do: func(tab *Tab) { tab.Click("#none") }, waits: true, want: []string{"click #none: is not there: not done in", "Competitions", ".png"}},
		"disabled": {path: "/covered", do: func(tab *Tab) { tab.Click("#off") }, waits: true, want: []string{"click #off: is disabled"}},
		"covered":  {path: "/covered", do: func(tab *Tab) { tab.Click("#under") }, waits: true, want: []string{`is covered by <dialog id="over"`}},
		"no text":  {path: "/clean", do: func(tab *Tab) { tab.WaitText("h1", "Teams") }, waits: true, want: []string{`wait for "Teams" in h1: not done in`}},
		"no value": {path: "/clean", do: func(tab *Tab) { tab.Fill("#kind", "c") }, waits: true, want: []string{`fill #kind: does not take "c"`}},
		"selector": {path: "/clean", do: func(tab *Tab) { tab.Click("][") }, want: []string{"not a valid selector"}},
		"no key":   {path: "/clean", do: func(tab *Tab) { tab.Press("Entre") }, want: []string{"press Entre: no such key"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test := &failing{TB: t}
			tab := browser.Tab(test)
			tab.Open(site + c.path)
			tab.shots = t.TempDir()
			if c.waits {
				tab.patience = 400 * time.Millisecond
			}
			got := test.run(func() { c.do(tab) })
			if (len(got) == 0) != (len(c.want) == 0) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			for _, want := range c.want {
				if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, want) }) {
					t.Errorf("got %q, want %q", got, want)
				}
			}
		})
	}
}

func TestTab_FailureShowsAPicture(t *testing.T) {
	t.Parallel()
	test := &failing{TB: t}
	tab, site := StartBrowser(t).Tab(test), testPages(t)
	tab.Open(site + "/clean")
	tab.patience, tab.shots = time.Second, t.TempDir()
	told := strings.Join(test.run(func() { tab.WaitVisible("#none") }), "\n")
	_, after, _ := strings.Cut(told, "screenshot: ")
	path, _, _ := strings.Cut(after, "\n")
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Errorf("no screenshot: %v in %s", err, told)
	}
}
