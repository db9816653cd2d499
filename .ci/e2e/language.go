package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Catalogue is the texts of one language by key.
type Catalogue map[string]string

// ReadCatalogue reads a catalogue file of the server: a JSON object of texts, or of
// objects of texts, whose keys are joined with a dot.
func ReadCatalogue(tb testing.TB, path string) Catalogue {
	tb.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	out := Catalogue{}
	out.add("", tree)
	return out
}

func (c Catalogue) add(prefix string, tree map[string]any) {
	for key, value := range tree {
		switch v := value.(type) {
		case string:
			c[prefix+key] = v
		case map[string]any:
			c.add(prefix+key+".", v)
		}
	}
}

// readable collects what a person can read or hear on a page: the title, texts, the
// texts of blocks with their inline parts joined, and attributes. What is not shown
// is left out, and what says that it is in another language or not to be translated.
const readable = `(() => {
	const out = new Set([document.title]), page = document.documentElement.lang
	const add = (s) => { s = (s ?? "").replace(/\s+/g, " ").trim(); if (s) out.add(s) }
	const ours = (e) => {
		const l = e.closest("[lang], [translate]")
		return !l || l.getAttribute("translate") !== "no" && (!l.lang || l.lang === page)
	}
	const heard = (e) => e.checkVisibility({visibilityProperty: true}) && ours(e)
	const inline = (e) => /^(inline|contents)/.test(getComputedStyle(e).display)
	for (const e of document.querySelectorAll("body, body *")) {
		if (e.matches("script, style, template, noscript") || !heard(e) && !e.matches("option")) continue
		for (const name of ["placeholder", "title", "aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "alt"]) add(e.getAttribute(name))
		if (e.matches("input[type=submit], input[type=button], input[type=reset]")) add(e.value)
		if (e.matches("optgroup, option")) add(e.label)
		const texts = [...e.childNodes].filter((n) => n.nodeType === Node.TEXT_NODE && n.data.trim())
		texts.forEach((n) => add(n.data))
		if (e.matches("svg title, svg desc")) add(e.textContent)
		if (texts.length && e.children.length && !inline(e) && [...e.children].every((c) => inline(c) && ours(c))) add(e.innerText)
	}
	out.delete("")
	return [...out]
})()`

// Readable returns each text that a person can read or hear on the page, once:
// title, visible texts, choices, placeholder, title, aria-label, alt and the like.
// Parts whose lang differs from the page's, or with translate="no", are left out:
// pages mark so what people wrote, as names of teams.
func (t *Tab) Readable() []string {
	t.tb.Helper()
	var texts []string
	t.Eval(readable, &texts)
	return texts
}

// OnlyIn fails the test, without ending it, for each text on the page that is of
// the other language or was never translated. own is the catalogue of the page's
// language. data are texts that people wrote, as names of teams; they pass.
func (t *Tab) OnlyIn(own, other Catalogue, data ...string) {
	t.tb.Helper()
	for _, problem := range Untranslated(t.Readable(), own, other, data...) {
		t.tb.Errorf("language: %s", problem)
	}
}

// verb is a place in a text of the catalogue that gets a value.
var verb = regexp.MustCompile(`%(?:\[\d+\])?[-+# 0]*\d*(?:\.\d+)?[a-zA-Z]|\{\{[^}]*\}\}|\{[^}]*\}`)

// unfilled is what the template or the format left where a value belongs.
var unfilled = regexp.MustCompile(`%!|<no value>|\{\{|\}\}|\[object Object\]|\bundefined\b|\bNaN\b`)

// phrase is a text of the other language, to be found in a page.
type phrase struct {
	key, text string
	whole     *regexp.Regexp // the text is all there is
	part      *regexp.Regexp // the text is a part; nil for a single word
}

// minPart is the least number of letters of a text that is looked for within
// others; shorter ones are found in names.
const minPart = 8

func phrases(own, other Catalogue) []phrase {
	same := map[string]bool{}
	for _, text := range own {
		same[fold(text)] = true
	}
	var out []phrase
	for _, key := range slices.Sorted(maps.Keys(other)) {
		text := fold(other[key])
		letters := strings.TrimSpace(verb.ReplaceAllString(text, ""))
		if same[text] || utf8.RuneCountInString(letters) < 2 {
			continue
		}
		var pattern strings.Builder
		last := 0
		for _, at := range verb.FindAllStringIndex(text, -1) {
			pattern.WriteString(regexp.QuoteMeta(text[last:at[0]]) + ".+?")
			last = at[1]
		}
		pattern.WriteString(regexp.QuoteMeta(text[last:]))
		p := phrase{key: key, text: other[key], whole: regexp.MustCompile("^" + pattern.String() + "$")}
		if strings.Contains(letters, " ") && utf8.RuneCountInString(letters) >= minPart {
			p.part = regexp.MustCompile(`(?:^|[^\pL])` + pattern.String() + `(?:$|[^\pL])`)
		}
		out = append(out, p)
	}
	return out
}

// Untranslated names the texts that are a text of the other language, contain one
// of two words or more, are a key of the catalogue, or lack their values. Texts that
// both languages share pass, as do those in data. It does not find text in the other
// language that is in no catalogue.
func Untranslated(texts []string, own, other Catalogue, data ...string) []string {
	list := phrases(own, other)
	mine := map[string]bool{}
	for _, text := range own {
		mine[fold(text)] = true
	}
	var out []string
	for _, text := range texts {
		folded := fold(text)
		if slices.ContainsFunc(data, func(s string) bool { return fold(s) == folded }) {
			continue
		}
		switch key := rawKey(text, own, other); {
		case key != "":
			out = append(out, fmt.Sprintf("%q shows the key %s", text, key))
			continue
		case unfilled.MatchString(text):
			out = append(out, fmt.Sprintf("%q lacks a value", text))
			continue
		case mine[folded]:
			continue
		}
		for _, p := range list {
			if p.whole.MatchString(folded) || p.part != nil && p.part.MatchString(folded) {
				out = append(out, fmt.Sprintf("%q is %q (%s)", text, p.text, p.key))
				break
			}
		}
	}
	return out
}

// keyLike are words joined as keys are.
var keyLike = regexp.MustCompile(`[a-z][a-zA-Z0-9]*(?:[._-][a-zA-Z0-9]+)+`)

// rawKey returns a key of a catalogue that shows in text, or what looks like one: it
// starts as the keys do, and is all of the text.
func rawKey(text string, catalogues ...Catalogue) string {
	for _, word := range keyLike.FindAllString(text, -1) {
		for _, c := range catalogues {
			if _, ok := c[word]; ok {
				return word
			}
		}
	}
	start, _, joined := strings.Cut(text, ".")
	if !joined || keyLike.FindString(text) != text {
		return ""
	}
	for _, c := range catalogues {
		for key := range c {
			if strings.HasPrefix(key, start+".") {
				return text
			}
		}
	}
	return ""
}

// fold makes texts equal that differ only in case, spaces or what ends them.
func fold(s string) string {
	return strings.Trim(strings.ToLower(strings.Join(strings.Fields(s), " ")), " :.…*")
}
