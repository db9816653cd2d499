package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"server5k/race"
)

// goldenExport is a file of version 1 that fill made.
func goldenExport(tb testing.TB) string {
	tb.Helper()
	data, err := os.ReadFile("testdata/export.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

// Files of version 1 can be read for ever, and are written so but for the number.
// Those of version 2 have what fillOffice made too, those of version 3 what fillClocks
// did.
func TestExport_Golden(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"testdata/export.jsonl", "testdata/export-2.jsonl", "testdata/export-3.jsonl"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.must("import", file)
			path := filepath.Join(t.TempDir(), "a.jsonl")
			b.must("export", "--all", path)
			if diff := cmp.Diff(afterHead(t, file), afterHead(t, path)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Until version 2 every organizer saw everything, so who is imported goes on so.
func TestImport_OldFileGrantsEverything(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if out, err := b.run(strings.Replace(goldenExport(t), `"is_superuser":true`, `"is_superuser":false`, 1), "import", "-"); err != nil {
		t.Fatal(out, err)
	}
	accounts, _ := b.contents(t)
	want := []race.Grant{{Competition: 1, Organizer: 1}, {Competition: 2, Organizer: 1}}
	if diff := cmp.Diff(want, accounts.Grants); diff != "" {
		t.Error(diff)
	}
}
