package sheets_test

import (
	"bytes"
	"errors"
	"testing"
	"unicode/utf8"

	"server5k/gateway/sheets"
)

// FuzzRead gives what no program of an office writes: an answer within the
// limits or a reason, never a crash.
func FuzzRead(f *testing.F) {
	var csv bytes.Buffer
	if err := sheets.WriteCSV(&csv, sample(), ';'); err != nil {
		f.Fatal(err)
	}
	f.Add(csv.Bytes())
	f.Add(writeXLSX(f, sample()))
	f.Add(parts(f, map[string]string{"xl/worksheets/sheet1.xml": sheetHead + `<row r="2"><c r="B2" t="s"><v>9</v></c></row>`}))
	f.Add([]byte("Dorsal\tEquipo\n1\t\xD1and\xFA"))
	f.Add([]byte("\xFF\xFEa\x00;\x00b\x00"))
	f.Add([]byte("PK\x05\x06" + string(make([]byte, 18))))
	limits := sheets.Limits{Bytes: 1 << 16, Rows: 50, Columns: 8, Cell: 100, Text: 4096, Unzip: 1 << 18}
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := sheets.Read("x", data, limits)
		if err != nil {
			reason, ok := errors.AsType[*sheets.Error](err)
			if !ok || reason.Text.ES == "" || reason.Text.EN == "" {
				t.Fatalf("no reason: %v", err)
			}
			return
		}
		if len(table.Rows) == 0 || len(table.Rows) > limits.Rows {
			t.Fatalf("%d rows", len(table.Rows))
		}
		last := 0
		for _, row := range table.Rows {
			if row.Number <= last {
				t.Fatalf("row %d follows %d", row.Number, last)
			}
			last = row.Number
			if n := len(row.Cells); n == 0 || n > limits.Columns || row.Cells[n-1] == "" {
				t.Fatalf("cells %q", row.Cells)
			}
			for _, cell := range row.Cells {
				if !utf8.ValidString(cell) || utf8.RuneCountInString(cell) > limits.Cell {
					t.Fatalf("cell %q", cell)
				}
			}
		}
	})
}
