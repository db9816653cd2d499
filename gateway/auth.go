package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"server5k/gateway/auth"
	"server5k/race"
)

const codeBadToken = "token_not_valid"

// textNoAccount is the refusal of a good token whose judge is gone.
var textNoAccount = phrase{"Juez no encontrado o inactivo", "Judge not found or inactive"}

// authenticate finds out who calls and whether that may use the route.
func (c *call) authenticate(a access) error {
	if a == public {
		return nil
	}
	raw, found, err := auth.BearerFromHeader(string(c.ctx.Request.Header.Peek("Authorization")))
	if err != nil {
		return c.unauthorized(detailBody{
			Detail: c.say(phrase{"El encabezado Authorization debe contener exactamente un valor", "The Authorization header must contain exactly one value"}),
			Code:   "bad_authorization_header",
		})
	}
	if !found {
		// Without the word "token": the app would try to refresh what it has not.
		return c.unauthorized(detailBody{Detail: c.say(phrase{"Las credenciales de autenticación no se proveyeron.", "Authentication credentials were not provided."})})
	}
	t, err := c.s.cfg.Issuer.Parse(raw, auth.Access)
	if err != nil {
		return c.unauthorized(tokenBody{
			Detail: c.say(phrase{"El token dado no es válido", "The given token is not valid"}),
			Code:   codeBadToken,
			Messages: []tokenMessage{{
				Class: "AccessToken", Type: "access", Message: c.say(faultText(err)),
			}},
		})
	}
	if t.Audience == auth.OrganizerAudience && a != judges {
		c.organizer, err = c.s.activeOrganizer(t)
		return c.accountError(err)
	}
	if !t.HasJudgeID {
		return c.badToken(phrase{"El token no contiene juez_id", "The token has no juez_id"})
	}
	if c.judge, err = c.s.activeJudge(t); err != nil {
		return c.accountError(err)
	}
	if a == organizers {
		return c.detail(http.StatusForbidden, phrase{"Usted no tiene permiso para realizar esta acción.", "You do not have permission to perform this action."})
	}
	return nil
}

// activeJudge returns the judge of a token, race.ErrNotFound for one who may
// not log in either.
func (s *Server) activeJudge(t auth.Token) (race.Judge, error) {
	if t.Audience != auth.JudgeAudience || !t.HasJudgeID || t.JudgeID <= 0 {
		return race.Judge{}, race.ErrNotFound
	}
	j, err := within(storeTimeout, "read judge", func(ctx context.Context) (race.Judge, error) {
		return s.cfg.Store.Judge(ctx, race.JudgeID(t.JudgeID))
	})
	if err == nil && (!j.Active || signedOut(t, j.SignedOutAt)) {
		return race.Judge{}, race.ErrNotFound
	}
	return j, err
}

// activeOrganizer is activeJudge for organizers.
func (s *Server) activeOrganizer(t auth.Token) (race.Organizer, error) {
	if t.Audience != auth.OrganizerAudience || t.UserID <= 0 {
		return race.Organizer{}, race.ErrNotFound
	}
	o, err := within(storeTimeout, "read organizer", func(ctx context.Context) (race.Organizer, error) {
		return s.cfg.Store.Organizer(ctx, race.OrganizerID(t.UserID))
	})
	if err == nil && (!o.Active || signedOut(t, o.SignedOutAt)) {
		return race.Organizer{}, race.ErrNotFound
	}
	return o, err
}

// signedOut says whether a token was given out before its account was signed out.
// Tokens know whole seconds only: one of the same second is good.
func signedOut(t auth.Token, at time.Time) bool {
	return !at.IsZero() && t.IssuedAt.Before(at.Truncate(time.Second))
}

// accountError answers 401 for an account that is gone; a store that is away
// must not look like a bad token.
func (c *call) accountError(err error) error {
	if errors.Is(err, race.ErrNotFound) {
		return c.badToken(textNoAccount)
	}
	return err
}

// badToken refuses a token with 401 {detail, code}.
func (c *call) badToken(p phrase) error {
	return c.unauthorized(detailBody{Detail: c.say(p), Code: codeBadToken})
}

func (c *call) unauthorized(b any) error {
	return &refusal{status: http.StatusUnauthorized, body: b, challenge: true}
}

// faultText says why a token was refused, always with the word "token".
func faultText(err error) phrase {
	switch {
	case errors.Is(err, auth.ErrExpired):
		return phrase{"El token expiró", "The token is expired"}
	case errors.Is(err, auth.ErrNoType):
		return phrase{"El token no tiene tipo", "The token has no type"}
	case errors.Is(err, auth.ErrWrongType):
		return phrase{"El token tiene un tipo incorrecto", "The token has the wrong type"}
	case errors.Is(err, auth.ErrNoExpiry):
		return phrase{"El token no tiene vencimiento (exp)", "The token has no expiry (exp)"}
	case errors.Is(err, auth.ErrNoID):
		return phrase{"El token no tiene identificador (jti)", "The token has no id (jti)"}
	}
	return phrase{"El token no es válido", "The token is not valid"}
}
