package print

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// ansi is a text in Windows-1252.
type ansi string

// latin returns s in Windows-1252, which the fonts that every PDF reader brings
// along are encoded in. A letter that it lacks loses its mark, or becomes the one
// that people write instead; anything else becomes a question mark, so that
// nothing vanishes unseen.
func latin(s string) ansi {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFC.String(s) {
		switch c, ok := charmap.Windows1252.EncodeRune(r); {
		case r == 0 || unicode.IsSpace(r) || unicode.IsControl(r):
			b.WriteByte(' ')
		case ok:
			b.WriteByte(c)
		default:
			b.WriteString(instead(r))
		}
	}
	return ansi(b.String())
}

// instead returns what stands for a rune that Windows-1252 lacks.
func instead(r rune) string {
	if text, ok := lookalikes[r]; ok {
		return text
	}
	if unicode.In(r, unicode.Mn, unicode.Cf) { // a mark or joiner beside what is shown already
		return ""
	}
	base, _ := utf8.DecodeRuneInString(norm.NFKD.String(string(r)))
	if c, ok := charmap.Windows1252.EncodeRune(base); ok {
		return string([]byte{c})
	}
	return "?"
}

// lookalikes are letters and signs that do not come apart into a letter and a
// mark.
var lookalikes = map[rune]string{
	'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D", 'ı': "i", 'ħ': "h", 'Ħ': "H", 'ŋ': "n", 'Ŋ': "N", 'ŧ': "t", 'Ŧ': "T",
	'ĸ': "k", 'ə': "e", 'Ə': "E", 'ẞ': "SS", '−': "-", '‐': "-", '‑': "-", '‒': "-", '―': "-", '′': "'", '″': "\"",
}
