package public

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"server5k/gateway/site"
	"server5k/race"
)

// retrySeconds is when to ask again for what cannot be shown now.
const retrySeconds = 5

// call is one request on its way to its page.
type call struct {
	p      *Pages
	ctx    *fasthttp.RequestCtx
	target target
	path   string
	lang   string
}

// answer does what is common to all pages.
func (c *call) answer(ctx context.Context) error {
	method := string(c.ctx.Method())
	if c.target.page == pageData {
		c.ctx.Response.Header.Set("Access-Control-Allow-Origin", "*")
		c.ctx.Response.Header.Set("Access-Control-Expose-Headers", "ETag, Age, X-Page-Code, X-Server-Time")
	}
	if method != http.MethodGet && method != http.MethodHead {
		c.ctx.Response.Header.Set("Allow", "GET, HEAD")
		if method == http.MethodOptions {
			c.ctx.Response.Header.Set("Access-Control-Allow-Methods", "GET, HEAD")
			c.ctx.SetStatusCode(http.StatusNoContent)
			return nil
		}
		c.ctx.SetStatusCode(http.StatusMethodNotAllowed)
		return nil
	}
	if c.target.page == pageAsset {
		c.p.assets.Serve(c.ctx, c.path)
		return nil
	}
	c.harden()
	if c.path != c.target.path {
		return c.redirect()
	}
	var chosen bool
	if c.lang, chosen = languageOf(c.ctx); chosen && c.target.page != pageData {
		keep(c.ctx, c.lang)
	}
	switch c.target.page {
	case pageList:
		return c.list(ctx)
	case pageTeam:
		return c.team(ctx)
	case pageData:
		return c.data(ctx)
	default:
		return c.competition(ctx)
	}
}

// redirect sends to the path as it should be, with the query as it came.
func (c *call) redirect() error {
	to := c.target.path
	if query := c.ctx.URI().QueryString(); len(query) > 0 {
		to += "?" + string(query)
	}
	c.ctx.Response.Header.Set("Location", to)
	c.ctx.SetStatusCode(http.StatusMovedPermanently)
	return nil
}

// harden sets what every page carries. Nothing of it comes from elsewhere and
// nobody may put it into a frame; who wants to embed results has datos.json.
func (c *call) harden() {
	h := &c.ctx.Response.Header
	h.Set("X-Content-Type-Options", "nosniff")
	if c.target.page == pageData {
		return
	}
	host := string(c.ctx.Host())
	connect := "'self'"
	if host != "" && strings.Trim(host, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:[]") == "" {
		connect += " ws://" + host + " wss://" + host
	}
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src "+connect+
		"; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	h.Add("Vary", "Accept-Language")
	h.Add("Vary", "Cookie")
}

// competition answers with a page of one competition.
func (c *call) competition(ctx context.Context) error {
	v, err := c.p.views.get(ctx, race.CompetitionID(c.target.id))
	if err != nil {
		return err
	}
	scope := race.Category(c.query("categoria"))
	if !v.has(scope) {
		scope = ""
	}
	kind := c.target.page
	if kind == pageLive && c.query("pantalla") == "1" {
		kind, scope = pageScreen, ""
	}
	life := time.Duration(0)
	if kind != pageCharts && (v.Phase == running || v.Phase == scheduled) {
		life = clockStep
	}
	return c.render(v, kind, string(scope), life, func(now time.Time) (string, any) {
		switch kind {
		case pageAnnouncer:
			return v.Competition.Name, c.p.announcer(v, c.lang, now)
		case pageCharts:
			return v.Competition.Name, c.p.charts(v.board, c.lang, scope)
		default:
			return v.Competition.Name, c.p.live(v, kind, c.lang, scope, now)
		}
	})
}

