package apidoc_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"server5k/gateway/apidoc"
)

// find returns the asset of a path and its plain body.
func find(t *testing.T, path string) (apidoc.Asset, string) {
	t.Helper()
	a, ok := apidoc.Find(path, "", "")
	if !ok {
		t.Fatalf("nothing at %s", path)
	}
	plain, encoding := a.Body("")
	if encoding != "" {
		t.Fatalf("%s is %s for who takes nothing", path, encoding)
	}
	return a, string(plain)
}

func TestPaths_AreAllServed(t *testing.T) {
	t.Parallel()
	want := []string{
		"/api/docs/",
		"/api/redoc/",
		"/api/schema/",
		"/api/schema/asyncapi/",
		"/api/schema/asyncapi/docs/",
		"/api/schema/redoc/",
		"/api/schema/static/NOTICE.md",
		"/api/schema/static/page.css",
		"/api/schema/static/redoc.LICENSE.txt",
		"/api/schema/static/redoc.js",
		"/api/schema/static/redoc.standalone.js",
		"/api/schema/static/redoc.standalone.js.LICENSE.txt",
		"/api/schema/static/swagger-ui-bundle.js",
		"/api/schema/static/swagger-ui-bundle.js.LICENSE.txt",
		"/api/schema/static/swagger-ui.LICENSE.txt",
		"/api/schema/static/swagger-ui.css",
		"/api/schema/static/swagger.js",
		"/api/schema/swagger-ui/",
	}
	if diff := cmp.Diff(want, apidoc.Paths()); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	types := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8"}
	for _, path := range apidoc.Paths() {
		a, plain := find(t, path)
		if plain == "" || a.ETag == "" || a.CacheControl == "" || !strings.Contains(a.Vary, "Accept-Encoding") {
			t.Errorf("%s lacks something: %d bytes, ETag %q, Cache-Control %q, Vary %q", path, len(plain), a.ETag, a.CacheControl, a.Vary)
		}
		for ending, want := range types {
			if strings.HasSuffix(path, ending) && a.ContentType != want {
				t.Errorf("%s is %q, want %q", path, a.ContentType, want)
			}
		}
		packed, encoding := a.Body("br, gzip;q=0.8")
		r, err := gzip.NewReader(bytes.NewReader(packed))
		if encoding != "gzip" || err != nil {
			t.Fatalf("%s: encoding %q, %v", path, encoding, err)
		}
		if unpacked, err := io.ReadAll(r); err != nil || string(unpacked) != plain {
			t.Errorf("%s differs when packed: %v", path, err)
		}
	}
	if _, ok := apidoc.Find("/api/schema/static/", "", ""); ok {
		t.Error("the directory of static files is served")
	}
}

func TestBody_AcceptEncoding(t *testing.T) {
	t.Parallel()
	a, _ := find(t, "/api/docs/")
	for header, want := range map[string]string{"gzip": "gzip", "GZIP;q=0.1": "gzip", "gzip;q=0": "", "br": "", "": "", "deflate, gzip": "gzip"} {
		if _, got := a.Body(header); got != want {
			t.Errorf("Accept-Encoding %q: %q, want %q", header, got, want)
		}
	}
}

func TestUnchanged(t *testing.T) {
	t.Parallel()
	a, _ := find(t, "/api/docs/")
	for header, want := range map[string]bool{
		a.ETag: true, strings.TrimPrefix(a.ETag, "W/"): true, `"x", ` + a.ETag: true, "*": true, `"x"`: false, "": false,
	} {
		if got := a.Unchanged(header); got != want {
			t.Errorf("If-None-Match %q: %v, want %v", header, got, want)
		}
	}
}

