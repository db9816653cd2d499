package auth

import (
	"errors"
	"net/netip"
	"strings"
	"time"
)

// MaxUserFailures and MaxPeerFailures are how many logins may fail within
// LoginWindow, of one account from one network and of one network at all, before
// more are turned away. The second is generous because all judges of an event may
// share one address.
const (
	MaxUserFailures = 10
	MaxPeerFailures = 100
	LoginWindow     = time.Minute
)

// MaxLoginLength is above any user name or e-mail address, in bytes.
const MaxLoginLength = 254

// ipv6Network is how many bits of an address belong to one client.
const ipv6Network = 64

// ErrWrongLogin means that no active account has these credentials.
var ErrWrongLogin = errors.New("wrong credentials")

// Logins turns away who has failed to log in too often, whichever door they try:
// all of them share one. It is safe for concurrent use.
type Logins struct{ users, peers *Limiter }

// NewLogins reads the time from now, or from time.Now when it is nil.
func NewLogins(now func() time.Time) *Logins {
	return &Logins{NewLimiter(MaxUserFailures, LoginWindow, now), NewLimiter(MaxPeerFailures, LoginWindow, now)}
}

// Try runs check for a login to an account of the realm, "judge" or "organizer".
// Its ErrWrongLogin counts as a failure. When there were too many, check is not run
// and wait, above 0, is how long to stay away.
func (l *Logins) Try(realm, login string, client netip.Addr, check func() error) (wait time.Duration, err error) {
	peer := network(client)
	user := realm + "\x00" + strings.ToLower(login) + "\x00" + peer
	if ok, wait := l.users.Allow(user); !ok {
		return max(wait, time.Nanosecond), nil
	}
	wait, err = l.TryCode(client, check)
	switch {
	case wait > 0:
	case err == nil:
		l.users.Reset(user)
	case errors.Is(err, ErrWrongLogin):
		l.users.Fail(user)
	}
	return wait, err
}

// TryCode is Try for a code that says itself whose it is.
func (l *Logins) TryCode(client netip.Addr, check func() error) (wait time.Duration, err error) {
	peer := network(client)
	if ok, wait := l.peers.Allow(peer); !ok {
		return max(wait, time.Nanosecond), nil
	}
	if err = check(); errors.Is(err, ErrWrongLogin) {
		l.peers.Fail(peer)
	}
	return 0, err
}

// network names that of a client.
func network(client netip.Addr) string {
	if !client.IsValid() {
		return "unknown"
	}
	if client.Is6() {
		if prefix, err := client.Prefix(ipv6Network); err == nil {
			return prefix.String()
		}
	}
	return client.String()
}
