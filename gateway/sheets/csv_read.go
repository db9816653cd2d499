package sheets

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// delimiters in the order in which they win a draw: a Spanish Excel writes
// semicolons, because its decimals have the comma.
var delimiters = [...]rune{';', '\t', ','}

func (b *builder) readCSV(data []byte) error {
	data, err := toUTF8(data)
	if err != nil {
		return &Error{
			Text:  Phrase{"el archivo no es un CSV ni un XLSX", "the file is neither CSV nor XLSX"},
			Cause: err,
		}
	}
	if !bytes.Contains(data, []byte("\n")) {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n")) // "CSV (Macintosh)" of Excel
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = sniff(data)
	r.FieldsPerRecord = -1
	inside := 0 // line ends inside of cells so far
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if parse, bad := errors.AsType[*csv.ParseError](err); bad {
			return csvError(parse, inside)
		}
		if err != nil {
			return &Error{Text: Phrase{"el archivo no se pudo leer", "the file could not be read"}, Cause: err}
		}
		// A spreadsheet numbers rows, the reader lines.
		line, _ := r.FieldPos(0)
		number := line - inside
		for i, cell := range cells {
			inside += strings.Count(cell, "\n")
			cells[i] = unguard(cell)
		}
		if err := b.add(number, cells); err != nil {
			return err
		}
	}
}

// csvError tells about a quotation mark at the wrong place, which is all that
// can be wrong with a CSV.
func csvError(parse *csv.ParseError, inside int) error {
	number := parse.StartLine - inside
	text := Phrasef("fila %d: unas comillas no se cierran o están en medio de una celda",
		"row %d: quotation marks are not closed or stand amid a cell", number)
	return &Error{Row: number, Text: text, Cause: parse}
}

// errBinary says that bytes are no text in any encoding known here.
var errBinary = errors.New("the data has zero bytes")

// toUTF8 decides for the encoding that programs of offices use: UTF-16 only
// with its mark, UTF-8 when all of it is valid, else Windows-1252.
func toUTF8(data []byte) ([]byte, error) {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), bytes.HasPrefix(data, []byte("\xFE\xFF")):
		from = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case utf8.Valid(data):
		data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	default:
		from = charmap.Windows1252
	}
	if from != nil {
		var err error
		if data, err = from.NewDecoder().Bytes(data); err != nil {
			return nil, err
		}
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, errBinary
	}
	return data, nil
}

// sniff returns the delimiter that the first line with a text has most of,
// outside of quotation marks.
func sniff(data []byte) rune {
	counts := map[rune]int{}
	quoted, seen := false, false
	for _, r := range string(data[:min(len(data), 1<<16)]) { // a header is far shorter
		if r == '"' {
			quoted = !quoted
		}
		if r == '\n' && !quoted && seen {
			break
		}
		seen = seen || r != '\n' && r != '\r'
		if !quoted {
			counts[r]++
		}
	}
	best := ','
	for _, d := range delimiters {
		if counts[d] > counts[best] || counts[d] == counts[best] && counts[d] > 0 && best == ',' {
			best = d
		}
	}
	return best
}
