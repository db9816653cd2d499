package apidoc

import (
	"bytes"
	"embed"
	"html/template"
	"strings"
)

// Policies of the pages: nothing from elsewhere, nothing inline. ReDoc makes its
// styles at run time; its page shows only our own document.
const (
	cspStrict = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	cspRedoc = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	cspPlain = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

//go:embed pages/*.html
var pageFiles embed.FS

// page renders a template; one of ours that fails is a mistake in it.
func page(csp, name string, data any) Asset {
	var b bytes.Buffer
	t := template.Must(template.New(name).Funcs(template.FuncMap{"runs": runs, "paragraphs": paragraphs}).ParseFS(pageFiles, "pages/"+name))
	if err := t.Execute(&b, data); err != nil {
		panic(err)
	}
	a := packAsset(typeHTML, b.Bytes())
	a.CSP = csp
	return a
}

// viewer is a page whose script shows the document.
type viewer struct {
	Title   string
	Styles  []string
	Scripts []string
}

func swaggerPage() Asset {
	return page(cspStrict, "viewer.html", viewer{
		Title:   "API de Server5K (Swagger UI)",
		Styles:  []string{PathStatic + "swagger-ui.css"},
		Scripts: []string{PathStatic + "swagger-ui-bundle.js", PathStatic + "swagger.js"},
	})
}

func redocPage() Asset {
	return page(cspRedoc, "viewer.html", viewer{
		Title:   "API de Server5K (ReDoc)",
		Scripts: []string{PathStatic + "redoc.standalone.js", PathStatic + "redoc.js"},
	})
}

// run is a piece of a text of the document, code or not.
type run struct {
	Code bool
	Text string
}

// runs splits a text at its backticks.
func runs(text string) []run {
	var out []run
	code := false
	for piece := range strings.SplitSeq(text, "`") {
		if piece != "" {
			out = append(out, run{code, piece})
		}
		code = !code
	}
	return out
}

// paragraphs splits a text at its empty lines.
func paragraphs(text string) []string { return strings.Split(strings.TrimSpace(text), "\n\n") }
