package console

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/valyala/fasthttp"

	"server5k/gateway/site"
)

// Prefix is where everything of the console is; its service worker governs no more.
const Prefix = "/juez/"

// Config is what a Console is made of. There is nothing to choose yet.
type Config struct{}

// Console answers everything under /juez/. It is safe for concurrent use.
type Console struct {
	assets *site.Assets
	shells map[string]page // by language
	worker page
	// manifests by language.
	manifests map[string]page
	version   string
}

// New returns a console. It panics when its own files are broken.
func New(Config) *Console {
	texts := site.LoadCatalogues(textFiles)
	a := loadAssets(texts)
	c := &Console{assets: a, shells: map[string]page{}, manifests: map[string]page{}}
	c.version = versionOf(a, texts)
	for _, lang := range site.Languages {
		c.shells[lang] = newPage("text/html; charset=utf-8", renderShell(shell{
			Lang: lang, Version: c.version, Title: texts[lang]["app.title"],
			Description: texts[lang]["app.description"], NoScript: texts[lang]["app.noscript"],
		}, texts[lang], a))
		c.manifests[lang] = newPage("application/manifest+json; charset=utf-8", renderManifest(lang, texts[lang], a))
	}
	c.worker = newPage("text/javascript; charset=utf-8", renderWorker(c.version, a))
	return c
}

// Version names what the console is made of: it changes with any of its files.
func (c *Console) Version() string { return c.version }

// Handler answers one request whose path begins with /juez.
func (c *Console) Handler(ctx *fasthttp.RequestCtx) {
	harden(ctx)
	if !ctx.IsGet() && !ctx.IsHead() {
		ctx.Response.Header.Set("Allow", "GET, HEAD")
		ctx.SetStatusCode(http.StatusMethodNotAllowed)
		return
	}
	path := string(ctx.Path())
	switch {
	case path == strings.TrimSuffix(Prefix, "/"):
		to := Prefix
		if q := ctx.URI().QueryString(); len(q) > 0 {
			to += "?" + string(q)
		}
		ctx.Response.Header.Set("Location", to)
		ctx.SetStatusCode(http.StatusMovedPermanently)
	case path == Prefix:
		ctx.Response.Header.Set("Vary", "Accept-Language, Cookie")
		c.shells[languageOf(ctx)].serve(ctx)
	case path == Prefix+"manifest.webmanifest":
		ctx.Response.Header.Set("Vary", "Accept-Language, Cookie")
		c.manifests[languageOf(ctx)].serve(ctx)
	case path == Prefix+"sw.js":
		ctx.Response.Header.Set("Service-Worker-Allowed", Prefix)
		c.worker.serve(ctx)
	case strings.HasPrefix(path, staticPrefix):
		c.assets.Serve(ctx, path)
	default:
		ctx.SetStatusCode(http.StatusNotFound)
	}
}

// hostLetters are those that a host may have in a policy.
const hostLetters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:[]"

// harden sets what every answer carries.
func harden(ctx *fasthttp.RequestCtx) {
	connect, host := "'self'", string(ctx.Host())
	if host != "" && strings.Trim(host, hostLetters) == "" {
		// Older browsers do not take 'self' for sockets.
		connect += " ws://" + host + " wss://" + host
	}
	h := &ctx.Response.Header
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src "+connect+
		"; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
}

// page is an answer that may change with the server: browsers ask each time
// whether theirs is still right.
type page struct {
	mediaType, tag string
	plain, gzip    []byte
}

func newPage(mediaType string, body []byte) page {
	return page{mediaType, `"` + site.Digest(body) + `"`, body, site.Pack(body)}
}

func (p page) serve(ctx *fasthttp.RequestCtx) {
	h := &ctx.Response.Header
	h.SetContentType(p.mediaType)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", p.tag)
	vary(ctx)
	if fresh(ctx.Request.Header.Peek("If-None-Match"), p.tag) {
		ctx.SetStatusCode(http.StatusNotModified)
		return
	}
	site.Send(ctx, p.plain, p.gzip)
}

// fresh says whether a browser has what tag names. A proxy that compresses makes
// tags weak; they name the same page.
func fresh(sent []byte, tag string) bool {
	for one := range bytes.SplitSeq(sent, []byte(",")) {
		one = bytes.TrimPrefix(bytes.TrimSpace(one), []byte("W/"))
		if string(one) == tag || string(one) == "*" {
			return true
		}
	}
	return false
}

// vary adds that the encoding was a question.
func vary(ctx *fasthttp.RequestCtx) {
	h := &ctx.Response.Header
	v := "Accept-Encoding"
	if before := h.Peek("Vary"); len(before) > 0 {
		v = string(before) + ", " + v
	}
	h.Set("Vary", v)
}
