package race_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// TestLayout_ImportRule keeps the direction of dependencies: the rooms never
// import one another, the domain imports nothing of ours, and only the command
// wires them.
func TestLayout_ImportRule(t *testing.T) {
	t.Parallel()
	rooms := []string{"server5k/gateway", "server5k/actors", "server5k/persistence", "server5k/cluster"}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,TestImports", "server5k/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		for _, imp := range pkg.Imports {
			if !strings.HasPrefix(imp, "server5k/") {
				continue
			}
			if reason := forbidden(rooms, pkg.ImportPath, imp); reason != "" {
				t.Errorf("%s imports %s: %s", pkg.ImportPath, imp, reason)
			}
		}
	}
	if seen < 5 {
		t.Fatalf("go list saw only %d packages", seen)
	}
}

func forbidden(rooms []string, from, to string) string {
	room := func(path string) string {
		for _, r := range rooms {
			if path == r || strings.HasPrefix(path, r+"/") {
				return r
			}
		}
		return ""
	}
	switch {
	case strings.HasPrefix(from, "server5k/cmd/"):
		return ""
	case from == "server5k/race":
		return "the domain imports nothing of ours"
	case strings.HasPrefix(from, "server5k/proto"):
		return "messages import nothing of ours"
	case strings.HasPrefix(to, "server5k/cmd/"):
		return "nothing imports the command"
	case room(from) != "" && room(to) != "" && room(from) != room(to):
		return "rooms never import one another"
	}
	return ""
}
