package public

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"time"

	"server5k/gateway/site"
	"server5k/race"
)

//go:embed templates/*.html
var templateFiles embed.FS

// pageSet are the templates of one language, by the name of the page.
type pageSet map[page]*template.Template

// shared are the templates that all pages have.
const shared = "templates/_*.html"

// parsePages parses every page with what they share.
func parsePages(f template.FuncMap) pageSet {
	base := template.Must(template.New("").Funcs(f).Option("missingkey=error").ParseFS(templateFiles, shared))
	all := pageSet{}
	files, err := fs.Glob(templateFiles, "templates/[a-z]*.html")
	if err != nil {
		panic(err)
	}
	for _, file := range files {
		own := template.Must(template.Must(base.Clone()).ParseFS(templateFiles, file))
		all[page(strings.TrimSuffix(path.Base(file), ".html"))] = own
	}
	return all
}

// frame is what is around every page.
type frame struct {
	Title       string
	Lang        string
	Page        page
	Refresh     int // seconds, for who has no JavaScript; 0 never
	Competition race.Competition
	Stale       bool // what the page shows is old: it was so at Checked
	Checked     time.Time
	Data        any
}

// document renders a page. A fragment has no frame.
func (p *Pages) document(lang string, kind page, f frame) (*document, error) {
	t := p.pages[lang][kind]
	if t == nil {
		return nil, fmt.Errorf("no page %q", kind)
	}
	f.Lang, f.Page = lang, kind
	part := "layout"
	if kind == pageCharts {
		part = "fragment"
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, part, f); err != nil {
		return nil, fmt.Errorf("render %s: %w", kind, err)
	}
	return newDocument("text/html; charset=utf-8", out.Bytes()), nil
}

// functions are those of the templates of one language.
func (p *Pages) functions(lang string) template.FuncMap {
	texts := p.texts[lang]
	in := p.cfg.Location
	at := func(layout string) func(time.Time) string {
		return func(t time.Time) string { return t.In(in).Format(layout) }
	}
	return template.FuncMap{
		"t":       texts.Text,
		"n":       texts.Count,
		"asset":   p.assets.URL,
		"code":    func() string { return p.code },
		"clock":   clock,
		"unixms":  sinceEpoch,
		"time":    at("15:04:05"),
		"minute":  at("15:04"),
		"iso":     func(t time.Time) string { return instant(t, in) },
		"day":     func(t time.Time) string { return day(texts, t.In(in)) },
		"add":     func(a, b int) int { return a + b },
		"link":    func(parts ...any) string { return link(lang, parts...) },
		"state":   func(v any) template.JS { return template.JS(encode(v)) }, // escaped for HTML by encode
		"ordinal": func(n int) string { return ordinal(lang, n) },
		"scale":   func(f float64) string { return scale(f) },
		"left":    func(t time.Time) string { return countdown(texts, t.Sub(p.cfg.Now())) },
		"lasted":  func(c race.Competition) string { return clock(c.FinishedAt.Sub(c.Gun())) },
		"icon":    icon,
		"dict":    dict,
	}
}

// dict gives a template named values: "Name", value, …
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: %d arguments", len(pairs))
	}
	out := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: name %v", pairs[i])
		}
		out[name] = pairs[i+1]
	}
	return out, nil
}

// link joins the parts of a path of ours and keeps the language of the page.
// Spanish needs no mark: the choice is in the cookie.
func link(lang string, parts ...any) string {
	var out strings.Builder
	for _, part := range parts {
		fmt.Fprint(&out, part)
	}
	if lang == site.Spanish {
		return out.String()
	}
	sign := "?"
	if strings.Contains(out.String(), "?") {
		sign = "&"
	}
	return out.String() + sign + "lang=" + lang
}

// day writes a date for people.
func day(texts site.Catalogue, t time.Time) string {
	return texts.Text("date", texts.Text("weekday."+fmt.Sprint(int(t.Weekday()))), t.Day(), texts.Text("month."+fmt.Sprint(int(t.Month()))), t.Year())
}

// ordinal returns n as it stands alone: "1.º", "1st".
func ordinal(lang string, n int) string {
	if lang == site.Spanish {
		return fmt.Sprintf("%d.º", n)
	}
	suffix := "th"
	if ones := n % 10; n/10%10 != 1 && ones >= 1 && ones <= 3 {
		suffix = [...]string{"", "st", "nd", "rd"}[ones]
	}
	return fmt.Sprint(n) + suffix
}

// icons are drawn in a square of 16; none stands without words beside it.
var icons = map[string]template.HTML{
	"live": `<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><circle cx="8" cy="8" r="5" fill="currentColor"/></svg>`,
	"wait": `<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zm0 2.5v4.2l2.8 1.7" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/></svg>`,
	"done": `<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M2.5 8.5l3.6 3.6 7.4-8" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/></svg>`,
	"note": `<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 4.8v4M8 11v.4" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/></svg>`,
}

func icon(name string) (template.HTML, error) {
	i, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("no icon %q", name)
	}
	return i, nil
}
