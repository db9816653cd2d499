package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"
)

//go:embed static/*.js static/console.css icons/icon.svg icons/*.png lib/qrcode.js
var files embed.FS

const staticPrefix = Prefix + "static/"

// scripts are the files of console.js, in their order. The first ones, up to
// browserless, run without a page.
var scripts = []string{
	"ids.js", "clock.js", "timeline.js", "outbox.js", "post.js", "export.js", "sender.js", "link.js", "heartbeat.js",
	"text.js", "dom.js", "store.js", "session.js", "device.js", "races.js", "tap.js",
	"sheet.js", "notices.js", "screens.js", "screen_mark.js", "screen_phone.js", "main.js",
}

// mediaTypes are those of the files there are.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png",
}

// asset is one file that the page loads, as it is and compressed; gzip is nil for
// what does not get smaller.
type asset struct {
	path        string // with the digest of its content
	mediaType   string
	plain, gzip []byte
}

// assets are all files, by their path and by their name.
type assets struct {
	byPath, byName map[string]*asset
}

// loadAssets names every file by its content. The path of a file never answers
// with anything else, so browsers may keep it for ever.
func loadAssets(texts map[string]catalogue) assets {
	a := assets{map[string]*asset{}, map[string]*asset{}}
	a.add("console.js", bundle(texts))
	for _, name := range []string{"static/console.css", "lib/qrcode.js", "icons/icon.svg", "icons/icon-192.png", "icons/icon-512.png"} {
		a.add(path.Base(name), read(name))
	}
	return a
}

func (a assets) add(name string, body []byte) {
	ext := path.Ext(name)
	v := &asset{path: staticPrefix + strings.TrimSuffix(name, ext) + "." + digest(body) + ext, mediaType: mediaTypes[ext], plain: body}
	if ext != ".png" {
		v.gzip = pack(body)
	}
	a.byPath[v.path], a.byName[name] = v, v
}

// url returns the path of a file by its name, for templates.
func (a assets) url(name string) string {
	if v := a.byName[name]; v != nil {
		return v.path
	}
	panic("no such file: " + name)
}

// paths are those of all files, in order.
func (a assets) paths() []string { return slices.Sorted(maps.Keys(a.byPath)) }

// serve answers a request for a file.
func (a assets) serve(ctx *fasthttp.RequestCtx, p string) {
	v := a.byPath[p]
	if v == nil {
		ctx.SetStatusCode(http.StatusNotFound)
		return
	}
	ctx.Response.Header.SetContentType(v.mediaType)
	ctx.Response.Header.Set("Cache-Control", "public, max-age=31536000, immutable")
	if v.gzip == nil {
		ctx.SetBody(v.plain)
		return
	}
	send(ctx, v.plain, v.gzip)
}

// bundle writes the script of the page: its files one after the other, in a scope
// of their own.
func bundle(texts map[string]catalogue) []byte {
	var out bytes.Buffer
	out.WriteString("(() => {\"use strict\";\nconst TEXTS = ")
	out.Write(jsonOf(texts))
	out.WriteString(";\n")
	for _, name := range scripts {
		out.Write(read("static/" + name))
	}
	out.WriteString("})();\n")
	return out.Bytes()
}

// renderWorker writes the service worker of a version: it keeps the page and all
// files of it.
func renderWorker(version string, a assets) []byte {
	return fmt.Appendf(nil, "const VERSION = %s;\nconst FILES = %s;\n%s", jsonOf(version), jsonOf(append([]string{Prefix}, a.paths()...)), read("static/sw.js"))
}

// versionOf is a digest of all that the console is.
func versionOf(a assets, texts map[string]catalogue) string {
	all := fmt.Appendf(nil, "%q", a.paths())
	for _, lang := range languages {
		all = append(all, renderShell(shell{Lang: lang}, texts[lang], a)...)
	}
	return digest(append(all, read("static/sw.js")...))[:8]
}

func read(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return b
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

// jsonOf encodes values of this package, which always encode; for objects the keys
// are in order, so that the same version is the same bytes on every node.
func jsonOf(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func pack(b []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		panic(err)
	}
	if _, err := w.Write(b); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}
