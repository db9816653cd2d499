package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// secureServer is a server that speaks both plainly and over TLS.
type secureServer struct {
	plain, url string
	roots      *x509.CertPool
	stop       func()
}

// serveTLS serves the race of one judge under a certificate of its own.
func serveTLS(t *testing.T) (*secureServer, *Config) {
	t.Helper()
	cfg := testConfig(t, t.TempDir())
	cfg.TLSAddr = "127.0.0.1:0"
	addRace(t, cfg, raceDump(1))
	addAuthority(t, cfg, "carrera.lan")
	ctx, cancel := context.WithCancel(context.Background())
	ln, err := (&net.ListenConfig{KeepAlive: -1}).Listen(ctx, "tcp", cfg.ListenAddr)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	logs := newLineLog()
	done := make(chan error, 1) // serve returns once
	go func() {
		done <- serveCmd{JudgeRate: 1000}.serve(ctx, cfg, stdio{in: strings.NewReader(""), out: logs, err: logs}, ln)
	}()
	s := &secureServer{plain: localURL(ln), roots: x509.NewCertPool()}
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(s.stop)
	waiting, end := context.WithTimeout(t.Context(), replyTimeout)
	defer end()
	s.url = regexp.MustCompile(`tls_url=(\S+)`).FindStringSubmatch(logs.await(waiting, t, "tls_url=", 1))[1]
	ca, err := os.ReadFile(cfg.tlsAuthority())
	if err != nil || !s.roots.AppendCertsFromPEM(ca) {
		t.Fatalf("authority: %v", err)
	}
	return s, cfg
}

// rest is a client of the TLS listener, held to the documents of the API.
func (s *secureServer) rest() rest {
	config := &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12}
	return rest{url: s.url, tls: config, client: &http.Client{
		Transport: spoken().On(&http.Transport{TLSClientConfig: config, DisableKeepAlives: true}),
	}}
}

// page is an answer that was read to its end.
type page struct {
	status int
	header http.Header
	body   string
}

// get asks for a path; headers come in pairs.
func get(t *testing.T, client *http.Client, url string, headers ...string) page {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{res.StatusCode, res.Header, string(text)}
}

