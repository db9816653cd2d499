package console

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp"

	"server5k/gateway/site"
)

// ask answers one request for the console. Headers come in pairs.
func ask(c *Console, method, uri string, headers ...string) *fasthttp.Response {
	var ctx fasthttp.RequestCtx
	ctx.Init(&fasthttp.Request{}, nil, nil)
	ctx.Request.Header.SetMethod(method)
	ctx.Request.SetRequestURI(uri)
	ctx.Request.Header.SetHost("carrera.lan:8443")
	for i := 0; i < len(headers); i += 2 {
		ctx.Request.Header.Set(headers[i], headers[i+1])
	}
	c.Handler(&ctx)
	out := &fasthttp.Response{}
	ctx.Response.CopyTo(out)
	return out
}

func header(r *fasthttp.Response, name string) string { return string(r.Header.Peek(name)) }

func TestHandler_Headers(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	script := c.assets.URL("console.js")
	for _, tt := range []struct {
		method, path, mediaType, cache, vary string
		status                               int
	}{
		{"GET", "/juez/", "text/html; charset=utf-8", "no-cache", "Accept-Language, Cookie, Accept-Encoding", 200},
		{"HEAD", "/juez/", "text/html; charset=utf-8", "no-cache", "Accept-Language, Cookie, Accept-Encoding", 200},
		{"GET", "/juez/sw.js", "text/javascript; charset=utf-8", "no-cache", "Accept-Encoding", 200},
		{"GET", "/juez/manifest.webmanifest", "application/manifest+json; charset=utf-8", "no-cache", "Accept-Language, Cookie, Accept-Encoding", 200},
		{"GET", script, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "Accept-Encoding", 200},
		{"GET", c.assets.URL("console.css"), "text/css; charset=utf-8", "public, max-age=31536000, immutable", "Accept-Encoding", 200},
		{"GET", c.assets.URL("icon-512.png"), "image/png", "public, max-age=31536000, immutable", "", 200},
		{"GET", c.assets.URL("icon.svg"), "image/svg+xml", "public, max-age=31536000, immutable", "Accept-Encoding", 200},
		{"GET", "/juez/static/console.000000000000.js", "", "", "", 404},
		{"GET", "/juez/static/", "", "", "", 404},
		{"GET", "/juez/nothing", "", "", "", 404},
		{"POST", "/juez/", "", "", "", 405},
	} {
		r := ask(c, tt.method, tt.path)
		if r.StatusCode() != tt.status {
			t.Errorf("%s %s: status %d, want %d", tt.method, tt.path, r.StatusCode(), tt.status)
		}
		if tt.status == 405 && header(r, "Allow") != "GET, HEAD" {
			t.Errorf("%s %s: Allow %q", tt.method, tt.path, header(r, "Allow"))
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
				"connect-src 'self' ws://carrera.lan:8443 wss://carrera.lan:8443; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
			"X-Content-Type-Options": "nosniff",
		} {
			if got := header(r, name); got != want {
				t.Errorf("%s: %s %q, want %q", tt.path, name, got, want)
			}
		}
		if tt.status != 200 {
			continue
		}
		for name, want := range map[string]string{"Content-Type": tt.mediaType, "Cache-Control": tt.cache, "Vary": tt.vary} {
			if got := header(r, name); got != want {
				t.Errorf("%s: %s %q, want %q", tt.path, name, got, want)
			}
		}
	}
}

func TestHandler_AHostIsNoPolicy(t *testing.T) {
	t.Parallel()
	r := ask(New(Config{}), "GET", "/juez/", "Host", "x;script-src *")
	if p := header(r, "Content-Security-Policy"); strings.Contains(p, "*") || !strings.Contains(p, "connect-src 'self'; ") {
		t.Errorf("policy %q", p)
	}
}

func TestHandler_AddsTheSlash(t *testing.T) {
	t.Parallel()
	r := ask(New(Config{}), "GET", "/juez?lang=en")
	if r.StatusCode() != 301 || header(r, "Location") != "/juez/?lang=en" {
		t.Errorf("status %d to %q", r.StatusCode(), header(r, "Location"))
	}
}

func TestHandler_Language(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	for _, tt := range []struct {
		uri, cookie, accept, want string
	}{
		{"/juez/", "", "", "es"},
		{"/juez/?lang=en", "idioma=es", "es", "en"},
		{"/juez/?lang=xx", "idioma=en", "es", "en"},
		{"/juez/", "idioma=en", "es", "en"},
		{"/juez/", "", "en-GB,en;q=0.9,es;q=0.8", "en"},
		{"/juez/", "", "fr,en;q=0.3,es;q=0.5", "es"},
		{"/juez/", "", "de;q=x,EN;q=0.1", "en"},
		{"/juez/", "", "fr", "es"},
	} {
		r := ask(c, "GET", tt.uri, "Cookie", tt.cookie, "Accept-Language", tt.accept)
		page := string(r.Body())
		if !strings.Contains(page, `<html lang="`+tt.want+`">`) || !strings.Contains(page, "<title>"+c.text(tt.want, "app.title")+"</title>") || !strings.Contains(page, ">"+c.text(tt.want, "login.button")+"<") {
			t.Errorf("%+v: the page is in another language", tt)
		}
		if !strings.Contains(page, `aria-label="`+c.text(tt.want, "nav.switch")+`"`) {
			t.Errorf("%+v: labels are in another language", tt)
		}
		if strings.Contains(page, "⟦") {
			t.Errorf("%+v: a text is missing", tt)
		}
	}
}

