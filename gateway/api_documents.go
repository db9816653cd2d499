package gateway

import (
	"net/http"
	"strings"

	"server5k/gateway/apidoc"
)

// documentTable lists the paths of the descriptions of the API, which everybody
// may read.
func (s *Server) documentTable() map[string]route {
	out := map[string]route{}
	for _, path := range apidoc.Paths() {
		slashed := path
		if !strings.HasSuffix(path, "/") {
			slashed += "/"
		}
		out[slashed] = route{
			access: public, file: slashed != path,
			methods: map[string]handler{http.MethodGet: func(c *call) error { return c.document(path) }},
		}
	}
	return out
}

// document answers with a description of the API or a part of its pages.
func (c *call) document(path string) error {
	header := &c.ctx.Request.Header
	format, _ := c.query("format")
	a, ok := apidoc.Find(path, format, string(header.Peek("Accept")))
	if !ok {
		return c.detail(http.StatusNotFound, textNotFound)
	}
	h := &c.ctx.Response.Header
	for name, value := range map[string]string{
		"ETag": a.ETag, "Vary": a.Vary, "Cache-Control": a.CacheControl, "Content-Security-Policy": a.CSP,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	c.ctx.SetContentType(a.ContentType)
	if a.Unchanged(string(header.Peek("If-None-Match"))) {
		c.ctx.SetStatusCode(http.StatusNotModified)
		return nil
	}
	body, encoding := a.Body(string(header.Peek("Accept-Encoding")))
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	c.ctx.Response.SetBodyRaw(body)
	return nil
}
