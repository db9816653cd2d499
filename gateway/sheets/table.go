package sheets

import (
	"bytes"
	"unicode/utf8"
)

// Table is what a file says: the rows that are not empty, in their order.
type Table struct {
	Name string // of the file, as the caller gave it
	Rows []Row
}

// Row is one row with something in it. Cells to the right of the last one
// with a text are not there, so rows differ in length.
type Row struct {
	Number int // in the file as a spreadsheet shows it, from 1
	Cells  []string
}

// Cell returns the text in a column, counted from 0; "" where there is none.
func (r Row) Cell(column int) string {
	if column < 0 || column >= len(r.Cells) {
		return ""
	}
	return r.Cells[column]
}

// Limits bound what [Read] takes. A limit of 0 lets nothing pass.
type Limits struct {
	Bytes   int // of the file
	Rows    int // that are not empty
	Columns int
	Cell    int // characters of one cell
	Text    int // bytes of all cells together
	Unzip   int // bytes that the parts of an XLSX file unpack to
}

// DefaultLimits fit the largest event by far. Measured on two shared cores, the
// worst XLSX that they let pass costs 1.5 s of one core and 150 MB of memory,
// an ordinary one of 1,500 rows 0.16 s: not a thing to do many at once.
func DefaultLimits() Limits {
	return Limits{
		Bytes:   2 << 20,  // 5,000 full rows of a roster are 1 MiB of CSV
		Rows:    5_000,    // seventy times the teams of the event this is made for
		Columns: 64,       // a roster has eight; a file of a federation some forty
		Cell:    500,      // four times the longest name
		Text:    4 << 20,  // XLSX keeps a repeated text once, memory does not
		Unzip:   16 << 20, // a sheet of 5,000 rows and 20 columns is 5 MiB of XML
	}
}

// Read reads a CSV or XLSX file, whichever its content is. The name is only
// kept for reports. Every error is an [*Error] with a text for the sender.
func Read(name string, data []byte, limits Limits) (Table, error) {
	if len(data) > limits.Bytes {
		return Table{}, refuse("el archivo pesa más de %d KiB", "the file is larger than %d KiB", limits.Bytes>>10)
	}
	b := builder{limits: limits, table: Table{Name: name}}
	var err error
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("PK\x05\x06")):
		err = b.readXLSX(data)
	case bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0")):
		// The container of .xls, and of an .xlsx that a password protects.
		err = refuse("el archivo es de un Excel antiguo (.xls) o tiene contraseña: guárdelo como .xlsx sin contraseña o como CSV",
			"the file is of an old Excel (.xls) or has a password: save it as .xlsx without a password or as CSV")
	default:
		err = b.readCSV(data)
	}
	if err != nil {
		return Table{}, err
	}
	if len(b.table.Rows) == 0 {
		return Table{}, refuse("el archivo está vacío", "the file is empty")
	}
	return b.table, nil
}

// builder collects rows within the limits.
type builder struct {
	limits Limits
	table  Table
	text   int // bytes of the cells so far
}

// add takes a row, which it owns from then on; an empty one is left out.
func (b *builder) add(number int, cells []string) error {
	last := len(cells)
	for last > 0 && cells[last-1] == "" {
		last--
	}
	cells = cells[:last]
	if last == 0 {
		return nil
	}
	if len(b.table.Rows) == b.limits.Rows {
		return refuse("el archivo tiene más de %d filas", "the file has more than %d rows", b.limits.Rows)
	}
	if last > b.limits.Columns {
		return refuseRow(number, "tiene más de %d columnas", "it has more than %d columns", b.limits.Columns)
	}
	for i, cell := range cells {
		if utf8.RuneCountInString(cell) > b.limits.Cell {
			return refuseRow(number, "la celda de la columna %d tiene más de %d caracteres",
				"the cell in column %d has more than %d characters", i+1, b.limits.Cell)
		}
		b.text += len(cell)
	}
	if b.text > b.limits.Text {
		return refuse("el archivo tiene más de %d KiB de texto", "the file has more than %d KiB of text", b.limits.Text>>10)
	}
	b.table.Rows = append(b.table.Rows, Row{Number: number, Cells: cells})
	return nil
}
