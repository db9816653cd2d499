package lanca

import (
	"embed"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"server5k/gateway/site"
)

//go:embed text/*.json
var textFiles embed.FS

// steps returns the texts key.1, key.2 and so on. The argument is for those that
// have a place for it.
func steps(texts site.Catalogue, key, arg string) (out []string) {
	for n := 1; ; n++ {
		s, ok := texts[key+"."+strconv.Itoa(n)]
		if !ok {
			return out
		}
		out = append(out, strings.ReplaceAll(s, "%s", arg))
	}
}

func other(lang string) string {
	if lang == site.Spanish {
		return site.English
	}
	return site.Spanish
}

// language returns the one that is asked for in the query, or else the one of the
// two that Accept-Language likes best.
func language(ctx *fasthttp.RequestCtx) string {
	if lang, ok := site.Asked(ctx); ok {
		return lang
	}
	return site.Preferred(string(ctx.Request.Header.Peek("Accept-Language")))
}
