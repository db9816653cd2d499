package lanca

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

// The languages. Whoever asks for neither gets Spanish.
const (
	spanish = "es"
	english = "en"
)

// catalogue holds the texts of one language by their keys.
type catalogue map[string]string

// loadCatalogues reads the embedded texts; a test keeps them readable.
func loadCatalogues() map[string]catalogue {
	all := map[string]catalogue{}
	for _, lang := range []string{spanish, english} {
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

// text returns a text with its arguments put in.
func (c catalogue) text(key string, args ...any) (string, error) {
	s, ok := c[key]
	if !ok {
		return "", fmt.Errorf("there is no text %s", key)
	}
	if len(args) == 0 {
		return s, nil
	}
	return fmt.Sprintf(s, args...), nil
}

// steps returns the texts key.1, key.2 and so on. The argument is for those that
// have a place for it.
func (c catalogue) steps(key, arg string) (out []string) {
	for n := 1; ; n++ {
		s, ok := c[key+"."+strconv.Itoa(n)]
		if !ok {
			return out
		}
		out = append(out, strings.ReplaceAll(s, "%s", arg))
	}
}

func known(lang string) bool { return lang == spanish || lang == english }

func other(lang string) string {
	if lang == spanish {
		return english
	}
	return spanish
}

// language returns the one that is asked for in the query, or else the one of the
// two that Accept-Language likes best.
func language(ctx *fasthttp.RequestCtx) string {
	if lang := string(ctx.QueryArgs().Peek("lang")); known(lang) {
		return lang
	}
	best, weight := spanish, 0.0
	for item := range strings.SplitSeq(string(ctx.Request.Header.Peek("Accept-Language")), ",") {
		tag, parameter, _ := strings.Cut(item, ";")
		lang, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		q := 1.0
		if value, found := strings.CutPrefix(strings.TrimSpace(parameter), "q="); found {
			var err error
			if q, err = strconv.ParseFloat(value, 64); err != nil {
				continue
			}
		}
		if known(lang) && q > weight {
			best, weight = lang, q
		}
	}
	return best
}
