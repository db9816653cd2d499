package admin

import (
	"embed"

	"github.com/valyala/fasthttp"

	"server5k/gateway/site"
)

//go:embed text/*.json
var textFiles embed.FS

// languageOf returns the language of a request: asked for in the query, then the
// one that was chosen before.
func languageOf(ctx *fasthttp.RequestCtx) (lang string, chosen bool) {
	if lang, ok := site.Asked(ctx); ok {
		return lang, true
	}
	if lang, ok := site.Kept(ctx); ok {
		return lang, false
	}
	return site.Spanish, false
}
