package sheets_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"server5k/gateway/sheets"
)

func writeXLSX(tb testing.TB, tabs ...sheets.Sheet) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := sheets.WriteXLSX(&out, tabs...); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// book makes a workbook with the library alone.
func book(tb testing.TB, fill func(f *excelize.File) error) []byte {
	tb.Helper()
	f := excelize.NewFile()
	defer f.Close()
	if err := fill(f); err != nil {
		tb.Fatal(err)
	}
	out, err := f.WriteToBuffer()
	if err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func TestWriteXLSX_RoundTrip(t *testing.T) {
	t.Parallel()
	data := writeXLSX(t, sample(), sheets.Sheet{Name: "resultados general"})
	want := sampleRows()
	want[2][3] = "2026-03-01 09:30:15.000" // see TestWriteXLSX_InstantIsADate
	if diff := cmp.Diff(want, rows(read(t, data))); diff != "" {
		t.Error(diff)
	}
}

func TestWriteXLSX_Looks(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Ñ", 60)
	data := writeXLSX(t, sample(), sheets.Sheet{Name: "RESULTADOS    general"}, sheets.Sheet{Header: []string{long}}, sheets.Sheet{Name: long}, sheets.Sheet{Name: long})
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	wantTabs := []string{"Resultados   general", "RESULTADOS    general", "Hoja", strings.Repeat("Ñ", 31), strings.Repeat("Ñ", 27) + " (2)"}
	if diff := cmp.Diff(wantTabs, f.GetSheetList()); diff != "" {
		t.Error(diff)
	}
	tab := wantTabs[0]
	panes, err := f.GetPanes(tab)
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes %+v, %v", panes, err)
	}
	for cell, want := range map[string]bool{"A1": true, "F1": true, "A2": false} {
		id, err := f.GetCellStyle(tab, cell)
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		if got := style.Font != nil && style.Font.Bold; got != want {
			t.Errorf("%s bold: %t", cell, got)
		}
	}
	if formula, err := f.GetCellFormula(tab, "A3"); err != nil || formula != "" {
		t.Errorf("formula %q, %v", formula, err)
	}
	for cell, want := range map[string]excelize.CellType{"A3": excelize.CellTypeInlineString, "F3": excelize.CellTypeInlineString} {
		if got, err := f.GetCellType(tab, cell); err != nil || got != want {
			t.Errorf("%s has type %d, %v", cell, got, err)
		}
	}
	for column, want := range map[string]float64{"A": 15, "B": 8, "D": 25} {
		if got, err := f.GetColWidth(tab, column); err != nil || got != want {
			t.Errorf("%s is %v wide, %v", column, got, err)
		}
	}
	if got, err := f.GetColWidth("Hoja", "A"); err != nil || got != 48 {
		t.Errorf("long column is %v wide, %v", got, err)
	}
}

// A workbook keeps the time of day to the millisecond, as it is in its
// location; the library shows it to the second when it is read.
func TestWriteXLSX_InstantIsADate(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 31, 23, 59, 59, 123_900_000, time.FixedZone("-05", -5*3600))
	s := sheets.Sheet{Header: []string{"Hora"}, Rows: [][]sheets.Cell{{sheets.Instant(at)}}}
	data := writeXLSX(t, s)
	if got := read(t, data).Rows[1].Cell(0); got != "2026-12-31 23:59:59.000" {
		t.Error(got)
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	raw, err := f.GetCellValue("Hoja", "A2", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	days, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		t.Fatal(err)
	}
	const epoch = 25_569 // days from the first day of Excel to that of Unix
	want := time.Date(2026, 12, 31, 23, 59, 59, 123_000_000, time.UTC).UnixMilli()
	if got := int64(math.Round((days - epoch) * 86_400_000)); got != want {
		t.Errorf("%s is %d ms off", raw, got-want)
	}
}

func TestRead_XLSXNumbersAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	formats := []struct {
		value  any
		format string
		want   string
	}{
		{101, "", "101"},
		{101.0, "0.00", "101"},
		{1001, "#,##0.00", "1001"},
		{-1001, "#,##0", "-1001"},
		{7, "000", "7"},
		{0, "0.00", "0"},
		{100, "0", "100"},
		{1.5, "0.00", "1.50"},
		{0.5, "0%", "50%"},
		{time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), "yyyy-mm-dd", "2026-03-01"},
		{time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), "dd.mm.yyyy", "01.03.2026"},
		{"007", "0", "007"},
		{"Ñandú", "", "Ñandú"},
	}
	data := book(t, func(f *excelize.File) error {
		var errs []error
		for i, c := range formats {
			cell := fmt.Sprintf("A%d", i+1)
			errs = append(errs, f.SetCellValue("Sheet1", cell, c.value))
			if c.format != "" {
				id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &c.format})
				errs = append(errs, err, f.SetCellStyle("Sheet1", cell, cell, id))
			}
		}
		return errors.Join(errs...)
	})
	for i, row := range read(t, data).Rows {
		if got := row.Cell(0); got != formats[i].want {
			t.Errorf("%v as %q is %q, want %q", formats[i].value, formats[i].format, got, formats[i].want)
		}
	}
}

