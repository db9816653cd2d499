package office

import (
	"errors"
	"strings"

	"server5k/race"
)

// Text is a text for people in both languages.
type Text struct{ ES, EN string }

// In returns the text in English or in Spanish.
func (t Text) In(english bool) string {
	if english {
		return t.EN
	}
	return t.ES
}

// Fault is what is wrong with one field.
type Fault struct {
	Field string // name on the wire, "" for the whole
	Text  Text
}

// Invalid says what a person has to mend in what was sent. It is an error.
type Invalid struct{ Faults []Fault } //nolint:errname // it is what a form is, and callers show it

// Error lists the fields and texts, in Spanish.
func (i Invalid) Error() string {
	parts := make([]string, len(i.Faults))
	for n, f := range i.Faults {
		parts[n] = strings.TrimPrefix(f.Field+": "+f.Text.ES, ": ")
	}
	return strings.Join(parts, "; ")
}

// textError is the cause of a race.Error whose text exists in both languages.
type textError struct{ text Text }

// Error returns the Spanish text.
func (e textError) Error() string { return e.text.ES }

// refuse returns a race.Error whose text exists in both languages.
func refuse(code race.Code, t Text) error {
	return &race.Error{Code: code, Text: t.ES, Cause: textError{t}}
}

// TextOf returns what an error of a Desk says to people; ok is false for one that
// is not for them.
func TextOf(err error) (t Text, ok bool) {
	var both textError
	if errors.As(err, &both) {
		return both.text, true
	}
	var known *race.Error
	if !errors.As(err, &known) || known.Code == race.CodeInternal {
		return Text{}, false
	}
	return Text{known.Text, english(known.Text)}, true
}
