package roster

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// slug writes a name with lower case letters, digits and single hyphens, for
// the wire; accents go, letters of other scripts too.
func slug(name string) string {
	var out strings.Builder
	gap := false
	for _, r := range norm.NFD.String(name) {
		r = unicode.ToLower(r)
		switch {
		case unicode.Is(unicode.Mn, r):
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if gap && out.Len() > 0 {
				out.WriteByte('-')
			}
			gap = false
			out.WriteRune(r)
		default:
			gap = true
		}
	}
	if out.Len() == 0 {
		return "categoria"
	}
	return out.String()
}
