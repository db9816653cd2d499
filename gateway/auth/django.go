package auth

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"
)

// maxDjangoIterations is five times what Django 5 writes; more would hold a hashing slot for seconds.
const maxDjangoIterations = 5_000_000

// djangoHash is Django's pbkdf2_sha256$iterations$salt$key. The salt is used as text, not decoded.
type djangoHash struct {
	iterations int
	salt       string
	key        []byte
}

// parseDjangoHash reports false for anything Django's PBKDF2PasswordHasher would not have written.
func parseDjangoHash(encoded string) (djangoHash, bool) {
	parts := strings.SplitN(encoded, "$", 5)
	if len(parts) != 4 || parts[0] != "pbkdf2_sha256" || parts[2] == "" {
		return djangoHash{}, false
	}
	iterations, err := strconv.ParseUint(parts[1], 10, 32)
	if err != nil || iterations < 1 || iterations > maxDjangoIterations {
		return djangoHash{}, false
	}
	key, err := base64.StdEncoding.Strict().DecodeString(parts[3])
	if err != nil || len(key) != sha256.Size || strings.ContainsAny(parts[3], "\r\n") {
		return djangoHash{}, false
	}
	return djangoHash{iterations: int(iterations), salt: parts[2], key: key}, true
}

func (d djangoHash) matches(password string) (bool, error) {
	key, err := pbkdf2.Key(sha256.New, password, []byte(d.salt), d.iterations, len(d.key))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, d.key) == 1, nil
}
