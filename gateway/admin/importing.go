package admin

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"

	"server5k/gateway/office"
	"server5k/gateway/roster"
	"server5k/gateway/sheets"
	"server5k/gateway/site"
	"server5k/race"
)

// Importer takes files with teams, judges and categories into a competition.
// PlanImport changes nothing; Import writes all of it or, when the report has
// errors, nothing and says so. A file that cannot be read is an office.Invalid
// about `archivo`.
type Importer interface {
	PlanImport(ctx context.Context, w office.Who, id race.CompetitionID, name string, file []byte) (roster.Report, error)
	Import(ctx context.Context, w office.Who, id race.CompetitionID, name string, file []byte) (report roster.Report, written bool, err error)
}

// maxImport bounds a file. The check sends it back to the browser, which keeps it
// in the form until it is confirmed, so that no node has to; a third longer, it is
// within the 2 MiB that the server takes of a request.
const maxImport = 3 << 19

// exchangePage imports and exports.
type exchangePage struct {
	Head      head
	Form      *form
	CanImport bool
	// Of a file that was checked:
	Report *roster.Report
	Lines  []reportLine
	Name   string
	File   string // base64
	Sure   bool   // it may be confirmed
}

// reportLine is a line of the report in the language of the page.
type reportLine struct {
	Row     int
	Outcome string
	Text    string
}

// exchange answers GET /admin/competencias/{}/intercambio/.
func exchange(ctx context.Context, c *call) error {
	return c.showExchange(ctx, http.StatusOK, exchangePage{Form: newForm()})
}

// importFile answers POST /admin/competencias/{}/importar/: with a file the report
// of what it would do, with the file in the form its import.
func importFile(ctx context.Context, c *call) error {
	f := newForm()
	f.Values["archivo"] = ""
	if c.p.cfg.Importer == nil {
		return race.ErrNotFound
	}
	name, file, confirmed := c.sentFile(f)
	if f.bad() {
		return c.showExchange(ctx, http.StatusUnprocessableEntity, exchangePage{Form: f})
	}
	var report roster.Report
	var written bool
	var err error
	if confirmed {
		report, written, err = c.p.cfg.Importer.Import(ctx, c.who, c.competition(), name, file)
	} else {
		report, err = c.p.cfg.Importer.PlanImport(ctx, c.who, c.competition(), name, file)
	}
	switch {
	case err != nil && !c.refuse(f, err):
		return err
	case written:
		return c.done(eventPath(c.competition(), ""), "imported")
	}
	if f.bad() {
		return c.showExchange(ctx, http.StatusUnprocessableEntity, exchangePage{Form: f})
	}
	page := exchangePage{Form: f, Report: &report, Name: name, Sure: report.Errors == 0}
	for _, l := range report.Lines {
		page.Lines = append(page.Lines, reportLine{l.Row, l.Outcome.String(), l.Text.In(c.sheetLanguage())})
	}
	status := http.StatusOK
	if report.Errors > 0 {
		status = http.StatusUnprocessableEntity
	} else {
		page.File = base64.StdEncoding.EncodeToString(file)
	}
	return c.showExchange(ctx, status, page)
}

// sentFile reads the file of the form, chosen now or checked before.
func (c *call) sentFile(f *form) (name string, file []byte, confirmed bool) {
	m, err := c.ctx.MultipartForm()
	if err != nil {
		f.fault("archivo", c.say("fault.file"))
		return "", nil, false
	}
	if kept := c.value("contenido"); kept != "" {
		file, err := base64.StdEncoding.DecodeString(kept)
		if err != nil || len(file) > maxImport {
			f.fault("archivo", c.say("fault.file"))
		}
		return c.value("nombre_archivo"), file, true
	}
	sent := m.File["archivo"]
	if len(sent) != 1 || sent[0].Size == 0 {
		f.fault("archivo", c.say("fault.file"))
		return "", nil, false
	}
	if sent[0].Size > maxImport {
		f.fault("archivo", c.say("fault.large", maxImport>>10))
		return "", nil, false
	}
	in, err := sent[0].Open()
	if err == nil {
		defer in.Close() //nolint:errcheck // it was only read
		file, err = io.ReadAll(in)
	}
	if err != nil {
		f.fault("archivo", c.say("fault.file"))
	}
	return sent[0].Filename, file, false
}

func (c *call) sheetLanguage() sheets.Language {
	if c.lang == site.English {
		return sheets.English
	}
	return sheets.Spanish
}

func (c *call) showExchange(ctx context.Context, status int, page exchangePage) error {
	r, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	page.Head = c.head(r, "intercambio")
	page.CanImport = c.p.cfg.Importer != nil && c.who.Edits(r.ID)
	return c.page(status, "exchange", c.say("exchange.title")+" · "+r.Name, page)
}
