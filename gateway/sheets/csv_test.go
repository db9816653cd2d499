package sheets_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"server5k/gateway/sheets"
)

// rows is what a table says, by row number of the file.
func rows(t sheets.Table) map[int][]string {
	out := map[int][]string{}
	for _, r := range t.Rows {
		out[r.Number] = r.Cells
	}
	return out
}

func read(t *testing.T, data []byte) sheets.Table {
	t.Helper()
	table, err := sheets.Read("equipos", data, sheets.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func encode(t *testing.T, text string, to *charmap.Charmap) []byte {
	t.Helper()
	out, err := to.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out)
}

func TestRead_CSV(t *testing.T) {
	t.Parallel()
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte("Dorsal\tEquipo\r\n1\tÑandú\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	nandu := map[int][]string{1: {"Dorsal", "Equipo"}, 2: {"1", "Ñandú"}}
	tests := map[string]struct {
		data []byte
		want map[int][]string
	}{
		"Spanish Excel":         {[]byte("\uFEFFDorsal;Equipo\r\n1;Ñandú\r\n"), nandu},
		"comma":                 {[]byte("Dorsal,Equipo\n1,Ñandú"), nandu},
		"tab":                   {[]byte("Dorsal\tEquipo\n1\tÑandú\n"), nandu},
		"Windows-1252":          {encode(t, "Dorsal;Equipo\r\n1;Ñandú\r\n", charmap.Windows1252), nandu},
		"UTF-16 of Excel":       {wide, nandu},
		"line ends of a Mac":    {[]byte("Dorsal;Equipo\r1;Ñandú\r"), nandu},
		"comma in a quoted one": {[]byte("\"a,b,c\";x\n1;2\n"), map[int][]string{1: {"a,b,c", "x"}, 2: {"1", "2"}}},
		"one column":            {[]byte("Equipo\nÑandú\n"), map[int][]string{1: {"Equipo"}, 2: {"Ñandú"}}},
		"rows keep their number past empty ones and line ends in cells": {
			[]byte("\nA;B\n\"x\ny\";1\n;;\n\nC;D;;\n"),
			map[int][]string{2: {"A", "B"}, 3: {"x\ny", "1"}, 6: {"C", "D"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, rows(read(t, tt.data))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRead_RefusesWithReason(t *testing.T) {
	t.Parallel()
	limits := sheets.Limits{Bytes: 4096, Rows: 3, Columns: 4, Cell: 5, Text: 40, Unzip: 1 << 20}
	tests := map[string]struct {
		data   string
		row    int
		es, en string
	}{
		"empty":         {"", 0, "el archivo está vacío", "the file is empty"},
		"only blanks":   {"\n;;\n", 0, "el archivo está vacío", "the file is empty"},
		"bytes":         {strings.Repeat("a", 4097), 0, "el archivo pesa más de 4 KiB", "the file is larger than 4 KiB"},
		"rows":          {"a\nb\nc\nd\n", 0, "el archivo tiene más de 3 filas", "the file has more than 3 rows"},
		"columns":       {"a\n1,2,3,4,5\n", 2, "fila 2: tiene más de 4 columnas", "row 2: it has more than 4 columns"},
		"cell":          {"a,ñññññ\n1,ññññññ\n", 2, "fila 2: la celda de la columna 2 tiene más de 5 caracteres", "row 2: the cell in column 2 has more than 5 characters"},
		"text":          {strings.Repeat("ñññññ,ñññññ\n", 3), 0, "el archivo tiene más de 0 KiB de texto", "the file has more than 0 KiB of text"},
		"quotes":        {"a\n\"b\n", 2, "fila 2: unas comillas no se cierran o están en medio de una celda", "row 2: quotation marks are not closed or stand amid a cell"},
		"binary":        {"\x89PNG\r\n\x1a\n\x00\x00", 0, "el archivo no es un CSV ni un XLSX", "the file is neither CSV nor XLSX"},
		"a zip":         {"PK\x03\x04 and no more", 0, "el archivo no es un XLSX que se pueda leer: guárdelo de nuevo como .xlsx o como CSV", "the file is not a readable XLSX: save it again as .xlsx or as CSV"},
		"old Excel":     {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 0, "el archivo es de un Excel antiguo (.xls) o tiene contraseña: guárdelo como .xlsx sin contraseña o como CSV", "the file is of an old Excel (.xls) or has a password: save it as .xlsx without a password or as CSV"},
		"row of quotes": {"\n\"a\nb\"\nx\"y\n", 3, "fila 3: unas comillas no se cierran o están en medio de una celda", "row 3: quotation marks are not closed or stand amid a cell"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sheets.Read("x", []byte(tt.data), limits)
			got, ok := errors.AsType[*sheets.Error](err)
			if !ok {
				t.Fatalf("error is %v", err)
			}
			if got.Row != tt.row || got.Text != (sheets.Phrase{ES: tt.es, EN: tt.en}) {
				t.Errorf("got row %d, %+v", got.Row, got.Text)
			}
		})
	}
}

// sample has every kind of cell.
func sample() sheets.Sheet {
	at := time.Date(2026, 3, 1, 9, 30, 15, 123_000_000, time.UTC)
	return sheets.Sheet{
		Name:   "Resultados: [general]",
		Header: []string{"Equipo", "Puesto", "Tiempo", "Largada", "Nada", "Fin"},
		Rows: [][]sheets.Cell{
			{sheets.Text("Ñandú Íñiguez"), sheets.Integer(-1), sheets.Duration(time.Hour + 2*time.Minute + 3*time.Second + 45*time.Millisecond), sheets.Instant(at), {}, sheets.Text("x")},
			{sheets.Text("=1+1"), sheets.Integer(1001), sheets.Duration(-time.Millisecond), sheets.Instant(time.Time{}), {}, sheets.Text("-5")},
			{sheets.Text(`"a;b", c`), sheets.Integer(0), sheets.Duration(0), {}, {}, sheets.Text("'@")},
		},
	}
}

// sampleRows is what sample comes to when it is read again.
func sampleRows() map[int][]string {
	return map[int][]string{
		1: {"Equipo", "Puesto", "Tiempo", "Largada", "Nada", "Fin"},
		2: {"Ñandú Íñiguez", "-1", "1:02:03.045", "2026-03-01 09:30:15.123", "", "x"},
		3: {"=1+1", "1001", "-0:00:00.001", "", "", "-5"},
		4: {`"a;b", c`, "0", "0:00:00.000", "", "", "'@"},
	}
}

func TestWriteCSV(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := sheets.WriteCSV(&out, sample(), ';'); err != nil {
		t.Fatal(err)
	}
	want := "\uFEFFEquipo;Puesto;Tiempo;Largada;Nada;Fin\r\n" +
		"Ñandú Íñiguez;-1;1:02:03.045;2026-03-01 09:30:15.123;;x\r\n" +
		"'=1+1;1001;-0:00:00.001;;;'-5\r\n" +
		"\"\"\"a;b\"\", c\";0;0:00:00.000;;;''@\r\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(sampleRows(), rows(read(t, out.Bytes()))); diff != "" {
		t.Error(diff)
	}
}

// Whatever text is written comes back, and no cell begins a formula.
func TestCSV_RoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringMatching(`['=+@\-]{0,3}[a-zñ;,"\t\n ]{0,8}x`)
		want := rapid.SliceOfN(cell, 1, 5).Draw(t, "cells")
		row := make([]sheets.Cell, 0, len(want))
		for _, text := range want {
			row = append(row, sheets.Text(text))
		}
		delimiter := rapid.SampledFrom([]rune{',', ';'}).Draw(t, "delimiter")
		var out bytes.Buffer
		s := sheets.Sheet{Header: []string{"a", "b", "c", "d", "e"}, Rows: [][]sheets.Cell{row}}
		if err := sheets.WriteCSV(&out, s, delimiter); err != nil {
			t.Fatal(err)
		}
		table, err := sheets.Read("x", out.Bytes(), sheets.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, table.Rows[1].Cells); diff != "" {
			t.Fatal(diff)
		}
	})
}
