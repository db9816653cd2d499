package admin

import (
	"errors"
	"strconv"
	"strings"

	"server5k/gateway/hooks"
	"server5k/gateway/office"
	"server5k/gateway/site"
)

// form is what was typed and what is wrong with it. Fields have the names of the
// wire, so that what the office finds wrong lands at its field.
type form struct {
	Values map[string]string
	Faults map[string]string // by field
	Order  []string          // of the fields with faults, as they were found
	Whole  []string          // faults of no field
	Labels map[string]string // of fields that have no text of their own, for the summary
}

func newForm() *form {
	return &form{Values: map[string]string{}, Faults: map[string]string{}, Labels: map[string]string{}}
}

// form reads the named fields of the request, trimmed.
func (c *call) form(names ...string) *form {
	f := newForm()
	for _, name := range names {
		f.Values[name] = strings.TrimSpace(c.value(name))
	}
	return f
}

// fault says what is wrong with a field; the first word of each counts. The empty
// name is the whole form.
func (f *form) fault(name, text string) {
	if name == "" {
		f.Whole = append(f.Whole, text)
		return
	}
	if _, found := f.Faults[name]; !found {
		f.Faults[name] = text
		f.Order = append(f.Order, name)
	}
}

// bad says whether something is wrong.
func (f *form) bad() bool { return len(f.Order)+len(f.Whole) > 0 }

// fieldNames are the fields whose form takes a value in another way than the wire,
// by their name there.
var fieldNames = map[string]string{
	"ajuste_ms": "ajuste", "penalizacion_ms": "penalizacion", "decision_id": "deshace", "equipo_id": "equipo_destino", "juez_id": "juez",
}

// refuse puts what the office refused at the fields of the form. It returns false
// for an error that no form can mend.
func (c *call) refuse(f *form, err error) bool {
	var invalid office.Invalid
	if errors.As(err, &invalid) {
		for _, x := range invalid.Faults {
			text := x.Text.In(c.lang == site.English)
			name := x.Field
			if ours, found := fieldNames[name]; found {
				name = ours
			}
			if _, shown := f.Values[name]; !shown && name != "" {
				name, text = "", x.Field+": "+text
			}
			f.fault(name, text)
		}
		return true
	}
	var hook *hooks.InvalidError
	if errors.As(err, &hook) {
		for _, x := range hook.Faults {
			f.fault(x.Field, c.hookText(x.Text))
		}
		return true
	}
	if !refusable(err) {
		return false
	}
	text, ok := c.textOf(err)
	if !ok {
		return false
	}
	f.fault("", text)
	return true
}

// number reads a field as a whole number and says so when it is none.
func (c *call) number(f *form, name string) int {
	n, err := strconv.Atoi(f.Values[name])
	if err != nil {
		f.fault(name, c.say("fault.number"))
	}
	return n
}

// required says so when a field is empty.
func (c *call) required(f *form, names ...string) {
	for _, name := range names {
		if f.Values[name] == "" {
			f.fault(name, c.say("fault.required"))
		}
	}
}

// checked reads a box that is ticked or not.
func (f *form) checked(name string) bool { return f.Values[name] == "1" }
