package auth

import (
	"errors"
	"strings"
)

// ErrBadHeader means an Authorization header with the scheme Bearer and not exactly one value.
var ErrBadHeader = errors.New("authorization header must have exactly one value")

// BearerFromHeader takes the token out of an Authorization header. The scheme is the word "Bearer"
// in exactly this case; only spaces separate. No header or another scheme is found == false without
// error; a Bearer header without exactly one value is found with ErrBadHeader. The result shares
// the memory of h.
func BearerFromHeader(h string) (raw string, found bool, err error) {
	scheme, rest, _ := strings.Cut(strings.Trim(h, " "), " ")
	if scheme != "Bearer" {
		return "", false, nil
	}
	raw = strings.Trim(rest, " ")
	if raw == "" || strings.Contains(raw, " ") {
		return "", true, ErrBadHeader
	}
	return raw, true, nil
}
