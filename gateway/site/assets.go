package site

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"
)

// mediaTypes are those of the files there are.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png",
}

// MediaType returns the media type of a file by its name; it panics for a kind that
// no page has.
func MediaType(name string) string {
	if t := mediaTypes[path.Ext(name)]; t != "" {
		return t
	}
	panic("no media type for " + name)
}

// asset is one file, as it is and compressed; gzip is nil for what does not get
// smaller.
type asset struct {
	path        string // with the digest of its content
	mediaType   string
	plain, gzip []byte
}

// Assets are the files that pages load. Each is at a path named by its content, which
// never answers with anything else: browsers may keep it for ever. Once all files are
// added any goroutine may use them.
type Assets struct {
	prefix         string
	byPath, byName map[string]*asset
}

// NewAssets returns a set without files. Their paths begin with prefix, which ends
// in a slash.
func NewAssets(prefix string) *Assets {
	return &Assets{prefix, map[string]*asset{}, map[string]*asset{}}
}

// Add adds a file, which belongs to the set from then on.
func (s *Assets) Add(name string, content []byte) {
	a := s.put(name, content)
	if path.Ext(name) != ".png" {
		a.gzip = Pack(content)
	}
}

// AddPacked adds a file that is compressed already; name is that of what is in it.
func (s *Assets) AddPacked(name string, packed []byte) { s.put(name, unpack(packed)).gzip = packed }

func (s *Assets) put(name string, content []byte) *asset {
	ext := path.Ext(name)
	a := &asset{
		path:      s.prefix + strings.TrimSuffix(name, ext) + "." + Digest(content) + ext,
		mediaType: MediaType(name), plain: content,
	}
	s.byPath[a.path], s.byName[name] = a, a
	return a
}

// URL returns the path of a file by its name, for templates; it panics when there is
// no such file.
func (s *Assets) URL(name string) string {
	if a := s.byName[name]; a != nil {
		return a.path
	}
	panic("no such file: " + name)
}

// Paths are those of all files, in order.
func (s *Assets) Paths() []string { return slices.Sorted(maps.Keys(s.byPath)) }

// Serve answers a request for the file at a path, 404 when there is none.
func (s *Assets) Serve(ctx *fasthttp.RequestCtx, p string) {
	a := s.byPath[p]
	if a == nil {
		ctx.SetStatusCode(http.StatusNotFound)
		return
	}
	h := &ctx.Response.Header
	h.SetContentType(a.mediaType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	if a.gzip == nil {
		ctx.Response.SetBodyRaw(a.plain)
		return
	}
	h.Add("Vary", "Accept-Encoding")
	Send(ctx, a.plain, a.gzip)
}

// Send answers with a body in the form that the client reads. Both forms are never
// changed again; to say that the answer varies is left to the caller.
func Send(ctx *fasthttp.RequestCtx, plain, gzip []byte) {
	if ctx.Request.Header.HasAcceptEncoding("gzip") {
		ctx.Response.Header.Set("Content-Encoding", "gzip")
		ctx.Response.SetBodyRaw(gzip)
		return
	}
	ctx.Response.SetBodyRaw(plain)
}

// Digest names content: 12 hexadecimal digits.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:6])
}
