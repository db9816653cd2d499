package main

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func addrs(list ...string) []netip.Addr {
	var out []netip.Addr
	for _, s := range list {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

func TestPrivateListener(t *testing.T) {
	t.Parallel()
	inside := []string{"127.0.0.1", "::1", "10.0.0.5", "fe80::1", "fd00::5", "100.100.1.2"}
	names := map[string][]netip.Addr{
		"localhost": addrs("127.0.0.1", "::1"), "nodo1": addrs("10.0.0.5"), "publico": addrs("10.0.0.5", "203.0.113.7"), "vacio": nil,
	}
	for _, tc := range []struct {
		name, addr string
		own        []string
		debug      bool
		want       string // part of the error, "" for none
	}{
		{name: "off", addr: ""},
		{name: "loopback", addr: "127.0.0.1:9100"},
		{name: "all of 127/8", addr: "127.8.9.1:9100"},
		{name: "loopback v6", addr: "[::1]:9100"},
		{name: "ten", addr: "10.255.0.1:9100"},
		{name: "172.16", addr: "172.31.255.255:9100"},
		{name: "172.32", addr: "172.32.0.1:9100", want: "dirección pública"},
		{name: "192.168", addr: "192.168.1.1:9100"},
		{name: "shared", addr: "100.127.255.255:9100"},
		{name: "beside shared", addr: "100.128.0.1:9100", want: "dirección pública"},
		{name: "ULA", addr: "[fd12:3456::1]:9100"},
		{name: "link-local", addr: "169.254.3.4:9100"},
		{name: "link-local v6 with a zone", addr: "[fe80::1%eth0]:9100"},
		{name: "mapped private", addr: "[::ffff:10.0.0.1]:9100"},
		{name: "mapped public", addr: "[::ffff:203.0.113.7]:9100", want: "dirección pública"},
		{name: "public", addr: "203.0.113.7:9100", want: "use una privada, por ejemplo 127.0.0.1:9100"},
		{name: "public v6", addr: "[2001:db8::1]:9100", want: "dirección pública"},
		{name: "multicast", addr: "224.0.0.1:9100", want: "dirección pública"},
		{name: "public in debug", addr: "203.0.113.7:9100", debug: true},
		{name: "all, private machine", addr: ":9100", own: inside},
		{name: "all, public machine", addr: ":9100", own: append(inside, "203.0.113.7"), want: "203.0.113.7, una dirección pública de este equipo; escriba una privada, por ejemplo 127.0.0.1:9100"},
		{name: "all, public v6", addr: ":9100", own: append(inside, "2001:db8::1"), want: "2001:db8::1"},
		{name: "0.0.0.0 is v4 only", addr: "0.0.0.0:9100", own: append(inside, "2001:db8::1")},
		{name: "0.0.0.0, public machine", addr: "0.0.0.0:9100", own: append(inside, "203.0.113.7"), want: "203.0.113.7"},
		{name: ":: is both", addr: "[::]:9100", own: append(inside, "203.0.113.7"), want: "203.0.113.7"},
		{name: "all in debug", addr: ":9100", own: append(inside, "203.0.113.7"), debug: true},
		{name: "all, nothing known", addr: ":9100", want: "no se pueden leer"},
		{name: "name", addr: "localhost:9100"},
		{name: "name of the net", addr: "nodo1:9100"},
		{name: "name with a public address", addr: "publico:9100", want: "publico es la dirección pública 203.0.113.7"},
		{name: "name of nothing", addr: "vacio:9100", want: "no se encuentra"},
		{name: "unknown name", addr: "nadie:9100", want: "no se encuentra"},
		{name: "no port", addr: "127.0.0.1", want: "no es DIRECCIÓN:PUERTO"},
		{name: "no port in debug", addr: "127.0.0.1", debug: true, want: "no es DIRECCIÓN:PUERTO"},
		{name: "word as port", addr: "127.0.0.1:http", want: "no es un número de puerto"},
		{name: "big port", addr: "127.0.0.1:65536", want: "no es un número de puerto"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := privateListener("METRICS_ADDR", tc.addr, tc.debug, network{
				own: func() ([]netip.Addr, error) {
					if tc.own == nil {
						return nil, errors.New("no interfaces")
					}
					return addrs(tc.own...), nil
				},
				lookUp: func(host string) ([]netip.Addr, error) {
					if ips, ok := names[host]; ok {
						return ips, nil
					}
					return nil, errors.New("no such host")
				},
			})
			if tc.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), "METRICS_ADDR: ") || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// TestValidatePrivateListener asks the machine it runs on.
func TestValidatePrivateListener(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"127.0.0.1:0", "localhost:9100", ""} {
		if err := validatePrivateListener("CLUSTER_ADDR", addr, false); err != nil {
			t.Errorf("%q: %v", addr, err)
		}
	}
	if err := validatePrivateListener("CLUSTER_ADDR", "8.8.8.8:9100", false); err == nil {
		t.Error("a public address was taken")
	}
	if own, err := ownAddrs(); err != nil || len(own) == 0 {
		t.Errorf("own addresses %v, %v", own, err)
	}
}
