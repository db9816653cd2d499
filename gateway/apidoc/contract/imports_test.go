package contract_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestServer_HasNoValidators keeps what only tests need out of the program.
func TestServer_HasNoValidators(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "server5k/cmd/server5k").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := strings.Fields(string(out))
	if len(packages) < 100 { // the standard library alone is more
		t.Fatalf("go list saw only %d packages", len(packages))
	}
	for _, p := range packages {
		for _, unwanted := range []string{"getkin/kin-openapi", "santhosh-tekuri/jsonschema", "oapi-codegen/runtime", "server5k/gateway/apidoc/"} {
			if strings.Contains(p, unwanted) {
				t.Errorf("the server contains %s", p)
			}
		}
	}
}
