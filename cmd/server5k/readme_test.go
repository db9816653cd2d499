package main

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/alecthomas/kong"
)

// optionRows lists every flag at n or below that has a variable, as README rows
// name it.
func optionRows(n *kong.Node) []string {
	var out []string
	for _, flag := range n.Flags {
		if len(flag.Tag.Envs) > 0 {
			out = append(out, flag.Tag.Envs[0]+" --"+flag.Name+" "+flag.Default)
		}
	}
	for _, child := range n.Children {
		out = append(out, optionRows(child)...)
	}
	return out
}

func TestReadme_HasEveryOption(t *testing.T) {
	t.Parallel()
	var app cli
	parser, err := kong.New(&app)
	if err != nil {
		t.Fatal(err)
	}
	want := optionRows(parser.Model.Node)
	slices.Sort(want)
	for _, name := range []string{"../../README.md", "../../README.es.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var rows []string
		for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| `--([a-z-]+)` \\| (?:`([^`]*)`|) *\\|").FindAllStringSubmatch(string(text), -1) {
			rows = append(rows, m[1]+" --"+m[2]+" "+m[3])
		}
		slices.Sort(rows)
		if !slices.Equal(rows, want) {
			t.Errorf("%s has the rows\n%q, want\n%q", name, rows, want)
		}
	}
}
