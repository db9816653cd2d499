//go:build linux

package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"server5k/race"
)

// nginxJudges are enough to show that nothing gets lost on the way.
const nginxJudges = 8

// TestNginx_RaceRunsBehindIt plays a race through nginx with the file that is
// deployed.
func TestNginx_RaceRunsBehindIt(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	cfg.proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	addRace(t, cfg, raceDump(nginxJudges))
	url, stop := serveConfig(t, cfg)
	front := startNginx(t, strings.TrimPrefix(url, "http://"))
	admin := front.rest("127.0.0.1")
	admin.token = admin.login(t, "/api/token/", testAdmin)

	var racers []*racer
	for n := range nginxJudges {
		r := newRacer(t, front.rest("127.0.0.1"), race.JudgeID(n+1), nginxJudges, 5000)
		if err := r.connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		racers = append(racers, r)
	}
	changeRace(t, admin, "iniciar", true)
	each(t, racers, (*racer).run)
	changeRace(t, admin, "detener", false)
	each(t, racers, (*racer).afterStop)
	checkResults(t, admin, racers)
	front.checkRoot(t)
	front.checkPanel(t, admin)

	stop()
	checkRace(t, cfg, racers, nil)
	// nginx now fails to reach the server, and says so with the request.
	if s, err := racers[0].api.dialJudge(t.Context(), 1); err == nil {
		s.cut(true)
		t.Error("a socket opened without a server")
	}
	front.checkLogs(t, racers)
}

func TestNginx_LoginsAreLimitedByClient(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	cfg.proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	addRace(t, cfg, raceDump(1))
	url, _ := serveConfig(t, cfg)
	front := startNginx(t, strings.TrimPrefix(url, "http://"))
	attempt := func(from, forwarded string) int {
		r := front.rest(from)
		if forwarded != "" {
			r.client.Transport = liar{r.client.Transport, forwarded}
		}
		status, err := r.call(t.Context(), http.MethodPost, "/api/login/", map[string]string{"username": "juez1", "password": "no es"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	last := 0
	for range 11 { // one more than are allowed
		last = attempt("127.0.0.2", "")
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the last of many attempts: %d", last)
	}
	if got := attempt("127.0.0.2", "203.0.113.7"); got != http.StatusTooManyRequests {
		t.Errorf("with an address made up: %d", got)
	}
	front.rest("127.0.0.3").login(t, "/api/login/", "juez1")
}

// liar adds the header of a proxy to requests.
type liar struct {
	next      http.RoundTripper
	forwarded string
}

// RoundTrip implements http.RoundTripper.
func (l liar) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", l.forwarded)
	return l.next.RoundTrip(r)
}

// nginx is a running nginx.
type nginx struct {
	plain, secure string // addresses
	tls           *tls.Config
	access        *lineLog
	errorLog      string // path
}

// rest calls the server through nginx, from a local address.
func (n *nginx) rest(from string) rest {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	return rest{
		url: "https://" + n.secure, tls: n.tls,
		client: &http.Client{
			Transport:     spoken().On(&http.Transport{TLSClientConfig: n.tls, DialContext: dialer.DialContext, DisableKeepAlives: true}),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// startNginx runs nginx in front of the server at upstream, or of three in the
// places of the nodes in docker-compose.yml, until the test ends.
// Its two sockets are opened here and inherited, as at an upgrade of its binary:
// their ports are free for certain and take connections at once.
func startNginx(t *testing.T, upstream ...string) *nginx {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			t.Fatal("nginx is missing: apt-get install nginx (make test does it when root)")
		}
	}
	n := &nginx{access: newLineLog()}
	var files []*os.File
	for _, addr := range []*string{&n.plain, &n.secure} {
		ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		file, err := ln.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		*addr = ln.Addr().String()
		files = append(files, file)
		defer ln.Close() // nginx has its own; without it a connection is refused
	}
	dir := t.TempDir()
	n.errorLog = filepath.Join(dir, "error.log")
	n.tls = writeCertificate(t, dir)
	n.writeConfig(t, dir, upstream)

	cmd := exec.Command(program, "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", n.errorLog) //nolint:noctx // ended in the cleanup
	cmd.ExtraFiles = files
	cmd.Env = []string{"NGINX=3;4;"}                                   // the inherited sockets
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} // which ends its worker too
	var out syncBuffer
	cmd.Stdout, cmd.Stderr = n.access, &out
	started, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // Pdeathsig means the death of this thread
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // a signal ended it
		}
	}()
	err = <-started
	for _, file := range files {
		// Started with it blocking, as every file; nginx expects it otherwise.
		err = errors.Join(err, syscall.SetNonblock(int(file.Fd()), true), file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-done
		if t.Failed() {
			text, _ := os.ReadFile(n.errorLog)
			t.Logf("nginx:\n%s%s", out.String(), text)
		}
	})
	return n
}