// lastWords reads up to the close frame and returns what is in it.
func lastWords(s *socket) (string, error) {
	for {
		h, err := ws.ReadHeader(s.rw)
		if err != nil {
			return "", err
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(s.rw, payload); err != nil || h.OpCode == ws.OpClose {
			return string(payload), err
		}
	}
}

func TestTLS_RaceOverBothListenersAndDrain(t *testing.T) {
	t.Parallel()
	s, _ := serveTLS(t)
	secure, plain := s.rest(), rest{url: s.plain}
	admin := secure
	admin.token = secure.login(t, "/api/token/", testAdmin)
	judge := secure
	judge.token = secure.login(t, "/api/login/", "juez1")
	plain.token = judge.token

	console, err := judge.dialJudge(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	screen, err := secure.dial(t.Context(), "/ws/competencia/1/")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := screen.read(); err != nil || m.Type == "" {
		t.Fatalf("first of the screen: %+v %v", m, err)
	}
	changeRace(t, admin, "iniciar", true)
	const id = "0196f3a0-0000-7000-8000-000000000042"
	await := func(s *socket, kind string) message {
		t.Helper()
		for {
			m, err := s.read()
			if err != nil {
				t.Fatalf("waiting for %s: %v", kind, err)
			}
			if m.Type == kind {
				return m
			}
		}
	}
	for _, again := range []bool{false, true} {
		if err := console.send(oneRecord("", 1, sentRecord{ID: id, Total: 1_200_000})); err != nil {
			t.Fatal(err)
		}
		if m := await(console, "tiempo_registrado"); m.Record.ID != id && m.ID != id || m.Duplicate != again {
			t.Errorf("acknowledged %+v, again %v", m, again)
		}
	}
	if m := await(screen, "registros_actualizados"); m.Data.ID != 1 || m.Data.Records != 1 {
		t.Errorf("the screen was told %+v", m)
	}
	var state struct {
		Total int `json:"total"`
	}
	if status, err := plain.call(t.Context(), http.MethodGet, "/api/equipos/1/registros/estado/", nil, &state); err != nil || status != http.StatusOK {
		t.Errorf("the plain listener: %d %v", status, err)
	}

	// Stopping closes the sockets with 1012 and a hint, and TLS in order.
	stopped := make(chan struct{})
	go func() { defer close(stopped); s.stop() }()
	for _, c := range []*socket{console, screen} {
		if last, err := lastWords(c); err != nil || !strings.HasPrefix(last, "\x03\xf4service restart; retry=") {
			t.Errorf("the end of a socket: %v %q", err, last)
		}
		if _, err := c.conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("after the close frame: %v, want the end of the stream", err)
		}
		_ = c.conn.Close()
	}
	<-stopped
}

func TestTLS_VersionsAndProtocol(t *testing.T) {
	t.Parallel()
	s, _ := serveTLS(t)
	dial := func(config *tls.Config) (tls.ConnectionState, error) {
		config.RootCAs = s.roots
		conn, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "https://"))
		if err != nil {
			return tls.ConnectionState{}, err
		}
		defer conn.Close()
		return conn.(*tls.Conn).ConnectionState(), nil //nolint:forcetypeassert // that is what it dials
	}
	if state, err := dial(&tls.Config{NextProtos: []string{"h2", "http/1.1"}}); err != nil || state.NegotiatedProtocol != "http/1.1" || state.Version != tls.VersionTLS13 {
		t.Errorf("a browser: %v %v %q", err, tls.VersionName(state.Version), state.NegotiatedProtocol)
	}
	if state, err := dial(&tls.Config{MaxVersion: tls.VersionTLS12}); err != nil || state.Version != tls.VersionTLS12 {
		t.Errorf("TLS 1.2: %v", err)
	}
	if _, err := dial(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil { //nolint:gosec // it must be refused
		t.Error("TLS 1.1 was taken")
	}
	if _, err := dial(&tls.Config{ServerName: "carrera.lan"}); err != nil {
		t.Errorf("by its name: %v", err)
	}
	if _, err := dial(&tls.Config{ServerName: "otra.lan"}); err == nil {
		t.Error("by another name")
	}
}

func TestTLS_OriginsCookiesAndLinks(t *testing.T) {
	t.Parallel()
	s, _ := serveTLS(t)
	secure := s.rest()
	for origin, want := range map[string]int{
		s.url: http.StatusSwitchingProtocols, s.plain: http.StatusForbidden, "https://malo.example": http.StatusForbidden,
	} {
		dialer := ws.Dialer{TLSConfig: secure.tls, Header: ws.HandshakeHeaderHTTP{"Origin": {origin}}}
		conn, _, _, err := dialer.Dial(t.Context(), "wss"+strings.TrimPrefix(s.url, "https")+"/ws/competencia/1/")
		if err == nil {
			_ = conn.Close()
		}
		status := http.StatusSwitchingProtocols
		if refused, ok := errors.AsType[ws.StatusError](err); ok {
			status = int(refused)
		}
		if status != want {
			t.Errorf("a page of %s: %d %v, want %d", origin, status, err, want)
		}
	}
	// Nobody's proxy stands here: what the header says counts for nothing.
	if got := get(t, secure.client, s.url+"/api/", "X-Forwarded-Proto", "http"); !strings.Contains(got.body, `"`+s.url+`/api/equipos/"`) {
		t.Errorf("links of the root over TLS: %s", got.body)
	}
	if got := get(t, http.DefaultClient, s.plain+"/api/", "X-Forwarded-Proto", "https"); !strings.Contains(got.body, `"`+s.plain+`/api/equipos/"`) {
		t.Errorf("links of the root without it: %s", got.body)
	}
	panel := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: secure.tls, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for base, want := range map[string]string{s.url: "__Secure-server5k_panel true", s.plain: "server5k_panel false"} {
		form := url.Values{"usuario": {testAdmin}, "clave": {testPassword}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/admin/entrar/", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", base)
		res, err := panel.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close() // the headers are all
		var got []string
		for _, c := range res.Cookies() {
			got = append(got, fmt.Sprint(c.Name, " ", c.Secure))
		}
		if diff := cmp.Diff([]string{want}, got); diff != "" {
			t.Errorf("cookies of %s (-want +got):\n%s", base, diff)
		}
	}
}

