package admin

import (
	"bytes"
	"context"
	"fmt"

	"server5k/gateway/office"
	"server5k/gateway/print"
	"server5k/gateway/roster"
	"server5k/gateway/sheets"
	"server5k/race"
)

// Export formats of tables; those of documents are print.PDF and print.HTML.
const (
	formatCSV  = "csv"
	formatXLSX = "xlsx"
	formatJSON = "json"
)

// export answers GET /admin/competencias/{}/exportar/?que=…&formato=….
func export(ctx context.Context, c *call) error {
	what, format := c.query("que"), c.query("formato")
	if what == "plantilla" {
		return c.table(format, what, roster.Template(c.sheetLanguage()))
	}
	r, err := c.p.cfg.Desk.Results(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	switch format {
	case string(print.PDF), string(print.HTML):
		return c.exportDocument(ctx, what, print.Format(format), r)
	case formatJSON:
		if what != "resultados" {
			return race.ErrNotFound
		}
		body, _ := r.Evidence.Sheet().Encode()
		return c.download(what+"."+format, "application/json", body)
	}
	switch what {
	case "resultados":
		return c.table(format, what, c.resultsSheet(r))
	case "equipos":
		teams, err := c.p.cfg.Desk.Teams(ctx, c.who, race.TeamFilter{Competition: c.competition()})
		if err != nil {
			return err
		}
		return c.table(format, what, c.teamsSheet(teams))
	case "marcas":
		judges, err := c.judgeNames(ctx)
		if err != nil {
			return err
		}
		return c.table(format, what, c.marksSheet(r.Evidence, judges))
	}
	return race.ErrNotFound
}

// exportDocument answers with a document to be printed.
func (c *call) exportDocument(ctx context.Context, what string, format print.Format, r office.Results) error {
	rows, err := c.p.cfg.Desk.Categories(ctx, c.who)
	if err != nil {
		return err
	}
	in := print.Results{Sheet: r.Evidence.Sheet(), Categories: rows, Version: r.Version}
	if r.Version != nil {
		in.Latest = r.Version.Number
	}
	switch what {
	case "resultados":
		return c.document(format, what, func(out *bytes.Buffer, p *print.Printer) error { return p.Results(out, format, in) })
	case "podio":
		return c.document(format, what, func(out *bytes.Buffer, p *print.Printer) error { return p.Podium(out, format, in) })
	case "certificados":
		return c.document(format, what, func(out *bytes.Buffer, p *print.Printer) error {
			return p.Certificates(out, format, print.Certificates{Results: in})
		})
	case "evidencia":
		judges, err := c.judgeNames(ctx)
		if err != nil {
			return err
		}
		team := print.TeamEvidence{
			Evidence: r.Evidence, Team: race.TeamID(c.queryID("equipo")), Judges: judges, Categories: rows, Version: in.Version, Latest: in.Latest,
		}
		return c.document(format, what, func(out *bytes.Buffer, p *print.Printer) error { return p.Evidence(out, format, team) })
	}
	return race.ErrNotFound
}

// judgeNames returns what to call each judge. Judges are people that an organizer
// knows; nothing of it is public.
func (c *call) judgeNames(ctx context.Context) (map[race.JudgeID]string, error) {
	all, err := c.p.cfg.Desk.Judges(ctx, c.who)
	if err != nil {
		return nil, err
	}
	names := make(map[race.JudgeID]string, len(all))
	for _, j := range all {
		names[j.ID] = j.Username
		if name := j.FullName(); name != "" {
			names[j.ID] = name + " (" + j.Username + ")"
		}
	}
	return names, nil
}

// table answers with a sheet as CSV or XLSX.
func (c *call) table(format, name string, s sheets.Sheet) error {
	var out bytes.Buffer
	switch format {
	case formatCSV:
		delimiter := ';'
		if c.query("separador") == "coma" {
			delimiter = ','
		}
		if err := sheets.WriteCSV(&out, s, delimiter); err != nil {
			return fmt.Errorf("write csv: %w", err)
		}
		return c.download(name+".csv", "text/csv; charset=utf-8", out.Bytes())
	case formatXLSX:
		if err := sheets.WriteXLSX(&out, s); err != nil {
			return fmt.Errorf("write xlsx: %w", err)
		}
		return c.download(name+".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", out.Bytes())
	}
	return race.ErrNotFound
}

func (c *call) download(name, mediaType string, body []byte) error {
	c.ctx.Response.Header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	c.ctx.SetContentType(mediaType)
	c.ctx.SetBody(body)
	return nil
}

// headers returns the texts of columns.
func (c *call) headers(keys ...string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = c.say("column." + k)
	}
	return out
}