// writeConfig writes the deployed files with other ports, paths and numbers.
func (n *nginx) writeConfig(t *testing.T, dir string, upstream []string) {
	t.Helper()
	const deployed = "../../deploy/nginx/"
	nodes, changes := "nodes.conf", [][2]string{{"server 127.0.0.1:8000", "server " + upstream[0]}}
	if len(upstream) == 3 {
		nodes = "nodes.compose.cluster.conf"
		changes = [][2]string{{"172.31.250.10:8000", upstream[0]}, {"172.31.250.11:8000", upstream[1]}, {"172.31.250.12:8000", upstream[2]}}
	}
	n.rewrite(t, deployed+nodes, filepath.Join(dir, "nodes.conf"), changes)
	n.rewrite(t, deployed+"server5k.conf", filepath.Join(dir, "site.conf"), [][2]string{
		{"listen 80 default_server;", "listen " + n.plain + ";"},
		{"listen [::]:80 default_server;", ""},
		{"listen 443 ssl default_server;", "listen " + n.secure + " ssl;"},
		{"listen [::]:443 ssl default_server;", ""},
		{"/etc/nginx/certs/", dir + "/"},
		{"/etc/nginx/server5k-nodes.conf", dir + "/nodes.conf"},
		{"/var/log/nginx/access.log", "/dev/stdout"},
		{"/var/log/nginx/error.log", n.errorLog},
	})
	user := "" // who the worker is; another one could not write to the directories of a test
	if os.Geteuid() == 0 {
		user = " user root root;"
	}
	paths := "http {\n"
	for _, what := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		paths += what + "_temp_path " + dir + "/" + what + ";\n"
	}
	n.rewrite(t, deployed+"nginx.conf", filepath.Join(dir, "nginx.conf"), [][2]string{
		{"worker_processes auto;", "worker_processes 1; daemon off;" + user},
		{"worker_rlimit_nofile 65536;", ""},
		{"worker_connections 32768;", "worker_connections 512;"},
		{"/var/log/nginx/error.log notice", n.errorLog + " info"},
		{"/run/nginx.pid", dir + "/nginx.pid"},
		{"/etc/nginx/conf.d/server5k.conf", dir + "/site.conf"},
		{"http {\n", paths},
	})
}

// rewrite copies a file with replacements, each of which has to apply.
func (n *nginx) rewrite(t *testing.T, from, to string, changes [][2]string) {
	t.Helper()
	raw, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, change := range changes {
		if !strings.Contains(text, change[0]) {
			t.Fatalf("%s has no %q", from, change[0])
		}
		text = strings.ReplaceAll(text, change[0], change[1])
	}
	if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeCertificate makes a certificate for 127.0.0.1 and names, which is its own
// authority, and a client that knows it.
func writeCertificate(t *testing.T, dir string, names ...string) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: names, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, text := range map[string][]byte{
		"fullchain.pem": cert, "privkey.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// checkRoot checks what a client sees of nginx itself.
func (n *nginx) checkRoot(t *testing.T) {
	t.Helper()
	get := func(url string) (status int, h http.Header, body string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := n.rest("127.0.0.1").client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var text bytes.Buffer
		if _, err := text.ReadFrom(res.Body); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, res.Header, text.String()
	}
	status, h, body := get("https://" + n.secure + "/api/")
	if status != http.StatusOK || !strings.Contains(body, `"https://`+n.secure+`/api/equipos/"`) {
		t.Errorf("root: %d %s", status, body)
	}
	if got := h.Values("Referrer-Policy"); len(got) != 1 || got[0] != "no-referrer" || h.Get("Strict-Transport-Security") == "" {
		t.Errorf("headers %v", h)
	}
	if status, _, _ := get("https://" + n.secure + "/health/ready"); status != http.StatusNotFound {
		t.Errorf("a probe from outside: %d", status)
	}
	if status, h, _ := get("http://" + n.plain + "/ws/juez/1/?token=x"); status != http.StatusPermanentRedirect || h.Get("Location") != "https://127.0.0.1/ws/juez/1/?token=x" {
		t.Errorf("without TLS: %d %v", status, h)
	}
}

// checkLogs looks for tokens once the sockets of all racers are logged.
func (n *nginx) checkLogs(t *testing.T, racers []*racer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), replyTimeout)
	defer cancel()
	n.access.await(ctx, t, ` 503 `, 1)
	access := n.access.await(ctx, t, `"GET /ws/juez/`, len(racers)+1) // and the one that failed
	errorLog, err := os.ReadFile(n.errorLog)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"access": access, "error": string(errorLog)} {
		if strings.Contains(text, "token=") || strings.Contains(text, "eyJ") {
			t.Errorf("the %s log has a token:\n%s", name, text)
		}
	}
	if !strings.Contains(access, ` 101 `) || !strings.Contains(access, ` 503 `) || !strings.Contains(access, `"POST /api/equipos/`) {
		t.Errorf("the access log lacks requests:\n%s", access)
	}
}

// lineLog is a log that can be waited for.
type lineLog struct {
	syncBuffer
	written chan struct{} // buffered: something was written since it was last read
}

func newLineLog() *lineLog { return &lineLog{written: make(chan struct{}, 1)} }

// Write implements io.Writer.
func (l *lineLog) Write(p []byte) (int, error) {
	n, err := l.syncBuffer.Write(p)
	select {
	case l.written <- struct{}{}:
	default:
	}
	return n, err
}

// await returns the log when it has part n times.
func (l *lineLog) await(ctx context.Context, t *testing.T, part string, n int) string {
	t.Helper()
	for {
		if text := l.String(); strings.Count(text, part) >= n {
			return text
		}
		select {
		case <-l.written:
		case <-ctx.Done():
			t.Fatalf("%q is not %d times in\n%s", part, n, l.String())
		}
	}
}
