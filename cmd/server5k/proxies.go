package main

import (
	"errors"
	"fmt"
	"net/netip"
)

// validateProxies reads TrustedProxies into proxies.
func (c *Config) validateProxies() error {
	c.proxies = nil
	var errs []error
	for _, s := range trimAll(c.TrustedProxies) {
		prefix, err := parseProxy(s)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("TRUSTED_PROXIES: %q no es una dirección IP ni una red como 10.0.0.0/8", s))
		case prefix.Bits() == 0 && !c.Debug:
			errs = append(errs, fmt.Errorf("TRUSTED_PROXIES: %q es cualquiera; solo se permite con DEBUG=true", s))
		default:
			c.proxies = append(c.proxies, prefix)
		}
	}
	return errors.Join(errs...)
}

// parseProxy reads an address or a network. IPv4 written as IPv6 becomes IPv4,
// as the gateway sees it.
func parseProxy(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	const mapped = 96 // bits in front of the IPv4 address
	if prefix.Addr().Is4In6() && prefix.Bits() >= mapped {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-mapped)
	}
	return prefix.Masked(), nil
}
