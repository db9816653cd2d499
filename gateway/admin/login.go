package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"server5k/gateway/auth"
	"server5k/gateway/site"
	"server5k/race"
)

// revocationMargin keeps a revocation until no clock takes the session.
const revocationMargin = time.Minute

// loginPage is what the login form shows.
type loginPage struct {
	Form *form
	Next string
}

// loginForm answers GET /admin/entrar/.
func loginForm(_ context.Context, c *call) error {
	if c.session != (session{}) {
		c.redirect(http.StatusSeeOther, "/admin/")
		return nil
	}
	return c.page(http.StatusOK, "login", c.say("login.title"), loginPage{newForm(), c.local()})
}

// login answers POST /admin/entrar/.
func login(ctx context.Context, c *call) error {
	f := c.form("usuario")
	password := c.value("clave")
	if f.Values["usuario"] == "" {
		f.fault("usuario", c.say("fault.required"))
	}
	if password == "" {
		f.fault("clave", c.say("fault.required"))
	}
	again := func(status int) error {
		return c.page(status, "login", c.say("login.title"), loginPage{f, c.local()})
	}
	if f.bad() {
		return again(http.StatusUnprocessableEntity)
	}
	o, wait, err := c.verify(ctx, f.Values["usuario"], password)
	switch {
	case wait > 0:
		f.fault("", c.say("login.too_many"))
		c.ctx.Response.Header.Set("Retry-After", strconv.Itoa(int(max(wait, time.Second).Seconds())))
		return again(http.StatusTooManyRequests)
	case errors.Is(err, auth.ErrWrongLogin):
		f.fault("", c.say("login.wrong"))
		return again(http.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	s := c.p.sessions.begin(o.ID)
	c.keep(s)
	c.p.cfg.Log.Info("organizer logged in to the panel", "organizer", int64(o.ID))
	next := c.local()
	if next == "" {
		next = "/admin/"
	}
	c.redirect(http.StatusSeeOther, next)
	return nil
}

// logout answers POST /admin/salir/.
func logout(ctx context.Context, c *call) error {
	if c.session != (session{}) {
		expires := c.session.BeganAt.Add(sessionLife + revocationMargin)
		if _, err := c.p.cfg.Accounts.RevokeToken(ctx, c.session.revocation(), expires); err != nil {
			return err
		}
	}
	setCookie(c.ctx, c.sessionName(), "", c.p.cfg.Secure(c.ctx), 0)
	c.redirect(http.StatusSeeOther, "/admin/entrar/")
	return nil
}

// setLanguage answers POST /admin/idioma/.
func setLanguage(_ context.Context, c *call) error {
	if lang := c.value("idioma"); site.Known(lang) {
		setCookie(c.ctx, site.LanguageCookie, lang, false, site.LanguageLife) // no secret, and both doors set it
	}
	next := c.local()
	if next == "" {
		next = "/admin/"
	}
	c.redirect(http.StatusSeeOther, next)
	return nil
}

// revocation names the session in the store's list of revoked tokens.
func (s session) revocation() string { return "panel-" + s.ID.String() }

// resume finds out who calls. A cookie that opens nothing leaves nobody logged in;
// only a store that does not answer is an error.
func (c *call) resume(ctx context.Context) error {
	raw := string(c.ctx.Request.Header.Cookie(c.sessionName()))
	if raw == "" {
		return nil
	}
	s, err := c.p.sessions.decode(raw)
	if err != nil {
		return nil //nolint:nilerr // a bad cookie is as good as none
	}
	o, err := c.p.cfg.Accounts.Organizer(ctx, s.Organizer)
	if errors.Is(err, race.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if !o.Active || s.BeganAt.Before(o.SignedOutAt) {
		return nil
	}
	if revoked, err := c.p.cfg.Accounts.TokenRevoked(ctx, s.revocation()); err != nil || revoked {
		return err
	}
	if c.who, err = c.p.cfg.Desk.Who(ctx, o); err != nil {
		return err
	}
	c.session = s
	if c.p.sessions.stale(s) {
		s.SeenAt = c.p.cfg.Now().Truncate(time.Microsecond)
		c.keep(s)
	}
	return nil
}

// keep gives the browser the session.
func (c *call) keep(s session) {
	life := c.p.sessions.ends(s).Sub(c.p.cfg.Now())
	setCookie(c.ctx, c.sessionName(), c.p.sessions.encode(s), c.p.cfg.Secure(c.ctx), life)
}

// toLogin sends whoever is not logged in to the login form; a fragment of a page
// makes the whole page go there.
func (c *call) toLogin() error {
	to := "/admin/entrar/"
	if safeMethod(c.method) && c.path != "/admin/" && !c.isFragment() {
		to += "?volver=" + url.QueryEscape(string(c.ctx.RequestURI()))
	}
	if c.isFragment() {
		c.ctx.Response.Header.Set("HX-Redirect", to)
		c.ctx.SetStatusCode(http.StatusUnauthorized)
		return nil
	}
	c.redirect(http.StatusSeeOther, to)
	return nil
}

// verify returns the organizer of a password, auth.ErrWrongLogin for a wrong one, or
// how long to wait after too many; it takes the same time for an unknown account
// as for a known one.
func (c *call) verify(ctx context.Context, login, password string) (o race.Organizer, wait time.Duration, err error) {
	wait, err = c.p.cfg.Logins.Try("organizer", login, c.p.cfg.Client(c.ctx), func() (err error) {
		o, err = c.check(ctx, login, password)
		return err
	})
	return o, wait, err
}

// check is verify without the limits.
func (c *call) check(ctx context.Context, login, password string) (race.Organizer, error) {
	cred, o, err := race.Credential{}, race.Organizer{}, race.ErrNotFound
	if len(login) <= auth.MaxLoginLength && !strings.ContainsRune(login, 0) {
		cred, o, err = c.p.cfg.Accounts.OrganizerCredential(ctx, login)
	}
	if errors.Is(err, race.ErrNotFound) {
		if err := c.p.cfg.Hasher.VerifyDummy(ctx, password); err != nil {
			return o, err
		}
		return o, auth.ErrWrongLogin
	}
	if err != nil {
		return o, err
	}
	ok, rehash, err := c.p.cfg.Hasher.Verify(ctx, cred.Hash, password)
	if err != nil {
		return o, err
	}
	if !ok || !cred.Active {
		return o, auth.ErrWrongLogin
	}
	if rehash {
		c.rehash(ctx, o.ID, password)
	}
	return o, nil
}

// rehash replaces a hash of the server this one replaces. The login does not
// depend on it: the next one tries again.
func (c *call) rehash(ctx context.Context, id race.OrganizerID, password string) {
	hash, err := c.p.cfg.Hasher.Hash(ctx, password)
	if err == nil {
		err = c.p.cfg.Accounts.SetOrganizerPassword(ctx, id, hash)
	}
	if err != nil {
		c.p.cfg.Log.Warn("password not rehashed", "organizer", int64(id), "err", err)
	}
}
