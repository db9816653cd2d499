package export

import (
	"strings"
	"testing"
)

func TestParse_KnowsEveryName(t *testing.T) {
	t.Parallel()
	names := Names()
	if len(names) != 14 {
		t.Errorf("%d files: %v", len(names), names)
	}
	for _, name := range names {
		what, format, ok := Parse(name)
		if !ok || string(what)+"."+string(format) != name || contentType(format) == "application/octet-stream" || fileNames[what].en == "" {
			t.Errorf("%s: %q %q %v", name, what, format, ok)
		}
	}
	for _, name := range []string{"", "results", "results.", ".csv", "teams.pdf", "results.csv.html", "../results.csv"} {
		if _, _, ok := Parse(name); ok {
			t.Errorf("%q is a file", name)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Carrera 5K Ñandú (2026)": "carrera-5k-nandu-2026", "": "server5k", "///": "server5k", "../../etc": "etc", "日本": "server5k",
		strings.Repeat("ab ", 40): strings.Repeat("ab-", 13) + "a",
	} {
		if got := plain(name); !strings.HasPrefix(got, want) || len(got) > 41 {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
