package sheets

import (
	"encoding/csv"
	"io"
)

// WriteCSV writes a sheet with the given delimiter, ',' or ';' (a Spanish
// Excel opens only the latter without questions), lines that end in CR LF, and
// a byte order mark, without which Excel does not see UTF-8. A text that would
// run as a formula gets an apostrophe before it; a negative number does not.
// Line ends inside of a cell become LF.
func WriteCSV(w io.Writer, s Sheet, delimiter rune) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = delimiter, true
	line := make([]string, 0, len(s.Header))
	for _, title := range s.Header {
		line = append(line, guard(title))
	}
	if err := out.Write(line); err != nil {
		return err
	}
	for _, row := range s.Rows {
		line = line[:0]
		for _, cell := range row {
			shown := cell.String()
			if cell.kind == text {
				shown = guard(shown)
			}
			line = append(line, shown)
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
