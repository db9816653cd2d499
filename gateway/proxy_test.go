package gateway

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"testing"

	"github.com/valyala/fasthttp"

	"server5k/gateway/auth"
	"server5k/gateway/ws"
)

// proxied is a request from peer with header lines "Name: value" in pairs.
func proxied(t *testing.T, peer string, headers ...string) *fasthttp.RequestCtx {
	t.Helper()
	var ctx fasthttp.RequestCtx
	addr := netip.MustParseAddrPort(peer)
	ctx.Init(&fasthttp.Request{}, net.TCPAddrFromAddrPort(addr), nil)
	for i := 0; i < len(headers); i += 2 {
		ctx.Request.Header.Add(headers[i], headers[i+1])
	}
	return &ctx
}

// behind trusts proxies in 10/8, fd00::/8 and at one address.
func behind() *Server {
	return New(Config{TrustedProxies: []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("192.0.2.1/32"),
	}})
}

func TestServer_ClientAddr(t *testing.T) {
	t.Parallel()
	const forwarded = "X-Forwarded-For"
	s := behind()
	for _, tt := range []struct {
		name, peer string
		lines      []string
		want       string
	}{
		{"no header", "10.0.0.1:1", nil, "10.0.0.1"},
		{"one hop", "10.0.0.1:1", []string{"203.0.113.7"}, "203.0.113.7"},
		{"a stranger's header", "203.0.113.7:1", []string{"198.51.100.1"}, "203.0.113.7"},
		{"a stranger who names a proxy", "203.0.113.7:1", []string{"10.0.0.1"}, "203.0.113.7"},
		{"the client's own header in front", "10.0.0.1:1", []string{"1.1.1.1, 203.0.113.7"}, "203.0.113.7"},
		{"two proxies", "10.0.0.1:1", []string{"1.1.1.1, 203.0.113.7, 10.0.0.2"}, "203.0.113.7"},
		{"two lines", "10.0.0.1:1", []string{"1.1.1.1,203.0.113.7", "192.0.2.1"}, "203.0.113.7"},
		{"the stranger is last", "10.0.0.1:1", []string{"10.0.0.9, 203.0.113.7"}, "203.0.113.7"},
		{"only proxies", "10.0.0.1:1", []string{"10.0.0.9, 10.0.0.2"}, "10.0.0.9"},
		{"IPv6 client", "10.0.0.1:1", []string{"2001:db8::7"}, "2001:db8::7"},
		{"IPv6 everywhere", "[fd00::1]:1", []string{"2001:db8::7, fd00::2"}, "2001:db8::7"},
		{"IPv6 stranger", "[2001:db8::8]:1", []string{"2001:db8::7"}, "2001:db8::8"},
		{"IPv4 in an IPv6 peer", "[::ffff:10.0.0.1]:1", []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		{"ports", "10.0.0.1:1", []string{"203.0.113.7:4711, [fd00::2]:80"}, "203.0.113.7"},
		{"brackets", "10.0.0.1:1", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"zone", "10.0.0.1:1", []string{"fe80::1%eth0"}, "fe80::1"},
		{"empty", "10.0.0.1:1", []string{""}, "10.0.0.1"},
		{"garbage", "10.0.0.1:1", []string{"unknown"}, "10.0.0.1"},
		{"garbage hides what is left of it", "10.0.0.1:1", []string{"203.0.113.7, unknown, 10.0.0.2"}, "10.0.0.2"},
		{"an empty hop", "10.0.0.1:1", []string{"203.0.113.7,"}, "10.0.0.1"},
		{"garbage on the left", "10.0.0.1:1", []string{"; drop, 203.0.113.7"}, "203.0.113.7"},
		{"half a bracket", "10.0.0.1:1", []string{"[2001:db8::7"}, "10.0.0.1"},
	} {
		var headers []string
		for _, line := range tt.lines {
			headers = append(headers, forwarded, line)
		}
		if got := s.clientAddr(proxied(t, tt.peer, headers...)).String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestServer_ClientAddrTrustsNobodyByDefault(t *testing.T) {
	t.Parallel()
	ctx := proxied(t, "127.0.0.1:1", "X-Forwarded-For", "203.0.113.7", "X-Forwarded-Proto", "https", "X-Real-Ip", "203.0.113.7", "Forwarded", "for=203.0.113.7")
	s := New(Config{})
	if addr, scheme := s.clientAddr(ctx), s.scheme(ctx); addr.String() != "127.0.0.1" || scheme != "http" {
		t.Errorf("got %s, %s", addr, scheme)
	}
}

func TestServer_Scheme(t *testing.T) {
	t.Parallel()
	const proto = "X-Forwarded-Proto"
	s := behind()
	for _, tt := range []struct {
		name, peer string
		headers    []string
		want       string
	}{
		{"no header", "10.0.0.1:1", nil, "http"},
		{"https", "10.0.0.1:1", []string{proto, "https"}, "https"},
		{"capitals", "[fd00::1]:1", []string{proto, " HTTPS "}, "https"},
		{"http", "10.0.0.1:1", []string{proto, "http"}, "http"},
		{"a stranger", "203.0.113.7:1", []string{proto, "https"}, "http"},
		{"another scheme", "10.0.0.1:1", []string{proto, "javascript"}, "http"},
		{"a list", "10.0.0.1:1", []string{proto, "https, http"}, "http"},
		{"two lines", "10.0.0.1:1", []string{proto, "https", proto, "https"}, "http"},
		{"empty", "10.0.0.1:1", []string{proto, ""}, "http"},
	} {
		if got := s.scheme(proxied(t, tt.peer, tt.headers...)); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// anyPeer trusts the peers of tests, which have no address.
func anyPeer() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32")} }

func TestServer_RootSaysHowTheClientCalled(t *testing.T) {
	t.Parallel()
	for want, trusted := range map[string][]netip.Prefix{
		`{"competencias":"https://example.org/api/competencias/","equipos":"https://example.org/api/equipos/"}`: anyPeer(),
		`{"competencias":"http://example.org/api/competencias/","equipos":"http://example.org/api/equipos/"}`:   nil,
	} {
		_, _, answer := setup(t, Config{TrustedProxies: trusted}).send("GET /api/", "", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example")
		if answer != want {
			t.Errorf("got %s, want %s", answer, want)
		}
	}
}

func TestServer_LimitsLoginsByClient(t *testing.T) {
	t.Parallel()
	login := func(p *peer, n int, header string) int {
		status, _, _ := p.send("POST /api/login/", `{"username":"a","password":"b"}`, "Content-Type: application/json", fmt.Sprintf(header, n))
		return status
	}
	for _, tt := range []struct {
		name    string
		trusted []netip.Prefix
		header  string // with the number of the attempt
		want    int    // status of the last attempt
	}{
		{"many clients of a proxy", anyPeer(), "X-Forwarded-For: 203.0.113.%d", 401},
		{"one client who makes addresses up", anyPeer(), "X-Forwarded-For: 198.51.100.%d, 203.0.113.7", 429},
		{"one IPv6 network", anyPeer(), "X-Forwarded-For: 2001:db8::%d", 429},
		{"a stranger who makes addresses up", nil, "X-Forwarded-For: 203.0.113.%d", 429},
	} {
		p, last := setup(t, Config{TrustedProxies: tt.trusted}), 0
		for n := range auth.MaxUserFailures + 1 {
			last = login(p, n+1, tt.header)
		}
		if last != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, last, tt.want)
		}
	}
}

func TestServer_BoundsSocketsByClient(t *testing.T) {
	t.Parallel()
	live, _ := newLive(t)
	sockets := ws.NewServer(slog.New(slog.DiscardHandler))
	p := setup(t, Config{TrustedProxies: anyPeer(), Live: live, Sockets: sockets, MaxSocketsPerIP: 1})
	t.Cleanup(func() {
		if err := sockets.Drain(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for _, tt := range []struct {
		forwarded string
		want      int
	}{
		{"203.0.113.7", 101},
		{"203.0.113.7", 429},
		{"203.0.113.8, 203.0.113.7", 429},
		{"2001:db8::7", 101},
		{"2001:db8::7", 429},
		{"203.0.113.8", 101},
	} {
		conn, err := p.dial()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := fmt.Fprintf(conn, "GET /ws/competencia/1/ HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nX-Forwarded-For: %s\r\n\r\n", tt.forwarded); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != tt.want {
			t.Errorf("a socket for %s: got %d, want %d", tt.forwarded, res.StatusCode, tt.want)
		}
	}
}

func FuzzParseHop(f *testing.F) {
	for _, seed := range []string{"203.0.113.7", "203.0.113.7:80", "[2001:db8::7]:80", "[2001:db8::7]", "fe80::1%eth0", "::ffff:203.0.113.7", "unknown", "", "[", "[]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		addr, ok := parseHop(s)
		if ok != addr.IsValid() || addr.Zone() != "" || addr.Is4In6() {
			t.Errorf("%q: %v, %v", s, addr, ok)
		}
	})
}
