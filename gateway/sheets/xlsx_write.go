package sheets

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Columns are as wide as their longest text, within these bounds in characters.
const (
	minWidth = 8
	maxWidth = 48
	// maxTab is what Excel allows for the name of a tab.
	maxTab = 31
)

// WriteXLSX writes a workbook with one tab for each sheet, in their order: a
// bold header row that stays in sight, and columns as wide as their texts.
// Texts are typed as texts, so none of them is a formula. Without a sheet it
// writes a workbook with one empty tab.
func WriteXLSX(w io.Writer, sheets ...Sheet) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	styles, err := newStyles(f)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for i, s := range sheets {
		tab := tabName(s.Name, used)
		if i == 0 {
			err = f.SetSheetName(f.GetSheetName(0), tab)
		} else {
			_, err = f.NewSheet(tab)
		}
		if err != nil {
			return fmt.Errorf("add tab %q: %w", tab, err)
		}
		if err := writeTab(f, tab, s, styles); err != nil {
			return fmt.Errorf("write tab %q: %w", tab, err)
		}
	}
	return f.Write(w)
}

// styles are the ids of the formats that cells of a workbook have.
type styles struct{ header, instant int }

func newStyles(f *excelize.File) (styles, error) {
	header, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return styles{}, fmt.Errorf("style of the header: %w", err)
	}
	format := "yyyy-mm-dd hh:mm:ss.000"
	at, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		return styles{}, fmt.Errorf("style of instants: %w", err)
	}
	return styles{header, at}, nil
}

func writeTab(f *excelize.File, tab string, s Sheet, styles styles) error {
	out, err := f.NewStreamWriter(tab)
	if err != nil {
		return err
	}
	for i, width := range widths(s) {
		if err := out.SetColWidth(i+1, i+1, float64(width)); err != nil {
			return err
		}
	}
	frozen := excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
	if err := out.SetPanes(&frozen); err != nil {
		return err
	}
	values := make([]any, 0, len(s.Header))
	for _, title := range s.Header {
		values = append(values, excelize.Cell{StyleID: styles.header, Value: title})
	}
	if err := out.SetRow("A1", values); err != nil {
		return err
	}
	for i, row := range s.Rows {
		values = values[:0]
		for _, cell := range row {
			values = append(values, value(cell, styles))
		}
		if err := out.SetRow("A"+strconv.Itoa(i+2), values); err != nil {
			return err
		}
	}
	return out.Flush()
}

// value is a cell as the library wants it; nil is empty.
func value(c Cell, styles styles) any {
	switch c.kind {
	case empty:
	case text, duration:
		return c.String()
	case integer:
		return c.number
	case instant:
		return excelize.Cell{StyleID: styles.instant, Value: c.at.Truncate(time.Millisecond)}
	}
	return nil
}

// widths returns the width of each column in characters.
func widths(s Sheet) []int {
	var out []int
	fit := func(column, width int) {
		for len(out) <= column {
			out = append(out, minWidth)
		}
		out[column] = min(max(out[column], width+2), maxWidth)
	}
	for i, title := range s.Header {
		fit(i, utf8.RuneCountInString(title))
	}
	for _, row := range s.Rows {
		for i, cell := range row {
			fit(i, utf8.RuneCountInString(cell.String()))
		}
	}
	return out
}

// tabName makes a name that Excel takes and that is not used yet, whatever its
// case, and adds it to the used ones.
func tabName(name string, used map[string]bool) string {
	clean := strings.Trim(strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError || strings.ContainsRune(`[]:*?/\`, r) {
			return ' '
		}
		return r
	}, name), " '")
	if clean == "" {
		clean = "Hoja"
	}
	for n := 1; ; n++ {
		suffix := ""
		if n > 1 {
			suffix = fmt.Sprintf(" (%d)", n)
		}
		tab := strings.TrimRight(cut(clean, maxTab-len(suffix)), " '") + suffix
		if key := strings.ToLower(tab); !used[key] {
			used[key] = true
			return tab
		}
	}
}

// cut returns the first characters of a text, at most n. Excel counts UTF-16.
func cut(s string, n int) string {
	for i, r := range s {
		if n -= max(1, utf16Len(r)); n < 0 {
			return s[:i]
		}
	}
	return s
}

func utf16Len(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}
