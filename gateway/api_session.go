package gateway

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"server5k/gateway/auth"
	"server5k/race"
)

const (
	// revocationMargin keeps a revocation until no clock accepts the token.
	revocationMargin = time.Minute
)

var (
	textWrongLogin = phrase{"Credenciales inválidas.", "Invalid credentials."}
	textTooMany    = phrase{"Demasiados intentos fallidos. Espere antes de volver a intentar.", "Too many failed attempts. Wait before trying again."}
	textDeadToken  = phrase{"Token inválido o ya fue utilizado.", "The token is invalid or was used already."}
)

// tokenPair is the answer to a login.
type tokenPair struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh"`
}

// login answers POST /api/login/ of judges.
func (s *Server) login(c *call) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	username, nameState := b.text("username")
	password, passwordState := b.text("password")
	if nameState != given || passwordState != given {
		return c.mistake(http.StatusBadRequest, phrase{"Se requiere username y password.", "username and password are required."})
	}
	var judge race.Judge
	err = c.verify(username, password, account{
		realm: "judge",
		find: func(ctx context.Context) (cred race.Credential, err error) {
			cred, judge, err = s.cfg.Store.JudgeCredential(ctx, username)
			return cred, err
		},
		rehash: func(ctx context.Context, id int64, hash string) error {
			return s.cfg.Store.SetJudgePassword(ctx, race.JudgeID(id), hash)
		},
	})
	if errors.Is(err, auth.ErrWrongLogin) {
		return c.mistake(http.StatusUnauthorized, textWrongLogin)
	}
	if err != nil {
		return err
	}
	return c.issue(auth.Token{Audience: auth.JudgeAudience, JudgeID: int64(judge.ID), HasJudgeID: true, Username: judge.Username})
}

// codeLogin answers POST /api/login/codigo/ {codigo}: the code that a judge has on
// paper instead of a password.
func (s *Server) codeLogin(c *call) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	code, state := b.text("codigo")
	if state != given || len(code) > auth.MaxLoginLength {
		return c.mistake(http.StatusBadRequest, phrase{"Se requiere codigo.", "codigo is required."})
	}
	var judge race.Judge
	wait, err := s.logins.TryCode(s.clientAddr(c.ctx), func() (err error) {
		judge, err = within(storeTimeout, "read code", func(ctx context.Context) (race.Judge, error) {
			return s.cfg.Desk.LoginCode(ctx, code)
		})
		if errors.Is(err, race.ErrNotFound) {
			return auth.ErrWrongLogin
		}
		return err
	})
	if wait > 0 {
		return c.tooMany(wait)
	}
	if errors.Is(err, auth.ErrWrongLogin) {
		return c.mistake(http.StatusUnauthorized, textWrongLogin)
	}
	if err != nil {
		return err
	}
	return c.issue(auth.Token{Audience: auth.JudgeAudience, JudgeID: int64(judge.ID), HasJudgeID: true, Username: judge.Username})
}

// organizerLogin answers POST /api/token/.
func (s *Server) organizerLogin(c *call) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	if !b.object {
		return &refusal{status: http.StatusBadRequest, body: c.notAnObject()}
	}
	faults := map[string][]string{}
	fields := map[string]string{}
	for _, name := range []string{"username", "password"} {
		value, state := b.text(name)
		if text, ok := state.fault(); !ok {
			faults[name] = []string{c.say(text)}
		}
		fields[name] = value
	}
	if len(faults) > 0 {
		return &refusal{status: http.StatusBadRequest, body: faults}
	}
	var organizer race.Organizer
	err = c.verify(fields["username"], fields["password"], account{
		realm: "organizer",
		find: func(ctx context.Context) (cred race.Credential, err error) {
			cred, organizer, err = s.cfg.Store.OrganizerCredential(ctx, fields["username"])
			return cred, err
		},
		rehash: func(ctx context.Context, id int64, hash string) error {
			return s.cfg.Store.SetOrganizerPassword(ctx, race.OrganizerID(id), hash)
		},
	})
	if errors.Is(err, auth.ErrWrongLogin) {
		return c.unauthorized(detailBody{Detail: c.say(textWrongLogin), Code: "no_active_account"})
	}
	if err != nil {
		return err
	}
	return c.issue(auth.Token{Audience: auth.OrganizerAudience, UserID: int64(organizer.ID), Username: organizer.Username, Role: string(organizer.Role())})
}

// issue answers with a pair of tokens.
func (c *call) issue(t auth.Token) error {
	access, refresh, err := c.s.cfg.Issuer.Pair(t)
	if err != nil {
		return err
	}
	c.ctx.Response.Header.Set("Cache-Control", "no-store")
	c.reply(http.StatusOK, tokenPair{Access: access, Refresh: refresh})
	return nil
}

// account is how verify reaches the accounts of one sort.
type account struct {
	realm  string
	find   func(context.Context) (race.Credential, error)
	rehash func(ctx context.Context, id int64, hash string) error
}

// verify returns nil for the right password of an active account and
// auth.ErrWrongLogin otherwise, after the same time for an unknown account as for a
// known one.
func (c *call) verify(login, password string, a account) error {
	wait, err := c.s.logins.Try(a.realm, login, c.s.clientAddr(c.ctx), func() error { return c.check(login, password, a) })
	if wait > 0 {
		return c.tooMany(wait)
	}
	return err
}

