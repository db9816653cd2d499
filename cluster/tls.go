package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// LoadTLS makes the nodes of a cluster prove to one another who they are: both
// sides show a certificate of the same authority that is made out to the name of
// the cluster, whatever their addresses. The files are PEM.
func LoadTLS(name, cert, key, authority string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("certificate of this node: %w", err)
	}
	raw, err := os.ReadFile(authority)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("certificate authority: %s has no certificate", authority)
	}
	cfg := &tls.Config{
		Certificates: []tls.Certificate{pair}, RootCAs: pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
		ServerName: name, MinVersion: tls.VersionTLS13,
	}
	// A certificate of the same authority that is made out to something else, a
	// web server say, is not a node's.
	cfg.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 {
			return errors.New("the other node has no certificate")
		}
		return s.PeerCertificates[0].VerifyHostname(name)
	}
	return cfg, cfg.VerifyConnection(tls.ConnectionState{PeerCertificates: []*x509.Certificate{pair.Leaf}})
}
