package hooks

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"server5k/race"
)

// maxURL bounds a webhook's URL, in bytes.
const maxURL = 2000

// errRefused is a connection to an address that may not be called.
var errRefused = errors.New("refused address")

// Guard says what may be called. The zero value allows HTTPS to public addresses
// on port 443 and on those from 1024 on.
type Guard struct {
	// AllowHTTP also allows HTTP without TLS, and port 80.
	AllowHTTP bool
	// AllowPrivate are addresses that may be called although they are not public,
	// such as those of the network at the venue.
	AllowPrivate []netip.Prefix
}

// special are the addresses within the public space, 2000::/3 in IPv6, that are
// not on the Internet or lead back into other networks.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("10.0.0.0/8"),      // private
	netip.MustParsePrefix("100.64.0.0/10"),   // behind a carrier's NAT
	netip.MustParsePrefix("127.0.0.0/8"),     // loopback
	netip.MustParsePrefix("169.254.0.0/16"),  // link-local, metadata of clouds
	netip.MustParsePrefix("172.16.0.0/12"),   // private
	netip.MustParsePrefix("192.0.0.0/24"),    // protocols
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // relays to 6to4
	netip.MustParsePrefix("192.168.0.0/16"),  // private
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("224.0.0.0/4"),     // multicast
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, broadcast
	netip.MustParsePrefix("2001::/23"),       // protocols, Teredo among them
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4: an IPv4 address within
	netip.MustParsePrefix("3fff::/20"),       // documentation
}

// public6 is all of IPv6 that is given out. Loopback, link-local, unique local,
// multicast, NAT64 and IPv4 in IPv6 are outside of it.
var public6 = netip.MustParsePrefix("2000::/3")

// allows says whether an address may be connected to.
func (g Guard) allows(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" || a.IsUnspecified() || a.IsMulticast() || a.Is4In6() {
		return false
	}
	if slices.ContainsFunc(g.AllowPrivate, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return true
	}
	if a.Is6() && !public6.Contains(a) {
		return false
	}
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}

// port says whether a port may be connected to: the services below 1024 other than
// the web's do not take webhooks, but may be hurt by one.
func (g Guard) port(n int) bool {
	return n == 443 || n >= 1024 && n <= 65535 || n == 80 && g.AllowHTTP
}

// control is for net.Dialer: it sees every address just before it is connected to,
// whatever a name resolved to.
func (g Guard) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !g.allows(at.Addr()) || !g.port(int(at.Port())) {
		return errRefused
	}
	return nil
}

// check looks at a URL before it is stored. Names are not resolved: what they mean
// then is checked when they are called.
func (g Guard) check(raw string) (Text, bool) {
	u, err := url.Parse(raw)
	switch {
	case len(raw) > maxURL:
		return Text{"La URL es demasiado larga", "The URL is too long"}, false
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return Text{"No es una URL completa", "It is not a complete URL"}, false
	case u.Scheme != "https" && (u.Scheme != "http" || !g.AllowHTTP):
		return g.schemeText(), false
	case u.User != nil:
		return Text{"La URL no puede llevar usuario ni contraseña", "The URL must not have a user name or password"}, false
	case strings.Contains(raw, "#"):
		return Text{"La URL no puede llevar fragmento (#)", "The URL must not have a fragment (#)"}, false
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || !g.port(n) {
			return Text{"Ese puerto no está permitido", "That port is not allowed"}, false
		}
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil && !g.allows(a) {
		return FaultText(race.FaultRefused), false
	}
	return Text{}, true
}

func (g Guard) schemeText() Text {
	if g.AllowHTTP {
		return Text{"La URL debe empezar con https:// o http://", "The URL must begin with https:// or http://"}
	}
	return Text{"La URL debe empezar con https://", "The URL must begin with https://"}
}

// hostOf returns the host of a URL, all of it that is written to logs and that the
// limit on what is sent at once goes by.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
