package sheets

import "fmt"

// Language is one of the languages that texts for people come in.
type Language uint8

// The languages; Spanish is the first choice.
const (
	Spanish Language = iota
	English
)

// Phrase is a text for people in both languages.
type Phrase struct{ ES, EN string }

// In returns the text in one language.
func (p Phrase) In(language Language) string {
	if language == English {
		return p.EN
	}
	return p.ES
}

// Phrasef fills the same arguments into both texts. Formats may number them,
// as in %[2]d, where the languages differ in their order.
func Phrasef(es, en string, args ...any) Phrase {
	return Phrase{fmt.Sprintf(es, args...), fmt.Sprintf(en, args...)}
}

// Error says to the person who sent a file why it was not read.
type Error struct {
	Row   int // of the file, from 1; 0 when the reason is not in one row
	Text  Phrase
	Cause error // what lies behind it, for the log only; nil for most
}

// Error returns the Spanish text.
func (e *Error) Error() string { return e.Text.ES }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

func refuse(es, en string, args ...any) error {
	return &Error{Text: Phrasef(es, en, args...)}
}

// refuseRow names the row in front of the reason.
func refuseRow(row int, es, en string, args ...any) error {
	reason := Phrasef(es, en, args...)
	return &Error{Row: row, Text: Phrasef("fila %[1]d: %[2]s", "row %[1]d: %[3]s", row, reason.ES, reason.EN)}
}
