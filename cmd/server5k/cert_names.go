package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// names are what a certificate is for. The lists are sorted and without doubles.
type names struct {
	hosts []string
	ips   []netip.Addr
}

// localNames are in every certificate: the machine itself is where one tries first.
func localNames() names {
	return names{[]string{"localhost"}, []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}}
}

// with joins two sets of names.
func (n names) with(other names) names {
	out := names{slices.Concat(n.hosts, other.hosts), slices.Concat(n.ips, other.ips)}
	slices.Sort(out.hosts)
	slices.SortFunc(out.ips, netip.Addr.Compare)
	out.hosts, out.ips = slices.Compact(out.hosts), slices.Compact(out.ips)
	return out
}

// without leaves out what other has.
func (n names) without(other names) names {
	var out names
	for _, h := range n.hosts {
		if !slices.Contains(other.hosts, h) {
			out.hosts = append(out.hosts, h)
		}
	}
	for _, ip := range n.ips {
		if !slices.Contains(other.ips, ip) {
			out.ips = append(out.ips, ip)
		}
	}
	return out
}

func (n names) empty() bool { return len(n.hosts)+len(n.ips) == 0 }

// texts lists all, names before addresses.
func (n names) texts() []string {
	out := slices.Clone(n.hosts)
	for _, ip := range n.ips {
		out = append(out, ip.String())
	}
	return out
}

func (n names) String() string { return strings.Join(n.texts(), ", ") }

// first is what a phone should call: a name that the organizer has given, for it is
// in the local DNS; else an IPv4 address, which needs none; NAME.local, which not
// every phone finds; and only then the rest.
func (n names) first() string {
	rank := func(name string) int {
		ip, err := netip.ParseAddr(name)
		switch {
		case err == nil && ip.Is4():
			return 1
		case err == nil:
			return 3
		case strings.HasSuffix(name, ".local"):
			return 2
		case strings.Contains(name, "."):
			return 0
		}
		return 4
	}
	list := n.without(localNames()).texts()
	if len(list) == 0 {
		return "localhost"
	}
	return slices.MinFunc(list, func(a, b string) int { return rank(a) - rank(b) })
}

// urlHost writes a name or an address as it stands in a URL.
func urlHost(name string) string {
	if strings.Contains(name, ":") {
		return "[" + name + "]"
	}
	return name
}

// parseNames reads the names and addresses of a command line, each mistake at once.
// own is the name of this machine: it is the only one of a single label that may
// stand, since a constraint takes in all that ends in it.
func parseNames(hosts, ips []string, own string) (names, error) {
	var out names
	var errs []error
	for _, s := range trimAll(hosts) {
		s = strings.ToLower(strings.TrimSuffix(s, "."))
		if _, err := netip.ParseAddr(s); err == nil {
			ips = append(ips, s)
			continue
		}
		switch {
		case !isHostName(s):
			errs = append(errs, fmt.Errorf("--host: %q no es el nombre de un equipo; se escriben letras sin tilde, cifras, guiones y puntos", s))
		case !strings.Contains(s, ".") && s != own && s != "localhost":
			errs = append(errs, fmt.Errorf("--host: %q es de una sola parte y la autoridad valdría para todo lo que termina así; use por ejemplo %s.lan", s, s))
		default:
			out.hosts = append(out.hosts, s)
		}
	}
	for _, s := range trimAll(ips) {
		ip, err := netip.ParseAddr(s)
		if err != nil || ip.Zone() != "" || ip.IsUnspecified() || ip.IsMulticast() {
			errs = append(errs, fmt.Errorf("--ip: %q no es la dirección de un equipo, como 192.168.1.10", s))
			continue
		}
		out.ips = append(out.ips, ip.Unmap())
	}
	return out.with(names{}), errors.Join(errs...)
}

// isHostName accepts what may stand in a certificate and in DNS, in lower case.
func isHostName(s string) bool {
	const longest, longestLabel = 253, 63
	if s == "" || len(s) > longest {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > longestLabel || strings.Trim(label, "-abcdefghijklmnopqrstuvwxyz0123456789") != "" ||
			label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}

// hostName is the name of this machine in lower case, "" when it has none that a
// certificate takes.
func hostName() string {
	own, err := os.Hostname()
	own = strings.ToLower(own)
	if err != nil || !isHostName(own) || own == "localhost" {
		return ""
	}
	return own
}

// ownNames is what this machine is called by in its network: its name, NAME.local
// and the private addresses of its interfaces.
func ownNames() (names, error) {
	var out names
	if own := hostName(); own != "" {
		out.hosts = []string{own, strings.TrimSuffix(own, ".local") + ".local"}
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return names{}, fmt.Errorf("leer las direcciones de este equipo: %w", err)
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 || isBridge(i.Name) {
			continue
		}
		nets, err := i.Addrs()
		if err != nil {
			continue // an interface that has just gone
		}
		for _, n := range nets {
			prefix, err := netip.ParsePrefix(n.String())
			if ip := prefix.Addr().Unmap(); err == nil && ip.IsPrivate() {
				out.ips = append(out.ips, ip)
			}
		}
	}
	return out.with(names{}), nil
}

// isBridge says whether an interface leads to containers and virtual machines of
// this machine only.
func isBridge(name string) bool {
	return slices.ContainsFunc([]string{"docker", "br-", "veth", "virbr"}, func(p string) bool { return strings.HasPrefix(name, p) })
}