func TestDocuments_ChooseTheirForm(t *testing.T) {
	t.Parallel()
	const yamlType, jsonType = "application/yaml", "application/json"
	for _, tt := range []struct{ format, accept, want string }{
		{"", "", yamlType},
		{"", "*/*", yamlType},
		{"", "text/html,application/xhtml+xml,*/*;q=0.8", yamlType},
		{"", "application/json", jsonType},
		{"", "application/json;q=0.5, application/yaml", yamlType},
		{"", "application/yaml;q=0.5, application/json", jsonType},
		{"json", "", jsonType},
		{"JSON", "application/yaml", jsonType},
		{"yaml", "application/json", yamlType},
		{"xml", "", yamlType},
	} {
		for _, path := range []string{apidoc.PathOpenAPI, apidoc.PathAsyncAPI} {
			a, ok := apidoc.Find(path, tt.format, tt.accept)
			if !ok || a.ContentType != tt.want {
				t.Errorf("%s format %q accept %q: %q, want %q", path, tt.format, tt.accept, a.ContentType, tt.want)
			}
			if !strings.Contains(a.Vary, "Accept,") {
				t.Errorf("%s varies by %q", path, a.Vary)
			}
		}
	}
}

func TestDocuments_FormsSayTheSame(t *testing.T) {
	t.Parallel()
	for _, path := range []string{apidoc.PathOpenAPI, apidoc.PathAsyncAPI} {
		_, text := find(t, path)
		var fromYAML any
		if err := yaml.Unmarshal([]byte(text), &fromYAML); err != nil {
			t.Fatal(err)
		}
		// Through JSON both have the same types of numbers.
		again, err := json.Marshal(fromYAML)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := apidoc.Find(path, "json", "")
		plain, _ := a.Body("")
		var want, got any
		if err := json.Unmarshal(plain, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(again, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: JSON and YAML differ (-json +yaml):\n%s", path, diff)
		}
	}
}

func TestPages_NeedNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	inline := regexp.MustCompile(`(?i)<script(\s+defer)?>|<script[^>]*>[^<]|<style|\son[a-z]+=|\sstyle=|javascript:`)
	elsewhere := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9]`)
	link := regexp.MustCompile(`(?:src|href)="([^"]+)"`)
	for _, path := range []string{"/api/docs/", "/api/redoc/", "/api/schema/redoc/", "/api/schema/swagger-ui/", "/api/schema/asyncapi/docs/"} {
		a, html := find(t, path)
		if a.ContentType != "text/html; charset=utf-8" {
			t.Errorf("%s is %q", path, a.ContentType)
		}
		if !strings.HasPrefix(a.CSP, "default-src 'none'; ") || !strings.Contains(a.CSP, "frame-ancestors 'none'") {
			t.Errorf("%s has the policy %q", path, a.CSP)
		}
		if loose := strings.Contains(a.CSP, "unsafe"); loose != strings.Contains(path, "redoc") {
			t.Errorf("%s has the policy %q", path, a.CSP)
		}
		if m := inline.FindString(html); m != "" {
			t.Errorf("%s has something inline: %s", path, m)
		}
		if m := elsewhere.FindString(html); m != "" {
			t.Errorf("%s names another host: %s", path, m)
		}
		for _, m := range link.FindAllStringSubmatch(html, -1) {
			target, _, _ := strings.Cut(m[1], "?")
			if strings.HasPrefix(target, "data:") {
				continue
			}
			if _, ok := apidoc.Find(target, "", ""); !ok {
				t.Errorf("%s links to %s, where nothing is", path, target)
			}
		}
	}
}

func TestSocketPage_ListsEveryMessage(t *testing.T) {
	t.Parallel()
	var doc struct {
		Components struct {
			Messages map[string]struct{ Name, Summary string } `json:"messages"`
			Schemas  map[string]json.RawMessage                `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(apidoc.AsyncAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	_, html := find(t, "/api/schema/asyncapi/docs/")
	messages, shared, _ := strings.Cut(html, "<h2>Esquemas")
	if got, want := strings.Count(messages, "<details>"), len(doc.Components.Messages); got != want || want == 0 {
		t.Errorf("%d messages on the page, %d in the document", got, want)
	}
	if got, want := strings.Count(shared, "<details>"), len(doc.Components.Schemas)-len(doc.Components.Messages); got != want || want == 0 {
		t.Errorf("%d other schemas on the page, %d in the document", got, want)
	}
	if strings.Contains(regexp.MustCompile(`(?s)<pre>.*?</pre>`).ReplaceAllString(html, ""), "`") {
		t.Error("a backtick stands on the page")
	}
	for _, m := range doc.Components.Messages {
		if !strings.Contains(html, "<code>"+m.Name+"</code>") || m.Summary == "" {
			t.Errorf("%q is not on the page or has no summary", m.Name)
		}
	}
}