func TestRead_XLSXFirstSheetWithSomething(t *testing.T) {
	t.Parallel()
	data := book(t, func(f *excelize.File) error {
		_, err1 := f.NewSheet("vacía")
		_, err2 := f.NewSheet("Equipos")
		return errors.Join(err1, err2, f.SetCellValue("Equipos", "C5", "Ñandú"), f.SetCellValue("Equipos", "A9", "lejos"))
	})
	want := map[int][]string{5: {"", "", "Ñandú"}, 9: {"lejos"}}
	if diff := cmp.Diff(want, rows(read(t, data))); diff != "" {
		t.Error(diff)
	}
}

func TestRead_XLSXRowsKeepTheirNumber(t *testing.T) {
	t.Parallel()
	data := parts(t, map[string]string{sheet1: sheetOf(
		`<row r="3"><c r="B3"><v>1.0</v></c></row><row><c><v>2</v></c></row><row r="1048576"><c r="A1048576" t="inlineStr"><is><t>ñ</t></is></c></row>`)})
	want := map[int][]string{3: {"", "1"}, 4: {"2"}, 1048576: {"ñ"}}
	if diff := cmp.Diff(want, rows(read(t, data))); diff != "" {
		t.Error(diff)
	}
}

// parts is a workbook whose named parts were replaced.
func parts(tb testing.TB, replace map[string]string) []byte {
	tb.Helper()
	data := book(tb, func(f *excelize.File) error { return f.SetCellValue("Sheet1", "A1", "x") })
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, part := range in.File {
		text, found := replace[part.Name]
		if !found {
			if err := z.Copy(part); err != nil {
				tb.Fatal(err)
			}
			continue
		}
		w, err := z.Create(part.Name)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

const sheet1 = "xl/worksheets/sheet1.xml"

// sheetOf is the part of a sheet with the given rows.
func sheetOf(rows string) string { return sheetHead + rows + `</sheetData></worksheet>` }

const sheetHead = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`

func TestRead_XLSXThatStandsForMore(t *testing.T) {
	t.Parallel()
	const (
		strs    = "xl/sharedStrings.xml"
		broken  = "the file is not a readable XLSX: save it again as .xlsx or as CSV"
		repeats = "repeats more than"
		columns = "row 1: it has more than 64 columns"
	)
	limits := sheets.DefaultLimits()
	limits.Rows, limits.Unzip = 100, 1<<20
	tests := map[string]struct {
		replace map[string]string
		want    string
		cause   string
	}{
		"bomb": {
			map[string]string{sheet1: strings.Repeat(" ", 1<<20)},
			"the file unpacks to more than 1 MiB: save only the sheet of the teams",
			"",
		},
		"cells on top of one another": {map[string]string{sheet1: sheetOf(`<row r="1">` + strings.Repeat(`<c r="A1" t="s"><v>0</v></c>`, 2000) + `</row>`)}, broken, repeats},
		"text shared by all":          {map[string]string{strs: `<sst><si><r><t>` + strings.Repeat("x", 1<<16) + `</t></r></si></sst>`}, broken, repeats},
		"texts without end":           {map[string]string{strs: `<sst>` + strings.Repeat("<si/>", 10_000) + `</sst>`}, broken, repeats},
		"endless format":              {map[string]string{"xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="` + strings.Repeat("0", 1000) + `"/></numFmts></styleSheet>`}, broken, repeats},
		"elements in one another":     {map[string]string{sheet1: strings.Repeat("<a>", 1000)}, broken, repeats},
		"cells without anything":      {map[string]string{sheet1: sheetOf("<row>" + strings.Repeat("<c/>", 50_000) + "</row>")}, "the file is empty", ""},
		"cell formats":                {map[string]string{"xl/styles.xml": "<styleSheet>" + strings.Repeat("<xf/>", 100_000)}, broken, repeats},
		"another character set":       {map[string]string{sheet1: `<?xml version="1.0" encoding="UTF-16"?>` + sheetOf("")}, broken, "not in UTF-8"},
		"far column":                  {map[string]string{sheet1: sheetOf(`<row r="1"><c r="XFD1"><f>A1</f><v></v></c></row>`)}, columns, ""},
		"no column":                   {map[string]string{sheet1: sheetOf(`<row r="1"><c r="!"><v>1</v></c></row>`)}, broken, ""},
		"row beyond the last":         {map[string]string{sheet1: sheetOf(`<row r="1048577"><c><v>1</v></c></row>`)}, broken, ""},
		"no workbook":                 {map[string]string{"xl/workbook.xml": "<"}, broken, ""},
		"no sheet":                    {map[string]string{sheet1: "<"}, "the file is empty", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sheets.Read("x", parts(t, tt.replace), limits)
			got, ok := errors.AsType[*sheets.Error](err)
			if !ok {
				t.Fatalf("error is %v", err)
			}
			if got.Text.EN != tt.want || !strings.Contains(fmt.Sprint(got.Cause), tt.cause) {
				t.Errorf("got %q (%v)", got.Text.EN, got.Cause)
			}
		})
	}
}
