package console

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"server5k/gateway/site"
)

// composed are the beginnings of keys that scripts put together from values.
var composed = []string{"link.", "state.", "reason."}

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
	places := regexp.MustCompile(`\{\w+\}`)
	for k, es := range all[site.Spanish] {
		a, b := places.FindAllString(es, -1), places.FindAllString(all[site.English][k], -1)
		slices.Sort(a)
		slices.Sort(b)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s: values (-es +en):\n%s", k, diff)
		}
		if es == "" || all[site.English][k] == "" {
			t.Errorf("%s is empty", k)
		}
	}
}

func TestTexts_KeysAreUsedAndExist(t *testing.T) {
	t.Parallel()
	source := sources(t)
	texts := site.LoadCatalogues(textFiles)[site.Spanish]
	for k := range texts {
		base := strings.TrimSuffix(strings.TrimSuffix(k, ".one"), ".many")
		used := strings.Contains(source, `"`+k+`"`) || (base != k && strings.Contains(source, `"`+base+`"`))
		if !used && !slices.ContainsFunc(composed, func(p string) bool { return strings.HasPrefix(k, p) }) {
			t.Errorf("%s is used nowhere", k)
		}
	}
	for pattern, ends := range map[string][]string{
		`\bsay\("([^"]+)"[,)]`: {""}, `data-t(?:-label)?="([a-z.]+)"`: {""}, `\bsayCount\("([^"]+)"`: {".one", ".many"}, `texts(?:\[lang\])?(?:\.Text\(|\[)"([^"]+)"`: {""},
	} {
		found := regexp.MustCompile(pattern).FindAllStringSubmatch(source, -1)
		if len(found) == 0 {
			t.Errorf("nothing is like %s", pattern)
		}
		for _, m := range found {
			for _, end := range ends {
				if _, ok := texts[m[1]+end]; !ok {
					t.Errorf("there is no text %s", m[1]+end)
				}
			}
		}
	}
}

// sources are all files that name texts.
func sources(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for _, dir := range []string{"static", "templates", "."} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			name := dir + "/" + e.Name()
			if e.IsDir() || strings.HasSuffix(name, "_test.go") {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(b)
		}
	}
	return out.String()
}

// TestTexts_NoneInThePage looks at what stands between the tags of the template and
// in the attributes that people read.
func TestTexts_NoneInThePage(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("templates/shell.html")
	if err != nil {
		t.Fatal(err)
	}
	page := regexp.MustCompile(`{{[^}]*}}`).ReplaceAllString(string(raw), "·")
	page = strings.ReplaceAll(page, `content="Server5K"`, "") // a name
	if left := regexp.MustCompile(`(?s)<[^>]*>`).ReplaceAllString(page, " "); strings.ContainsFunc(left, unicode.IsLetter) {
		t.Errorf("text of its own: %q", strings.Join(strings.Fields(left), " "))
	}
	for _, m := range regexp.MustCompile(`\b(aria-label|title|placeholder|alt)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if strings.ContainsFunc(m[2], unicode.IsLetter) {
			t.Errorf("attribute %q", m[0])
		}
	}
	if strings.Contains(page, "style=") || strings.Contains(page, "onclick=") {
		t.Error("the policy forbids styles and scripts in the page")
	}
}

func TestFiles_AreShortAndInTheBundle(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("static")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		raw := string(read("static/" + e.Name()))
		if n := strings.Count(raw, "\n"); n > 400 {
			t.Errorf("%s has %d lines", e.Name(), n)
		}
		if strings.HasSuffix(e.Name(), ".js") && e.Name() != "sw.js" && !slices.Contains(scripts, e.Name()) {
			t.Errorf("%s is in no bundle", e.Name())
		}
	}
}
