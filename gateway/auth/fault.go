package auth

// Fault is why a token was refused. It is an error; compare it with errors.Is. Its text is fixed
// and holds nothing of the token.
type Fault uint8 //nolint:errname // a Fault is a reason; its values carry the Err prefix

const (
	// ErrInvalid means malformed, oversized, wrongly signed, not valid yet, or with contradictory claims.
	ErrInvalid Fault = iota + 1
	// ErrExpired means that the token was good and its exp has passed.
	ErrExpired
	// ErrNoType means that the token has no token_type claim.
	ErrNoType
	// ErrWrongType means an access token where a refresh token is wanted, or the reverse.
	ErrWrongType
	// ErrNoExpiry means that the token has no exp claim.
	ErrNoExpiry
	// ErrNoID means that the token has no jti claim, or an empty one.
	ErrNoID
)

// Error returns a fixed text per fault, safe to log and to show.
func (f Fault) Error() string {
	switch f {
	case ErrInvalid:
		return "token is invalid"
	case ErrExpired:
		return "token is expired"
	case ErrNoType:
		return "token has no type"
	case ErrWrongType:
		return "token has the wrong type"
	case ErrNoExpiry:
		return "token has no expiry"
	case ErrNoID:
		return "token has no id"
	}
	return "unknown token fault"
}
