// Package print puts a race on paper: results, podium, evidence of a team,
// certificates and the credentials of judges, each as PDF or as one HTML page that
// prints well, in Spanish or English.
//
// Input comes as values of package race; nothing is read, stored or logged here,
// and no goroutine is started. What is printed of results comes from a race.Sheet,
// so a provisional list and a frozen version look the same. The HTML pages carry
// no style or script of their own: the caller serves Stylesheet at StylesheetPath
// and allows `style-src 'self'; img-src data:`.
//
//	race.Sheet ────┐            ┌─ report ─┬─ PDF: tables on a canvas
//	race.Evidence ─┼─ document ─┤          └─ HTML: templates
//	Credential ────┘            └─ pages of their own (podium, certificate, cards)
package print

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"time"
)

// Format says what a document is written as.
type Format string

// The formats.
const (
	PDF  Format = "pdf"
	HTML Format = "html"
)

// ContentType returns the media type of the format.
func (f Format) ContentType() string {
	if f == PDF {
		return "application/pdf"
	}
	return "text/html; charset=utf-8"
}

// StylesheetPath is where the HTML documents expect Stylesheet.
const StylesheetPath = "/print.css"

//go:embed print.css
var stylesheet []byte

// Stylesheet returns the style of the HTML documents, for screen and paper. It
// must not be changed.
func Stylesheet() []byte { return stylesheet }

// Printer writes documents in one language, with instants in one time zone. It
// holds no state and may be used by several goroutines.
type Printer struct {
	lang  Language
	loc   *time.Location
	at    time.Time // that the documents say they were printed at
	plain bool      // PDF without compression, so that tests can read it
}

// New returns a printer; at is the instant that the documents carry as the one
// they were printed at. A language that is not known is Spanish, a nil location
// UTC.
func New(lang Language, loc *time.Location, at time.Time) *Printer {
	if lang != English {
		lang = Spanish
	}
	if loc == nil {
		loc = time.UTC
	}
	return &Printer{lang: lang, loc: loc, at: at}
}

// page is a document that can be written either way.
type page interface {
	pdf(p *Printer) *canvas
	html() (template string, title string)
}

// write writes a document. Nothing reaches w when it cannot be made.
func (p *Printer) write(w io.Writer, f Format, d page) error {
	var b bytes.Buffer
	switch f {
	case PDF:
		c := d.pdf(p)
		if err := c.f.Output(&b); err != nil {
			return fmt.Errorf("print pdf: %w", err)
		}
	case HTML:
		if err := p.render(&b, d); err != nil {
			return err
		}
	default:
		return fmt.Errorf("print: format %q is not known", f)
	}
	_, err := w.Write(b.Bytes())
	return err
}
