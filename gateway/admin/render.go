package admin

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"server5k/gateway/office"
	"server5k/race"
)

//go:embed templates/*.html
var templateFiles embed.FS

// pages are the templates of one language, by the name of the page.
type pages map[string]*template.Template

// shared are the templates that all pages have.
const shared = "templates/_*.html"

// parsePages parses every page with what they share.
func parsePages(f template.FuncMap) pages {
	base := template.Must(template.New("").Funcs(f).Option("missingkey=error").ParseFS(templateFiles, shared))
	all := pages{}
	files, err := fs.Glob(templateFiles, "templates/[a-z]*.html")
	if err != nil {
		panic(err)
	}
	for _, file := range files {
		own := template.Must(template.Must(base.Clone()).ParseFS(templateFiles, file))
		all[strings.TrimSuffix(path.Base(file), ".html")] = own
	}
	return all
}

// frame is what is around every page.
type frame struct {
	Title     string
	Lang      string
	Path      string // with its query, to come back after another language
	Section   string // of the navigation: the first part of the path
	LoggedIn  bool
	Account   string
	Role      race.Role
	Super     bool
	Writes    bool
	Webhooks  bool // there is a page of them, and the account may see it
	FormToken string
	ServerMS  int64
	Done      string // key of what was done, "" when nothing was
	Data      any
}

// donePrefix begins the keys of what a page may be asked to say after a change.
const donePrefix = "done."

// page answers with a page.
func (c *call) page(status int, name, title string, data any) error {
	done := c.query("hecho")
	f := frame{
		Title: title, Lang: c.lang, Path: c.origin(), Section: section(c.path), ServerMS: c.p.cfg.Now().UnixMilli(), Data: data,
	}
	if c.session != (session{}) {
		f.LoggedIn, f.Account, f.Role, f.Super, f.Writes = true, c.who.Username, c.who.Role(), c.who.Superuser, c.who.Writes()
		f.Webhooks = f.Writes && c.p.cfg.Webhooks != nil
		f.FormToken = c.p.sessions.formToken(c.session)
	}
	if c.p.texts[c.lang].Has(donePrefix + done) {
		f.Done = donePrefix + done
	}
	return c.write(status, name, "layout", f)
}

// fragment answers with a part of a page.
func (c *call) fragment(name, part string, data any) error {
	return c.write(http.StatusOK, name, part, data)
}

// write renders at once and sends only what is whole.
func (c *call) write(status int, name, part string, data any) error {
	t := c.p.pages[c.lang][name]
	if t == nil {
		return fmt.Errorf("no page %q", name)
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, part, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	c.ctx.SetContentType("text/html; charset=utf-8")
	c.ctx.SetStatusCode(status)
	c.ctx.SetBody(out.Bytes())
	return nil
}

// origin is where a page was asked for: what answers a form has no place of its
// own, so it names the one it came from.
func (c *call) origin() string {
	if !safeMethod(c.method) {
		if pattern, _ := patternOf(c.path); c.p.routes[pattern].get != nil {
			return c.path
		}
		return c.back("/admin/")
	}
	u := c.ctx.URI()
	args := fasthttp.AcquireArgs() // a copy: the page itself still asks what was done
	defer fasthttp.ReleaseArgs(args)
	c.ctx.QueryArgs().CopyTo(args)
	args.Del("lang")
	args.Del("hecho")
	if args.Len() == 0 {
		return string(u.Path())
	}
	return string(u.Path()) + "?" + args.String()
}

func section(p string) string {
	parts := strings.Split(p, "/")
	if len(parts) > 2 {
		return parts[2]
	}
	return ""
}

// functions are those of the templates of one language.
func (p *Panel) functions(lang string) template.FuncMap {
	texts := p.texts[lang]
	in := p.cfg.Location
	at := func(layout string) func(time.Time) string {
		return func(t time.Time) string {
			if t.IsZero() {
				return "—"
			}
			return t.In(in).Format(layout)
		}
	}
	return template.FuncMap{
		"t":        texts.Text,
		"has":      texts.Has,
		"join":     func(parts ...any) string { return fmt.Sprint(joined(parts)...) },
		"asset":    p.assets.URL,
		"icon":     icon,
		"clock":    clock,
		"ms":       func(n int64) string { return clock(time.Duration(n) * time.Millisecond) },
		"author":   func(name string) string { return author(texts, name) },
		"explain":  func(f race.Finding) string { return explain(texts, f) },
		"numbers":  numbers,
		"within":   within,
		"withinms": func(n int64) string { return within(time.Duration(n) * time.Millisecond) },
		"policy":   clockPolicy,
		"signed":   signed,
		"precise":  precise,
		"instant":  at(layoutInstant), "exact": at(layoutPrecise), "stamp": at(layoutField),
		"unixms":     func(t time.Time) int64 { return t.UnixMilli() },
		"field":      newField,
		"tag":        func(v any) office.Tag { return office.TagOf(v) },
		"add":        func(a, b int) int { return a + b },
		"abs":        time.Duration.Abs,
		"since":      func(t time.Time) string { return brief(max(p.cfg.Now().Sub(t), 0)) },
		"lasted":     func(r race.Competition) string { return clock(r.FinishedAt.Sub(r.Gun())) },
		"seconds":    func(now, t time.Time) int { return int(max(now.Sub(t), 0).Seconds()) },
		"rulingpath": rulingPath,
		"list":       func(all ...string) []string { return all },
		"of":         func(a, b any) pair { return pair{a, b} },
	}
}

// joined makes texts of parts, so that no space comes between numbers.
func joined(parts []any) []any {
	out := make([]any, len(parts))
	for i, p := range parts {
		out[i] = fmt.Sprint(p)
	}
	return out
}

// pair gives a template two values.
type pair struct{ A, B any }

// field is one control of a form with its label and what is wrong with it.
type field struct {
	ID, Name, Label, Type, Value, Fault, Hint, Extra string
	Required                                         bool
	Options                                          []option
}

// option is one choice of a select.
type option struct {
	Value, Text string
	Selected    bool
}

// newField describes a control: name, key of its label and type, then words of
// which "required" and the attributes below are known, a hint by its key and for others
// "autocomplete=…".
func newField(f *form, name, label, kind string, more ...string) field {
	out := field{ID: "f-" + name, Name: name, Label: label, Type: kind, Value: f.Values[name], Fault: f.Faults[name]}
	for _, m := range more {
		switch key, value, _ := strings.Cut(m, "="); key {
		case "required":
			out.Required = true
		case "hint":
			out.Hint = value
		case "autocomplete":
			out.Extra = value
		case "id":
			out.ID = value
		default:
			panic("unknown property of a field: " + m)
		}
	}
	return out
}
