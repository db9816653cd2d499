package sheets

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// What the parts of a workbook may hold, of whatever sheet they are. The
// library builds a whole row before anybody can look at it, and a text or a
// number format that stands in the file once can be asked for by every cell of
// that row, so these bound what one row can become.
const (
	maxParts  = 1_000  // files in the zip; a workbook has about ten, and one for each picture
	maxFilled = 1_024  // cells of a row that are not empty
	maxShared = 32_767 // bytes of a shared text; Excel has as many characters
	maxFormat = 255    // bytes of a number format, as Excel has it
	// What a part may cost while it is decoded.
	maxDepth = 100       // elements inside of one another
	maxCells = 1_000_000 // elements of rows and texts; empty cells that have a format count too
	maxOther = 100_000   // elements elsewhere, as cell formats, of which Excel has 65,490
)

var (
	errCharset = errors.New("a part is not in UTF-8")
	errTooMuch = errors.New("a part repeats more than a workbook of a roster does")
)

// scanXLSX refuses a zip that stands for much more than it weighs. It reads
// each part once, holding none of it.
func scanXLSX(data []byte, limits Limits) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return notXLSX(err)
	}
	left := uint64(limits.Unzip)
	for i, part := range archive.File {
		// The reader of a part fails when it turns out longer than it says.
		if i == maxParts || part.UncompressedSize64 > left {
			return refuse("el archivo se descomprime a más de %d MiB: guarde solo la hoja de los equipos",
				"the file unpacks to more than %d MiB: save only the sheet of the teams", limits.Unzip>>20)
		}
		left -= part.UncompressedSize64
	}
	for _, part := range archive.File {
		s := scanner{strings: limits.Rows * limits.Columns}
		if err := s.scan(part); err != nil {
			return notXLSX(fmt.Errorf("part %q: %w", part.Name, err))
		}
	}
	return nil
}

// scanner counts in one part what the constants above bound.
type scanner struct {
	strings int // shared texts that are still allowed
	filled  int // cells of the row so far
	shared  int // bytes of the shared text so far
	inText  bool
	inCell  bool
	inRow   bool
	depth   int
	cells   int  // elements of rows and texts so far
	other   int  // elements elsewhere so far
	charset bool // the part is in another character set
}

// scan ends without an error at what is not XML, where the library stops too.
func (s *scanner) scan(part *zip.File) error {
	in, err := part.Open()
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it was only read, from memory
	tokens := xml.NewDecoder(in)
	tokens.CharsetReader = func(string, io.Reader) (io.Reader, error) {
		s.charset = true
		return nil, errCharset
	}
	for {
		token, err := tokens.RawToken()
		if s.charset {
			return errCharset
		}
		if err != nil {
			return nil // a picture, or the end
		}
		if !s.allows(token) {
			return errTooMuch
		}
	}
}

// allows counts a token and says whether it is within the bounds.
func (s *scanner) allows(token xml.Token) bool {
	switch token := token.(type) {
	case xml.StartElement:
		return s.allowsStart(token)
	case xml.EndElement:
		s.depth--
		switch token.Name.Local {
		case "row":
			s.inRow = false
		case "si":
			s.inText = false
		case "c":
			s.inCell = false
		}
	case xml.CharData:
		if s.inText {
			s.shared += len(token)
		}
	}
	return s.shared <= maxShared
}

func (s *scanner) allowsStart(element xml.StartElement) bool {
	s.depth++
	if s.inRow || s.inText {
		s.cells++
	} else {
		s.other++
	}
	switch element.Name.Local {
	case "row":
		s.inRow, s.filled = true, 0
		s.other--
	case "c":
		s.inCell = true
	case "v", "is", "f":
		if s.inCell { // the values of a chart have the same name
			s.filled++
		}
	case "si":
		s.inText, s.shared = true, 0
		s.other--
		s.strings--
	}
	for _, a := range element.Attr {
		if strings.EqualFold(a.Name.Local, "formatCode") && len(a.Value) > maxFormat {
			return false
		}
	}
	return s.filled <= maxFilled && s.strings >= 0 && s.depth <= maxDepth && s.cells <= maxCells && s.other <= maxOther
}
