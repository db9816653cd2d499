package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// resolveTimeout bounds the look-up of a host name in an option.
const resolveTimeout = 3 * time.Second

// sharedSpace is what providers and overlay networks use inside (RFC 6598).
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// validatePrivateListener refuses an address where strangers could reach what has
// no password: the address of an option must be private or, when it stands for all
// of this machine's, those must be. debug allows any. The empty address is fine:
// nothing listens there.
func validatePrivateListener(option, addr string, debug bool) error {
	return privateListener(option, addr, debug, network{ownAddrs, lookUp})
}

// network is what is asked about addresses.
type network struct {
	own    func() ([]netip.Addr, error)
	lookUp func(host string) ([]netip.Addr, error)
}

func privateListener(option, addr string, debug bool, n network) error {
	if addr == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%s: %q no es DIRECCIÓN:PUERTO", option, addr)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%s: %q no es un número de puerto", option, port)
	}
	if debug {
		return nil
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "" || err == nil && ip.Unmap().IsUnspecified():
		return n.ownPrivate(option, addr, port, err == nil && ip.Unmap().Is4())
	case err == nil:
		if !isPrivate(ip) {
			return fmt.Errorf("%s: %s es una dirección pública y este puerto no pide contraseña; use una privada, por ejemplo 127.0.0.1:%s", option, ip, port)
		}
		return nil
	}
	ips, err := n.lookUp(host)
	if err != nil || len(ips) == 0 {
		return fmt.Errorf("%s: no se encuentra la dirección de %q", option, host)
	}
	for _, ip := range ips {
		if !isPrivate(ip) {
			return fmt.Errorf("%s: %s es la dirección pública %s y este puerto no pide contraseña; use una privada, por ejemplo 127.0.0.1:%s", option, host, ip, port)
		}
	}
	return nil
}

// ownPrivate checks the addresses that an unspecified one stands for; only4 are
// the ones of 0.0.0.0.
func (n network) ownPrivate(option, addr, port string, only4 bool) error {
	own, err := n.own()
	if err != nil {
		return fmt.Errorf("%s: no se pueden leer las direcciones de este equipo (%w); escriba una privada", option, err)
	}
	for _, ip := range own {
		ip = ip.Unmap()
		if only4 && !ip.Is4() || !ip.IsGlobalUnicast() || isPrivate(ip) {
			continue
		}
		return fmt.Errorf("%s: %q abre el puerto también en %s, una dirección pública de este equipo; escriba una privada, por ejemplo 127.0.0.1:%s",
			option, addr, ip, port)
	}
	return nil
}

// isPrivate says whether only neighbours can reach an address.
func isPrivate(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || sharedSpace.Contains(ip)
}

// ownAddrs returns the addresses of this machine's interfaces.
func ownAddrs() ([]netip.Addr, error) {
	nets, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var own []netip.Addr
	for _, a := range nets {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil {
			return nil, fmt.Errorf("read interface address: %w", err)
		}
		own = append(own, prefix.Addr())
	}
	return own, nil
}

func lookUp(host string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), resolveTimeout, errors.New("resolve: no answer in 3s"))
	defer cancel()
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}
