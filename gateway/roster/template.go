package roster

import "server5k/gateway/sheets"

// Template is the table that an organizer starts from: the header and two
// teams as examples, which one judge times. Written as CSV or XLSX it can be
// imported as it is.
func Template(language sheets.Language) sheets.Sheet {
	s := sheets.Sheet{Name: sheets.Phrase{ES: "Equipos", EN: "Teams"}.In(language)}
	for _, c := range columns {
		s.Header = append(s.Header, c.Title().In(language))
	}
	examples := [...]struct {
		bib                           int64
		team                          sheets.Phrase
		category, first, last, mailTo string
	}{
		{101, sheets.Phrase{ES: "Los Ñandúes", EN: "The Rheas"}, "Estudiantes por Equipos", "María", "Íñiguez", "maria@example.com"},
		{102, sheets.Phrase{ES: "Viento Sur", EN: "South Wind"}, "Interfacultades por Equipos", "", "", ""},
	}
	for _, e := range examples {
		s.Rows = append(s.Rows, []sheets.Cell{
			sheets.Integer(e.bib), sheets.Text(e.team.In(language)), sheets.Text(e.category), sheets.Text("maria.iniguez"),
			sheets.Text(e.first), sheets.Text(e.last), sheets.Text(e.mailTo),
			{},
		})
	}
	return s
}
