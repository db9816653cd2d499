package site

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp"
)

func TestPreferred(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"": Spanish, "de-DE,de;q=0.9": Spanish, "fr": Spanish, "en": English, "EN-us": English, "de, en;q=0.5, es;q=0.4": English,
		"es;q=0.8,en;q=0.8": Spanish, "en;q=0.8,es;q=0.8": English, "en ; q=0.4, es-EC;\tq=0.8": Spanish,
		"en;q=0": Spanish, "en;q=x": Spanish, "en;q=x, es;q=0.1": Spanish, "de;q=x,EN;q=0.1": English, "*": Spanish,
	} {
		if got := Preferred(accept); got != want {
			t.Errorf("%q: got %s, want %s", accept, got, want)
		}
	}
}

func TestAskedAndKept_OnlyLanguagesOfOurs(t *testing.T) {
	t.Parallel()
	type found struct {
		Lang string
		OK   bool
	}
	for value, known := range map[string]bool{"": false, Spanish: true, English: true, "fr": false, "ES": false} {
		ctx := &fasthttp.RequestCtx{}
		ctx.Request.SetRequestURI("/?lang=" + value)
		lang, ok := Asked(ctx)
		if diff := cmp.Diff(found{value, known}, found{lang, ok}); diff != "" {
			t.Errorf("query (-want +got):\n%s", diff)
		}
		ctx = &fasthttp.RequestCtx{}
		ctx.Request.Header.SetCookie(LanguageCookie, value)
		lang, ok = Kept(ctx)
		if diff := cmp.Diff(found{value, known}, found{lang, ok}); diff != "" {
			t.Errorf("cookie (-want +got):\n%s", diff)
		}
	}
}

func TestCatalogue_Texts(t *testing.T) {
	t.Parallel()
	all := LoadCatalogues(fstest.MapFS{
		"text/es.json": {Data: []byte(`{"marks": "%d marcas", "marks.one": "una marca", "share": "100 %"}`)},
		"text/en.json": {Data: []byte(`{"marks": "%d marks", "marks.one": "one mark", "share": "100 %"}`)},
	})
	es, en := all[Spanish], all[English]
	got := []string{es.Text("marks", 3), es.Count("marks", 1), en.Count("marks", 0), en.Text("share"), en.Text("none", 1)}
	if diff := cmp.Diff([]string{"3 marcas", "una marca", "0 marks", "100 %", "⟦none⟧"}, got); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	if !es.Has("share") || es.Has("none") {
		t.Error("Has is wrong")
	}
}

func TestLoadCatalogues_PanicsWithoutALanguage(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fstest.MapFS{
		"missing": {"text/es.json": {Data: []byte(`{}`)}},
		"broken":  {"text/es.json": {Data: []byte(`{}`)}, "text/en.json": {Data: []byte(`{`)}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: loaded", name)
				}
			}()
			LoadCatalogues(files)
		}()
	}
}
