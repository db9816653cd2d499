package console

import (
	"embed"

	"github.com/valyala/fasthttp"

	"server5k/gateway/site"
)

// The texts have {name} where the script puts a value in.
//
//go:embed text/*.json
var textFiles embed.FS

// languageOf returns the language of a request: asked for in the query, chosen
// before, preferred by the browser, Spanish.
func languageOf(ctx *fasthttp.RequestCtx) string {
	if lang, ok := site.Asked(ctx); ok {
		return lang
	}
	if lang, ok := site.Kept(ctx); ok {
		return lang
	}
	return site.Preferred(string(ctx.Request.Header.Peek("Accept-Language")))
}
