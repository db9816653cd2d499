package admin

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"server5k/gateway/site"
)

// composed are the beginnings of keys that templates and handlers put together
// from values; the values are those of package race and of the tables here.
var composed = []string{
	"role.", "tab.", "status.", "cause.", "rounding.", "finding.", "finding.text.", "held.", "kind.", "ruling.", "ruling.title.", "ruling.what.", "source.",
	"outcome.", "export.", "format.", "action.", "audit.", "done.", "field.", "clock.", "uncertainty.", "proof.", "finding.hint.",
}

func TestTexts_SameKeysInBothLanguages(t *testing.T) {
	t.Parallel()
	all := site.LoadCatalogues(textFiles)
	keys := func(lang string) (out []string) {
		for k := range all[lang] {
			out = append(out, k)
		}
		slices.Sort(out)
		return out
	}
	if diff := cmp.Diff(keys(site.Spanish), keys(site.English)); diff != "" {
		t.Errorf("keys (-es +en):\n%s", diff)
	}
	verbs := regexp.MustCompile(`%[a-z%]`)
	for k, es := range all[site.Spanish] {
		if diff := cmp.Diff(verbs.FindAllString(es, -1), verbs.FindAllString(all[site.English][k], -1)); diff != "" {
			t.Errorf("%s: arguments (-es +en):\n%s", k, diff)
		}
		if es == "" || all[site.English][k] == "" {
			t.Errorf("%s is empty", k)
		}
	}
}

func TestTexts_KeysAreUsedAndExist(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	read := func(fsys fs.FS, pattern string) {
		files, err := fs.Glob(fsys, pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			b, err := fs.ReadFile(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(b)
		}
	}
	read(os.DirFS("."), "*.go")
	read(os.DirFS("."), "templates/*.html")
	text := source.String()
	texts := site.LoadCatalogues(textFiles)[site.Spanish]
	for k := range texts {
		if strings.Contains(text, `"`+k+`"`) || strings.Contains(text, "="+k+`"`) {
			continue
		}
		if !slices.ContainsFunc(composed, func(p string) bool { return strings.HasPrefix(k, p) }) {
			t.Errorf("%s is used nowhere", k)
		}
	}
	for _, pattern := range []string{`\bt "([^"]+)"`, `"hint=([^"]+)"`, `\.say\("([^"]+)"[,)]`, `\bfield [^ ]+ "[^"]+" "([^"]+)"`} {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			if !texts.Has(m[1]) {
				t.Errorf("there is no text %s", m[1])
			}
		}
	}
}

// TestTemplates_NoTextOfTheirOwn looks at what stands between the tags and in the
// attributes that people read: only actions, digits and signs.
func TestTemplates_NoTextOfTheirOwn(t *testing.T) {
	t.Parallel()
	p := setup(t).panel
	tags := regexp.MustCompile(`(?s)<!--.*?-->|<[^>]*>?|^[^<]*>`)
	read := regexp.MustCompile(`\b(?:aria-label|title|placeholder|alt)="([^"]*)"`)
	for name, page := range p.pages[site.Spanish] {
		for _, tpl := range page.Templates() {
			if tpl.Tree == nil {
				continue
			}
			var body strings.Builder
			flatten(&body, tpl.Tree.Root)
			for _, m := range read.FindAllStringSubmatch(body.String(), -1) {
				if strings.ContainsFunc(m[1], unicode.IsLetter) {
					t.Errorf("%s, %s: attribute %q", name, tpl.Name(), m[0])
				}
			}
			if left := tags.ReplaceAllString(body.String(), " "); strings.ContainsFunc(left, unicode.IsLetter) {
				t.Errorf("%s, %s: %q", name, tpl.Name(), strings.Join(strings.Fields(left), " "))
			}
		}
	}
}

// flatten writes the texts of a template, with a sign where an action stands.
func flatten(out *strings.Builder, n parse.Node) {
	branch := func(b *parse.BranchNode) {
		flatten(out, b.List)
		if b.ElseList != nil {
			flatten(out, b.ElseList)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, c := range n.Nodes {
			flatten(out, c)
		}
	case *parse.TextNode:
		out.Write(n.Text)
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	default:
		out.WriteString("·")
	}
}
