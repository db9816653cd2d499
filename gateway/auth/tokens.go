package auth

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

const (
	// AccessLifetime is how long an access token is accepted after it was issued.
	AccessLifetime = 60 * time.Minute
	// RefreshLifetime is how long a refresh token is accepted after it was issued.
	RefreshLifetime = 7 * 24 * time.Hour

	// maxTokenBytes bounds the work an unauthenticated caller can ask for; our tokens have about 300 bytes.
	maxTokenBytes = 4 << 10
	// clockLeeway is how far the clocks of two nodes may differ.
	clockLeeway = 30 * time.Second
)

// errNoSecret keeps a misconfigured server from signing with a key everybody knows.
var errNoSecret = errors.New("signing secret is empty")

// Kind tells an access token from a refresh token.
type Kind uint8

const (
	// Access tokens open the API and the sockets, for AccessLifetime.
	Access Kind = iota
	// Refresh tokens only make access tokens, for RefreshLifetime.
	Refresh
)

// Audience tells the two sorts of accounts apart; their ids are separate number ranges.
type Audience uint8

const (
	// JudgeAudience is for tokens without a user_id claim.
	JudgeAudience Audience = iota
	// OrganizerAudience is for tokens with a user_id claim.
	OrganizerAudience
)

// Token is what a token says once its signature, type and times were checked. It is a value and
// proves nothing by itself: the account may be gone or inactive.
type Token struct {
	// Kind is Access or Refresh (claim token_type).
	Kind Kind
	// Audience says which of the ids below counts.
	Audience Audience
	// JudgeID is the judge's id (claim juez_id), -1 when the claim exceeds 64 bits; see HasJudgeID.
	JudgeID int64
	// HasJudgeID is false when the token has no juez_id claim.
	HasJudgeID bool
	// UserID is the organizer's id (claim user_id), -1 when the claim exceeds 64 bits.
	UserID int64
	// Username is the judge's login name when the token was issued (claim username).
	Username string
	// Role is the organizer's role when the token was issued (claim rol).
	Role string
	// ID is unique per token (claim jti).
	ID string
	// Session is the ID of the refresh token this access token came from (claim sid), or empty.
	Session string
	// IssuedAt is the claim iat in UTC, the zero time without one.
	IssuedAt time.Time
	// ExpiresAt is the claim exp in UTC; Parse accepts the token for 30 s longer.
	ExpiresAt time.Time
}

// Issuer signs and reads HS256 tokens with one secret. It is safe for concurrent use.
type Issuer struct {
	secret []byte
	now    func() time.Time
	parser *jwt.Parser
}

// NewIssuer copies secret and reads the time from now, or from time.Now when it is nil. With an
// empty secret nothing is signed and no token is accepted.
func NewIssuer(secret []byte, now func() time.Time) *Issuer {
	if now == nil {
		now = time.Now
	}
	return &Issuer{
		secret: append([]byte(nil), secret...),
		now:    now,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
			jwt.WithStrictDecoding(),
			jwt.WithJSONNumber(),
			// The times are checked in claims.go: jwt's error cannot tell apart what Fault does.
			jwt.WithoutClaimsValidation(),
		),
	}
}

// Pair signs a refresh token for the account in t and an access token of that session. It uses the
// audience and its fields: JudgeID, HasJudgeID and Username, or UserID and Role; both get a fresh ID.
func (i *Issuer) Pair(t Token) (access, refresh string, err error) {
	t.Kind, t.Session = Refresh, ""
	t.ID, refresh, err = i.sign(t)
	if err != nil {
		return "", "", err
	}
	access, err = i.AccessFrom(t)
	if err != nil {
		return "", "", err
	}
	return access, refresh, nil
}

// AccessFrom signs an access token for the account of a parsed refresh token. The refresh token
// stays good. Without a juez_id in it the access token has none either. It returns ErrWrongType
// for an access token and ErrNoID for a token without ID; expiry is for Parse to check.
func (i *Issuer) AccessFrom(refresh Token) (string, error) {
	if refresh.Kind != Refresh {
		return "", ErrWrongType
	}
	if refresh.ID == "" {
		return "", ErrNoID
	}
	t := refresh
	t.Kind, t.Session = Access, refresh.ID
	_, raw, err := i.sign(t)
	return raw, err
}

// Parse reads a token of up to 4 KiB and checks the signature, the times with 30 s of leeway, and
// that it is of the kind wanted. Every error is a Fault.
func (i *Issuer) Parse(raw string, want Kind) (Token, error) {
	// encoding/base64 skips line breaks even when strict, which would give a token many spellings.
	if len(raw) > maxTokenBytes || len(i.secret) == 0 || strings.ContainsAny(raw, "\r\n") {
		return Token{}, ErrInvalid
	}
	c := jwt.MapClaims{}
	parsed, err := i.parser.ParseWithClaims(raw, c, func(*jwt.Token) (any, error) { return i.secret, nil })
	if err != nil {
		return Token{}, ErrInvalid
	}
	// RFC 7515, 4.1.11: who does not understand a critical extension refuses the token.
	if _, critical := parsed.Header["crit"]; critical {
		return Token{}, ErrInvalid
	}
	return readClaims(c, want, i.now())
}

// sign gives t a fresh id and the lifetime of its kind.
func (i *Issuer) sign(t Token) (id, raw string, err error) {
	if len(i.secret) == 0 {
		return "", "", errNoSecret
	}
	random, err := uuid.NewRandom()
	if err != nil {
		return "", "", fmt.Errorf("token id: %w", err)
	}
	t.ID = hex.EncodeToString(random[:])
	c, err := writeClaims(t, i.now())
	if err != nil {
		return "", "", err
	}
	raw, err = jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(i.secret)
	if err != nil {
		return "", "", fmt.Errorf("sign token: %w", err)
	}
	return t.ID, raw, nil
}
