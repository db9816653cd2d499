package admin

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"server5k/race"
)

// A session ends sessionLife after the login, or sessionIdle after the last
// request. The cookie is written anew when it is older than sessionRenew, so
// that not every answer carries one.
const (
	sessionLife  = 12 * time.Hour
	sessionIdle  = 2 * time.Hour
	sessionRenew = 5 * time.Minute
	// clockLeeway is how far the clocks of two nodes may differ.
	clockLeeway = 30 * time.Second

	sessionCookie = "server5k_panel"
	securePrefix  = "__Secure-" // browsers take it over TLS only
	cookiePath    = "/admin/"
)

// sessionName is that of the cookie. Over TLS it has another one: a browser lets
// nobody who calls by plain HTTP replace a cookie that came over TLS, so whoever
// had logged in there could not log in here.
func (c *call) sessionName() string {
	if c.p.cfg.Secure(c.ctx) {
		return securePrefix + sessionCookie
	}
	return sessionCookie
}

// session says who is logged in. It is kept by the browser alone, signed, so that
// any node of a cluster takes it; logging out revokes ID in the store, and an
// account that is signed out ends all sessions that began before.
type session struct {
	ID        uuid.UUID
	Organizer race.OrganizerID
	BeganAt   time.Time // whole microseconds, as is SeenAt
	SeenAt    time.Time
}

// errNoSession means that a cookie is none of ours, or over.
var errNoSession = errors.New("no session")

const (
	sessionBytes   = 1 + 16 + 8 + 8 + 8 // version, ID, organizer, began, seen
	sessionVersion = 1
)

// sessions signs and reads sessions.
type sessions struct {
	key   []byte // for cookies
	forms []byte // for the tokens of forms
	now   func() time.Time
}

// newSessions derives its keys from the server's secret, so that no token of the
// API is a session and no session a token.
func newSessions(secret []byte, now func() time.Time) *sessions {
	derive := func(purpose string) []byte {
		key, err := hkdf.Key(sha256.New, secret, nil, "server5k panel "+purpose, sha256.Size)
		if err != nil { // only for a length beyond what the hash gives
			panic(err)
		}
		return key
	}
	return &sessions{key: derive("session"), forms: derive("form"), now: now}
}

// begin returns a new session.
func (s *sessions) begin(id race.OrganizerID) session {
	now := s.now().Truncate(time.Microsecond)
	return session{ID: uuid.New(), Organizer: id, BeganAt: now, SeenAt: now}
}

// encode returns the value of the cookie.
func (s *sessions) encode(v session) string {
	b := make([]byte, 0, sessionBytes+sha256.Size)
	b = append(b, sessionVersion)
	b = append(b, v.ID[:]...)
	for _, n := range [...]int64{int64(v.Organizer), v.BeganAt.UnixMicro(), v.SeenAt.UnixMicro()} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return base64.RawURLEncoding.EncodeToString(append(b, sum(s.key, b)...))
}

// decode reads the value of a cookie; errNoSession when it is not, no longer or
// not yet a session.
func (s *sessions) decode(raw string) (session, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(raw)
	if err != nil || len(b) != sessionBytes+sha256.Size || b[0] != sessionVersion {
		return session{}, errNoSession
	}
	if subtle.ConstantTimeCompare(sum(s.key, b[:sessionBytes]), b[sessionBytes:]) != 1 {
		return session{}, errNoSession
	}
	number := func(at int) int64 { return int64(binary.BigEndian.Uint64(b[at:])) }
	v := session{
		ID: uuid.UUID(b[1:17]), Organizer: race.OrganizerID(number(17)),
		BeganAt: time.UnixMicro(number(25)).UTC(), SeenAt: time.UnixMicro(number(33)).UTC(),
	}
	now := s.now()
	if v.BeganAt.After(now.Add(clockLeeway)) || !now.Before(s.ends(v)) {
		return session{}, errNoSession
	}
	return v, nil
}

// ends returns when v is over if nothing more is asked.
func (s *sessions) ends(v session) time.Time {
	absolute, idle := v.BeganAt.Add(sessionLife), v.SeenAt.Add(sessionIdle)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

// stale says whether the cookie should be written again.
func (s *sessions) stale(v session) bool { return s.now().Sub(v.SeenAt) >= sessionRenew }

// formToken returns what every form of the session carries.
func (s *sessions) formToken(v session) string { return hex.EncodeToString(sum(s.forms, v.ID[:])[:16]) }

// validForm says whether token is the one of the session.
func (s *sessions) validForm(v session, token string) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(s.formToken(v))) == 1
}

func sum(key, b []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(b)
	return mac.Sum(nil)
}

// setCookie writes a cookie of the panel; an empty value takes it away.
func setCookie(ctx *fasthttp.RequestCtx, name, value string, secure bool, life time.Duration) {
	var c fasthttp.Cookie
	c.SetKey(name)
	c.SetValue(value)
	c.SetPath(cookiePath)
	c.SetHTTPOnly(true)
	c.SetSecure(secure)
	c.SetSameSite(fasthttp.CookieSameSiteLaxMode)
	if value == "" {
		c.SetExpire(fasthttp.CookieExpireDelete)
	} else {
		c.SetMaxAge(int(life.Seconds()))
	}
	ctx.Response.Header.SetCookie(&c)
}
