package office

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what people type, in characters.
const (
	maxName     = 200
	maxUsername = 150
	maxEmail    = 254
	maxCode     = 50
	maxBib      = 99_999
	minPassword = 8
	maxPassword = 128
)

// Texts of faults that more than one form has.
var (
	textRequired = Text{"Este campo es requerido.", "This field is required."}
	textBlank    = Text{"Este campo no puede estar en blanco.", "This field may not be blank."}
)

// checker gathers what is wrong with a form.
type checker struct{ faults []Fault }

func (c *checker) add(field string, t Text) { c.faults = append(c.faults, Fault{field, t}) }

// err returns what was gathered, nil when that is nothing.
func (c *checker) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	return Invalid{c.faults}
}

// required says that a field of something new has to be there.
func (c *checker) required(field string, missing bool) {
	if missing {
		c.add(field, textRequired)
	}
}

// line checks one line of text and writes it without the space around it.
func (c *checker) line(field string, v *string, into *string, longest int, mayBeBlank bool) {
	if v == nil {
		return
	}
	s := strings.TrimSpace(*v)
	switch {
	case s == "" && !mayBeBlank:
		c.add(field, textBlank)
	case utf8.RuneCountInString(s) > longest:
		c.add(field, Text{fmt.Sprintf("Debe tener como máximo %d caracteres.", longest), fmt.Sprintf("It must have at most %d characters.", longest)})
	case !printable(s, false):
		c.add(field, Text{"Contiene caracteres que no se permiten.", "It holds characters that are not allowed."})
	default:
		*into = s
	}
}

// username checks a login name that is to be set. One that is not changed may be
// as the server before this one took it.
func (c *checker) username(v *string, into *string) {
	if v == nil || strings.TrimSpace(*v) == *into && *into != "" {
		return
	}
	c.line("username", v, into, maxUsername, false)
	for _, r := range *into {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("@.+-_", r) {
			c.add("username", Text{"Solo puede tener letras, dígitos y @ . + - _.", "It may only have letters, digits and @ . + - _."})
			return
		}
	}
}

func (c *checker) email(v *string, into *string) {
	c.line("email", v, into, maxEmail, true)
	name, domain, found := strings.Cut(*into, "@")
	if v != nil && *into != "" && (!found || name == "" || domain == "" || strings.ContainsAny(*into, " \t,;")) {
		c.add("email", Text{"No es una dirección de correo electrónico.", "Not an e-mail address."})
	}
}

func (c *checker) password(v *string) {
	if v == nil {
		return
	}
	switch n := utf8.RuneCountInString(*v); {
	case n < minPassword || n > maxPassword:
		c.add("password", Text{
			fmt.Sprintf("Debe tener entre %d y %d caracteres.", minPassword, maxPassword), fmt.Sprintf("It must have %d to %d characters.", minPassword, maxPassword),
		})
	case !printable(*v, false):
		c.add("password", Text{"Contiene caracteres que no se permiten.", "It holds characters that are not allowed."})
	}
}

// printable says whether a text holds nothing but what can be shown.
func printable(s string, lines bool) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) && (!lines || r != '\n' && r != '\t') {
			return false
		}
	}
	return true
}
