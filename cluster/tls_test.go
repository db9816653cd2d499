package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// authority signs certificates into a folder.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.cert, a.key = a.make("ca", nil, nil, "")
	return a
}

// make writes NAME.pem and NAME.key, signed by parent or by itself.
func (a *authority) make(name string, parent *x509.Certificate, signer *ecdsa.PrivateKey, dns string) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: parent == nil,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if dns != "" {
		c.DNSNames = []string{dns}
	}
	if parent == nil {
		parent, signer = c, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".pem", "CERTIFICATE", raw)
	a.write(name+".key", "EC PRIVATE KEY", secret)
	out, err := x509.ParseCertificate(raw)
	if err != nil {
		a.t.Fatal(err)
	}
	return out, key
}

func (a *authority) write(name, kind string, raw []byte) {
	a.t.Helper()
	if err := os.WriteFile(a.path(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) path(name string) string { return filepath.Join(a.dir, name) }

// node makes a certificate and loads it as a node does.
func (a *authority) node(name, dns string) (*tls.Config, error) {
	a.t.Helper()
	a.make(name, a.cert, a.key, dns)
	return LoadTLS("server5k", a.path(name+".pem"), a.path(name+".key"), a.path("ca.pem"))
}

// connect returns both ends of a connection. It is a real one: both sides of a
// handshake that fails may write at once, which nobody reads from a net.Pipe.
func connect(t *testing.T) (near, far net.Conn) {
	t.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	var d net.Dialer
	if near, err = d.DialContext(t.Context(), "tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	return near, far
}

// shake lets a client and a server meet and returns what each thinks of it.
func shake(t *testing.T, client, server *tls.Config) (clientErr, serverErr error) {
	t.Helper()
	near, far := connect(t)
	done := make(chan error, 1)
	go func() {
		s := tls.Server(far, server)
		err := s.HandshakeContext(t.Context())
		if err == nil {
			_, err = s.Write([]byte("x"))
		}
		_ = far.Close() // the client reads on
		done <- err
	}()
	c := tls.Client(near, client)
	clientErr = c.HandshakeContext(t.Context())
	if clientErr == nil {
		_, clientErr = c.Read(make([]byte, 1))
	}
	_ = near.Close() // the server may be writing still
	return clientErr, <-done
}

func TestLoadTLS_NodesOfOneClusterMeet(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	one, err := a.node("one", "server5k")
	if err != nil {
		t.Fatal(err)
	}
	two, err := a.node("two", "server5k")
	if err != nil {
		t.Fatal(err)
	}
	if c, s := shake(t, one, two); c != nil || s != nil {
		t.Errorf("client %v, server %v", c, s)
	}
}

func TestLoadTLS_StrangersDoNot(t *testing.T) {
	t.Parallel()
	a, other := newAuthority(t), newAuthority(t)
	node, err := a.node("node", "server5k")
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := other.node("foreign", "server5k")
	if err != nil {
		t.Fatal(err)
	}
	a.make("web", a.cert, a.key, "www.example.org")
	pair, err := tls.LoadX509KeyPair(a.path("web.pem"), a.path("web.key"))
	if err != nil {
		t.Fatal(err)
	}
	web := node.Clone()
	web.Certificates, web.VerifyConnection = []tls.Certificate{pair}, nil
	bare := node.Clone()
	bare.Certificates = nil
	for name, client := range map[string]*tls.Config{"another authority": foreign, "another name": web, "no certificate": bare} {
		if _, err := shake(t, client, node); err == nil {
			t.Errorf("%s: let in", name)
		}
	}
	if err, _ := shake(t, node, web); err == nil {
		t.Error("a server with another name was believed")
	}
}

func TestLoadTLS_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	if _, err := a.node("node", "other-name"); err == nil {
		t.Error("a certificate for another cluster was taken")
	}
	a.make("good", a.cert, a.key, "server5k")
	for name, files := range map[string][3]string{
		"no file":          {"none.pem", "good.key", "ca.pem"},
		"another's key":    {"good.pem", "ca.key", "ca.pem"},
		"not an authority": {"good.pem", "good.key", "good.key"},
	} {
		if _, err := LoadTLS("server5k", a.path(files[0]), a.path(files[1]), a.path(files[2])); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