func TestTLS_RenewedWhileItRuns(t *testing.T) {
	t.Parallel()
	s, cfg := serveTLS(t)
	judge := s.rest()
	judge.token = judge.login(t, "/api/login/", "juez1")
	console, err := judge.dialJudge(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer console.cut(false)
	addAuthority(t, cfg, "carrera.lan") // renews
	want := readTLS(t, cfg).leaf
	deadline, cancel := context.WithTimeout(t.Context(), replyTimeout)
	defer cancel()
	for {
		conn, err := (&tls.Dialer{Config: judge.tls}).DialContext(deadline, "tcp", strings.TrimPrefix(s.url, "https://"))
		if err != nil {
			t.Fatal(err) // also when time is over
		}
		got := conn.(*tls.Conn).ConnectionState().PeerCertificates[0] //nolint:forcetypeassert // that is what it dials
		_ = conn.Close()                                              // the handshake was all
		if got.Equal(want) {
			break
		}
		select {
		case <-deadline.Done():
			t.Fatal("the renewed certificate is not shown")
		case <-time.After(200 * time.Millisecond):
		}
	}
	if err := console.send(map[string]any{"tipo": "ping"}); err != nil { // the socket of before lives on
		t.Fatal(err)
	}
	if m, err := console.read(); err != nil || m.Type != "pong" {
		t.Errorf("pong %+v %v", m, err)
	}
}

func TestTLS_AuthorityIsOfferedAndNoKey(t *testing.T) {
	t.Parallel()
	s, cfg := serveTLS(t)
	secure := s.rest()
	// The machine itself asks: it is shown the name that phones call.
	phones := strings.NewReplacer("127.0.0.1", "carrera.lan")
	file, console := phones.Replace(s.plain+"/ca.crt"), phones.Replace(s.url+"/juez/")
	m := readTLS(t, cfg)
	got := get(t, &http.Client{Transport: spoken()}, s.plain+"/ca.crt")
	if cert, err := parseCert([]byte(got.body)); err != nil || !cert.Equal(m.ca) || got.header.Get("Content-Type") != "application/x-x509-ca-cert" {
		t.Errorf("ca.crt: %v %v", err, got.header)
	}
	if strings.Contains(got.body, "KEY") {
		t.Error("a key was sent")
	}
	got = get(t, &http.Client{Transport: spoken()}, s.plain+"/ca/")
	for _, want := range []string{file, console} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if got := get(t, secure.client, s.url+"/ca/"); !strings.Contains(got.body, file) {
		t.Error("over TLS the page sends phones to an address that they do not trust yet")
	}
	bare := &http.Client{Transport: &http.Transport{TLSClientConfig: secure.tls, DisableKeepAlives: true}} // no document has these
	for _, path := range []string{"/ca.key", "/tls/ca.key", "/ca/ca.key", "/ca/../tls/ca.key", "/server.key", "/ca/server.key", "/ca.crt/../ca.key"} {
		if got := get(t, bare, s.url+path); got.status != http.StatusNotFound || strings.Contains(got.body, "KEY") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if err := os.Remove(cfg.tlsAuthority()); err != nil {
		t.Fatal(err)
	}
	for path, media := range map[string]string{"/ca.crt": "text/plain", "/ca/": "text/html"} {
		got := get(t, &http.Client{Transport: spoken()}, s.plain+path)
		if got.status != http.StatusNotFound || !strings.HasPrefix(got.header.Get("Content-Type"), media) || !strings.Contains(got.body, "server5k cert --host") {
			t.Errorf("%s without an authority: %+v", path, got)
		}
	}
}
