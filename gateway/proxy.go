package gateway

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"
)

// trusted says whether addr is one of the proxies whose headers are believed.
func (s *Server) trusted(addr netip.Addr) bool {
	return slices.ContainsFunc(s.cfg.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// clientAddr returns who called: the peer of the connection or, when that is a
// trusted proxy, the last address of X-Forwarded-For that is not one itself.
// What stands left of it, or of something that is no address, nobody vouches
// for. It is the zero Addr when the peer has none.
func (s *Server) clientAddr(ctx *fasthttp.RequestCtx) netip.Addr {
	addr, _ := netip.AddrFromSlice(ctx.RemoteIP())
	addr = addr.Unmap()
	if !s.trusted(addr) {
		return addr
	}
	// Several lines of a header count as one with commas (RFC 9110, section 5.3).
	hops := strings.Split(string(bytes.Join(ctx.Request.Header.PeekAll("X-Forwarded-For"), []byte(","))), ",")
	for _, hop := range slices.Backward(hops) {
		forwarded, ok := parseHop(hop)
		if !ok {
			return addr
		}
		if addr = forwarded; !s.trusted(addr) {
			return addr
		}
	}
	return addr
}

// parseHop reads one address of X-Forwarded-For. Some proxies add the port.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if withPort, err := netip.ParseAddrPort(s); err == nil {
		return withPort.Addr().WithZone("").Unmap(), true
	}
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		s = s[1 : len(s)-1]
	}
	addr, err := netip.ParseAddr(s)
	return addr.WithZone("").Unmap(), err == nil
}

// scheme returns how the client called, "http" or "https". A trusted proxy may
// say it, once and in one word.
func (s *Server) scheme(ctx *fasthttp.RequestCtx) string {
	if addr, _ := netip.AddrFromSlice(ctx.RemoteIP()); s.trusted(addr.Unmap()) {
		if lines := ctx.Request.Header.PeekAll("X-Forwarded-Proto"); len(lines) == 1 {
			if said := strings.ToLower(strings.TrimSpace(string(lines[0]))); said == "http" || said == "https" {
				return said
			}
		}
	}
	if ctx.IsTLS() {
		return "https"
	}
	return "http"
}

// Client returns the address of who calls, behind proxies that are trusted.
func (s *Server) Client(ctx *fasthttp.RequestCtx) netip.Addr { return s.clientAddr(ctx) }

// Secure says whether who calls does so by HTTPS, behind proxies that are trusted.
func (s *Server) Secure(ctx *fasthttp.RequestCtx) bool { return s.scheme(ctx) == "https" }
