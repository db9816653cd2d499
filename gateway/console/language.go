package console

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"
)

//go:embed text/*.json
var textFiles embed.FS

// The languages. Spanish is the first: whoever asks for nothing gets it. The cookie
// is that of the panel and of the public pages.
const (
	spanish        = "es"
	english        = "en"
	languageCookie = "idioma"
)

var languages = [...]string{spanish, english}

// catalogue holds the texts of one language by their keys. {name} stands where the
// script puts a value in.
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

// text returns a text. A key that is not there is a mistake of ours.
func (c catalogue) text(key string) string {
	s, ok := c[key]
	if !ok {
		panic("no text " + key)
	}
	return s
}

// languageOf returns the language of a request: asked for in the query, chosen
// before, preferred by the browser, Spanish.
func languageOf(ctx *fasthttp.RequestCtx) string {
	for _, asked := range []string{string(ctx.QueryArgs().Peek("lang")), string(ctx.Request.Header.Cookie(languageCookie))} {
		if known(asked) {
			return asked
		}
	}
	return preferred(string(ctx.Request.Header.Peek("Accept-Language")))
}

func known(lang string) bool { return lang == spanish || lang == english }

// preferred reads an Accept-Language header: the language with the highest weight,
// the earlier one of equals.
func preferred(header string) string {
	best, weight := spanish, 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(part, ";")
		lang, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		q := 1.0
		if text, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q="); ok {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				continue
			}
			q = v
		}
		if known(lang) && q > weight {
			best, weight = lang, q
		}
	}
	return best
}
