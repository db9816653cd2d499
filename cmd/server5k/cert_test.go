package main

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// addAuthority makes the certificates of a server that is called by hosts and by
// 127.0.0.1.
func addAuthority(tb testing.TB, cfg *Config, hosts ...string) {
	tb.Helper()
	cmd := certCmd{Host: hosts, IP: []string{"127.0.0.1"}}
	var out syncBuffer
	if err := cmd.run(cfg, stdio{out: &out, err: &out}, time.Now()); err != nil {
		tb.Fatal(err)
	}
}

// madeTLS is what "cert" has left in a data directory.
type madeTLS struct {
	ca, leaf *x509.Certificate
	key      *ecdsa.PrivateKey // of the authority
}

func readTLS(t *testing.T, cfg *Config) madeTLS {
	t.Helper()
	a, err := openAuthority(filepath.Join(cfg.DataDir, tlsDir))
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(cfg.tlsPair())
	if err != nil {
		t.Fatal(err)
	}
	return madeTLS{a.cert, pair.Leaf, a.key}
}

func (m madeTLS) verify(cert *x509.Certificate, name string) error {
	roots := x509.NewCertPool()
	roots.AddCert(m.ca)
	_, err := cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: name})
	return err
}

func TestCert_MakesAnAuthorityForTheseNamesOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	out := b.must("cert", "--host", "Carrera.lan,otra.lan", "--ip", "192.168.1.10", "--ip", "fd00::10")
	m := readTLS(t, b.cfg)
	for _, want := range []string{
		fingerprint(m.ca), "http://carrera.lan:8000/ca/", "https://carrera.lan:8443/juez/", "ALLOWED_HOSTS=auto,carrera.lan",
		"carrera.lan, localhost, otra.lan, 127.0.0.1, 192.168.1.10, ::1, fd00::10",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("printed\n%s\nwithout %q", out, want)
		}
	}
	if m.ca.MaxPathLen != 0 || !m.ca.MaxPathLenZero || m.ca.KeyUsage != x509.KeyUsageCertSign || !m.ca.PermittedDNSDomainsCritical || m.ca.NotAfter.After(time.Now().Add(caLife)) {
		t.Errorf("authority %+v", m.ca)
	}
	if life := m.leaf.NotAfter.Sub(m.leaf.NotBefore); life > 398*24*time.Hour || m.leaf.NotBefore.After(time.Now().Add(-59*time.Minute)) {
		t.Errorf("good from %v for %v", m.leaf.NotBefore, life)
	}
	if m.leaf.IsCA || !slices.Equal(m.leaf.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}) {
		t.Errorf("certificate of the server %+v", m.leaf)
	}
	for name, good := range map[string]bool{
		"carrera.lan": true, "otra.lan": true, "localhost": true, "192.168.1.10": true, "127.0.0.1": true, "fd00::10": true,
		"192.168.1.11": false, "example.org": false,
	} {
		if err := m.verify(m.leaf, name); (err == nil) != good {
			t.Errorf("for %s: %v", name, err)
		}
	}
}

// TestCert_OtherNamesFailEvenIfTheKeyIsStolen is what the constraints are for.
func TestCert_OtherNamesFailEvenIfTheKeyIsStolen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.must("cert", "--host", "carrera.lan", "--ip", "192.168.1.10")
	m := readTLS(t, b.cfg)
	forge := func(template x509.Certificate) *x509.Certificate {
		t.Helper()
		key, err := newKey()
		if err != nil {
			t.Fatal(err)
		}
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		cert, err := sign(&template, m.ca, key, m.key)
		if err != nil {
			t.Fatal(err)
		}
		return cert
	}
	usage := []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for name, template := range map[string]x509.Certificate{
		"banco.example": {DNSNames: []string{"banco.example"}, ExtKeyUsage: usage},
		"carrera.lan":   {DNSNames: []string{"carrera.lan", "banco.example"}, ExtKeyUsage: usage},
		"xcarrera.lan":  {DNSNames: []string{"xcarrera.lan"}, ExtKeyUsage: usage},
		"192.168.1.11":  {IPAddresses: []net.IP{net.IPv4(192, 168, 1, 11)}, ExtKeyUsage: usage},
		"fd00::1":       {IPAddresses: []net.IP{net.ParseIP("fd00::1")}, ExtKeyUsage: usage},
	} {
		if err := m.verify(forge(template), name); err == nil || !strings.Contains(err.Error(), "not permitted") {
			t.Errorf("a certificate for %s: %v", name, err)
		}
	}
	if err := m.verify(forge(x509.Certificate{DNSNames: []string{"carrera.lan"}, ExtKeyUsage: usage}), "carrera.lan"); err != nil {
		t.Errorf("its own name: %v", err) // the test itself is sound
	}
	key, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	below, err := sign(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, NotAfter: time.Now().Add(time.Hour)}, m.ca, key, m.key)
	if err != nil {
		t.Fatal(err)
	}
	leafKey, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := sign(&x509.Certificate{DNSNames: []string{"carrera.lan"}, NotAfter: time.Now().Add(time.Hour)}, below, leafKey, key)
	if err != nil {
		t.Fatal(err)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(m.ca)
	between.AddCert(below)
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: "carrera.lan"}); err == nil {
		t.Error("an authority below this one may sign")
	}
}