// tooMany turns away who has failed too often.
func (c *call) tooMany(wait time.Duration) error {
	return &refusal{
		status: http.StatusTooManyRequests, body: errorBody{Error: c.say(textTooMany), Code: string(race.CodeRateLimited)},
		retryAfter: max(wait, time.Second), reason: limitLogins,
	}
}

// check is verify without the limits.
func (c *call) check(login, password string, a account) error {
	cred, err := race.Credential{}, race.ErrNotFound
	if len(login) <= auth.MaxLoginLength && !strings.ContainsRune(login, 0) {
		cred, err = within(storeTimeout, "read credential", a.find)
	}
	if err != nil && !errors.Is(err, race.ErrNotFound) {
		return err
	}
	known := err == nil
	type verdict struct{ ok, rehash bool }
	v, err := within(hashTimeout, "verify password", func(ctx context.Context) (v verdict, err error) {
		if !known {
			return v, c.s.cfg.Hasher.VerifyDummy(ctx, password)
		}
		v.ok, v.rehash, err = c.s.cfg.Hasher.Verify(ctx, cred.Hash, password)
		return v, err
	})
	if err != nil {
		return err
	}
	if !known || !v.ok || !cred.Active {
		return auth.ErrWrongLogin
	}
	if v.rehash {
		c.rehash(cred.ID, password, a)
	}
	return nil
}

// rehash replaces a hash of the server this one replaces. The login does not
// depend on it: the next one tries again.
func (c *call) rehash(id int64, password string, a account) {
	hash, err := within(hashTimeout, "hash password", func(ctx context.Context) (string, error) {
		return c.s.cfg.Hasher.Hash(ctx, password)
	})
	if err == nil {
		_, err = within(storeTimeout, "store password", func(ctx context.Context) (struct{}, error) {
			return struct{}{}, a.rehash(ctx, id, hash)
		})
	}
	if err != nil {
		c.s.cfg.Log.Warn("password not rehashed", "realm", a.realm, "account", id, "err", err)
	}
}

// refresh answers POST /api/token/refresh/ of judges and organizers. The refresh
// token stays good.
func (s *Server) refresh(c *call) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	if !b.object {
		return &refusal{status: http.StatusBadRequest, body: c.notAnObject()}
	}
	raw, state := b.text("refresh")
	if raw = strings.TrimSpace(raw); state == given && raw == "" {
		state = blank
	}
	if text, ok := state.fault(); !ok {
		return &refusal{status: http.StatusBadRequest, body: map[string][]string{"refresh": {c.say(text)}}}
	}
	t, err := s.cfg.Issuer.Parse(raw, auth.Refresh)
	if err != nil {
		return c.badToken(faultText(err))
	}
	revoked, err := within(storeTimeout, "read revocation", func(ctx context.Context) (bool, error) {
		return s.cfg.Store.TokenRevoked(ctx, t.ID)
	})
	if err != nil {
		return err
	}
	if revoked {
		return c.badToken(phrase{"El token fue revocado", "The token was revoked"})
	}
	if err := c.mayRefresh(t); err != nil {
		return err
	}
	access, err := s.cfg.Issuer.AccessFrom(t)
	if err != nil {
		return err
	}
	c.ctx.Response.Header.Set("Cache-Control", "no-store")
	c.reply(http.StatusOK, struct {
		Access  string `json:"access"`
		Message string `json:"message"`
	}{access, c.say(phrase{"Token actualizado exitosamente.", "Token refreshed."})})
	return nil
}

// mayRefresh refuses an account that could not log in. A token of nobody only
// makes a token of nobody, which opens nothing.
func (c *call) mayRefresh(t auth.Token) error {
	var err error
	switch {
	case t.Audience == auth.OrganizerAudience:
		_, err = c.s.activeOrganizer(t)
	case t.HasJudgeID:
		_, err = c.s.activeJudge(t)
	}
	return c.accountError(err)
}

// logout answers POST /api/logout/. Whoever holds a refresh token may end it,
// also with the bearer of another judge: recorded clients do (A.logout.form).
// The sockets that close are those of the judge whose token it is.
func (s *Server) logout(c *call) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	raw, state := b.text("refresh")
	if state == missing || state == null || state == blank {
		return c.mistake(http.StatusBadRequest, phrase{"Se requiere el refresh token.", "The refresh token is required."})
	}
	if state != given {
		return c.mistake(http.StatusBadRequest, textDeadToken)
	}
	t, err := s.cfg.Issuer.Parse(raw, auth.Refresh)
	if err != nil || t.Audience != auth.JudgeAudience || !t.HasJudgeID {
		return c.mistake(http.StatusBadRequest, textDeadToken)
	}
	first, err := within(storeTimeout, "revoke token", func(ctx context.Context) (bool, error) {
		return s.cfg.Store.RevokeToken(ctx, t.ID, t.ExpiresAt.Add(revocationMargin))
	})
	if err != nil {
		return err
	}
	if !first {
		return c.mistake(http.StatusBadRequest, textDeadToken)
	}
	s.cfg.Races.CloseSessions(race.JudgeID(t.JudgeID))
	c.reply(http.StatusResetContent, struct {
		Message string `json:"message"`
	}{c.say(phrase{"Sesión cerrada exitosamente.", "Session closed."})})
	return nil
}

// notAnObject is the answer to a body that is no object.
func (c *call) notAnObject() any {
	return map[string][]string{"non_field_errors": {c.say(phrase{"Datos inválidos. Se esperaba un objeto.", "Invalid data. Expected an object."})}}
}
