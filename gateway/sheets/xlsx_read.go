package sheets

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// notXLSX is the answer to a zip that is no workbook, or a broken one.
func notXLSX(cause error) error {
	return &Error{
		Text: Phrase{
			"el archivo no es un XLSX que se pueda leer: guárdelo de nuevo como .xlsx o como CSV",
			"the file is not a readable XLSX: save it again as .xlsx or as CSV",
		},
		Cause: cause,
	}
}

// readXLSX reads the first sheet that is not empty.
func (b *builder) readXLSX(data []byte) (err error) {
	if err := scanXLSX(data, b.limits); err != nil {
		return err
	}
	// The library indexes into what a file says in many places, and these are
	// bytes of a client: a file that breaks it must not end the server.
	defer func() {
		if broken := recover(); broken != nil {
			err = notXLSX(fmt.Errorf("read XLSX: %v", broken))
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		UnzipSizeLimit:    int64(b.limits.Unzip),
		UnzipXMLSizeLimit: int64(b.limits.Unzip), // the same, so that nothing is unpacked to disk
	})
	if err != nil {
		return notXLSX(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for _, tab := range f.GetSheetList() {
		if err := b.readTab(f, tab); err != nil {
			return err
		}
		if len(b.table.Rows) > 0 {
			return nil
		}
	}
	return nil
}

// readTab reads a sheet twice at once, as it is shown and as it is stored: the
// library gives either, and plain needs both.
func (b *builder) readTab(f *excelize.File, tab string) error {
	shown, err := f.Rows(tab)
	if err != nil {
		return nil //nolint:nilerr // a chart is a sheet without rows
	}
	stored, err := f.Rows(tab)
	if err != nil {
		return notXLSX(err)
	}
	for number := 1; shown.Next() && stored.Next(); number++ {
		cells, err := shown.Columns()
		if err != nil {
			return notXLSX(err)
		}
		raw, err := stored.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return notXLSX(err)
		}
		// Not after empty ones were cut off: a cell far to the right makes the
		// library build thousands of empty ones before it, row after row.
		if len(cells) > b.limits.Columns {
			return refuseRow(number, "tiene más de %d columnas", "it has more than %d columns", b.limits.Columns)
		}
		for i := range cells {
			if i < len(raw) {
				cells[i] = plain(cells[i], raw[i])
			}
		}
		if err := b.add(number, cells); err != nil {
			return err
		}
	}
	return errors.Join(wrapRows(shown), wrapRows(stored))
}

// wrapRows returns why the rows ended, nil at the end of the sheet.
func wrapRows(rows *excelize.Rows) error {
	if err := errors.Join(rows.Error(), rows.Close()); err != nil {
		return notXLSX(err)
	}
	return nil
}

// plain returns a whole number without what its format adds to it, as 1001 for
// 1,001.00, and everything else as it is shown. A date is stored as a number
// too, but the digits it shows are others.
func plain(shown, stored string) string {
	if shown == stored {
		return shown
	}
	number, err := strconv.ParseFloat(stored, 64)
	const exact = 1 << 53 // beyond it not every whole number has its own float
	if err != nil || number != float64(int64(number)) || number <= -exact || number >= exact {
		return shown
	}
	whole := strconv.FormatInt(int64(number), 10)
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(".,' \u00a0\u202f", r) {
			return -1
		}
		return r
	}, shown)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	digits = strings.TrimLeft(digits, "0")
	rest, same := strings.CutPrefix(sign+digits, whole)
	if whole == "0" {
		rest, same = sign+digits, true
	}
	if !same || strings.Trim(rest, "0") != "" {
		return shown
	}
	return whole
}
