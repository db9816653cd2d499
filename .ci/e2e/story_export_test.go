package e2e

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/xuri/excelize/v2"
)

// fetch downloads an export from its page.
func (s *story) fetch(what, format string) []byte {
	s.t.Helper()
	path := s.Download(fmt.Sprintf(`ul.exports a[href$="archivo=%s.%s"]`, what, format))
	if got := filepath.Ext(path); got != "."+format {
		s.t.Errorf("the file of the %s as %s is named %s", what, format, filepath.Base(path))
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	return raw
}

// table reads rows of a table that was exported, as text, and checks its size.
func (s *story) table(what, format string, rows int) [][]string {
	s.t.Helper()
	raw := s.fetch(what, format)
	var all [][]string
	switch format {
	case "csv":
		rest, ok := bytes.CutPrefix(raw, []byte("\ufeff"))
		if !ok {
			s.t.Errorf("%s.csv has no mark of its encoding", what)
		}
		in := csv.NewReader(bytes.NewReader(rest))
		in.Comma = ';'
		var err error
		if all, err = in.ReadAll(); err != nil {
			s.t.Fatal(err)
		}
	default:
		book, err := excelize.OpenReader(bytes.NewReader(raw))
		if err != nil {
			s.t.Fatal(err)
		}
		defer book.Close()
		if all, err = book.GetRows(book.GetSheetName(0)); err != nil {
			s.t.Fatal(err)
		}
	}
	if len(all) != rows+1 {
		s.t.Errorf("%s.%s has %d rows, want a header and %d", what, format, len(all), rows)
	}
	return all
}

// export downloads what the page of exports offers.
func (s *story) export() {
	s.t.Helper()
	s.page("intercambio/")
	s.look("exports")
	for _, c := range []struct {
		what string
		rows int
	}{{"results", storyTeams}, {"teams", storyTeams}, {"marks", storyTeams*teamSize + 2}} { // two marks are void
		for _, format := range []string{"csv", "xlsx"} {
			all := s.table(c.what, format, c.rows)
			if header := strings.Join(all[0], ";"); !strings.Contains(header, s.say("column.bib")) {
				s.t.Errorf("the header of %s.%s is %s", c.what, format, header)
			}
			if !slices.ContainsFunc(all, func(row []string) bool { return slices.Contains(row, fastest) }) {
				s.t.Errorf("%s.%s does not have %s", c.what, format, fastest)
			}
		}
	}
	for _, what := range []string{"results", "podium", "certificates"} {
		if raw := s.fetch(what, "pdf"); !bytes.HasPrefix(raw, []byte("%PDF-")) || !bytes.Contains(raw[max(0, len(raw)-16):], []byte("%%EOF")) {
			s.t.Errorf("%s.pdf is no PDF", what)
		}
	}
	if raw := s.fetch("results", "json"); !bytes.Contains(raw, []byte(fastest)) {
		s.t.Errorf("results.json does not have %s", fastest)
	}
	s.page("exportar/?archivo=results.html")
	s.WaitText("body", fastest)
	s.Screenshot("results-print")
	s.Axe()
}

// leave logs out. Neither the button Back nor a cookie that somebody kept leads in
// again.
func (s *story) leave() {
	s.t.Helper()
	s.page("")
	cookie := s.sessionCookie()
	s.Follow(`form[action="/admin/salir/"] button`)
	s.WaitVisible("#f-clave")
	s.Eval(`history.back()`, nil)
	s.WaitVisible("#f-clave")
	s.WaitTrue(`location.pathname == "/admin/entrar/"`)
	s.do("put the cookie back", network.SetCookie(cookie.Name, cookie.Value).WithURL(s.server.URL+cookie.Path).WithPath(cookie.Path).WithHTTPOnly(true))
	s.page("")
	s.WaitVisible("#f-clave")
	if got := s.Texts(".account"); len(got) > 0 {
		s.t.Errorf("with an old cookie one is %q", got)
	}
}

func (s *scene) sessionCookie() *network.Cookie {
	s.t.Helper()
	var found *network.Cookie
	s.do("cookies", chromedp.ActionFunc(func(ctx context.Context) error {
		all, err := network.GetCookies().Do(ctx)
		for _, c := range all {
			if c.Name == "server5k_panel" {
				found = c
			}
		}
		return err
	}))
	if found == nil || !found.HTTPOnly {
		s.t.Fatalf("the cookie of the session is %+v", found)
	}
	return found
}
