package admin

import (
	"bytes"
	"context"
	"fmt"
	"mime"

	"server5k/gateway/export"
	"server5k/gateway/roster"
	"server5k/gateway/sheets"
	"server5k/gateway/site"
	"server5k/race"
)

// Files that package export does not make.
const (
	templateFile = "template.xlsx" // what an import reads
	resultsJSON  = "results.json"  // the canonical bytes of the results as they are now
)

// exportFile answers GET /admin/competencias/{}/exportar/?archivo=results.csv, with
// `version` for results that were published and `equipo` for what is about one
// team.
func exportFile(ctx context.Context, c *call) error {
	name := c.query("archivo")
	switch name {
	case templateFile:
		return c.template()
	case resultsJSON:
		e, err := c.p.cfg.Desk.Evidence(ctx, c.who, c.competition())
		if err != nil {
			return err
		}
		body, _ := e.Sheet().Encode()
		return c.download(export.File{Name: name, ContentType: "application/json", Body: body}, "attachment")
	}
	what, format, ok := export.Parse(name)
	if !ok {
		return race.ErrNotFound
	}
	file, err := export.Make(ctx, c.p.cfg.Desk, c.who, export.Request{
		Competition: c.competition(), What: what, Format: format, English: c.lang == site.English, Location: c.p.cfg.Location, At: c.p.cfg.Now(),
		Comma: c.query("separador") == "coma", Version: int(min(c.queryID("version"), 1<<30)), Team: race.TeamID(c.queryID("equipo")),
	})
	if err != nil {
		return err
	}
	if format == export.HTML {
		return c.download(file, "inline") // it is printed from the browser
	}
	return c.download(file, "attachment")
}

// template answers with the table that an organizer starts from.
func (c *call) template() error {
	var out bytes.Buffer
	if err := sheets.WriteXLSX(&out, roster.Template(c.sheetLanguage())); err != nil {
		return fmt.Errorf("write template: %w", err)
	}
	return c.download(export.File{
		Name: templateFile, ContentType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Body: out.Bytes(),
	}, "attachment")
}

func (c *call) download(f export.File, disposition string) error {
	c.ctx.Response.Header.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Name}))
	c.ctx.SetContentType(f.ContentType)
	c.ctx.SetBody(f.Body)
	return nil
}
