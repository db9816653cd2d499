package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"server5k/gateway/auth"
	"server5k/gateway/office"
	"server5k/gateway/site"
	"server5k/race"
)

// Config is what a Panel is made of. Desk, Accounts, Hasher, ReadMarks, Secret and
// Log are required.
type Config struct {
	Desk     Desk
	Accounts Accounts
	Hasher   *auth.Hasher
	// Secret is the server's; the keys of the panel are derived from it, so all
	// nodes of a cluster need the same.
	Secret []byte
	// Logins limits failed logins; sharing that of the API makes the limits one. nil
	// makes an own one.
	Logins *auth.Logins
	// Client returns who calls, the proxies that are trusted taken away; nil takes
	// the peer of the connection. Secure says whether it called by https; nil asks
	// the connection.
	Client func(*fasthttp.RequestCtx) netip.Addr
	Secure func(*fasthttp.RequestCtx) bool
	// TrustedOrigins are the exact origins, beside that of the host called, whose
	// pages may send forms from browsers that say nothing better.
	TrustedOrigins []string
	// Location is the zone in which instants are shown and typed; nil is UTC.
	Location *time.Location
	// Importer takes files in, Webhooks keeps the addresses that are told what
	// happens; what is nil is left out of the pages.
	Importer Importer
	Webhooks Webhooks
	// ReadMarks reads the file in which a phone kept its marks, received now.
	ReadMarks func(file []byte, now time.Time) (office.MarksFile, error)
	Now       func() time.Time
	Log       *slog.Logger
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
	assets   *site.Assets
	texts    map[string]site.Catalogue
	pages    map[string]pages // by language
	routes   map[string]route
}

// requestTimeout bounds what one request may wait for, slowTimeout one that hashes
// a hundred passwords of some tens of milliseconds each, or makes as many rulings.
const (
	requestTimeout = 9 * time.Second
	slowTimeout    = time.Minute
)

var errRequestTimeout = errors.New("panel request: no answer in time")

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
	if cfg.Logins == nil {
		cfg.Logins = auth.NewLogins(cfg.Now)
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
	p := &Panel{cfg: cfg, sessions: newSessions(cfg.Secret, cfg.Now), assets: loadAssets(), texts: site.LoadCatalogues(textFiles), pages: map[string]pages{}}
	for _, lang := range site.Languages {
		p.pages[lang] = parsePages(p.functions(lang))
	}
	p.routes = p.table()
	return p
}

// Handler answers one request whose path begins with /admin.
func (p *Panel) Handler(ctx *fasthttp.RequestCtx) {
	path := string(ctx.Path())
	if strings.HasPrefix(path, staticPrefix) && safeMethod(string(ctx.Method())) {
		p.assets.Serve(ctx, path)
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
	pattern, ids := patternOf(path)
	c.ids = ids
	limit := requestTimeout
	if p.routes[pattern].slow {
		limit = slowTimeout
	}
	wait, cancel := context.WithTimeoutCause(context.Background(), limit, errRequestTimeout)
	defer cancel()
	if err := c.dispatch(wait, pattern); err != nil {
		c.fail(err)
	}
}
