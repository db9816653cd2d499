package site

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// The languages, by their tags. Spanish is the first: whoever asks for nothing gets
// it.
const (
	Spanish = "es"
	English = "en"
)

// A choice of language is kept in one cookie for all pages, so that what is chosen
// on one holds on the others.
const (
	LanguageCookie = "idioma"
	LanguageLife   = 365 * 24 * time.Hour
)

// Languages are all languages; nobody changes them.
var Languages = [...]string{Spanish, English}

// Known says whether lang is one of Languages.
func Known(lang string) bool { return slices.Contains(Languages[:], lang) }

// Asked returns the language that the query asks for by lang=; ok is false when it
// asks for none of ours.
func Asked(ctx *fasthttp.RequestCtx) (lang string, ok bool) {
	lang = string(ctx.QueryArgs().Peek("lang"))
	return lang, Known(lang)
}

// Kept returns the language of the cookie; ok is false when it is none of ours.
func Kept(ctx *fasthttp.RequestCtx) (lang string, ok bool) {
	lang = string(ctx.Request.Header.Cookie(LanguageCookie))
	return lang, Known(lang)
}

// Preferred reads an Accept-Language header: the language of ours with the highest
// weight, the one named first among equals, Spanish when there is none.
func Preferred(accept string) string {
	best, weight := Spanish, 0.0
	for item := range strings.SplitSeq(accept, ",") {
		tag, parameter, _ := strings.Cut(item, ";")
		lang, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		q := 1.0
		if value, found := strings.CutPrefix(strings.TrimSpace(parameter), "q="); found {
			var err error
			if q, err = strconv.ParseFloat(value, 64); err != nil {
				continue
			}
		}
		if Known(lang) && q > weight {
			best, weight = lang, q
		}
	}
	return best
}

// Catalogue holds the texts of one language by their keys.
type Catalogue map[string]string

// LoadCatalogues reads text/LANG.json of each language; it panics without them.
func LoadCatalogues(files fs.FS) map[string]Catalogue {
	all := make(map[string]Catalogue, len(Languages))
	for _, lang := range Languages {
		raw, err := fs.ReadFile(files, "text/"+lang+".json")
		if err != nil {
			panic(err)
		}
		texts := Catalogue{}
		if err := json.Unmarshal(raw, &texts); err != nil {
			panic(fmt.Sprintf("texts of %s: %v", lang, err))
		}
		all[lang] = texts
	}
	return all
}

// Text returns a text with its arguments put in. A key that is not there is a
// mistake of ours; people then see the key, and a test the brackets around it.
func (c Catalogue) Text(key string, args ...any) string {
	s, ok := c[key]
	if !ok {
		return "⟦" + key + "⟧"
	}
	if len(args) == 0 {
		return s
	}
	return fmt.Sprintf(s, args...)
}

// Has says whether there is a text for key.
func (c Catalogue) Has(key string) bool {
	_, ok := c[key]
	return ok
}

// Count returns the text for n things: that of key.one for a single one.
func (c Catalogue) Count(key string, n int) string {
	if n == 1 {
		return c.Text(key + ".one")
	}
	return c.Text(key, n)
}
