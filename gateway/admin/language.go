package admin

import (
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/valyala/fasthttp"
)

//go:embed text/*.json
var textFiles embed.FS

// The languages. Spanish is the first: whoever asks for nothing gets it.
const (
	spanish = "es"
	english = "en"

	languageCookie = "idioma"
	languageLife   = 365 * 24 * time.Hour
)

var languages = [...]string{spanish, english}

// catalogue holds the texts of one language by their keys.
type catalogue map[string]string

// loadCatalogues reads the embedded texts; a test keeps them readable.
func loadCatalogues() map[string]catalogue {
	all := make(map[string]catalogue, len(languages))
	for _, lang := range languages {
		raw, err := textFiles.ReadFile("text/" + lang + ".json")
		if err != nil {
			panic(err)
		}
		texts := catalogue{}
		if err := json.Unmarshal(raw, &texts); err != nil {
			panic(fmt.Sprintf("texts of %s: %v", lang, err))
		}
		all[lang] = texts
	}
	return all
}

// text returns a text with its arguments put in. A key that is not there is a
// mistake of ours; people then see the key, and a test the brackets around it.
func (c catalogue) text(key string, args ...any) string {
	s, ok := c[key]
	if !ok {
		return "⟦" + key + "⟧"
	}
	if len(args) == 0 {
		return s
	}
	return fmt.Sprintf(s, args...)
}

// has says whether there is a text for key.
func (c catalogue) has(key string) bool {
	_, ok := c[key]
	return ok
}

// languageOf returns the language of a request: asked for in the query, then the
// one that was chosen before.
func languageOf(ctx *fasthttp.RequestCtx) (lang string, chosen bool) {
	if lang, ok := knownLanguage(string(ctx.QueryArgs().Peek("lang"))); ok {
		return lang, true
	}
	if lang, ok := knownLanguage(string(ctx.Request.Header.Cookie(languageCookie))); ok {
		return lang, false
	}
	return spanish, false
}

func knownLanguage(s string) (string, bool) {
	for _, lang := range languages {
		if s == lang {
			return lang, true
		}
	}
	return "", false
}
