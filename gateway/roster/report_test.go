package roster_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"server5k/gateway/roster"
	"server5k/gateway/sheets"
)

var update = flag.Bool("update", false, "write the golden files anew")

func render(r roster.Report, language sheets.Language) string {
	var out strings.Builder
	fmt.Fprintln(&out, r.Summary().In(language))
	for _, line := range r.Lines {
		fmt.Fprintf(&out, "%d\t%s\t%s\n", line.Row, line.Outcome, line.Text.In(language))
	}
	return out.String()
}

// Each file in testdata has its report in both languages beside it.
func TestReport_Golden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.csv")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %q, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, problems := roster.Parse(table(t, string(data)))
		report := roster.NewReport(problems, roster.Compare(r, stored()))
		for language, suffix := range map[sheets.Language]string{sheets.Spanish: ".es.txt", sheets.English: ".en.txt"} {
			got, golden := render(report, language), strings.TrimSuffix(file, ".csv")+suffix
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s: %s", golden, diff)
			}
		}
	}
}
