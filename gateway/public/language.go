package public

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

//go:embed text/*.json
var textFiles embed.FS

// The languages. Spanish is the first: whoever asks for nothing gets it. The
// cookie has the name that the panel reads, so that a choice made here holds there
// until another one is made there.
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

// count returns the text for n things: that of key.one for a single one.
func (c catalogue) count(key string, n int) string {
	if n == 1 {
		return c.text(key + ".one")
	}
	return c.text(key, n)
}

// languageOf returns the language of a request: asked for in the query, chosen
// before, or what the browser prefers.
func languageOf(ctx *fasthttp.RequestCtx) (lang string, chosen bool) {
	if lang, ok := knownLanguage(string(ctx.QueryArgs().Peek("lang"))); ok {
		return lang, true
	}
	if lang, ok := knownLanguage(string(ctx.Request.Header.Cookie(languageCookie))); ok {
		return lang, false
	}
	return preferred(string(ctx.Request.Header.Peek("Accept-Language"))), false
}

func knownLanguage(s string) (string, bool) {
	for _, lang := range languages {
		if s == lang {
			return lang, true
		}
	}
	return "", false
}

// preferred reads Accept-Language: the language of ours with the highest weight,
// the one named first among equals.
func preferred(accept string) string {
	best, weight := spanish, 0.0
	for part := range strings.SplitSeq(accept, ",") {
		tag, parameters, _ := strings.Cut(part, ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		lang, ok := knownLanguage(primary)
		if !ok {
			continue
		}
		q := 1.0
		if value, found := strings.CutPrefix(strings.TrimSpace(parameters), "q="); found {
			q, _ = strconv.ParseFloat(value, 64) // 0 for what is no number
		}
		if q > weight {
			best, weight = lang, q
		}
	}
	return best
}

// keep remembers a language that was asked for.
func keep(ctx *fasthttp.RequestCtx, lang string) {
	var c fasthttp.Cookie
	c.SetKey(languageCookie)
	c.SetValue(lang)
	c.SetPath("/")
	c.SetMaxAge(int(languageLife.Seconds()))
	c.SetHTTPOnly(true)
	c.SetSameSite(fasthttp.CookieSameSiteLaxMode)
	ctx.Response.Header.SetCookie(&c)
}
