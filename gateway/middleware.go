package gateway

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"server5k/race"
)

// preflightAge is how long a browser may remember an answer about methods.
const preflightAge = 10 * time.Minute

// call is one request on its way to its handler.
type call struct {
	s    *Server
	ctx  *fasthttp.RequestCtx
	path string
	// id is the number in the path, 0 when there is none or it is too long to
	// be the id of anything; idText is how it was written.
	id     int64
	idText string
	second string // the other parameter of the path
	// Set by authenticate; who did not call is the zero value.
	judge     race.Judge
	organizer race.Organizer
	meter     *meter // of the route
}

// byOrganizer says whether an organizer calls.
func (c *call) byOrganizer() bool { return c.organizer.ID != 0 }

// serve is the entry of every request.
func (s *Server) serve(ctx *fasthttp.RequestCtx) {
	c := &call{s: s, ctx: ctx, path: string(ctx.Path()), meter: s.metrics.nowhere}
	method, started := string(ctx.Method()), s.cfg.Now()
	defer func() {
		if cause := recover(); cause != nil {
			s.cfg.Log.Error("handler panicked", "path", c.path, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			ctx.Response.Reset()
			secure(ctx)
			c.reply(http.StatusInternalServerError, detailBody{Detail: c.say(textInternal)})
		}
		took := s.cfg.Now().Sub(started)
		c.meter.observe(ctx.Response.StatusCode(), took)
		// The path only: a query may hold a token.
		s.cfg.Log.Debug("request", "method", method, "path", c.path, "status", ctx.Response.StatusCode(), "took", took)
	}()
	if err := c.dispatch(method); err != nil {
		c.fail(err)
	}
}

// dispatch checks what is common to all routes and calls the handler.
func (c *call) dispatch(method string) error {
	secure(c.ctx)
	if ambiguous(&c.ctx.Request.Header) {
		c.ctx.SetConnectionClose()
		return c.detail(http.StatusBadRequest, phrase{"Content-Length y Transfer-Encoding no pueden ir juntos.", "Content-Length and Transfer-Encoding exclude each other."})
	}
	if !isProbe(c.path) && !c.s.cfg.AllowHost(string(c.ctx.Host())) {
		return c.detail(http.StatusBadRequest, phrase{"Host no permitido.", "Host not allowed."})
	}
	if c.s.cfg.Panel != nil && (c.path == "/admin" || strings.HasPrefix(c.path, "/admin/")) {
		c.meter = c.s.panelMeter
		c.s.cfg.Panel(c.ctx)
		return nil
	}
	if c.s.cfg.Console != nil && (c.path == "/juez" || strings.HasPrefix(c.path, "/juez/")) {
		c.meter = c.s.consoleMeter
		c.s.cfg.Console(c.ctx)
		return nil
	}
	trusted := c.shareWithOrigin()
	r, moved, ok := c.route(method)
	switch {
	case moved:
		return nil
	case !ok:
		if c.s.cfg.Public != nil && c.s.cfg.Public(c.ctx) {
			c.meter = c.s.publicMeter
			return nil
		}
		return c.detail(http.StatusNotFound, textNotFound)
	case r.socket != nil:
		return c.handshake(method, r)
	case method == http.MethodOptions && trusted && len(c.ctx.Request.Header.Peek("Access-Control-Request-Method")) > 0:
		c.preflight(r)
		return nil
	}
	if err := c.authenticate(r.access); err != nil {
		return err
	}
	allow := r.allowed(c.byOrganizer())
	if method == http.MethodOptions {
		c.ctx.Response.Header.Set("Allow", allow)
		c.reply(http.StatusOK, struct{}{})
		return nil
	}
	h := r.handler(method, c.byOrganizer())
	if h == nil {
		return c.notAllowed(method, allow)
	}
	return h(c)
}

// route finds the route. A GET without the final slash is redirected; other
// methods are served as with it, for a redirect would lose their body, and so are
// probes, which do not follow one.
func (c *call) route(method string) (r route, moved, ok bool) {
	slashed := strings.HasSuffix(c.path, "/")
	path := c.path
	if !slashed {
		path += "/"
	}
	r, c.idText, c.second, ok = c.s.find(path)
	if !ok || (r.socket != nil && !r.file && !slashed) { // no client follows a redirect to a socket
		return r, false, false
	}
	c.meter = r.meter
	if !slashed && !isProbe(path) && !r.file && (method == http.MethodGet || method == http.MethodHead) {
		if query := c.ctx.URI().QueryString(); len(query) > 0 {
			path += "?" + string(query)
		}
		c.ctx.Response.Header.Set("Location", path)
		c.ctx.SetStatusCode(http.StatusMovedPermanently)
		return r, true, true
	}
	c.id, _ = pathID(c.idText)
	return r, false, true
}

// handshake hands a WebSocket request to its owner, who finds the digits of the
// path in the user value "id".
func (c *call) handshake(method string, r route) error {
	if method != http.MethodGet {
		return c.notAllowed(method, http.MethodGet)
	}
	c.ctx.SetUserValue("id", c.idText)
	r.socket(c.ctx)
	return nil
}

func (c *call) notAllowed(method, allow string) error {
	return &refusal{
		status: http.StatusMethodNotAllowed, allow: allow,
		body: detailBody{Detail: c.say(phrase{
			fmt.Sprintf("Método %q no permitido.", method), fmt.Sprintf("Method %q not allowed.", method),
		})},
	}
}

// secure sets what every answer carries.
func secure(ctx *fasthttp.RequestCtx) {
	h := &ctx.Response.Header
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}

// shareWithOrigin lets the page that called read the answer when its origin is
// in the list; the result says so.
func (c *call) shareWithOrigin() bool {
	if len(c.s.cfg.AllowedOrigins) == 0 {
		return false
	}
	h := &c.ctx.Response.Header
	h.Add("Vary", "Origin")
	origin := string(c.ctx.Request.Header.Peek("Origin"))
	if origin == "" || !slices.Contains(c.s.cfg.AllowedOrigins, origin) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "ETag, Retry-After, WWW-Authenticate")
	return true
}