func TestCert_FilesAreWholeAndClosed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 2 { // made and renewed
		b.must("cert", "--host", "carrera.lan")
		want := map[string]os.FileMode{"ca.crt": 0o644, "ca.key": 0o600, "server.crt": 0o644, "server.key": 0o600}
		got := map[string]os.FileMode{}
		for _, path := range b.files("tls/*") {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			got[filepath.Base(path)] = info.Mode().Perm()
		}
		dir, err := os.Stat(filepath.Join(b.cfg.DataDir, "tls"))
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS == "windows" {
			continue // has no such modes
		}
		if diff := cmp.Diff(want, got); diff != "" || dir.Mode().Perm() != 0o700 {
			t.Errorf("directory %v, files (-want +got):\n%s", dir.Mode().Perm(), diff)
		}
		if left := b.files("tls.*"); len(left) != 0 {
			t.Errorf("left %v", left)
		}
	}
	chain, err := os.ReadFile(b.cfg.tlsFile(certFile))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(chain), "BEGIN CERTIFICATE"); n != 2 || strings.Contains(string(chain), "KEY") {
		t.Errorf("%d certificates in the chain:\n%s", n, chain)
	}
}

func TestCert_AgainKeepsTheAuthority(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.must("cert", "--host", "carrera.lan", "--ip", "192.168.1.10")
	first := readTLS(t, b.cfg)
	key, err := os.ReadFile(b.cfg.tlsFile(keyFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"cert"}, {"cert", "--host", "carrera.lan"}, {"cert", "--host", "b.carrera.lan"}} {
		out := b.must(args...)
		m := readTLS(t, b.cfg)
		if !m.ca.Equal(first.ca) || m.leaf.Equal(first.leaf) || !strings.Contains(out, "no hacen nada") {
			t.Errorf("%v: another authority, or the same certificate:\n%s", args, out)
		}
		if again, err := os.ReadFile(b.cfg.tlsFile(keyFile)); err != nil || string(again) != string(key) {
			t.Errorf("%v: another key (%v), which takes two files to change", args, err)
		}
		if err := m.verify(m.leaf, "192.168.1.10"); (err == nil) != (len(args) == 1) {
			t.Errorf("%v: for the address: %v", args, err)
		}
	}
	before := readTLS(t, b.cfg)
	_, err = b.run("", "cert", "--host", "otra.lan", "--host", "carrera.lan", "--ip", "192.168.1.99")
	if err == nil || !strings.Contains(err.Error(), "no vale para otra.lan, 192.168.1.99,") || !strings.Contains(err.Error(), "--force") {
		t.Errorf("other names: %v", err)
	}
	if m := readTLS(t, b.cfg); !m.leaf.Equal(before.leaf) {
		t.Error("a refusal changed the certificate")
	}
	if out := b.must("cert", "--force", "--host", "otra.lan"); !strings.Contains(out, "quite la anterior de cada teléfono") {
		t.Errorf("printed %s", out)
	}
	m := readTLS(t, b.cfg)
	if m.ca.Equal(first.ca) || m.verify(m.leaf, "otra.lan") != nil || m.verify(first.leaf, "carrera.lan") == nil {
		t.Error("the authority is the one before")
	}
	if left := b.files("tls.*"); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func TestCert_RefusesWhatItDidNotMake(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.must("cert", "--host", "carrera.lan")
	if err := os.Remove(b.cfg.tlsFile(caKeyFile)); err != nil {
		t.Fatal(err)
	}
	mine := b.cfg.tlsFile("mine.pem")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.run("", "cert"); err == nil || !strings.Contains(err.Error(), "ca.key") || !strings.Contains(err.Error(), "--force") {
		t.Errorf("without its key: %v", err)
	}
	if _, err := b.run("", "cert", "--force", "--host", "carrera.lan"); err == nil || !strings.Contains(err.Error(), "queda algo de antes") {
		t.Errorf("a file of somebody else: %v", err)
	}
	if found := b.files("tls.*/mine.pem"); len(found) != 1 {
		t.Errorf("the other file is at %v", found)
	}
	if keys := b.files("tls.*/*.key"); len(keys) != 0 {
		t.Errorf("keys of before are at %v", keys)
	}
	readTLS(t, b.cfg) // all is there and fits
}

func TestCert_AuthorityAtItsEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	std := stdio{out: &syncBuffer{}, err: &syncBuffer{}}
	cmd := certCmd{Host: []string{"carrera.lan"}}
	began := time.Now()
	if err := cmd.run(b.cfg, std, began); err != nil {
		t.Fatal(err)
	}
	if err := cmd.run(b.cfg, std, began.Add(caLife-100*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if m := readTLS(t, b.cfg); !m.leaf.NotAfter.Equal(m.ca.NotAfter) {
		t.Errorf("the certificate ends at %v, after its authority at %v", m.leaf.NotAfter, m.ca.NotAfter)
	}
	if err := cmd.run(b.cfg, std, began.Add(caLife-24*time.Hour)); err == nil || !strings.Contains(err.Error(), "termina el") {
		t.Errorf("on the last day: %v", err)
	}
}

func TestParseNames(t *testing.T) {
	t.Parallel()
	got, err := parseNames([]string{"B.lan.", "a.lan", " a.lan ", "10.0.0.1", "laptop"}, []string{"::ffff:10.0.0.2", "10.0.0.1"}, "laptop")
	want := []string{"a.lan", "b.lan", "laptop", "10.0.0.1", "10.0.0.2"}
	if diff := cmp.Diff(want, got.texts()); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	hosts := []string{"com", "*.lan", "ñandú.lan", "-a.lan", "a..lan", "a_b.lan", "http://a.lan", "a.lan:80", strings.Repeat("a", 64) + ".lan"}
	ips := []string{"0.0.0.0", "ff02::1", "fe80::1%eth0", "10.0.0", "10.0.0.0/8"}
	_, err = parseNames(hosts, ips, "laptop")
	for _, bad := range append(hosts, ips...) {
		if err == nil || !strings.Contains(err.Error(), `"`+bad+`"`) {
			t.Errorf("%s was taken: %v", bad, err)
		}
	}
}

func TestNames_First(t *testing.T) {
	t.Parallel()
	for want, n := range map[string]names{
		"carrera.lan":  {hosts: []string{"a.local", "b", "carrera.lan"}, ips: []netip.Addr{netip.MustParseAddr("10.0.0.1")}},
		"10.0.0.1":     {hosts: []string{"a.local", "b"}, ips: []netip.Addr{netip.MustParseAddr("fd00::1"), netip.MustParseAddr("10.0.0.1")}},
		"laptop.local": {hosts: []string{"laptop", "laptop.local"}, ips: []netip.Addr{netip.MustParseAddr("fd00::1")}},
		"localhost":    localNames(),
	} {
		if got := n.with(localNames()).first(); got != want {
			t.Errorf("%v: %s, want %s", n, got, want)
		}
	}
}

func TestOwnNames_ArePrivate(t *testing.T) {
	t.Parallel()
	own, err := ownNames()
	if err != nil {
		t.Fatal(err)
	}
	for _, ip := range own.ips {
		if !ip.IsPrivate() {
			t.Errorf("%s is not private", ip)
		}
	}
	if name := hostName(); name != "" && !slices.Contains(own.hosts, name) {
		t.Errorf("%v lacks %s", own.hosts, name)
	}
}
