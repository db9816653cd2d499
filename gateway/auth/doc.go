// Package auth decides who a caller is: it signs and reads the JSON Web Tokens of judges and
// organizers, hashes and verifies passwords, and counts failed logins.
//
// It knows no account: it does not look up judges, does not store hashes and does not speak HTTP.
// It starts no goroutines; work runs in the goroutine of the caller. Nothing here is logged, and no
// error text holds a token, a claim or a password.
//
//	header ─ BearerFromHeader ─ Issuer.Parse ─ Token        every request
//	login  ─ Limiter.Allow ─ Hasher.Verify ─ Issuer.Pair    once per session
package auth