// team answers with the page of a team.
func (c *call) team(ctx context.Context) error {
	id := race.TeamID(c.target.id)
	competition := c.p.views.peek(id)
	if competition == 0 {
		t, err := c.p.cfg.Store.Team(ctx, id)
		if err != nil {
			return err
		}
		competition = t.Competition
	}
	v, err := c.p.views.get(ctx, competition)
	if err != nil {
		return err
	}
	l, ok := v.team(id)
	if !ok {
		return race.ErrNotFound
	}
	life := time.Duration(0)
	if v.Phase == running {
		life = clockStep
	}
	return c.render(v, pageTeam, strconv.FormatInt(c.target.id, 10), life, func(now time.Time) (string, any) {
		return l.Team.Name, c.p.team(v, l, c.lang, now)
	})
}

// data answers with the JSON of a competition.
func (c *call) data(ctx context.Context) error {
	v, err := c.p.views.get(ctx, race.CompetitionID(c.target.id))
	if err != nil {
		return err
	}
	now := c.p.cfg.Now()
	doc, err := v.get(documentKey{page: string(pageData)}, now, 0, func() (*document, error) {
		return newDocument("application/json", encode(v.data(v.At, c.p.cfg.Location, true))), nil
	})
	if err != nil {
		return err
	}
	c.age(v, now)
	doc.send(c.ctx, http.StatusOK)
	return nil
}

// render answers with a page, rendered if no document of it is kept. model returns
// its title and what its template is given.
func (c *call) render(v shown, kind page, variant string, life time.Duration, model func(now time.Time) (string, any)) error {
	now := c.p.cfg.Now()
	key := documentKey{string(kind), c.lang, variant, v.stale}
	doc, err := v.get(key, now, life, func() (*document, error) {
		title, data := model(now)
		return c.p.document(c.lang, kind, frame{Title: title, Data: data, Stale: v.stale, Checked: v.checked, Competition: v.Competition, Refresh: refreshOf(v.Phase)})
	})
	if err != nil {
		return err
	}
	c.age(v, now)
	doc.send(c.ctx, http.StatusOK)
	return nil
}

// age says how old the answer is, and what the server's clock says.
func (c *call) age(v shown, now time.Time) {
	h := &c.ctx.Response.Header
	h.Set("X-Page-Code", c.p.code)
	h.Set("X-Server-Time", strconv.FormatInt(now.UnixMilli(), 10))
	if v.stale {
		h.Set("Age", strconv.Itoa(int(now.Sub(v.checked).Seconds())))
	}
}

// refreshOf returns after how many seconds a page without JavaScript loads itself
// again, 0 never.
func refreshOf(p phase) int {
	switch p {
	case running:
		return 20
	case scheduled:
		return 60
	case provisional:
		return 120
	default:
		return 0
	}
}

// fail answers with why there is no page.
func (c *call) fail(err error) {
	status, key := http.StatusServiceUnavailable, "trouble.away"
	switch {
	case errors.Is(err, race.ErrNotFound):
		status, key = http.StatusNotFound, "trouble.missing"
	default:
		c.p.cfg.Log.Warn("public page failed", "path", c.path, "error", err)
		c.ctx.Response.Header.Set("Retry-After", strconv.Itoa(retrySeconds))
	}
	c.ctx.Response.Header.Set("Cache-Control", "no-store")
	if c.target.page == pageData {
		c.ctx.SetContentType("application/json")
		c.ctx.SetStatusCode(status)
		c.ctx.SetBody(encode(map[string]string{"detail": c.p.texts[site.Spanish].Text(key)}))
		return
	}
	if c.lang == "" {
		c.lang = site.Spanish
	}
	refresh := 0
	if status == http.StatusServiceUnavailable {
		refresh = retrySeconds
	}
	c.harden()
	doc, err := c.p.document(c.lang, "trouble", frame{Title: c.p.texts[c.lang].Text(key), Data: key, Refresh: refresh})
	if err != nil {
		c.p.cfg.Log.Error("page of an error", "error", err)
		c.ctx.SetStatusCode(status)
		return
	}
	doc.send(c.ctx, status)
	c.ctx.Response.Header.Del("ETag")
	c.ctx.Response.Header.Set("Cache-Control", "no-store")
}

func (c *call) query(name string) string { return string(c.ctx.QueryArgs().Peek(name)) }
