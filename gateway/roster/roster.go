package roster

import (
	"strings"

	"server5k/gateway/sheets"
)

// Roster is what a file says, without the rows that have errors.
type Roster struct {
	Teams  []Team  // in the order of the file
	Judges []Judge // in the order in which the file mentions them
	// Bibs has the row of each bib in the file, of rows with errors too.
	Bibs map[int]int
}

// Team is a team as a file has it.
type Team struct {
	Row      int
	Bib      int
	Name     string
	Category string // name or code, as it is written
	Judge    string // user name; "" when the file names none
}

// Judge is a judge as the rows of a file have it together; an empty field is
// one that no row tells.
type Judge struct {
	Row       int // the first that names the judge
	Username  string
	FirstName string
	LastName  string
	Email     string
	Password  string // plain; never to be logged or shown
}

// Parse reads a table whose header is its first row, or one soon after it
// below titles. The problems are in the order of the rows; if one of them is
// an error (see [Refused]) the roster is good for a preview only.
func Parse(t sheets.Table) (Roster, []Problem) {
	layout, problems := findLayout(t)
	p := parser{
		layout:   layout,
		problems: problems,
		roster:   Roster{Bibs: map[int]int{}},
		judges:   map[string]*draft{},
		folded:   map[string]string{},
	}
	if Refused(problems) {
		return p.roster, p.problems
	}
	rows := t.Rows[layout.header+1:]
	for _, row := range rows {
		p.row(row)
	}
	if len(rows) == 0 {
		p.problems = append(p.problems, Problem{Text: sheets.Phrase{
			ES: "el archivo no tiene equipos debajo del encabezado", EN: "the file has no teams below its header",
		}})
	}
	for _, name := range p.order {
		p.roster.Judges = append(p.roster.Judges, p.judges[name].judge())
	}
	return p.roster, p.problems
}

// parser collects a roster row by row.
type parser struct {
	layout   layout
	problems []Problem
	roster   Roster
	judges   map[string]*draft
	order    []string          // user names as they come
	folded   map[string]string // user name by its lower case
}

// row takes over a row. Its team and its judge are judged apart, so that one
// upload tells all that is wrong with it.
func (p *parser) row(row sheets.Row) {
	before := len(p.problems)
	bib := p.bib(row)
	team := Team{
		Row: row.Number, Bib: bib,
		Name: p.name(row, ColumnTeam), Category: p.name(row, ColumnCategory),
	}
	team.Judge = p.judge(row)
	clean := true
	for _, problem := range p.problems[before:] {
		clean = clean && problem.Warning
	}
	if clean {
		p.roster.Teams = append(p.roster.Teams, team)
	}
}

// cell returns the tidied text of a column, "" when the file does not have it.
func (p *parser) cell(row sheets.Row, c Column) string {
	at, found := p.layout.at[c]
	switch {
	case !found:
		return ""
	case c == ColumnPassword:
		return strings.TrimSpace(row.Cell(at))
	}
	return tidy(row.Cell(at))
}

// report adds a problem about a cell.
func (p *parser) report(row sheets.Row, c Column, warning bool, text sheets.Phrase) {
	value := ""
	if c != ColumnPassword {
		value = p.cell(row, c)
	}
	p.problems = append(p.problems, Problem{Row: row.Number, Column: c, Value: value, Warning: warning, Text: text})
}

// draft is a judge while rows are still added to it.
type draft struct {
	username string
	row      int
	fields   map[Column]string
	rows     map[Column]int // that told each field
}

func (d *draft) judge() Judge {
	return Judge{
		Row: d.row, Username: d.username, FirstName: d.fields[ColumnFirstName], LastName: d.fields[ColumnLastName],
		Email: d.fields[ColumnEmail], Password: d.fields[ColumnPassword],
	}
}

// judge reads the columns of the judge and returns the user name, "" when the
// row names none or a bad one.
func (p *parser) judge(row sheets.Row) string {
	fields := map[Column]string{
		ColumnFirstName: p.optionalName(row, ColumnFirstName),
		ColumnLastName:  p.optionalName(row, ColumnLastName),
		ColumnEmail:     p.email(row),
		ColumnPassword:  p.password(row),
	}
	username, ok := p.username(row, fields)
	if !ok {
		return ""
	}
	d := p.judges[username]
	if d == nil {
		d = &draft{username: username, row: row.Number, fields: map[Column]string{}, rows: map[Column]int{}}
		p.judges[username] = d
		p.order = append(p.order, username)
		p.warnOfCase(row, username)
	}
	for _, c := range columns {
		p.merge(row, d, c, fields[c])
	}
	return username
}

// merge adds a field to a judge, unless an earlier row says something else.
func (p *parser) merge(row sheets.Row, d *draft, c Column, value string) {
	old := d.fields[c]
	switch {
	case value == "":
	case old == "":
		d.fields[c], d.rows[c] = value, row.Number
	case old == value, c == ColumnEmail && strings.EqualFold(old, value):
	case c == ColumnPassword:
		p.report(row, c, false, sheets.Phrasef(
			"el juez «%s» tiene otra contraseña en la fila %d que en la fila %d",
			"the judge “%s” has another password in row %d than in row %d", d.username, row.Number, d.rows[c]))
	default:
		title := c.Title()
		text := sheets.Phrasef("el juez «%[1]s» tiene otro dato en «%[2]s» en la fila %[4]d («%[5]s») que en la fila %[6]d («%[7]s»)",
			"the judge “%[1]s” has another “%[3]s” in row %[4]d (“%[5]s”) than in row %[6]d (“%[7]s”)",
			d.username, title.ES, title.EN, row.Number, value, d.rows[c], old)
		p.report(row, c, false, text)
	}
}

// warnOfCase tells of two user names that only case keeps apart: for the
// server they are two judges, for the author of the file hardly.
func (p *parser) warnOfCase(row sheets.Row, username string) {
	lower := strings.ToLower(username)
	if other, found := p.folded[lower]; found {
		p.report(row, ColumnUsername, true, caseText(username, other))
		return
	}
	p.folded[lower] = username
}

func caseText(username, other string) sheets.Phrase {
	return sheets.Phrasef("«%s» y «%s» son jueces distintos: las mayúsculas cuentan",
		"“%s” and “%s” are two judges: upper and lower case matter", username, other)
}
