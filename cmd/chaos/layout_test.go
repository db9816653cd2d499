package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestLayout_SharesNothingWithTheServer: what judges must not use what it judges.
func TestLayout_SharesNothingWithTheServer(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{join .Imports "\n"}}`, "server5k/cmd/chaos").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	allowed := []string{"server5k/persistence/postgres/pgtest", "server5k/cluster/redis/redistest"} // start services
	for _, imported := range strings.Fields(string(out)) {
		if strings.HasPrefix(imported, "server5k/") && !slices.Contains(allowed, imported) {
			t.Errorf("the campaign imports %s", imported)
		}
	}
}
