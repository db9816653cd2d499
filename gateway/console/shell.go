package console

import (
	"bytes"
	"embed"
	"html"
	"html/template"
	"regexp"

	"server5k/gateway/site"
)

//go:embed templates/shell.html
var templateFiles embed.FS

// shell is what the page says before its script runs.
type shell struct {
	Lang, Version, Title, Description, NoScript string
}

// Elements that have no text of their own in the template name it: their content
// by data-t, their label by data-t-label. The script changes them with the language.
var (
	textMark  = regexp.MustCompile(`(data-t="([^"]+)"[^>]*>)<`)
	labelMark = regexp.MustCompile(`data-t-label="([^"]+)"`)
)

// renderShell writes the page in one language.
func renderShell(s shell, texts site.Catalogue, a *site.Assets) []byte {
	t := template.Must(template.New("shell.html").Funcs(template.FuncMap{"asset": a.URL}).ParseFS(templateFiles, "templates/shell.html"))
	var out bytes.Buffer
	if err := t.Execute(&out, s); err != nil {
		panic(err)
	}
	page := textMark.ReplaceAllStringFunc(out.String(), func(m string) string {
		part := textMark.FindStringSubmatch(m)
		return part[1] + html.EscapeString(texts.Text(part[2])) + "<"
	})
	page = labelMark.ReplaceAllStringFunc(page, func(m string) string {
		return m + ` aria-label="` + html.EscapeString(texts.Text(labelMark.FindStringSubmatch(m)[1])) + `"`
	})
	return []byte(page)
}

// manifest is what a phone needs to put the console on its home screen.
type manifest struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	ShortName   string         `json:"short_name"`
	Description string         `json:"description"`
	Lang        string         `json:"lang"`
	StartURL    string         `json:"start_url"`
	Scope       string         `json:"scope"`
	Display     string         `json:"display"`
	Orientation string         `json:"orientation"`
	Background  string         `json:"background_color"`
	Theme       string         `json:"theme_color"`
	Icons       []manifestIcon `json:"icons"`
}

type manifestIcon struct {
	Source  string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose"`
}

func renderManifest(lang string, texts site.Catalogue, a *site.Assets) []byte {
	icon := func(name, sizes, purpose string) manifestIcon {
		return manifestIcon{a.URL(name), sizes, site.MediaType(name), purpose}
	}
	return jsonOf(manifest{
		ID: Prefix, Name: texts.Text("app.title"), ShortName: "Server5K", Description: texts.Text("app.description"), Lang: lang,
		StartURL: Prefix, Scope: Prefix, Display: "standalone", Orientation: "any", Background: "#f4f6f8", Theme: "#075a34",
		Icons: []manifestIcon{
			icon("icon.svg", "any", "any"), icon("icon-192.png", "192x192", "any"),
			icon("icon-512.png", "512x512", "any"), icon("icon-512.png", "512x512", "maskable"),
		},
	})
}
