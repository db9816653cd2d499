package admin

import (
	"net/url"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"
)

const (
	csrfField  = "csrf"
	csrfHeader = "X-CSRF-Token"
)

// safeMethod says whether a method changes nothing.
func safeMethod(method string) bool {
	return method == fasthttp.MethodGet || method == fasthttp.MethodHead
}

// sameOrigin says whether a page of ours sent the request. Browsers say so in
// Sec-Fetch-Site; over plain http they leave it out, and then Origin must name
// the host that was called or one of the trusted, which a proxy that calls us by
// another name makes necessary. A request with neither comes from no browser of today
// and is refused: nothing but browsers has a session.
func sameOrigin(h *fasthttp.RequestHeader, trusted []string) bool {
	switch site := string(h.Peek("Sec-Fetch-Site")); site {
	case "same-origin", "none":
		return true
	case "":
	default:
		return false
	}
	origin := string(h.Peek("Origin"))
	if origin != "" && slices.Contains(trusted, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, string(h.Host()))
}
