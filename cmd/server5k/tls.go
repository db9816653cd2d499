package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

const (
	// certCheck is how often the files of the certificate are looked at, at most:
	// a renewed one is used within that time and without a restart.
	certCheck = 3 * time.Second
	// certWarning is how long before its end a certificate is warned of.
	certWarning = 14 * 24 * time.Hour
	// tlsDir is the directory in DATA_DIR of what "cert" makes, and these are the
	// names of its files.
	tlsDir, caCertFile, caKeyFile, certFile, keyFile = "tls", "ca.crt", "ca.key", "server.crt", "server.key"
)

func (c *Config) validateTLS() error {
	var errs []error
	if c.TLSAddr != "" {
		_, port, err := net.SplitHostPort(c.TLSAddr)
		if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
			errs = append(errs, fmt.Errorf("TLS_ADDR: %q no es DIRECCIÓN:PUERTO", c.TLSAddr))
		}
		if c.TLSAddr == c.ListenAddr && port != "0" {
			errs = append(errs, fmt.Errorf("TLS_ADDR: %q es también LISTEN_ADDR; el puerto sin TLS y el de TLS son dos", c.TLSAddr))
		}
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		errs = append(errs, errors.New("TLS_CERT y TLS_KEY se dan juntas o ninguna"))
	}
	return errors.Join(errs...)
}

// tlsFile is where a file that "cert" makes is.
func (c *Config) tlsFile(name string) string { return filepath.Join(c.DataDir, tlsDir, name) }

// tlsPair is where the certificate of the server and its key are.
func (c *Config) tlsPair() (cert, key string) {
	if c.TLSCert != "" {
		return c.TLSCert, c.TLSKey
	}
	return c.tlsFile(certFile), c.tlsFile(keyFile)
}

// tlsAuthority is where the authority that signed the certificate is, if it is one
// of "cert": beside it.
func (c *Config) tlsAuthority() string {
	cert, _ := c.tlsPair()
	return filepath.Join(filepath.Dir(cert), caCertFile)
}

// listenTLS opens the listener of TLS_ADDR; nil when there is none.
func (c *Config) listenTLS(ctx context.Context, log *slog.Logger) (net.Listener, error) {
	if c.TLSAddr == "" {
		return nil, nil //nolint:nilnil // TLS is not asked for, which is no error
	}
	cert, key := c.tlsPair()
	served, err := openCertificate(cert, key, time.Now, log.With("part", "tls"))
	if err != nil {
		return nil, fmt.Errorf("TLS_ADDR: %w", err)
	}
	ln, err := (&net.ListenConfig{KeepAlive: -1}).Listen(ctx, "tcp", c.TLSAddr)
	if err != nil {
		return nil, fmt.Errorf("TLS_ADDR: %w", err)
	}
	return tls.NewListener(ln, &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"}, // what fasthttp speaks
		GetCertificate: served.get,
	}), nil
}

// certificate is the one a TLS listener shows, read anew when its files change.
type certificate struct {
	cert, key string
	now       func() time.Time
	log       *slog.Logger

	mu      sync.Mutex // protects the fields below
	pair    *tls.Certificate
	seen    [2]fileState // of the files when pair was read, or when that failed
	checked time.Time
}

// fileState tells one version of a file from the next: the digest of what is in it.
// Two versions may be of one size and of the same tick of the file system's clock.
type fileState [sha256.Size]byte

// openCertificate reads the certificate and its key, or says how to make them.
func openCertificate(cert, key string, now func() time.Time, log *slog.Logger) (*certificate, error) {
	c := &certificate{cert: cert, key: key, now: now, log: log, checked: now()}
	c.seen, _ = c.state() // what is missing shows at the reading
	pair, err := c.read()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("falta el certificado o su clave (%w); ejecute «server5k cert --host NOMBRE --ip DIRECCIÓN» o dé TLS_CERT y TLS_KEY", err)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%w; el certificado y su clave deben ser legibles para el usuario del servidor", err)
	case err != nil:
		return nil, fmt.Errorf("leer %s y %s: %w", cert, key, err)
	}
	c.pair = pair
	return c, nil
}

// get implements tls.Config.GetCertificate. A certificate that cannot be read
// leaves the one before in place.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if now.Sub(c.checked) < certCheck {
		return c.pair, nil
	}
	c.checked = now
	seen, err := c.state()
	if err != nil || seen == c.seen {
		return c.pair, nil // missing for a moment: they are being replaced
	}
	pair, err := c.read()
	if err != nil {
		c.log.Warn("tls certificate changed and is of no use, the one before stays", "file", c.cert, "error", err)
		c.seen = seen // said once
		return c.pair, nil
	}
	c.pair, c.seen = pair, seen
	return c.pair, nil
}

func (c *certificate) state() (out [2]fileState, err error) {
	for i, name := range []string{c.cert, c.key} {
		text, err := os.ReadFile(name)
		if err != nil {
			return out, err
		}
		out[i] = sha256.Sum256(text)
	}
	return out, nil
}

// read loads the pair and logs until when it is good.
func (c *certificate) read() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return nil, err
	}
	until := pair.Leaf.NotAfter
	c.log.Info("tls certificate read", "file", c.cert, "until", until)
	if until.Sub(c.now()) < certWarning {
		c.log.Warn("tls certificate ends soon or has ended, renew it", "file", c.cert, "until", until)
	}
	return &pair, nil
}

// portOf is the port of a listener, "" without one.
func portOf(ln net.Listener) string {
	if ln == nil {
		return ""
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return ""
	}
	return port
}
