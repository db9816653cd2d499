package apidoc

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		parts map[string]string
		want  string // as JSON
		fails string // part of the error
	}{
		{
			name:  "info comes first and paths join",
			parts: map[string]string{"a": "paths: {/x/: {get: {n: 1}}}", "info": "openapi: 3.1.1", "z": "paths: {/x/: {post: {n: 2.5}}, /y/: {get: null}}"},
			want:  `{"openapi":"3.1.1","paths":{"/x/":{"get":{"n":1},"post":{"n":2.5}},"/y/":{"get":null}}}`,
		},
		{
			name:  "aliases and merge keys are written out",
			parts: map[string]string{"info": "a: &x {k: 1, l: [true, no]}\nb: *x\nc: {<<: *x, k: 2}"},
			want:  `{"a":{"k":1,"l":[true,"no"]},"b":{"k":1,"l":[true,"no"]},"c":{"k":2,"l":[true,"no"]}}`,
		},
		{
			name:  "keys and instants stay texts",
			parts: map[string]string{"info": "200: 2026-11-25T10:00:00Z\nq: \"1\""},
			want:  `{"200":"2026-11-25T10:00:00Z","q":"1"}`,
		},
		{name: "an operation of two files", parts: map[string]string{"info": "p: {get: {id: a}}", "z": "p: {get: {id: b}}"}, fails: "z.yaml: p: get: id: defined twice"},
		{name: "a list of two files", parts: map[string]string{"info": "tags: [a]", "z": "tags: [b]"}, fails: "defined twice"},
		{name: "a comma without quotes", parts: map[string]string{"info": "a: {d: one, two}"}, fails: `"two" has no value`},
		{name: "no mapping", parts: map[string]string{"info": "[]"}, fails: "not a mapping"},
		{name: "no yaml", parts: map[string]string{"info": "a: [", "z": "b: 1"}, fails: "parse d/info.yaml"},
		{name: "no info", parts: map[string]string{"z": "b: 1"}, fails: "info.yaml"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{}
			for name, content := range tt.parts {
				files["d/"+name+".yaml"] = &fstest.MapFile{Data: []byte(content)}
			}
			root, err := merge(files, "d")
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) {
					t.Fatalf("error %v, want %q", err, tt.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := jsonOf(root)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("document (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMerge_AliasOfItselfEnds(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"d/info.yaml": &fstest.MapFile{Data: []byte("a: &x {b: *x}")}}
	if _, err := merge(files, "d"); !errors.Is(err, errDeep) && (err == nil || !strings.Contains(err.Error(), "contains itself")) {
		t.Fatalf("error %v", err)
	}
}

// TestDocuments_EveryReferenceLeadsSomewhere also finds what nothing refers to.
func TestDocuments_EveryReferenceLeadsSomewhere(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string][]byte{"openapi": OpenAPI(), "asyncapi": AsyncAPI()} {
		var root map[string]any
		if err := json.Unmarshal(doc, &root); err != nil {
			t.Fatal(err)
		}
		used := map[string]bool{}
		references(root, used)
		if len(used) < 20 {
			t.Errorf("%s: only %d references", name, len(used))
		}
		for ref := range used {
			if !resolves(root, ref) {
				t.Errorf("%s: %s leads nowhere", name, ref)
			}
		}
		for kind, all := range root["components"].(map[string]any) {
			if kind == "securitySchemes" {
				continue
			}
			for component := range all.(map[string]any) {
				if ref := "#/components/" + kind + "/" + component; !used[ref] {
					t.Errorf("%s: nothing uses %s", name, ref)
				}
			}
		}
	}
}

func references(v any, used map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			used[ref] = true
		}
		for _, item := range v {
			references(item, used)
		}
	case []any:
		for _, item := range v {
			references(item, used)
		}
	}
}

func resolves(root any, ref string) bool {
	path, local := strings.CutPrefix(ref, "#/")
	for key := range strings.SplitSeq(path, "/") {
		object, ok := root.(map[string]any)
		if !ok {
			return false
		}
		if root, ok = object[key]; !ok {
			return false
		}
	}
	return local
}
