package public

import (
	"embed"

	"github.com/valyala/fasthttp"

	"server5k/gateway/site"
)

//go:embed text/*.json
var textFiles embed.FS

// languageOf returns the language of a request: asked for in the query, chosen
// before, or what the browser prefers.
func languageOf(ctx *fasthttp.RequestCtx) (lang string, chosen bool) {
	if lang, ok := site.Asked(ctx); ok {
		return lang, true
	}
	if lang, ok := site.Kept(ctx); ok {
		return lang, false
	}
	return site.Preferred(string(ctx.Request.Header.Peek("Accept-Language"))), false
}

// keep remembers a language that was asked for.
func keep(ctx *fasthttp.RequestCtx, lang string) {
	var c fasthttp.Cookie
	c.SetKey(site.LanguageCookie)
	c.SetValue(lang)
	c.SetPath("/")
	c.SetMaxAge(int(site.LanguageLife.Seconds()))
	c.SetHTTPOnly(true)
	c.SetSameSite(fasthttp.CookieSameSiteLaxMode)
	ctx.Response.Header.SetCookie(&c)
}
