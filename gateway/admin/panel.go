package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"server5k/gateway/auth"
	"server5k/gateway/office"
	"server5k/race"
)

// Config is what a Panel is made of. Desk, Accounts, Hasher, Secret and Log are
// required.
type Config struct {
	Desk     Desk
	Accounts Accounts
	Hasher   *auth.Hasher
	// Secret is the server's; the keys of the panel are derived from it, so all
	// nodes of a cluster need the same.
	Secret []byte
	// UserLogins and PeerLogins count failed logins by account and address and by
	// address; sharing those of the API makes the limits one. nil makes own ones.
	UserLogins, PeerLogins *auth.Limiter
	// Client returns who calls, the proxies that are trusted taken away; nil takes
	// the peer of the connection. Secure says whether it called by https; nil asks
	// the connection.
	Client func(*fasthttp.RequestCtx) netip.Addr
	Secure func(*fasthttp.RequestCtx) bool
	// Location is the zone in which instants are shown and typed; nil is UTC.
	Location *time.Location
	// Extras are what other parts add; nil ones are left out of the pages.
	Sheets   Sheets
	Webhooks Webhooks
	Now      func() time.Time
	Log      *slog.Logger
}

// Accounts is what logging in and out needs of the store. A method that finds no
// row returns race.ErrNotFound.
type Accounts interface {
	Organizer(ctx context.Context, id race.OrganizerID) (race.Organizer, error)
	OrganizerCredential(ctx context.Context, login string) (race.Credential, race.Organizer, error)
	SetOrganizerPassword(ctx context.Context, id race.OrganizerID, hash string) error
	RevokeToken(ctx context.Context, id string, expires time.Time) (bool, error)
	TokenRevoked(ctx context.Context, id string) (bool, error)
}

// Panel answers everything under /admin/. It is safe for concurrent use.
type Panel struct {
	cfg      Config
	sessions *sessions
	assets   assets
	texts    map[string]catalogue
	pages    map[string]pages // by language
	routes   map[string]route
}

// requestTimeout bounds what one request may wait for, below the write timeout of
// the server.
const requestTimeout = 9 * time.Second

var errRequestTimeout = errors.New("panel request: no answer in 9s")

// New returns a panel. It panics when its own templates or texts are broken.
func New(cfg Config) *Panel {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	if cfg.UserLogins == nil {
		cfg.UserLogins = auth.NewLimiter(maxUserFailures, loginWindow, cfg.Now)
	}
	if cfg.PeerLogins == nil {
		cfg.PeerLogins = auth.NewLimiter(maxPeerFailures, loginWindow, cfg.Now)
	}
	if cfg.Client == nil {
		cfg.Client = func(ctx *fasthttp.RequestCtx) netip.Addr {
			addr, _ := netip.AddrFromSlice(ctx.RemoteIP())
			return addr.Unmap()
		}
	}
	if cfg.Secure == nil {
		cfg.Secure = (*fasthttp.RequestCtx).IsTLS
	}
	p := &Panel{cfg: cfg, sessions: newSessions(cfg.Secret, cfg.Now), assets: loadAssets(), texts: loadCatalogues(), pages: map[string]pages{}}
	for _, lang := range languages {
		p.pages[lang] = parsePages(p.functions(lang))
	}
	p.routes = p.table()
	return p
}

// Handler answers one request whose path begins with /admin.
func (p *Panel) Handler(ctx *fasthttp.RequestCtx) {
	path := string(ctx.Path())
	if strings.HasPrefix(path, staticPrefix) && safeMethod(string(ctx.Method())) {
		p.assets.serve(ctx, path)
		return
	}
	c := &call{p: p, ctx: ctx, method: string(ctx.Method()), path: path}
	c.lang, _ = languageOf(ctx)
	defer func() {
		if cause := recover(); cause != nil {
			p.cfg.Log.Error("panel handler panicked", "path", path, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			ctx.Response.Reset()
			c.harden()
			c.fail(errors.New("panic"))
		}
	}()
	wait, cancel := context.WithTimeoutCause(context.Background(), requestTimeout, errRequestTimeout)
	defer cancel()
	if err := c.dispatch(wait); err != nil {
		c.fail(err)
	}
}

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
func (c *call) dispatch(ctx context.Context) error {
	c.harden()
	if lang, chosen := languageOf(c.ctx); chosen {
		setCookie(c.ctx, languageCookie, lang, c.p.cfg.Secure(c.ctx), languageLife)
	}
	pattern, ids := template(c.path)
	r, ok := c.p.routes[pattern]
	if !ok {
		if r, ok := c.p.routes[pattern+"/"]; ok && r.get != nil && safeMethod(c.method) {
			c.redirect(http.StatusMovedPermanently, c.path+"/")
			return nil
		}
		return race.ErrNotFound
	}
	c.ids = ids
	h := r.post
	if safeMethod(c.method) {
		h = r.get
	} else if c.method != http.MethodPost {
		h = nil
	}
	if h == nil {
		return c.notAllowed(r)
	}
	if !safeMethod(c.method) && !sameOrigin(&c.ctx.Request.Header) {
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
func (c *call) say(key string, args ...any) string { return c.p.texts[c.lang].text(key, args...) }
