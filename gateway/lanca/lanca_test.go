package lanca

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"encoding/xml"
	"image"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp"
	"rsc.io/qr"

	"server5k/gateway/site"
)

// authorityFile writes an authority for hosts and addresses, with the key behind it
// as nobody should have it.
func authorityFile(t *testing.T, isCA bool, hosts []string, ips ...string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Server5K carrera.lan"}, NotAfter: time.Date(2029, 5, 1, 12, 0, 0, 0, time.UTC),
		IsCA: isCA, BasicConstraintsValid: true, PermittedDNSDomainsCritical: true, PermittedDNSDomains: hosts,
	}
	for _, s := range ips {
		ip, network, err := net.ParseCIDR(s)
		if err != nil {
			t.Fatal(err)
		}
		network.IP = ip.Mask(network.Mask)
		template.PermittedIPRanges = append(template.PermittedIPRanges, network)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.crt")
	text := slices.Concat(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func usualFile(t *testing.T) string {
	t.Helper()
	return authorityFile(t, true, []string{"localhost", "carrera.lan"}, "127.0.0.1/32", "192.168.1.10/32")
}

// ask calls a handler as a browser that names host; headers come in pairs.
func ask(answer func(*fasthttp.RequestCtx), host, query string, headers ...string) *fasthttp.Response {
	ctx := &fasthttp.RequestCtx{}
	ctx.Request.SetRequestURI("/ca/" + query)
	ctx.Request.Header.SetHost(host)
	for i := 0; i < len(headers); i += 2 {
		ctx.Request.Header.Set(headers[i], headers[i+1])
	}
	answer(ctx)
	return &ctx.Response
}

func plainly(p *Pages) func(*fasthttp.RequestCtx) {
	return func(ctx *fasthttp.RequestCtx) { p.Page(ctx, "http") }
}

func TestCertificate_IsTheCertificateAndNoKey(t *testing.T) {
	t.Parallel()
	path := usualFile(t)
	res := ask(New(Config{CAFile: path}).Certificate, "carrera.lan", "")
	block, rest := pem.Decode(res.Body())
	if block == nil || block.Type != "CERTIFICATE" || len(rest) != 0 || bytes.Contains(res.Body(), []byte("KEY")) {
		t.Errorf("body %s", res.Body())
	}
	if got := string(res.Header.ContentType()); got != "application/x-x509-ca-cert" {
		t.Errorf("content type %q", got)
	}
	if got := string(res.Header.Peek("Content-Disposition")); got != `attachment; filename="server5k-ca.crt"` {
		t.Errorf("disposition %q", got)
	}
}

func TestPages_WithoutAnAuthorityHelp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.crt")
	if err := os.WriteFile(broken, []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		file string
		said bool
	}{
		"missing": {filepath.Join(dir, "nothing"), false}, "broken": {broken, true}, "a directory": {dir, false},
		"no authority": {authorityFile(t, false, nil), true},
	} {
		var logs bytes.Buffer
		p := New(Config{CAFile: tt.file, Log: slog.New(slog.NewTextHandler(&logs, nil))})
		for lang, word := range map[string]string{"es": "no tiene una autoridad", "en": "no authority of its own"} {
			for _, res := range []*fasthttp.Response{ask(p.Certificate, "a", "?lang="+lang), ask(plainly(p), "a", "?lang="+lang)} {
				if res.StatusCode() != http.StatusNotFound || !strings.Contains(string(res.Body()), word) || !strings.Contains(string(res.Body()), makeCommand) {
					t.Errorf("%s, %s: %d %s", name, lang, res.StatusCode(), res.Body())
				}
			}
		}
		if got := strings.Contains(logs.String(), "is of no use"); got != tt.said {
			t.Errorf("%s: logged %q", name, logs.String())
		}
	}
}

func TestPage_Addresses(t *testing.T) {
	t.Parallel()
	usual := usualFile(t)
	other := authorityFile(t, true, []string{"localhost", "vm.local"}, "127.0.0.1/32", "fd00::2/128")
	alone := authorityFile(t, true, []string{"localhost"}, "127.0.0.1/32")
	for name, tt := range map[string]struct {
		file, host, scheme, port string
		wantFile, wantConsole    string
	}{
		"by name":         {usual, "carrera.lan:8000", "http", "8443", "http://carrera.lan:8000/ca.crt", "https://carrera.lan:8443/juez/"},
		"by address":      {usual, "192.168.1.10:8000", "http", "8443", "http://192.168.1.10:8000/ca.crt", "https://192.168.1.10:8443/juez/"},
		"usual ports":     {usual, "Carrera.lan.", "http", "443", "http://carrera.lan/ca.crt", "https://carrera.lan/juez/"},
		"a proxy":         {usual, "carrera.lan", "https", "8443", "https://carrera.lan/ca.crt", "https://carrera.lan:8443/juez/"},
		"not its name":    {usual, "192.168.7.7:8000", "http", "8443", "http://192.168.7.7:8000/ca.crt", "https://192.168.1.10:8443/juez/"},
		"the machine":     {usual, "localhost:8000", "http", "8443", "http://192.168.1.10:8000/ca.crt", "https://192.168.1.10:8443/juez/"},
		"the machine, v6": {usual, "[::1]:8000", "http", "8443", "http://192.168.1.10:8000/ca.crt", "https://192.168.1.10:8443/juez/"},
		".local first":    {other, "127.0.0.1:8000", "http", "8443", "http://vm.local:8000/ca.crt", "https://vm.local:8443/juez/"},
		"IPv6":            {other, "[fd00::2]:8000", "http", "443", "http://[fd00::2]:8000/ca.crt", "https://[fd00::2]/juez/"},
		"only itself":     {alone, "localhost:8000", "http", "8443", "http://localhost:8000/ca.crt", "https://localhost:8443/juez/"},
		"without TLS":     {usual, "carrera.lan:8000", "http", "", "http://carrera.lan:8000/ca.crt", ""},
	} {
		p := New(Config{CAFile: tt.file, PlainPort: "8000", TLSPort: tt.port})
		res := ask(func(ctx *fasthttp.RequestCtx) { p.Page(ctx, tt.scheme) }, tt.host, "?lang=en")
		var got []string
		for _, m := range regexp.MustCompile(`<figcaption>([^<]*)`).FindAllStringSubmatch(string(res.Body()), -1) {
			got = append(got, m[1])
		}
		want := []string{tt.wantFile, tt.wantConsole}
		if tt.wantConsole == "" {
			want = want[:1]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if told := strings.Contains(string(res.Body()), "TLS_ADDR"); told != (tt.wantConsole == "") {
			t.Errorf("%s: about TLS_ADDR: %v", name, told)
		}
	}
}

func TestPage_Language(t *testing.T) {
	t.Parallel()
	p := New(Config{CAFile: usualFile(t)})
	for _, tt := range []struct{ query, accept, want string }{
		{"", "", "es"},
		{"", "fr", "es"},
		{"", "en-US,en;q=0.9,es;q=0.5", "en"},
		{"", "en;q=0.4, es-EC;q=0.8", "es"},
		{"", "de, en;q=0.3", "en"},
		{"", "en;q=0", "es"},
		{"", "en;q=x", "es"},
		{"?lang=en", "es", "en"},
		{"?lang=es", "en", "es"},
		{"?lang=fr", "en", "en"},
	} {
		res := ask(plainly(p), "carrera.lan", tt.query, "Accept-Language", tt.accept)
		if body := string(res.Body()); !strings.Contains(body, `<html lang="`+tt.want+`">`) || string(res.Header.Peek("Content-Language")) != tt.want {
			t.Errorf("%+v: %s", tt, body[:60])
		}
		if string(res.Header.Peek("Vary")) != "Accept-Language" {
			t.Error("a cache would mix the languages up")
		}
	}
}

// TestPage_IsAccessibleAndStrict looks at what every page must have: in both
// languages, with and without an authority.
func TestPage_IsAccessibleAndStrict(t *testing.T) {
	t.Parallel()
	for _, p := range []*Pages{New(Config{CAFile: usualFile(t), TLSPort: "8443"}), New(Config{CAFile: "nothing"})} {
		for _, lang := range []string{site.Spanish, site.English} {
			res := ask(plainly(p), "carrera.lan:8000", "?lang="+lang)
			body := string(res.Body())
			if got := string(res.Header.Peek("Content-Security-Policy")); got != policy || strings.Contains(policy, "unsafe") || strings.Contains(policy, "data:") {
				t.Errorf("policy %q", got)
			}
			for _, bad := range []string{" style=", "<style", "<script", "data:", " onclick", "javascript:", "⟦", "%!", "%s"} {
				if strings.Contains(body, bad) {
					t.Errorf("the page has %q", bad)
				}
			}
			for _, want := range []string{"<title>", `name="viewport" content="width=device-width, initial-scale=1"`, "<main>", `<link rel="stylesheet" href="/ca/page.css">`, `hreflang="` + other(lang) + `"`} {
				if !strings.Contains(body, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			last := 0
			for _, m := range regexp.MustCompile(`<h(\d)>`).FindAllStringSubmatch(body, -1) {
				level, err := strconv.Atoi(m[1])
				if err != nil || level > last+1 || level == 1 && last != 0 {
					t.Errorf("a heading of level %s after %d", m[1], last)
				}
				last = level
			}
			for _, svg := range regexp.MustCompile(`<svg[^>]*>`).FindAllString(body, -1) {
				if !regexp.MustCompile(`role="img" aria-label="[^"]+https?://[^"]+"`).MatchString(svg) {
					t.Errorf("a picture without words: %s", svg)
				}
			}
			if err := wellFormed(body); err != nil {
				t.Errorf("%s: %v", lang, err)
			}
		}
	}
}

// wellFormed reads the page as XML, in which an element that is left open shows.
func wellFormed(body string) error {
	body = strings.Replace(body, "<!doctype html>", "", 1)
	d := xml.NewDecoder(strings.NewReader(regexp.MustCompile(`<(?:meta|link)[^>]*`).ReplaceAllString(body, "$0/")))
	for {
		if _, err := d.Token(); err != nil {
			if err == io.EOF { //nolint:errorlint // Token returns it as it is
				return nil
			}
			return err
		}
	}
}

func TestPage_FingerprintAndName(t *testing.T) {
	t.Parallel()
	file := usualFile(t)
	p := New(Config{CAFile: file})
	a, err := p.read()
	if err != nil {
		t.Fatal(err)
	}
	lines := a.fingerprint()
	body := string(ask(plainly(p), "carrera.lan", "").Body())
	for _, want := range append(lines, "«Server5K carrera.lan»", "2029-05-01", "localhost, carrera.lan, 127.0.0.1, 192.168.1.10") {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if whole := strings.Join(lines, ":"); !regexp.MustCompile(`^([0-9A-F]{2}:){31}[0-9A-F]{2}$`).MatchString(whole) {
		t.Errorf("fingerprint %s", whole)
	}
}

func TestDraw_PaintsTheCode(t *testing.T) {
	t.Parallel()
	const url = "http://carrera.lan:8000/ca.crt"
	c, err := draw(url)
	if err != nil {
		t.Fatal(err)
	}
	got := map[image.Point]bool{}
	runs := regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(c.Path, -1)
	whole := ""
	for _, m := range runs {
		whole += m[0]
		var n [4]int
		for i, s := range m[1:] {
			if n[i], err = strconv.Atoi(s); err != nil {
				t.Fatal(err)
			}
		}
		if n[2] != n[3] {
			t.Errorf("a run that does not close: %s", m[0])
		}
		for x := range n[2] {
			got[image.Pt(n[0]+x, n[1])] = true
		}
	}
	if whole != c.Path {
		t.Error("the path has something else in it")
	}
	want, err := qr.Encode(url, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	const border = 4
	if c.Size != want.Size+2*border {
		t.Fatalf("size %d of a code of %d", c.Size, want.Size)
	}
	for y := range c.Size {
		for x := range c.Size {
			if dark := want.Black(x-border, y-border); dark != got[image.Pt(x, y)] {
				t.Fatalf("module %d,%d is dark: %v, want %v", x, y, !dark, dark)
			}
		}
	}
	if _, err := draw(strings.Repeat("x", 5000)); err == nil {
		t.Error("a text that fits no code was drawn")
	}
}

func TestTexts_SameKeysInBothLanguages(t *testing.T) {
	t.Parallel()
	all := site.LoadCatalogues(textFiles)
	keys := func(c site.Catalogue) (out []string) {
		for k, text := range c {
			out = append(out, k+" "+strconv.Itoa(strings.Count(text, "%s")))
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s is empty", k)
			}
		}
		slices.Sort(out)
		return out
	}
	if diff := cmp.Diff(keys(all[site.Spanish]), keys(all[site.English])); diff != "" {
		t.Errorf("keys with their arguments (-es +en):\n%s", diff)
	}
	page, err := files.ReadFile("page.html")
	if err != nil {
		t.Fatal(err)
	}
	for k := range all[site.Spanish] {
		base := regexp.MustCompile(`\.\d+$`).ReplaceAllString(k, "")
		if !strings.Contains(string(page), `"`+base+`"`) {
			t.Errorf("%s is used nowhere", k)
		}
	}
}

func TestStyle_FitsTheSmallestPhone(t *testing.T) {
	t.Parallel()
	res := ask(New(Config{}).Style, "carrera.lan", "")
	if got := string(res.Header.ContentType()); got != "text/css; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
	for _, width := range regexp.MustCompile(`(?:^|[^-])width: ([0-9.]+)rem`).FindAllStringSubmatch(string(res.Body()), -1) {
		if n, err := strconv.ParseFloat(width[1], 64); err != nil || n > 20 { // 360 px less the margins
			t.Errorf("something is %s rem wide: %v", width[1], err)
		}
	}
}
