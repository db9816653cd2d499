package roster

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"server5k/gateway/sheets"
)

// Column is what a column of the table is about; 0 is none.
type Column uint8

// The columns that an import understands; of these the first three must be
// there.
const (
	ColumnBib Column = iota + 1
	ColumnTeam
	ColumnCategory
	ColumnUsername
	ColumnFirstName
	ColumnLastName
	ColumnEmail
	ColumnPassword
)

// columns lists them in the order of the template.
var columns = [...]Column{
	ColumnBib, ColumnTeam, ColumnCategory, ColumnUsername, ColumnFirstName, ColumnLastName, ColumnEmail, ColumnPassword,
}

// Title is the header of the column as the template has it; empty for none.
func (c Column) Title() sheets.Phrase {
	switch c {
	case ColumnBib:
		return sheets.Phrase{ES: "Dorsal", EN: "Bib"}
	case ColumnTeam:
		return sheets.Phrase{ES: "Equipo", EN: "Team"}
	case ColumnCategory:
		return sheets.Phrase{ES: "Categoría", EN: "Category"}
	case ColumnUsername:
		return sheets.Phrase{ES: "Juez", EN: "Judge"}
	case ColumnFirstName:
		return sheets.Phrase{ES: "Nombre", EN: "First name"}
	case ColumnLastName:
		return sheets.Phrase{ES: "Apellido", EN: "Last name"}
	case ColumnEmail:
		return sheets.Phrase{ES: "Email", EN: "Email"}
	case ColumnPassword:
		return sheets.Phrase{ES: "Contraseña", EN: "Password"}
	}
	return sheets.Phrase{}
}

// required says whether a file without the column cannot be imported.
func (c Column) required() bool {
	return c == ColumnBib || c == ColumnTeam || c == ColumnCategory
}

// columnOf recognises a header in either language, whatever its case, accents,
// spaces and punctuation.
func columnOf(header string) Column {
	letters := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, fold(header))
	switch letters {
	case "dorsal", "numerodedorsal", "bib", "bibnumber":
		return ColumnBib
	case "equipo", "nombredelequipo", "team", "teamname":
		return ColumnTeam
	case "categoria", "category":
		return ColumnCategory
	case "juez", "usuario", "usuariodeljuez", "judge", "username", "user":
		return ColumnUsername
	case "nombre", "nombres", "firstname", "givenname":
		return ColumnFirstName
	case "apellido", "apellidos", "lastname", "surname", "familyname":
		return ColumnLastName
	case "email", "correo", "correoelectronico", "emailaddress":
		return ColumnEmail
	case "contrasena", "clave", "password":
		return ColumnPassword
	}
	return 0
}

// fold makes texts equal that differ in case, accents or spaces only.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
}

// headerWithin is how many rows of titles may stand above the header.
const headerWithin = 10

// layout says where each column stands in the table.
type layout struct {
	header int // index of its row in the table
	at     map[Column]int
}

// findLayout takes the first row with two of the required columns for the
// header, or else the first row, and says what is wrong with it.
func findLayout(t sheets.Table) (layout, []Problem) {
	l := layout{at: map[Column]int{}}
	if len(t.Rows) == 0 {
		return l, missingColumns(l, 0)
	}
	l.header = max(0, slices.IndexFunc(t.Rows[:min(len(t.Rows), headerWithin)], func(r sheets.Row) bool {
		seen := map[Column]bool{}
		for _, cell := range r.Cells {
			if c := columnOf(cell); c.required() {
				seen[c] = true
			}
		}
		return len(seen) >= 2
	}))
	row := t.Rows[l.header]
	var problems []Problem
	for i, cell := range row.Cells {
		title := tidy(cell)
		c := columnOf(title)
		first, twice := l.at[c]
		switch {
		case title == "":
		case c == 0:
			problems = append(problems, Problem{Row: row.Number, Value: title, Warning: true, Text: sheets.Phrasef(
				"la columna «%s» no se conoce y no se importa", "the column “%s” is not known and is not imported", title)})
		case twice:
			problems = append(problems, Problem{Row: row.Number, Column: c, Value: title, Text: sheets.Phrasef(
				"las columnas %d y %d dicen lo mismo", "the columns %d and %d mean the same", first+1, i+1)})
		default:
			l.at[c] = i
		}
	}
	return l, append(problems, missingColumns(l, row.Number)...)
}

func missingColumns(l layout, row int) []Problem {
	var problems []Problem
	for _, c := range columns {
		if _, found := l.at[c]; !found && c.required() {
			title := c.Title()
			problems = append(problems, Problem{Row: row, Column: c, Text: sheets.Phrase{
				ES: "falta la columna «" + title.ES + "»", EN: "the column “" + title.EN + "” is missing",
			}})
		}
	}
	return problems
}

// tidy joins the words of a cell with single spaces and composes its accents,
// which some systems write apart.
func tidy(s string) string {
	return norm.NFC.String(strings.Join(strings.Fields(s), " "))
}
