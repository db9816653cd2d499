package export

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"server5k/gateway/roster"
	"server5k/gateway/sheets"
	"server5k/race"
)

// text is a text for people in both languages.
type text struct{ es, en string }

func (m *maker) say(t text) string {
	if m.English {
		return t.en
	}
	return t.es
}

func (m *maker) header(titles ...text) []string {
	out := make([]string, len(titles))
	for i, t := range titles {
		out[i] = m.say(t)
	}
	return out
}

// fileNames are parts of the names of files and tabs.
var fileNames = map[What]text{
	Results:      {"resultados", "results"},
	Teams:        {"equipos", "teams"},
	Marks:        {"marcas", "marks"},
	Podium:       {"podio", "podium"},
	Certificates: {"certificados", "certificates"},
	Evidence:     {"evidencia", "evidence"},
}

// table returns what a spreadsheet shows.
func (m *maker) table() sheets.Sheet {
	var s sheets.Sheet
	switch m.What {
	case Teams:
		s = m.teams()
	case Marks:
		s = m.marks()
	default:
		s = m.ranking()
	}
	s.Name = m.say(fileNames[m.What])
	return s
}

// ranking is one line for each team with the times of its members.
func (m *maker) ranking() sheets.Sheet {
	s := sheets.Sheet{Header: m.header(
		text{"Puesto", "Place"}, text{"Puesto en la categoría", "Place in the category"}, text{"Dorsal", "Bib"}, text{"Equipo", "Team"},
		text{"Categoría", "Category"}, text{"Estado", "Status"}, text{"Motivo", "Reason"}, text{"Registros", "Records"}, text{"Ausentes", "Absent"},
		text{"Penalización", "Penalty"}, text{"Tiempo total", "Total time"},
	)}
	for i := range m.sheet.TeamSize {
		s.Header = append(s.Header, strconv.Itoa(i+1))
	}
	for _, l := range m.sheet.Lines {
		row := []sheets.Cell{
			place(l.Place), place(l.CategoryPlace), sheets.Integer(int64(l.Bib)), sheets.Text(l.Name), sheets.Text(m.category(l.Category)),
			sheets.Text(m.say(statuses[l.Status])), sheets.Text(m.reason(l)), sheets.Integer(int64(l.Records)), sheets.Integer(int64(l.Absent)),
			milliseconds(l.PenaltyMS), milliseconds(l.TotalMS),
		}
		for _, ms := range l.TimesMS {
			row = append(row, milliseconds(ms))
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// teams is the table that an import reads; it has no passwords.
func (m *maker) teams() sheets.Sheet {
	language := sheets.Spanish
	if m.English {
		language = sheets.English
	}
	s := sheets.Sheet{Header: roster.Template(language).Header}
	for _, t := range m.results.Evidence.Teams {
		j := m.judges[t.Judge]
		s.Rows = append(s.Rows, []sheets.Cell{
			sheets.Integer(int64(t.Bib)), sheets.Text(t.Name), sheets.Text(m.category(t.Category)),
			sheets.Text(j.Username), sheets.Text(j.FirstName), sheets.Text(j.LastName), sheets.Text(j.Email),
			{},
		})
	}
	return s
}

// marks is every record, whether it counts or not.
func (m *maker) marks() sheets.Sheet {
	s := sheets.Sheet{Header: m.header(
		text{"Número", "Number"}, text{"Registro", "Record"}, text{"Dorsal", "Bib"}, text{"Equipo", "Team"}, text{"Dorsal marcado", "Bib that was marked"},
		text{"Tiempo", "Time"}, text{"Tiempo oficial", "Official time"}, text{"Estado", "State"}, text{"Retenido por", "Held for"}, text{"Juez", "Judge"},
		text{"Origen", "Source"}, text{"Recibido", "Received"}, text{"Marcado", "Marked"}, text{"Desfase de reloj (ms)", "Clock offset (ms)"},
		text{"Incertidumbre (ms)", "Uncertainty (ms)"}, text{"Dispositivo", "Device"}, text{"Secuencia", "Sequence"},
	)}
	byID := map[race.TeamID]race.Team{}
	for _, t := range m.results.Evidence.Teams {
		byID[t.ID] = t
	}
	finishes := m.results.Evidence.Finishes()
	slices.SortFunc(finishes, func(a, b race.Finish) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, f := range finishes {
		state := text{"retenida", "held"}
		switch {
		case f.Voided:
			state = text{"anulada", "void"}
		case f.Counts && f.Absent():
			state = text{"ausente", "absent"}
		case f.Counts:
			state = text{"cuenta", "counts"}
		}
		s.Rows = append(s.Rows, []sheets.Cell{
			sheets.Integer(f.Seq), sheets.Text(f.ID.String()), sheets.Integer(int64(byID[f.For].Bib)), sheets.Text(byID[f.For].Name),
			sheets.Integer(int64(byID[f.Team].Bib)), sheets.Duration(f.Elapsed), sheets.Duration(f.Official), sheets.Text(m.say(state)),
			sheets.Text(string(f.Reason)), sheets.Text(m.judges[f.Judge].Username), sheets.Text(string(f.Source)),
			m.instant(f.ReceivedAt), m.instant(f.Mark.MarkedAt), sheets.Integer(f.Mark.ClockOffset.Milliseconds()),
			sheets.Integer(f.Mark.ClockUncertainty.Milliseconds()), sheets.Text(f.Mark.Device), sheets.Integer(f.Mark.DeviceSeq),
		})
	}
	return s
}

// statuses are those of a team for people.
var statuses = map[race.TeamStatus]text{
	race.StatusRanked:       {"clasificado", "ranked"},
	race.StatusDisqualified: {"descalificado", "disqualified"},
	race.StatusIncomplete:   {"incompleto", "incomplete"},
	race.StatusSurplus:      {"excedido", "too many records"},
}

// reason says why a team is not ranked; what an organizer wrote as it was written.
func (m *maker) reason(l race.SheetLine) string {
	switch l.Cause {
	case race.CauseAbsent:
		return m.say(text{"Integrante ausente", "A member was absent"})
	case race.CauseMissing:
		return m.say(text{"Faltan registros", "Records are missing"})
	case race.CauseSurplus:
		return m.say(text{"Sobran registros", "There are too many records"})
	case race.CauseRuling:
	}
	return l.Reason
}

func (m *maker) category(code race.Category) string {
	for _, c := range m.categories {
		if c.Code == code && c.Name != "" {
			return c.Name
		}
	}
	return code.Label()
}

func (m *maker) instant(at time.Time) sheets.Cell {
	if at.IsZero() {
		return sheets.Cell{}
	}
	return sheets.Instant(at.In(m.Location))
}

// place is empty for who is not ranked.
func place(n int) sheets.Cell {
	if n == 0 {
		return sheets.Cell{}
	}
	return sheets.Integer(int64(n))
}

func milliseconds(ms int64) sheets.Cell { return sheets.Duration(time.Duration(ms) * time.Millisecond) }
