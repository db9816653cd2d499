package admin

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/valyala/fasthttp"
)

//go:embed static/admin.css static/admin.js static/htmx.min.js.gz
var staticFiles embed.FS

const staticPrefix = "/admin/static/"

// mediaTypes are those of the files there are.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// asset is one file that pages load, as it is and compressed.
type asset struct {
	path        string // with the digest of its content
	mediaType   string
	plain, gzip []byte
}

// assets are all files, by their path and by their name.
type assets struct {
	byPath map[string]*asset
	byName map[string]*asset
}

// loadAssets names every embedded file by its content. The path of a file never
// answers with anything else, so browsers may keep it for ever.
func loadAssets() assets {
	all := assets{map[string]*asset{}, map[string]*asset{}}
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		raw, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		name, packed := strings.CutSuffix(e.Name(), ".gz")
		a := &asset{mediaType: mediaTypes[path.Ext(name)]}
		if packed {
			a.gzip, a.plain = raw, unpack(raw)
		} else {
			a.plain, a.gzip = raw, pack(raw)
		}
		digest := sha256.Sum256(a.plain)
		ext := path.Ext(name)
		a.path = staticPrefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(digest[:6]) + ext
		all.byPath[a.path], all.byName[name] = a, a
	}
	return all
}

// url returns the path of a file by its name, for templates.
func (s assets) url(name string) string {
	if a := s.byName[name]; a != nil {
		return a.path
	}
	panic("no such file: " + name)
}

// serve answers a request for a file.
func (s assets) serve(ctx *fasthttp.RequestCtx, p string) {
	a := s.byPath[p]
	if a == nil {
		ctx.SetStatusCode(http.StatusNotFound)
		return
	}
	h := &ctx.Response.Header
	h.SetContentType(a.mediaType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	if ctx.Request.Header.HasAcceptEncoding("gzip") {
		h.Set("Content-Encoding", "gzip")
		ctx.SetBody(a.gzip)
		return
	}
	ctx.SetBody(a.plain)
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

func unpack(b []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		panic(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return out
}
