package admin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/valyala/fasthttp"

	"server5k/gateway/office"
	"server5k/gateway/site"
	"server5k/race"
)

// call is one request on its way to its handler.
type call struct {
	p            *Panel
	ctx          *fasthttp.RequestCtx
	method, path string
	ids          []int64 // the numbers in the path
	lang         string
	session      session // the zero value when nobody is logged in
	who          office.Who
}

// dispatch checks what is common to all routes and calls the handler.
func (c *call) dispatch(ctx context.Context, pattern string) error {
	c.harden()
	if lang, chosen := languageOf(c.ctx); chosen {
		setCookie(c.ctx, site.LanguageCookie, lang, false, site.LanguageLife)
	}
	r, ok := c.p.routes[pattern]
	if !ok {
		if r, ok := c.p.routes[pattern+"/"]; ok && r.get != nil && safeMethod(c.method) {
			c.redirect(http.StatusMovedPermanently, c.path+"/")
			return nil
		}
		return race.ErrNotFound
	}
	h := r.post
	if safeMethod(c.method) {
		h = r.get
	} else if c.method != http.MethodPost {
		h = nil
	}
	if h == nil {
		return c.notAllowed(r)
	}
	if !safeMethod(c.method) && !sameOrigin(&c.ctx.Request.Header, c.p.cfg.TrustedOrigins) {
		return errForeign
	}
	if err := c.resume(ctx); err != nil {
		return err
	}
	if r.access != open {
		if c.session == (session{}) {
			return c.toLogin()
		}
		if !c.may(r.access) {
			return errForbidden
		}
	}
	if !safeMethod(c.method) && c.session != (session{}) && !c.p.sessions.validForm(c.session, c.token()) {
		return errForeign
	}
	return h(ctx, c)
}

// may says whether the one who calls may use routes of this access.
func (c *call) may(a access) bool {
	switch a {
	case superusers:
		return c.who.Superuser
	case editors:
		return !c.who.Viewer || c.who.Superuser
	default:
		return true
	}
}

// token returns the form token that came with the request.
func (c *call) token() string {
	if t := c.ctx.Request.Header.Peek(csrfHeader); len(t) > 0 {
		return string(t)
	}
	return c.value(csrfField)
}

// harden sets what every page carries.
func (c *call) harden() {
	h := &c.ctx.Response.Header
	host := string(c.ctx.Host())
	if strings.Trim(host, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:[]") != "" {
		host = "" // not a name: it must not become part of the policy
	}
	connect := "'self'"
	if host != "" {
		connect += " ws://" + host + " wss://" + host
	}
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src "+connect+
		"; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
}

// redirect answers with another place of the panel.
func (c *call) redirect(status int, to string) {
	c.ctx.Response.Header.Set("Location", to)
	c.ctx.SetStatusCode(status)
}

// done ends a change: the browser goes on to a page that says what was done.
func (c *call) done(to, what string) error {
	sep := "?"
	if strings.Contains(to, "?") {
		sep = "&"
	}
	if what != "" {
		to += sep + "hecho=" + what
	}
	c.redirect(http.StatusSeeOther, to)
	return nil
}

// say returns a text in the language of the request.
func (c *call) say(key string, args ...any) string { return c.p.texts[c.lang].Text(key, args...) }

// value returns the last value of a field of the form that was sent, "" when it is
// not there or is no text.
func (c *call) value(name string) string {
	all := c.values(name)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// values returns all values of a field.
func (c *call) values(name string) []string {
	if m, err := c.ctx.MultipartForm(); err == nil {
		return m.Value[name]
	}
	var out []string
	for _, v := range c.ctx.PostArgs().PeekMulti(name) {
		if s := string(v); utf8.ValidString(s) {
			out = append(out, s)
		}
	}
	return out
}

// query returns a value of the query, trimmed.
func (c *call) query(name string) string {
	s := strings.TrimSpace(string(c.ctx.QueryArgs().Peek(name)))
	if !utf8.ValidString(s) {
		return ""
	}
	return s
}

// queryID reads a number of the query; 0 when there is none.
func (c *call) queryID(name string) int64 {
	id, err := strconv.ParseInt(c.query(name), 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return id
}

// id returns a number of the path.
func (c *call) id(at int) int64 { return c.ids[at] }

// competition returns the first number of the path.
func (c *call) competition() race.CompetitionID { return race.CompetitionID(c.ids[0]) }

// local returns the path within the panel that the form or the query says to go
// back to, "" when it is none: nobody is sent elsewhere.
func (c *call) local() string {
	to := c.value("volver")
	if to == "" {
		to = c.query("volver")
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/admin/") || strings.ContainsAny(to, "\\\r\n") {
		return ""
	}
	return u.RequestURI()
}

// back is local with another place for when there is none.
func (c *call) back(otherwise string) string {
	if to := c.local(); to != "" {
		return to
	}
	return otherwise
}

// isFragment says whether a part of a page is asked for, by htmx.
func (c *call) isFragment() bool {
	return len(c.ctx.Request.Header.Peek("HX-Request")) > 0 && len(c.ctx.Request.Header.Peek("HX-Boosted")) == 0
}

// known says whether s is one of the values.
func known[T comparable](s T, values ...T) bool { return slices.Contains(values, s) }
