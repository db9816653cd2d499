package contract_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"server5k/gateway/apidoc/contract"
)

func setup(t *testing.T, base http.RoundTripper) *contract.Contract {
	t.Helper()
	c, err := contract.New(base)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestDocument_OperationsSayWhatTheyMust holds for every operation, also those
// that are added.
func TestDocument_OperationsSayWhatTheyMust(t *testing.T) {
	t.Parallel()
	doc, err := contract.Document()
	if err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.1" {
		t.Errorf("OpenAPI %s", doc.OpenAPI)
	}
	tags := map[string]bool{}
	for _, tag := range doc.Tags {
		tags[tag.Name] = true
	}
	ids := map[string]string{}
	for path, item := range doc.Paths.Map() {
		if !strings.HasPrefix(path, "/") || !strings.HasSuffix(path, "/") && !isFile(path) {
			t.Errorf("%s does not end in a slash", path)
		}
		for method, o := range item.Operations() {
			at := method + " " + path
			if other, twice := ids[o.OperationID]; twice || o.OperationID == "" {
				t.Errorf("%s has the operationId %q of %q", at, o.OperationID, other)
			}
			ids[o.OperationID] = at
			if len(o.Tags) != 1 || !tags[o.Tags[0]] {
				t.Errorf("%s has the tags %q", at, o.Tags)
			}
			if o.Summary == "" {
				t.Errorf("%s has no summary", at)
			}
			for _, status := range missing(o) {
				t.Errorf("%s does not say when it answers %s", at, status)
			}
			closed(t, at, o)
		}
	}
}

// isFile says whether a path is that of a file, whose name comes last.
func isFile(path string) bool {
	return strings.HasSuffix(path, ".css") || strings.HasSuffix(path, ".crt") || strings.HasSuffix(path, ".json") || strings.Contains(path, "/export.") || strings.HasSuffix(path, "/{archivo}")
}

// missing lists the statuses that an operation answers by what it is.
func missing(o *openapi3.Operation) []string {
	want := []string{"405"}
	switch {
	case o.Security == nil:
		return []string{"nothing: it says not who may call it"}
	case len(*o.Security) > 0:
		want = append(want, "400", "401", "503")
		onlyOrganizers := true
		for _, s := range *o.Security {
			if _, ok := s["judge"]; ok {
				onlyOrganizers = false
			}
		}
		if onlyOrganizers {
			want = append(want, "403")
		}
	}
	if o.RequestBody != nil {
		want = append(want, "413", "415")
	}
	var out []string
	for _, status := range want {
		if o.Responses.Value(status) == nil {
			out = append(out, status)
		}
	}
	return out
}

// closed checks that every object the server answers says all its keys, so that a
// new one is noticed.
func closed(t *testing.T, at string, o *openapi3.Operation) {
	t.Helper()
	for status, response := range o.Responses.Map() {
		for _, media := range response.Value.Content {
			if media.Schema == nil {
				continue
			}
			err := media.Schema.WalkSubtree(func(pointer string, ref *openapi3.SchemaRef) error {
				s := ref.Value
				no := func(b *bool) bool { return b != nil && !*b }
				if len(s.Properties) > 0 && !no(s.AdditionalProperties.Has) && !no(s.UnevaluatedProperties.Has) && !strings.Contains(pointer, "/allOf/") {
					return fmt.Errorf("%s %s is open", ref.Ref, pointer)
				}
				return nil
			})
			if err != nil {
				t.Errorf("%s %s: %v", at, status, err)
			}
		}
	}
}
