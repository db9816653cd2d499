package print

import (
	"embed"
	"fmt"
	"html/template"
	"io"
)

//go:embed templates/*.html
var templateFiles embed.FS

// templates hold one document each, named after its file, in the frame of
// frame.html. They are parsed once and cannot fail: a test renders all of them.
var templates = template.Must(template.ParseFS(templateFiles, "templates/*.html"))

// sheet is what the templates are given.
type sheet struct {
	p        *Printer
	Lang     Language
	Title    string
	Style    string
	Printed  string
	Document page
}

// T returns a text of the catalogue.
func (s sheet) T(key string) string { return s.p.t(key) }

// render writes a document as HTML.
func (p *Printer) render(w io.Writer, d page) error {
	name, title := d.html()
	s := sheet{
		p: p, Lang: p.lang, Title: title, Style: StylesheetPath,
		Printed: p.printed(), Document: d,
	}
	if err := templates.ExecuteTemplate(w, name, s); err != nil {
		return fmt.Errorf("print html: %w", err)
	}
	return nil
}

// printed says when the document was made.
func (p *Printer) printed() string {
	return p.t("printed", p.instant(p.at), p.at.In(p.loc).Format("UTC-07:00"))
}
