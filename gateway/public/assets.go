package public

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"

	"github.com/valyala/fasthttp"
)

//go:embed static/*.css static/*.js static/*.svg
var staticFiles embed.FS

const staticPrefix = "/estatico/"

// styles and scripts are joined in this order; a script may use what stands before
// it.
var (
	styles  = [...]string{"base.css", "live.css", "charts.css", "print.css"}
	scripts = [...]string{"rank.js", "format.js", "clock.js", "model.js", "socket.js", "rows.js", "news.js", "fragment.js", "live.js", "screen.js", "main.js"}
)

// mediaTypes are those of the files there are.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// asset is one file that pages load, as it is and compressed.
type asset struct {
	path         string // with the digest of its content
	mediaType    string
	plain, small []byte
}

// assets are all files, by their path and by their name. The digest of all of them
// is that of the pages' own code: it changes when a page must load itself anew.
type assets struct {
	byPath map[string]*asset
	byName map[string]*asset
	digest string
}

// loadAssets names every file by its content. The path of a file never answers
// with anything else, so browsers may keep it for ever.
func loadAssets() assets {
	all := assets{byPath: map[string]*asset{}, byName: map[string]*asset{}}
	sum := sha256.New()
	add := func(name string, content []byte) {
		digest := sha256.Sum256(content)
		sum.Write(digest[:])
		ext := path.Ext(name)
		a := &asset{
			path:      staticPrefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(digest[:6]) + ext,
			mediaType: mediaTypes[ext], plain: content, small: pack(content),
		}
		all.byPath[a.path], all.byName[name] = a, a
	}
	add("public.css", joined(styles[:]))
	add("screen.css", joined([]string{"screen.css"}))
	add("public.js", script())
	add("icon.svg", static("icon.svg"))
	all.digest = hex.EncodeToString(sum.Sum(nil)[:6])
	return all
}

// script joins the scripts to one that leaves nothing behind in the page.
func script() []byte {
	var out bytes.Buffer
	out.WriteString("(() => {\n\"use strict\";\n")
	out.Write(joined(scripts[:]))
	out.WriteString("})();\n")
	return out.Bytes()
}

// joined joins files without their indents and the lines that are comments, which
// no visitor needs. No text of theirs goes over several lines.
func joined(names []string) []byte {
	var out bytes.Buffer
	for _, name := range names {
		for line := range strings.Lines(string(static(name))) {
			line = strings.TrimSpace(line)
			if line != "" && !isComment(line) {
				out.WriteString(line + "\n")
			}
		}
	}
	return out.Bytes()
}

// isComment says whether a line is nothing else.
func isComment(line string) bool {
	if line == "/**" || line == "*/" || strings.HasPrefix(line, "//") || strings.HasPrefix(line, "* ") {
		return true
	}
	return strings.HasPrefix(line, "/*") && strings.HasSuffix(line, "*/")
}

func static(name string) []byte {
	b, err := staticFiles.ReadFile("static/" + name)
	if err != nil {
		panic(err) // a file of ours
	}
	return b
}

// url returns the path of a file by its name, for templates.
func (s assets) url(name string) string {
	if a := s.byName[name]; a != nil {
		return a.path
	}
	panic("no such file: " + name)
}

// serve answers a request for a file; false: there is none of this path.
func (s assets) serve(ctx *fasthttp.RequestCtx, p string) bool {
	a := s.byPath[p]
	if a == nil {
		return false
	}
	h := &ctx.Response.Header
	h.SetContentType(a.mediaType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	ctx.SetStatusCode(http.StatusOK)
	if ctx.Request.Header.HasAcceptEncoding("gzip") {
		h.Set("Content-Encoding", "gzip")
		ctx.Response.SetBodyRaw(a.small)
		return true
	}
	ctx.Response.SetBodyRaw(a.plain)
	return true
}

func pack(b []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		panic(err)
	}
	if _, err := w.Write(b); err != nil {
		panic(err) // into memory
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}
