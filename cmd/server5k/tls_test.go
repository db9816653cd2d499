package main

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestConfig_TLS(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ addr, cert, key, want string }{
		{"", "", "", ""},
		{":8443", "", "", ""},
		{"0.0.0.0:8443", "a", "b", ""},
		{"", "a", "b", ""}, // for the day TLS_ADDR is set
		{"8443", "", "", "TLS_ADDR"},
		{":https", "", "", "TLS_ADDR"},
		{":8000", "", "", "LISTEN_ADDR"},
		{":8443", "a", "", "TLS_KEY"},
		{":8443", "", "b", "TLS_CERT"},
	} {
		c := parseConfig(t, map[string]string{"TLS_ADDR": tt.addr, "TLS_CERT": tt.cert, "TLS_KEY": tt.key})
		err := c.validate(false)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

func TestServe_TLSWithoutFilesSaysWhatToDo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.run("", "serve", "--listen-addr", "127.0.0.1:0", "--tls-addr", "127.0.0.1:0")
	if err == nil || !strings.Contains(err.Error(), "ejecute «server5k cert --host NOMBRE --ip DIRECCIÓN»") || !strings.Contains(err.Error(), certFile) {
		t.Errorf("got %v", err)
	}
	other := filepath.Join(t.TempDir(), "a.pem")
	if err := os.WriteFile(other, []byte("nada"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = b.run("", "serve", "--listen-addr", "127.0.0.1:0", "--tls-addr", "127.0.0.1:0", "--tls-cert", other, "--tls-key", other)
	if err == nil || !strings.Contains(err.Error(), other) || strings.Contains(err.Error(), "server5k cert") {
		t.Errorf("a file that is none: %v", err)
	}
}

// clock is a time that the test moves, from one goroutine.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestCertificate_IsReadAnew(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	addAuthority(t, cfg, "carrera.lan")
	var logs syncBuffer
	at := &clock{time.Now()}
	cert, key := cfg.tlsPair()
	c, err := openCertificate(cert, key, at.now, slog.New(slog.NewTextHandler(&logs, nil)))
	if err != nil {
		t.Fatal(err)
	}
	shown := func() *x509.Certificate {
		t.Helper()
		pair, err := c.get(&tls.ClientHelloInfo{})
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf
	}
	first := shown()
	addAuthority(t, cfg, "carrera.lan") // renews
	if !shown().Equal(first) {
		t.Error("the files are read at each handshake")
	}
	at.at = at.at.Add(certCheck)
	second := shown()
	if second.Equal(first) || !second.Equal(readTLS(t, cfg).leaf) {
		t.Error("the renewed certificate is not shown")
	}

	// Half a change, a broken one and a missing file leave what there is.
	good, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []func() error{
		func() error { return os.WriteFile(cert, []byte("nada"), 0o600) },
		func() error { return os.Remove(cert) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			at.at = at.at.Add(certCheck)
			if !shown().Equal(second) {
				t.Error("a file of no use changed what is shown")
			}
		}
	}
	if n := strings.Count(logs.String(), "is of no use"); n != 1 {
		t.Errorf("said %d times:\n%s", n, logs.String())
	}
	if err := os.WriteFile(cert, good, 0o600); err != nil {
		t.Fatal(err)
	}
	at.at = at.at.Add(certCheck)
	if !shown().Equal(second) {
		t.Error("it did not recover")
	}
}

func TestCertificate_WarnsOfItsEnd(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	addAuthority(t, cfg, "carrera.lan")
	cert, key := cfg.tlsPair()
	for before, want := range map[time.Duration]bool{15 * 24 * time.Hour: false, 13 * 24 * time.Hour: true, -time.Hour: true} {
		var logs syncBuffer
		at := &clock{readTLS(t, cfg).leaf.NotAfter.Add(-before)}
		if _, err := openCertificate(cert, key, at.now, slog.New(slog.NewTextHandler(&logs, nil))); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(logs.String(), "renew it"); got != want {
			t.Errorf("%v before its end: %s", before, logs.String())
		}
	}
}