// resultsSheet is one row a team, in the order of the standings.
func (c *call) resultsSheet(r office.Results) sheets.Sheet {
	s := sheets.Sheet{Name: c.say("results.title"), Header: c.headers("place", "category_place", "bib", "team", "category", "status", "records", "absent", "penalty", "total", "average", "best", "reason")}
	number := func(n int) sheets.Cell {
		if n == 0 {
			return sheets.Cell{}
		}
		return sheets.Integer(int64(n))
	}
	for _, l := range r.Standings {
		row := []sheets.Cell{
			number(l.Place), number(l.CategoryPlace), sheets.Integer(int64(l.Team.Bib)), sheets.Text(l.Team.Name), sheets.Text(l.Team.Category.Label()),
			sheets.Text(c.say("status." + string(l.Status))), sheets.Integer(int64(l.Records)), sheets.Integer(int64(l.Absent)),
			sheets.Duration(l.Penalty), sheets.Duration(l.Total), sheets.Duration(l.Average), sheets.Duration(l.Best), sheets.Text(l.Reason),
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// teamsSheet is one row a team, by bib.
func (c *call) teamsSheet(teams []race.TeamRow) sheets.Sheet {
	s := sheets.Sheet{Name: c.say("tab.equipos"), Header: c.headers("bib", "team", "category", "judge")}
	for _, t := range teams {
		s.Rows = append(s.Rows, []sheets.Cell{sheets.Integer(int64(t.Bib)), sheets.Text(t.Name), sheets.Text(string(t.Category)), sheets.Text(t.JudgeUsername)})
	}
	return s
}

// marksSheet is one row a mark, as they came.
func (c *call) marksSheet(e race.Evidence, judges map[race.JudgeID]string) sheets.Sheet {
	s := sheets.Sheet{Name: c.say("column.records"), Header: c.headers(
		"seq", "bib", "team", "official", "raw", "state", "judge", "marked_at", "received_at", "offset_ms", "uncertainty_ms", "source", "device", "device_seq", "id")}
	teams := map[race.TeamID]race.Team{}
	for _, t := range e.Teams {
		teams[t.ID] = t
	}
	for _, m := range e.Finishes() {
		state, _, _ := stateOf(m, m.For)
		s.Rows = append(s.Rows, []sheets.Cell{
			sheets.Integer(m.Seq), sheets.Integer(int64(teams[m.For].Bib)), sheets.Text(teams[m.For].Name), sheets.Duration(m.Official), sheets.Duration(m.Elapsed),
			sheets.Text(c.say(state)), sheets.Text(judges[m.Judge]), sheets.Instant(m.Mark.MarkedAt.In(c.p.cfg.Location)), sheets.Instant(m.ReceivedAt.In(c.p.cfg.Location)),
			sheets.Integer(m.Mark.ClockOffset.Milliseconds()), sheets.Integer(m.Mark.ClockUncertainty.Milliseconds()),
			sheets.Text(string(m.Source)), sheets.Text(m.Mark.Device), sheets.Integer(m.Mark.DeviceSeq), sheets.Text(m.ID.String()),
		})
	}
	return s
}