// originAllowed says whether a page may open a socket: none called (an app), one
// of ours, or one of the list.
func (s *Server) originAllowed(ctx *fasthttp.RequestCtx) bool {
	origin := string(ctx.Request.Header.Peek("Origin"))
	if origin == "" || slices.Contains(s.cfg.AllowedOrigins, origin) || slices.Contains(s.cfg.TrustedOrigins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, string(ctx.Host()))
}

// preflight tells a browser what it may send. It comes without credentials, so
// it lists what anybody could do here.
func (c *call) preflight(r route) {
	allow := r.allowed(true)
	h := &c.ctx.Response.Header
	h.Set("Allow", allow)
	h.Set("Access-Control-Allow-Methods", allow)
	h.Set("Access-Control-Allow-Headers", "authorization, content-type, accept, accept-language, if-match, idempotency-key")
	h.Set("Access-Control-Max-Age", strconv.Itoa(int(preflightAge.Seconds())))
	c.reply(http.StatusOK, struct{}{})
}

// ambiguous says whether a request states its length in two ways, which is how
// requests are smuggled past a proxy. fasthttp keeps one of them only, so the
// header is read again as it came.
func ambiguous(h *fasthttp.RequestHeader) bool {
	if len(h.Peek("Transfer-Encoding")) == 0 {
		return false
	}
	for line := range bytes.SplitSeq(h.RawHeaders(), []byte("\n")) {
		name, _, found := bytes.Cut(line, []byte(":"))
		if found && bytes.EqualFold(bytes.TrimSpace(name), []byte("Content-Length")) {
			return true
		}
	}
	return false
}
