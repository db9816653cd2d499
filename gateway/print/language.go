package print

import (
	"fmt"
	"strconv"
	"strings"
)

// Language is a language that documents can be in.
type Language string

// The languages, by their tags.
const (
	Spanish Language = "es"
	English Language = "en"
)

// t returns the text of a key in the printer's language. A key that is missing
// shows as itself, which a test prevents.
func (p *Printer) t(key string, args ...any) string {
	texts := spanish
	if p.lang == English {
		texts = english
	}
	text, ok := texts[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// word returns the text of a value out of a family of keys, the value itself if
// it is none of those.
func (p *Printer) word(family, value string) string {
	key := family + "." + value
	if text := p.t(key); text != key {
		return text
	}
	return value
}

// ordinalBefore returns n as it stands before a noun: "1.er puesto", "1st place".
func (p *Printer) ordinalBefore(n int) string {
	if ones := n % 10; p.lang == Spanish && (ones == 1 || ones == 3) && n%100/10 != 1 {
		return strconv.Itoa(n) + ".er"
	}
	return p.ordinal(n)
}

// ordinal returns n as it stands alone: "1.º", "1st".
func (p *Printer) ordinal(n int) string {
	tens, ones := n%100/10, n%10
	suffix := ""
	switch {
	case p.lang == Spanish:
		suffix = ".º"
	case tens == 1 || ones == 0 || ones > 3:
		suffix = "th"
	default:
		suffix = [...]string{"", "st", "nd", "rd"}[ones]
	}
	return strconv.Itoa(n) + suffix
}

// list joins texts as people do: "a, b".
func list(parts ...string) string {
	kept := parts[:0:0]
	for _, s := range parts {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, ", ")
}
