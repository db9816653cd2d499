package gateway

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"server5k/race"
)

// Texts of fields that could not be read.
var (
	textNull    = phrase{"Este campo no puede ser nulo.", "This field may not be null."}
	textWhole   = phrase{"Debe ser un número entero.", "It must be a whole number."}
	textFlag    = phrase{"Debe ser true o false.", "It must be true or false."}
	textInstant = phrase{"Debe ser una fecha y hora RFC 3339 con zona horaria.", "It must be an RFC 3339 date and time with a time zone."}
	textList    = phrase{"Debe ser una lista.", "It must be a list."}
	textUUID    = phrase{"Debe ser un UUID.", "It must be a UUID."}
)

// form reads fields of what an organizer sent. A field that is not there is nil;
// one that cannot be read is nil too, and err tells of all of them at once.
type form struct {
	c      *call
	fields map[string]jsontext.Value
	faults map[string][]string
}

// form reads the body of the request.
func (c *call) form() (*form, error) {
	b, err := c.body()
	if err != nil {
		return nil, err
	}
	if !b.object {
		return nil, &refusal{status: http.StatusBadRequest, body: c.notAnObject()}
	}
	return &form{c: c, fields: b.fields, faults: map[string][]string{}}, nil
}

func (f *form) fault(name string, p phrase) {
	f.faults[name] = append(f.faults[name], f.c.say(p))
}

// err returns the refusal of all fields that could not be read.
func (f *form) err() error {
	if len(f.faults) == 0 {
		return nil
	}
	return &refusal{status: http.StatusBadRequest, body: f.faults}
}

// whole asks for all of these fields in a PUT, which replaces a row.
func (f *form) whole(names ...string) {
	if string(f.c.ctx.Method()) != http.MethodPut {
		return
	}
	for _, name := range names {
		f.required(name)
	}
}

// required asks for a field.
func (f *form) required(name string) {
	if !f.has(name) {
		f.fault(name, phrase{"Este campo es requerido.", "This field is required."})
	}
}

// has says whether a field was sent.
func (f *form) has(name string) bool { _, found := f.fields[name]; return found }

// isNull says whether a field was sent as null.
func (f *form) isNull(name string) bool { return f.fields[name].Kind() == 'n' }

// text reads a text; whether it may be blank is for the desk to say.
func (f *form) text(name string) *string {
	raw, found := f.fields[name]
	if !found {
		return nil
	}
	var s string
	switch raw.Kind() {
	case '"':
		if json.Unmarshal(raw, &s) == nil {
			return &s
		}
		fallthrough
	default:
		f.fault(name, phrase{"No es una cadena válida.", "Not a valid string."})
	case 'n':
		f.fault(name, textNull)
	}
	return nil
}

// number reads a whole number, which forms send as a text.
func (f *form) number(name string) *int64 {
	raw, found := f.fields[name]
	if !found {
		return nil
	}
	if raw.Kind() == 'n' {
		f.fault(name, textNull)
		return nil
	}
	digits := string(raw)
	if raw.Kind() == '"' {
		digits = *f.text(name)
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		f.fault(name, textWhole)
		return nil
	}
	return &n
}

// id reads an id; null is 0.
func (f *form) id(name string) *int64 {
	if f.isNull(name) {
		return new(int64)
	}
	return f.number(name)
}

// count reads a small whole number.
func (f *form) count(name string) *int {
	n := f.number(name)
	if n == nil {
		return nil
	}
	small := int(max(min(*n, 1<<30), -1<<30)) // out of every range that there is
	return &small
}

// milliseconds reads a duration. One that is far out of range stays that.
func (f *form) milliseconds(name string) *time.Duration {
	n := f.number(name)
	if n == nil {
		return nil
	}
	const most = int64(1000 * 24 * time.Hour / time.Millisecond)
	d := time.Duration(max(min(*n, most), -most)) * time.Millisecond
	return &d
}

func (f *form) flag(name string) *bool {
	raw, found := f.fields[name]
	if !found {
		return nil
	}
	yes := false
	switch string(raw) {
	case "true", `"true"`, `"1"`, `"on"`:
		yes = true
	case "false", `"false"`, `"0"`, `"off"`:
	default:
		f.fault(name, textFlag)
		return nil
	}
	return &yes
}

// instant reads a time with its zone.
func (f *form) instant(name string) *time.Time {
	if !f.has(name) || f.isNull(name) {
		return nil
	}
	text := f.text(name)
	if text == nil {
		return nil
	}
	at, err := time.Parse(time.RFC3339, *text)
	if err != nil {
		f.fault(name, textInstant)
		return nil
	}
	at = at.UTC().Truncate(time.Microsecond)
	return &at
}

// ids reads a list of ids.
func (f *form) ids(name string) *[]int64 {
	raw, found := f.fields[name]
	if !found {
		return nil
	}
	list := []int64{}
	if raw.Kind() != '[' || json.Unmarshal(raw, &list) != nil {
		f.fault(name, textList)
		return nil
	}
	return &list
}

// key reads a UUID; the zero one when it is not there.
func (f *form) key(name string) race.RecordID {
	text := f.text(name)
	if text == nil {
		return race.RecordID{}
	}
	id, err := race.ParseRecordID(*text)
	if err != nil {
		f.fault(name, textUUID)
	}
	return id
}

// or returns what p points to, or the zero value.
func or[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}

// as converts what p points to.
func as[To ~int64, From ~int64](p *From) *To {
	if p == nil {
		return nil
	}
	v := To(*p)
	return &v
}

// named is as for texts.
func named[To ~string](p *string) *To {
	if p == nil {
		return nil
	}
	v := To(*p)
	return &v
}
