package e2e

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
)

// TrustFlag is the option of a browser that trusts the authority which Options asked
// for, as a phone does that has installed it.
func (s *Server) TrustFlag() string {
	s.tb.Helper()
	raw, err := os.ReadFile(filepath.Join(s.dir, "tls", "ca.crt"))
	if err != nil {
		s.tb.Fatal(err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		s.tb.Fatal("ca.crt is no PEM")
	}
	authority, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		s.tb.Fatal(err)
	}
	key := sha256.Sum256(authority.RawSubjectPublicKeyInfo)
	return "ignore-certificate-errors-spki-list=" + base64.StdEncoding.EncodeToString(key[:])
}
