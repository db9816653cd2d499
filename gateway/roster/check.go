package roster

import (
	"net/mail"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"server5k/gateway/sheets"
)

// What cells may hold.
const (
	maxBib        = 99_999 // five digits are what a bib has room for
	maxName       = 120    // characters of a name of a team, a category or a person
	maxUsername   = 150    // characters
	maxEmail      = 254    // bytes, RFC 5321
	minPassword   = 8      // characters, as everywhere in the server
	maxPassword   = 128    // characters; a person has to type it on a phone
	usernameExtra = "@.+-_"
)

// bib returns the number of the team, 0 when it is not good.
func (p *parser) bib(row sheets.Row) int {
	text := p.cell(row, ColumnBib)
	if text == "" {
		p.reportEmpty(row, ColumnBib)
		return 0
	}
	digits := strings.Trim(text, "0123456789") == ""
	n, err := strconv.Atoi(text)
	if !digits || err != nil || n < 1 || n > maxBib {
		p.report(row, ColumnBib, false, sheets.Phrasef(
			"el dorsal debe ser un número entero de 1 a %d", "the bib must be a whole number from 1 to %d", maxBib))
		return 0
	}
	if other, found := p.roster.Bibs[n]; found {
		p.report(row, ColumnBib, false, sheets.Phrasef(
			"el dorsal %d ya está en la fila %d", "the bib %d is already in row %d", n, other))
		return 0
	}
	p.roster.Bibs[n] = row.Number
	return n
}

func (p *parser) reportEmpty(row sheets.Row, c Column) {
	p.report(row, c, false, sheets.Phrase{ES: "la celda está vacía", EN: "the cell is empty"})
}

// name returns a name that must be there; what it returns after a problem is
// not used.
func (p *parser) name(row sheets.Row, c Column) string {
	if p.cell(row, c) == "" {
		p.reportEmpty(row, c)
		return ""
	}
	return p.optionalName(row, c)
}

// optionalName returns a name; "" when there is none or it is not good.
func (p *parser) optionalName(row sheets.Row, c Column) string {
	name := p.cell(row, c)
	switch {
	case utf8.RuneCountInString(name) > maxName:
		p.report(row, c, false, sheets.Phrasef(
			"tiene más de %d caracteres", "it has more than %d characters", maxName))
	case strings.ContainsFunc(name, unreadable):
		p.report(row, c, false, sheets.Phrase{
			ES: "tiene caracteres que no se pueden leer", EN: "it has characters that cannot be read",
		})
	default:
		return name
	}
	return ""
}

// unreadable finds what no name has: control characters, and the mark that
// stands for a character that was lost on the way here.
func unreadable(r rune) bool {
	return unicode.IsControl(r) || r == utf8.RuneError
}

// username returns the user name of the judge. It is not ok when there is none
// to use; a row that says who the judge is must also say the user name.
func (p *parser) username(row sheets.Row, fields map[Column]string) (username string, ok bool) {
	username = p.cell(row, ColumnUsername)
	if username == "" {
		for _, c := range columns {
			if fields[c] != "" {
				p.report(row, ColumnUsername, false, sheets.Phrase{
					ES: "la fila tiene datos de un juez, pero no su usuario",
					EN: "the row has data of a judge but no user name",
				})
				break
			}
		}
		return "", false
	}
	bad := strings.ContainsFunc(username, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(usernameExtra, r)
	})
	if bad || utf8.RuneCountInString(username) > maxUsername {
		p.report(row, ColumnUsername, false, sheets.Phrasef(
			"el usuario solo puede tener letras, números y %s, y hasta %d caracteres",
			"a user name may only have letters, digits and %s, and at most %d characters", usernameExtra, maxUsername))
		return "", false
	}
	return username, true
}

// email returns the address; "" when there is none or it is not good.
func (p *parser) email(row sheets.Row) string {
	email := p.cell(row, ColumnEmail)
	if email == "" {
		return ""
	}
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > maxEmail || strings.ContainsFunc(email, unreadable) {
		p.report(row, ColumnEmail, false, sheets.Phrase{
			ES: "no es un correo electrónico", EN: "it is not an e-mail address",
		})
		return ""
	}
	return email
}

// password returns the password; "" when there is none or it is not good.
func (p *parser) password(row sheets.Row) string {
	password := p.cell(row, ColumnPassword)
	switch n := utf8.RuneCountInString(password); {
	case password == "":
	case n < minPassword || n > maxPassword:
		p.report(row, ColumnPassword, false, sheets.Phrasef(
			"la contraseña debe tener de %d a %d caracteres",
			"the password must have from %d to %d characters", minPassword, maxPassword))
	default:
		return password
	}
	return ""
}
