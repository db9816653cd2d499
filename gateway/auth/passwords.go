package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/alexedwards/argon2id"
)

const (
	// maxPasswordBytes bounds what a login can make us hash.
	maxPasswordBytes = 1024
	// maxEncodedBytes is far above any hash we or Django write (about 100 bytes).
	maxEncodedBytes = 512

	argonMemory     = 19 * 1024 // KiB; OWASP's minimum for t=2, p=1
	argonIterations = 2
	argonThreads    = 1
	argonSalt       = 16 // bytes
	argonKey        = 32 // bytes

	// The most a stored hash may ask for, so that a bad row cannot exhaust memory or CPU.
	maxArgonMemory     = 256 * 1024 // KiB
	maxArgonIterations = 16
	maxArgonThreads    = 16
	maxArgonKey        = 64 // bytes
)

// dummyHash has the parameters of new hashes and a key no password is known for.
const dummyHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// ErrTooLong means a new password of more than 1024 bytes.
var ErrTooLong = errors.New("password is too long")

// Hasher hashes and verifies passwords, a bounded number at a time: each argon2id run takes 19 MiB
// and tens of milliseconds. It is safe for concurrent use.
type Hasher struct {
	gate gate
}

// NewHasher lets at most parallel hashes (1 if less) run at once and at most queue callers wait.
func NewHasher(parallel, queue int) *Hasher {
	return &Hasher{gate: newGate(parallel, queue)}
}

// Hash returns a new argon2id hash in PHC form. It returns ErrTooLong, ErrBusy, or the cause of
// ctx when that ends while waiting; a hash once started is finished.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > maxPasswordBytes {
		return "", ErrTooLong
	}
	if err := h.gate.enter(ctx); err != nil {
		return "", err
	}
	defer h.gate.leave()
	encoded, err := argon2id.CreateHash(password, &argon2id.Params{
		Memory:      argonMemory,
		Iterations:  argonIterations,
		Parallelism: argonThreads,
		SaltLength:  argonSalt,
		KeyLength:   argonKey,
	})
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return encoded, nil
}

// Verify reports whether password belongs to encoded, an argon2id or Django pbkdf2_sha256 hash,
// and with rehash that the caller should store a new Hash of it. Malformed or excessive hashes and
// passwords over 1024 bytes give ok == false at once and without error. Errors are as for Hash.
func (h *Hasher) Verify(ctx context.Context, encoded, password string) (ok, rehash bool, err error) {
	if len(password) > maxPasswordBytes || len(encoded) > maxEncodedBytes {
		return false, false, nil
	}
	if hash, valid := parseDjangoHash(encoded); valid {
		ok, err = h.run(ctx, func() (bool, error) { return hash.matches(password) })
		return ok, ok, err
	}
	params, valid := parseArgonHash(encoded)
	if !valid {
		return false, false, nil
	}
	ok, err = h.run(ctx, func() (bool, error) { return argon2id.ComparePasswordAndHash(password, encoded) })
	return ok, ok && isWeak(params), err
}

// VerifyDummy costs what Verify costs for a hash made by Hash, so that an unknown account cannot
// be told by the time a login takes. Errors are as for Verify.
func (h *Hasher) VerifyDummy(ctx context.Context, password string) error {
	_, _, err := h.Verify(ctx, dummyHash, password)
	return err
}

func (h *Hasher) run(ctx context.Context, compare func() (bool, error)) (bool, error) {
	if err := h.gate.enter(ctx); err != nil {
		return false, err
	}
	defer h.gate.leave()
	ok, err := compare()
	if err != nil {
		return false, fmt.Errorf("verify password: %w", err)
	}
	return ok, nil
}

// parseArgonHash accepts canonical hashes only. The library panics on t=0 or p=0, and ignores
// what follows the numbers.
func parseArgonHash(encoded string) (argon2id.Params, bool) {
	params, _, _, err := argon2id.DecodeHash(encoded)
	if err != nil {
		return argon2id.Params{}, false
	}
	p := *params
	canonical := fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$", p.Memory, p.Iterations, p.Parallelism)
	valid := strings.HasPrefix(encoded, canonical) &&
		!strings.ContainsAny(encoded, "\r\n") &&
		p.Memory >= 1 && p.Memory <= maxArgonMemory &&
		p.Iterations >= 1 && p.Iterations <= maxArgonIterations &&
		p.Parallelism >= 1 && p.Parallelism <= maxArgonThreads &&
		p.SaltLength >= 1 &&
		p.KeyLength >= 16 && p.KeyLength <= maxArgonKey
	return p, valid
}

func isWeak(p argon2id.Params) bool {
	return p.Memory < argonMemory || p.Iterations < argonIterations ||
		p.SaltLength < argonSalt || p.KeyLength < argonKey
}
