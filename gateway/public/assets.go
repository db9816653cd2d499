package public

import (
	"bytes"
	"embed"
	"strings"

	"server5k/gateway/site"
)

//go:embed static/*.css static/*.js static/*.svg
var staticFiles embed.FS

const staticPrefix = "/estatico/"

// styles and scripts are joined in this order; a script may use what stands before
// it.
var (
	styles  = [...]string{"base.css", "live.css", "charts.css", "print.css"}
	scripts = [...]string{"rank.js", "format.js", "clock.js", "model.js", "socket.js", "rows.js", "news.js", "fragment.js", "live.js", "screen.js", "main.js"}
)

// loadAssets makes all files.
func loadAssets() *site.Assets {
	all := site.NewAssets(staticPrefix)
	all.Add("public.css", joined(styles[:]))
	all.Add("screen.css", joined([]string{"screen.css"}))
	all.Add("public.js", script())
	all.Add("icon.svg", static("icon.svg"))
	return all
}

// codeOf names the pages' own code, all of its files: it changes when a page must
// load itself anew.
func codeOf(a *site.Assets) string { return site.Digest([]byte(strings.Join(a.Paths(), " "))) }

// script joins the scripts to one that leaves nothing behind in the page.
func script() []byte {
	var out bytes.Buffer
	out.WriteString("(() => {\n\"use strict\";\n")
	out.Write(joined(scripts[:]))
	out.WriteString("})();\n")
	return out.Bytes()
}

// joined joins files without their indents and the lines that are comments, which
// no visitor needs. No text of theirs goes over several lines.
func joined(names []string) []byte {
	var out bytes.Buffer
	for _, name := range names {
		for line := range strings.Lines(string(static(name))) {
			line = strings.TrimSpace(line)
			if line != "" && !isComment(line) {
				out.WriteString(line + "\n")
			}
		}
	}
	return out.Bytes()
}

// isComment says whether a line is nothing else.
func isComment(line string) bool {
	if line == "/**" || line == "*/" || strings.HasPrefix(line, "//") || strings.HasPrefix(line, "* ") {
		return true
	}
	return strings.HasPrefix(line, "/*") && strings.HasSuffix(line, "*/")
}

func static(name string) []byte {
	b, err := staticFiles.ReadFile("static/" + name)
	if err != nil {
		panic(err) // a file of ours
	}
	return b
}
