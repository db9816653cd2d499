package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"server5k/gateway/export"
	"server5k/gateway/office"
	"server5k/gateway/print"
	"server5k/gateway/roster"
	"server5k/race"
)

// documentPolicy is for documents to be printed: they have no script, and their
// style is print.Stylesheet.
const documentPolicy = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// exportFile answers GET /api/competencias/{id}/exportar/{name}: results, teams and
// marks as csv, xlsx and json; results, podium, certificates and evidence (of
// `?equipo=`) as pdf and html. `?version=` takes results that were published,
// `?separador=coma` writes CSV with commas.
func (s *Server) exportFile(c *call) error { return s.export(c, c.second) }

// exportResults answers GET /api/competencias/{id}/export.{csv,xlsx,json}.
func (s *Server) exportResults(c *call) error {
	path := strings.TrimSuffix(c.path, "/")
	return s.export(c, string(export.Results)+path[strings.LastIndexByte(path, '.'):])
}

func (s *Server) export(c *call, name string) error {
	switch name {
	case "results.json":
		return s.results(c)
	case "teams.json":
		return s.competitionTeams(c)
	case "marks.json":
		return s.evidence(c)
	}
	what, format, ok := export.Parse(name)
	if !ok {
		return c.detail(http.StatusNotFound, textNotFound)
	}
	team, _, err := c.idFilter("equipo", "equipo_id")
	if err != nil {
		return err
	}
	version, _, err := c.idFilter("version")
	if err != nil {
		return err
	}
	separator, _ := c.query("separador")
	r := export.Request{
		Competition: c.competitionID(), What: what, Format: format, English: c.english(), Location: s.cfg.Location, At: s.now(),
		Comma: separator == "coma" || separator == ",", Version: int(version), Team: race.TeamID(team),
	}
	file, err := consult(c, "export", func(ctx context.Context, d *office.Desk, w office.Who) (export.File, error) {
		return export.Make(ctx, d, w, r)
	})
	if err != nil {
		return c.missing(err, textNotFound)
	}
	h := &c.ctx.Response.Header
	h.Set("Content-Security-Policy", documentPolicy)
	disposition := "attachment"
	if format == export.HTML {
		disposition = "inline"
	}
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": file.Name}))
	h.Set("Cache-Control", "no-store")
	c.ctx.SetContentType(file.ContentType)
	c.ctx.SetBody(file.Body)
	return nil
}

// stylesheet answers GET /print.css, the style of documents.
func (s *Server) stylesheet(c *call) error {
	c.ctx.SetContentType("text/css; charset=utf-8")
	c.ctx.Response.Header.Set("Cache-Control", "no-cache")
	c.ctx.SetBody(print.Stylesheet())
	return nil
}

// english says whether the client prefers English.
func (c *call) english() bool {
	return prefersEnglish(string(c.ctx.Request.Header.Peek("Accept-Language")))
}

// importJSON is what an import does, or would do, row by row.
type importJSON struct {
	Done       bool             `json:"aplicado"`
	Summary    string           `json:"resumen"`
	Categories importCountsJSON `json:"categorias"`
	Judges     importCountsJSON `json:"jueces"`
	Teams      importCountsJSON `json:"equipos"`
	Kept       int              `json:"no_mencionados"`
	Errors     int              `json:"errores"`
	Warnings   int              `json:"avisos"`
	Lines      []importLineJSON `json:"filas"`
}

type importCountsJSON struct {
	Created   int `json:"nuevos"`
	Updated   int `json:"cambiados"`
	Unchanged int `json:"iguales"`
}

type importLineJSON struct {
	Row     int    `json:"fila"` // 0 for none
	Outcome string `json:"resultado"`
	Text    string `json:"texto"`
}

// outcomes are what becomes of a line of a file, on the wire.
var outcomes = map[roster.Outcome]string{
	roster.Created: "nuevo", roster.Updated: "cambiado", roster.Unchanged: "igual", roster.Kept: "conservado",
	roster.Warned: "aviso", roster.Failed: "error",
}

func (c *call) importOf(r roster.Report, done bool) importJSON {
	counts := func(n roster.Counts) importCountsJSON { return importCountsJSON{n.Created, n.Updated, n.Unchanged} }
	summary := r.Summary()
	out := importJSON{
		Done: done, Summary: c.say(phrase{summary.ES, summary.EN}), Categories: counts(r.Categories), Judges: counts(r.Judges), Teams: counts(r.Teams),
		Kept: r.Kept, Errors: r.Errors, Warnings: r.Warnings, Lines: make([]importLineJSON, len(r.Lines)),
	}
	for i, l := range r.Lines {
		out.Lines[i] = importLineJSON{l.Row, outcomes[l.Outcome], c.say(phrase{l.Text.ES, l.Text.EN})}
	}
	return out
}

// importFile answers POST /api/competencias/{id}/importar/, a form with the file
// `archivo`; with `simular=1` nothing is changed. A file with errors changes
// nothing either and is answered 400 with the same report.
func (s *Server) importFile(c *call) error {
	name, file, dry, err := c.upload()
	if err != nil {
		return err
	}
	type result struct {
		report roster.Report
		done   bool
	}
	// Passwords in the file have to be hashed, which takes its time.
	got, err := consultFor(c, importTimeout, "import", func(ctx context.Context, d *office.Desk, w office.Who) (r result, err error) {
		if dry {
			r.report, err = d.PlanImport(ctx, w, c.competitionID(), name, file)
			return r, err
		}
		r.report, r.done, err = d.Import(ctx, w, c.competitionID(), name, file)
		return r, err
	})
	if err != nil {
		return c.missing(err, textNoCompetition)
	}
	status := http.StatusOK
	if got.report.Errors > 0 {
		status = http.StatusBadRequest
	}
	c.reply(status, c.importOf(got.report, got.done))
	return nil
}

// upload reads the form of an import.
func (c *call) upload() (name string, file []byte, dry bool, err error) {
	media, parameters, _ := mime.ParseMediaType(string(c.ctx.Request.Header.ContentType()))
	if media != "multipart/form-data" || parameters["boundary"] == "" {
		return "", nil, false, c.detail(http.StatusUnsupportedMediaType, phrase{
			"Envíe el archivo en un formulario multipart/form-data.", "Send the file in a multipart/form-data form.",
		})
	}
	bad := c.detail(http.StatusBadRequest, phrase{"El formulario está mal formado.", "The form is malformed."})
	found := false
	parts := multipart.NewReader(bytes.NewReader(c.ctx.Request.Body()), parameters["boundary"])
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", nil, false, bad
		}
		content, err := io.ReadAll(part) // bounded by the body
		if err != nil {
			return "", nil, false, bad
		}
		switch part.FormName() {
		case "archivo":
			name, file, found = part.FileName(), content, true
		case "simular":
			dry = string(content) == "1" || string(content) == "true"
		}
	}
	if !found {
		return "", nil, false, c.fault("archivo", phrase{"Este campo es requerido.", "This field is required."})
	}
	return name, file, dry, nil
}
