package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

const (
	// caLife is three seasons. People forget to remove an authority from their
	// phones, so it ends by itself; the constraints hold until then.
	caLife = 3 * 365 * 24 * time.Hour
	// caLeast is what must be left of an authority for it to sign once more.
	caLeast = 30 * 24 * time.Hour
	// leafLife and the hour before are below the 398 days that browsers accept.
	leafLife = 397 * 24 * time.Hour
	// backdated is for phones whose clocks are late.
	backdated = time.Hour
)

// authority signs certificates for the names it was made for, and no others: that
// is written into its own certificate, and phones hold it to that.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// newAuthority makes an authority for n.
func newAuthority(n names, now time.Time) (*authority, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		// The name is what people look for when they remove it from the phone.
		Subject:   pkix.Name{CommonName: "Server5K " + n.first(), Organization: []string{"Server5K"}},
		NotBefore: now.Add(-backdated), NotAfter: now.Add(caLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage:                    x509.KeyUsageCertSign,
		ExtKeyUsage:                 []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         n.hosts,
	}
	for _, ip := range n.ips {
		template.PermittedIPRanges = append(template.PermittedIPRanges, &net.IPNet{IP: ip.AsSlice(), Mask: net.CIDRMask(ip.BitLen(), ip.BitLen())})
	}
	cert, err := sign(template, template, key, key)
	if err != nil {
		return nil, err
	}
	return &authority{cert, key}, nil
}

// issue signs a certificate of the server for n, with the key that it has or will
// have. It is verified as a phone would before it is returned.
func (a *authority) issue(n names, key *ecdsa.PrivateKey, now time.Time) (*x509.Certificate, error) {
	until := now.Add(leafLife)
	if until.After(a.cert.NotAfter) {
		until = a.cert.NotAfter
	}
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: n.first(), Organization: []string{"Server5K"}},
		NotBefore: now.Add(-backdated), NotAfter: until,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:              n.hosts,
	}
	for _, ip := range n.ips {
		template.IPAddresses = append(template.IPAddresses, ip.AsSlice())
	}
	cert, err := sign(template, a.cert, key, a.key)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	for _, name := range n.texts() {
		if _, err := cert.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, CurrentTime: now}); err != nil {
			return nil, fmt.Errorf("comprobar el certificado para %s: %w", name, err)
		}
	}
	return cert, nil
}

func sign(template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, fmt.Errorf("firmar el certificado: %w", err)
	}
	return x509.ParseCertificate(der)
}

// names are what the authority may sign for.
func (a *authority) names() names {
	out := names{hosts: a.cert.PermittedDNSDomains}
	for _, r := range a.cert.PermittedIPRanges {
		if ip, ok := netip.AddrFromSlice(r.IP); ok {
			out.ips = append(out.ips, ip.Unmap())
		}
	}
	return out.with(names{})
}

// refused are the names among n that the authority may not sign for.
func (a *authority) refused(n names) (out names) {
	for _, h := range n.hosts {
		permitted := false
		for _, domain := range a.cert.PermittedDNSDomains {
			permitted = permitted || h == domain || strings.HasSuffix(h, "."+domain)
		}
		if !permitted {
			out.hosts = append(out.hosts, h)
		}
	}
	for _, ip := range n.ips {
		permitted := false
		for _, r := range a.cert.PermittedIPRanges {
			permitted = permitted || r.Contains(ip.AsSlice())
		}
		if !permitted {
			out.ips = append(out.ips, ip)
		}
	}
	return out
}

// fingerprint is the SHA-256 of a certificate, as phones show it.
func fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return strings.ReplaceAll(strings.ToUpper(fmt.Sprintf("% x", sum[:])), " ", ":")
}

// certPEM and keyPEM write what parseCert and parseKey read.
func certPEM(certs ...*x509.Certificate) (out []byte) {
	for _, c := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out
}

func keyPEM(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func parseCert(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("no es un certificado PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

func parseKey(text []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no es una clave PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("no es una clave ECDSA")
	}
	return ec, nil
}
