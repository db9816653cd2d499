package site

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp"
)

func setup() (s *Assets, style []byte) {
	style = bytes.Repeat([]byte("a{color:red}\n"), 100)
	s = NewAssets("/files/")
	s.Add("page.css", style)
	s.AddPacked("lib.min.js", Pack(style))
	s.Add("icon.png", []byte("png"))
	return s, style
}

func get(s *Assets, path, encoding string) *fasthttp.Response {
	ctx := &fasthttp.RequestCtx{}
	ctx.Request.Header.Set("Accept-Encoding", encoding)
	s.Serve(ctx, path)
	return &ctx.Response
}

func TestAssets_AreNamedByTheirContent(t *testing.T) {
	t.Parallel()
	s, style := setup()
	want := []string{"/files/icon." + Digest([]byte("png")) + ".png", "/files/lib.min." + Digest(style) + ".js", "/files/page." + Digest(style) + ".css"}
	if diff := cmp.Diff(want, s.Paths()); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	if got := s.URL("page.css"); got != want[2] {
		t.Errorf("got %s, want %s", got, want[2])
	}
	other := NewAssets("/files/")
	other.Add("page.css", style[1:])
	if other.URL("page.css") == s.URL("page.css") {
		t.Error("other content has the same path")
	}
}

func TestAssets_ServeInBothForms(t *testing.T) {
	t.Parallel()
	s, style := setup()
	for _, tt := range []struct{ name, accept, mediaType, encoding, vary string }{
		{"page.css", "", "text/css; charset=utf-8", "", "Accept-Encoding"},
		{"page.css", "br, gzip", "text/css; charset=utf-8", "gzip", "Accept-Encoding"},
		{"lib.min.js", "", "text/javascript; charset=utf-8", "", "Accept-Encoding"},
		{"lib.min.js", "gzip", "text/javascript; charset=utf-8", "gzip", "Accept-Encoding"},
		{"icon.png", "gzip", "image/png", "", ""},
	} {
		r := get(s, s.URL(tt.name), tt.accept)
		header := func(name string) string { return string(r.Header.Peek(name)) }
		got := []string{header("Content-Type"), header("Content-Encoding"), header("Vary"), header("Cache-Control"), header("X-Content-Type-Options")}
		if diff := cmp.Diff([]string{tt.mediaType, tt.encoding, tt.vary, "public, max-age=31536000, immutable", "nosniff"}, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt, diff)
		}
		body, want := r.Body(), style
		if tt.encoding == "gzip" {
			if len(body) >= len(style) {
				t.Errorf("%+v: %d bytes of %d", tt, len(body), len(style))
			}
			body = unpack(body)
		}
		if tt.vary == "" {
			want = []byte("png")
		}
		if !bytes.Equal(body, want) {
			t.Errorf("%+v: other bytes", tt)
		}
	}
	for _, path := range []string{"/files/page.css", strings.Replace(s.URL("page.css"), ".css", ".js", 1), ""} {
		if got := get(s, path, "").StatusCode(); got != http.StatusNotFound {
			t.Errorf("%q: status %d", path, got)
		}
	}
}

func TestAssets_PanicForWhatThereIsNot(t *testing.T) {
	t.Parallel()
	s, _ := setup()
	for name, f := range map[string]func(){
		"URL of no file": func() { s.URL("none.css") }, "a kind of file no page has": func() { s.Add("page.exe", nil) },
		"not compressed": func() { s.AddPacked("page.js", []byte("{}")) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
