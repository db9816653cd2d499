package sheets

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// kind is what a cell holds.
type kind uint8

const (
	empty kind = iota
	text
	integer
	duration
	instant
)

// Cell is one typed value of a [Sheet]; the zero Cell is empty.
type Cell struct {
	kind   kind
	text   string
	number int64 // integer; milliseconds of a duration
	at     time.Time
}

// Text is a cell with a text, which no spreadsheet takes for a formula.
func Text(s string) Cell { return Cell{kind: text, text: s} }

// Integer is a cell with a whole number.
func Integer(n int64) Cell { return Cell{kind: integer, number: n} }

// Duration is a cell with a time span, cut to milliseconds and shown as
// h:mm:ss.mmm. It is a text in every format: spreadsheets round times.
func Duration(d time.Duration) Cell { return Cell{kind: duration, number: d.Milliseconds()} }

// Instant is a cell with a date and time of day, to the millisecond, in the
// location that t has. The zero time is an empty cell.
func Instant(t time.Time) Cell {
	if t.IsZero() {
		return Cell{}
	}
	return Cell{kind: instant, at: t}
}

// instantLayout is what CSV and, with its own words, XLSX show of an instant.
const instantLayout = "2006-01-02 15:04:05.000"

// String returns the cell as people see it.
func (c Cell) String() string {
	switch c.kind {
	case empty:
	case text:
		return c.text
	case integer:
		return strconv.FormatInt(c.number, 10)
	case duration:
		return clock(c.number)
	case instant:
		return c.at.Truncate(time.Millisecond).Format(instantLayout)
	}
	return ""
}

// clock writes milliseconds as h:mm:ss.mmm.
func clock(ms int64) string {
	sign := ""
	if ms < 0 {
		sign, ms = "-", -ms
	}
	return fmt.Sprintf("%s%d:%02d:%02d.%03d", sign, ms/3_600_000, ms/60_000%60, ms/1_000%60, ms%1_000)
}

// Sheet is a table to be written: one header row and the rows below it.
type Sheet struct {
	Name   string // of the tab in XLSX; what a tab may not be called is replaced
	Header []string
	Rows   [][]Cell
}

// starters begin what a spreadsheet runs as a formula, or hide one.
const starters = "=+-@\t\r\n"

// guard puts an apostrophe before a text that a spreadsheet would run. A text
// that begins like a guarded one is guarded too, so that unguard is exact.
func guard(s string) string {
	if risky(s) {
		return "'" + s
	}
	return s
}

// unguard takes off what guard put before a text.
func unguard(s string) string {
	if strings.HasPrefix(s, "'") && risky(s) {
		return s[1:]
	}
	return s
}

// risky says whether a text, its leading apostrophes aside, begins a formula.
func risky(s string) bool {
	rest := strings.TrimLeft(s, "'")
	return rest != "" && strings.IndexByte(starters, rest[0]) >= 0
}
