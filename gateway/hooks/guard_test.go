package hooks

import (
	"net/netip"
	"strings"
	"testing"
)

func TestGuard_AllowsPublicAddressesOnly(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.215.14":          true,
		"1.1.1.1":                true,
		"100.63.255.255":         true,
		"172.32.0.1":             true,
		"2606:2800:21f:cb07::1":  true,
		"2a00:1450:4003:80f::1":  true,
		"0.0.0.0":                false,
		"0.1.2.3":                false,
		"10.0.0.1":               false,
		"100.64.0.1":             false,
		"127.0.0.1":              false,
		"127.255.255.254":        false,
		"169.254.169.254":        false,
		"172.16.0.1":             false,
		"172.31.255.255":         false,
		"192.0.0.8":              false,
		"192.0.2.1":              false,
		"192.88.99.1":            false,
		"192.168.1.10":           false,
		"198.19.0.1":             false,
		"198.51.100.7":           false,
		"203.0.113.7":            false,
		"224.0.0.1":              false,
		"240.0.0.1":              false,
		"255.255.255.255":        false,
		"::":                     false,
		"::1":                    false,
		"::ffff:127.0.0.1":       false,
		"::ffff:93.184.215.14":   false,
		"::93.184.215.14":        false,
		"64:ff9b::7f00:1":        false,
		"64:ff9b:1::7f00:1":      false,
		"100::1":                 false,
		"2001::1":                false,
		"2001:20::1":             false,
		"2001:db8::1":            false,
		"2002:7f00:1::":          false,
		"3fff::1":                false,
		"fc00::1":                false,
		"fd12:3456::1":           false,
		"fe80::1":                false,
		"fe80::1%eth0":           false,
		"fec0::1":                false,
		"ff02::1":                false,
		"2606:2800:21f::1%eth0":  false,
		"4000::1":                false,
		"[2606:2800:21f:cb07::1": false, // not an address
	} {
		a, _ := netip.ParseAddr(address)
		if got := (Guard{}).allows(a); got != want {
			t.Errorf("%s: got %t, want %t", address, got, want)
		}
	}
}

func TestGuard_AllowPrivateLetsItsPrefixesThrough(t *testing.T) {
	t.Parallel()
	g := Guard{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("192.168.1.0/24"), netip.MustParsePrefix("0.0.0.0/0")}}
	for address, want := range map[string]bool{
		"192.168.1.10": true, "127.0.0.1": true,
		"0.0.0.0": false, "224.0.0.1": false, "::1": false, "::ffff:192.168.1.10": false,
	} {
		if got := g.allows(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: got %t, want %t", address, got, want)
		}
	}
}

func TestGuard_ControlSeesAddressAndPort(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.215.14:443": true, "93.184.215.14:8443": true, "93.184.215.14:80": false, "93.184.215.14:25": false,
		"127.0.0.1:443": false, "[::1]:443": false, "example.com:443": false, "": false, "[2606:2800:21f:cb07::1]:443": true,
	} {
		if err := (Guard{}).control("tcp", address, nil); (err == nil) != want {
			t.Errorf("%q: got %v, want allowed %t", address, err, want)
		}
	}
	if err := (Guard{AllowHTTP: true}).control("tcp", "93.184.215.14:80", nil); err != nil {
		t.Errorf("port 80 with HTTP: %v", err)
	}
}

func TestGuard_ChecksURLs(t *testing.T) {
	t.Parallel()
	lan := Guard{AllowHTTP: true, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("192.168.0.0/16")}}
	for _, c := range []struct {
		url         string
		public, lan bool
	}{
		{"https://example.org/hook?clave=1", true, true},
		{"https://example.org:8443/", true, true},
		{"https://[2606:2800:21f:cb07::1]/x", true, true},
		{"http://example.org/", false, true},
		{"http://192.168.1.10:8000/x", false, true},
		{"https://192.168.1.10/x", false, true},
		{"https://10.0.0.1/x", false, false},
		{"https://[::ffff:10.0.0.1]/", false, false},
		{"https://example.org:25/", false, false},
		{"https://example.org:0/", false, false},
		{"https://example.org:99999/", false, false},
		{"https://ana:clave@example.org/", false, false},
		{"https://@example.org/", false, false},
		{"https://example.org/#a", false, false},
		{"https://example.org/#", false, false},
		{"ftp://example.org/", false, false},
		{"file:///etc/passwd", false, false},
		{"https:example.org", false, false},
		{"https:///x", false, false},
		{"//example.org/x", false, false},
		{"example.org", false, false},
		{"", false, false},
		{"https://example.org/\n", false, false},
		{"https://example.org/" + strings.Repeat("a", maxURL), false, false},
	} {
		for name, g := range map[string]struct {
			Guard
			want bool
		}{"public": {Guard{}, c.public}, "lan": {lan, c.lan}} {
			text, ok := g.check(c.url)
			if ok != g.want {
				t.Errorf("%s %.60q: got %t (%s), want %t", name, c.url, ok, text.EN, g.want)
			}
			if ok == (text.ES != "") || (text.ES == "") != (text.EN == "") {
				t.Errorf("%s %.60q: text %+v", name, c.url, text)
			}
		}
	}
}

func FuzzGuard_Check(f *testing.F) {
	f.Add("https://example.org/x")
	f.Add("https://[::1]:8443/")
	f.Fuzz(func(t *testing.T, raw string) {
		if _, ok := (Guard{}).check(raw); ok && (!strings.HasPrefix(strings.ToLower(raw), "https:") || hostOf(raw) == "") {
			t.Errorf("%q is taken", raw)
		}
	})
}
