package main

import (
	"errors"
	"fmt"
	"net/netip"
)

// validateNetworks reads TrustedProxies and WebhooksPrivate.
func (c *Config) validateNetworks() error {
	var proxies, private error
	c.proxies, proxies = c.networks("TRUSTED_PROXIES", c.TrustedProxies)
	c.private, private = c.networks("WEBHOOKS_ALLOW_PRIVATE", c.WebhooksPrivate)
	return errors.Join(proxies, private)
}

// networks reads the networks of an option, none of which may be everybody.
func (c *Config) networks(option string, list []string) (out []netip.Prefix, err error) {
	var errs []error
	for _, s := range trimAll(list) {
		prefix, err := parseNetwork(s)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %q no es una dirección IP ni una red como 10.0.0.0/8", option, s))
		case prefix.Bits() == 0 && !c.Debug:
			errs = append(errs, fmt.Errorf("%s: %q es cualquiera; solo se permite con DEBUG=true", option, s))
		default:
			out = append(out, prefix)
		}
	}
	return out, errors.Join(errs...)
}

// parseNetwork reads an address or a network. IPv4 written as IPv6 becomes IPv4,
// as the gateway sees it.
func parseNetwork(s string) (netip.Prefix, error) {
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
