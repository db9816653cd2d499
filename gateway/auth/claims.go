package auth

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claim names on the wire.
const (
	claimType     = "token_type"
	claimExpiry   = "exp"
	claimIssued   = "iat"
	claimStart    = "nbf"
	claimID       = "jti"
	claimSession  = "sid"
	claimJudge    = "juez_id"
	claimUsername = "username"
	claimUser     = "user_id"
	claimRole     = "rol"
)

// maxUnix is the last second of the year 9999; beyond it time.Time cannot be written as RFC 3339.
const maxUnix = 253402300799

// kindWire and lifetimes are indexed by Kind.
var (
	kindWire  = [...]string{Access: "access", Refresh: "refresh"}
	lifetimes = [...]time.Duration{Access: AccessLifetime, Refresh: RefreshLifetime}
)

func writeClaims(t Token, now time.Time) (jwt.MapClaims, error) {
	if int(t.Kind) >= len(kindWire) {
		return nil, ErrWrongType
	}
	c := jwt.MapClaims{
		claimType:   kindWire[t.Kind],
		claimIssued: now.Unix(),
		claimExpiry: now.Add(lifetimes[t.Kind]).Unix(),
		claimID:     t.ID,
	}
	if t.Session != "" {
		c[claimSession] = t.Session
	}
	switch t.Audience {
	case JudgeAudience:
		if t.HasJudgeID {
			c[claimJudge] = t.JudgeID
		}
		if t.Username != "" {
			c[claimUsername] = t.Username
		}
	case OrganizerAudience:
		c[claimUser] = t.UserID
		c[claimRole] = t.Role
	default:
		return nil, ErrInvalid
	}
	return c, nil
}

// readClaims checks in the order of the server this one replaces: times, jti, type, then the account.
func readClaims(c jwt.MapClaims, want Kind, now time.Time) (Token, error) {
	expiresAt, err := checkTimes(c, now)
	if err != nil {
		return Token{}, err
	}
	t := Token{Kind: want, ExpiresAt: expiresAt}
	t.IssuedAt, _, _ = instant(c, claimIssued) // checkTimes has read it
	if t.ID, err = text(c, claimID); err != nil {
		return Token{}, err
	}
	if t.ID == "" {
		return Token{}, ErrNoID
	}
	if err := checkKind(c, want); err != nil {
		return Token{}, err
	}
	if t.Session, err = text(c, claimSession); err != nil {
		return Token{}, err
	}
	if err := readAccount(c, &t); err != nil {
		return Token{}, err
	}
	return t, nil
}

func checkTimes(c jwt.MapClaims, now time.Time) (expiresAt time.Time, err error) {
	for _, name := range []string{claimIssued, claimStart} {
		at, found, err := instant(c, name)
		if err != nil {
			return time.Time{}, err
		}
		if found && at.After(now.Add(clockLeeway)) {
			return time.Time{}, ErrInvalid
		}
	}
	expiresAt, found, err := instant(c, claimExpiry)
	if err != nil {
		return time.Time{}, err
	}
	if !found {
		return time.Time{}, ErrNoExpiry
	}
	if !now.Before(expiresAt.Add(clockLeeway)) {
		return time.Time{}, ErrExpired
	}
	return expiresAt, nil
}

func checkKind(c jwt.MapClaims, want Kind) error {
	got, found := c[claimType]
	if !found {
		return ErrNoType
	}
	if int(want) >= len(kindWire) || got != kindWire[want] {
		return ErrWrongType
	}
	return nil
}

func readAccount(c jwt.MapClaims, t *Token) (err error) {
	var hasUser bool
	if t.JudgeID, t.HasJudgeID, err = identifier(c, claimJudge); err != nil {
		return err
	}
	if t.UserID, hasUser, err = identifier(c, claimUser); err != nil {
		return err
	}
	if t.HasJudgeID && hasUser {
		return ErrInvalid
	}
	if hasUser {
		t.Audience = OrganizerAudience
	}
	if t.Username, err = text(c, claimUsername); err != nil {
		return err
	}
	t.Role, err = text(c, claimRole)
	return err
}

// instant reads seconds since 1970, whole or with a fraction.
func instant(c jwt.MapClaims, name string) (at time.Time, found bool, err error) {
	value, found := c[name]
	if !found {
		return time.Time{}, false, nil
	}
	number, ok := value.(json.Number)
	if !ok {
		return time.Time{}, true, ErrInvalid
	}
	seconds, err := number.Float64()
	if err != nil || math.Abs(seconds) > maxUnix {
		return time.Time{}, true, ErrInvalid
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC(), true, nil
}

// identifier reads an integer or a string of digits. One beyond 64 bits is well-formed but belongs
// to nobody, so it becomes -1 and the caller answers as for any unknown account.
func identifier(c jwt.MapClaims, name string) (id int64, found bool, err error) {
	value, found := c[name]
	if !found {
		return 0, false, nil
	}
	var digits string
	switch v := value.(type) {
	case json.Number:
		digits = v.String()
	case string:
		digits = v
	default:
		return 0, true, ErrInvalid
	}
	if !isInteger(digits) {
		return 0, true, ErrInvalid
	}
	id, err = strconv.ParseInt(digits, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return -1, true, nil
	}
	if err != nil {
		return 0, true, ErrInvalid
	}
	return id, true, nil
}

// isInteger must look at every byte: strconv reports a range error before it sees what follows.
func isInteger(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// text reads a string; null counts as absent.
func text(c jwt.MapClaims, name string) (string, error) {
	value := c[name]
	if value == nil {
		return "", nil
	}
	s, ok := value.(string)
	if !ok {
		return "", ErrInvalid
	}
	return s, nil
}
