package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestMutants_StillApply fails when the source has moved on from a mutant: it
// has to be planted anew, else nobody knows that the campaign sees.
func TestMutants_StillApply(t *testing.T) {
	t.Parallel()
	root, err := moduleDir(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range slices.Concat(mutants(), clusterMutants()) {
		list, err := m.overlay(root, t.TempDir())
		if err != nil {
			t.Error(err)
			continue
		}
		raw, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		var overlay struct{ Replace map[string]string }
		if err := json.Unmarshal(raw, &overlay); err != nil || len(overlay.Replace) == 0 {
			t.Errorf("%s: overlay %s, %v", m.name, raw, err)
		}
		if len(m.seeds) == 0 || len(m.faults)+len(m.plan) == 0 || m.what == "" {
			t.Errorf("%s: no seeds, faults or text", m.name)
		}
	}
}

func TestOverlay_WantsTheOldTextOnce(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.WriteFile(root+"/a.go", []byte("one two two"), 0o600); err != nil {
		t.Fatal(err)
	}
	for old, want := range map[string]string{"one": "", "two": "2 times", "three": "0 times"} {
		m := mutant{name: "m", changes: []planted{{"a.go", old, "new"}}}
		_, err := m.overlay(root, t.TempDir())
		if got := err == nil; got != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v", old, err)
		}
	}
}