// text is a text of a language, read anew.
func (c *Console) text(lang, key string) string {
	return site.LoadCatalogues(textFiles)[lang].Text(key)
}

func TestHandler_TagsAndCompression(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	for _, path := range []string{"/juez/", "/juez/sw.js", "/juez/manifest.webmanifest", c.assets.URL("console.js")} {
		plain, packed := ask(c, "GET", path), ask(c, "GET", path, "Accept-Encoding", "br, gzip")
		if header(packed, "Content-Encoding") != "gzip" || header(plain, "Content-Encoding") != "" {
			t.Errorf("%s: encodings %q and %q", path, header(plain, "Content-Encoding"), header(packed, "Content-Encoding"))
		}
		z, err := gzip.NewReader(bytes.NewReader(packed.Body()))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if body, err := io.ReadAll(z); err != nil || !bytes.Equal(body, plain.Body()) {
			t.Errorf("%s: compressed it is another one: %v", path, err)
		}
		tag := header(plain, "ETag")
		if strings.HasPrefix(path, staticPrefix) {
			continue
		}
		for _, sent := range []string{tag, "W/" + tag, `"other", ` + tag} {
			if r := ask(c, "GET", path, "If-None-Match", sent); r.StatusCode() != 304 || len(r.Body()) != 0 || header(r, "ETag") != tag {
				t.Errorf("%s: status %d for the tag %s", path, r.StatusCode(), sent)
			}
		}
		if r := ask(c, "GET", path, "If-None-Match", `"other"`); r.StatusCode() != 200 {
			t.Errorf("%s: status %d for another tag", path, r.StatusCode())
		}
	}
	if es, en := ask(c, "GET", "/juez/"), ask(c, "GET", "/juez/?lang=en"); header(es, "ETag") == header(en, "ETag") {
		t.Error("both languages have one tag")
	}
}

// TestHandler_EveryFileIsThere follows what page, manifest and worker name.
func TestHandler_EveryFileIsThere(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	paths := regexp.MustCompile(`/juez/static/[\w.-]+`)
	for _, from := range []string{"/juez/", "/juez/manifest.webmanifest", "/juez/sw.js"} {
		found := paths.FindAllString(string(ask(c, "GET", from).Body()), -1)
		if len(found) == 0 {
			t.Errorf("%s names no file", from)
		}
		for _, p := range found {
			if r := ask(c, "GET", p); r.StatusCode() != 200 || len(r.Body()) == 0 {
				t.Errorf("%s names %s: status %d", from, p, r.StatusCode())
			}
		}
	}
	worker := string(ask(c, "GET", "/juez/sw.js").Body())
	if !strings.Contains(worker, `"`+c.Version()+`"`) || !strings.Contains(worker, `"/juez/"`) {
		t.Error("the worker does not know its version or the page")
	}
	if !strings.Contains(string(ask(c, "GET", "/juez/").Body()), `<meta name="version" content="`+c.Version()+`">`) {
		t.Error("the page does not know its version")
	}
	var m manifest
	if err := json.Unmarshal(ask(c, "GET", "/juez/manifest.webmanifest").Body(), &m); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/juez/", "/juez/", "standalone", "es"}, []string{m.Scope, m.StartURL, m.Display, m.Lang}); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
}

func TestVersion_IsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	a, b := New(Config{}), New(Config{})
	if a.Version() != b.Version() || len(a.Version()) != 8 {
		t.Errorf("versions %q and %q of the same files", a.Version(), b.Version())
	}
	texts := site.LoadCatalogues(textFiles)
	texts[site.English]["login.button"] += "!"
	if v := versionOf(loadAssets(texts), texts); v == a.Version() {
		t.Error("another text is no other version")
	}
}

// TestPage_Weight: the first page of a phone on a field network.
func TestPage_Weight(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	total := len(c.shells[site.Spanish].gzip)
	for _, name := range []string{"console.js", "console.css", "qrcode.js"} {
		total += len(ask(c, "GET", c.assets.URL(name), "Accept-Encoding", "gzip").Body())
	}
	if const60KB := 60 << 10; total > const60KB {
		t.Errorf("the console weighs %d bytes", total)
	}
}
