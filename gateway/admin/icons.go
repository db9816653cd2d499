package admin

import "html/template"

// icons are drawn in a square of 16 with the colour of the text around them. They
// stand beside words, never instead of them.
var icons = map[string]string{
	"ok":     `<path d="M2.5 8.5l3.5 3.5 7.5-8" fill="none" stroke="currentColor" stroke-width="2"/>`,
	"warn":   `<path d="M8 2l6.5 12h-13z" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M8 6.5v3.5M8 11.3v1.4" stroke="currentColor" stroke-width="1.8"/>`,
	"bad":    `<path d="M3.5 3.5l9 9m0-9l-9 9" stroke="currentColor" stroke-width="2.2"/>`,
	"start":  `<path d="M4 2.5v11l9-5.5z" fill="currentColor"/>`,
	"stop":   `<path d="M3.5 3.5h9v9h-9z" fill="currentColor"/>`,
	"wait":   `<circle cx="8" cy="8" r="5.8" fill="none" stroke="currentColor" stroke-width="1.8"/><path d="M8 4.5V8l2.5 2" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
	"undo":   `<path d="M6 3L2.5 6.5 6 10M3 6.5h6a3.5 3.5 0 010 7H6" fill="none" stroke="currentColor" stroke-width="1.8"/>`,
	"hidden": `<path d="M1.5 8c2-3.2 4.2-4.6 6.5-4.6S12.5 4.8 14.5 8c-2 3.2-4.2 4.6-6.5 4.600S3.5 11.2 1.5 8zM3 13.500L13 2.5" fill="none" stroke="currentColor" stroke-width="1.5"/>`,
	"near":   `<path d="M2 6.500c2-2 4-2 6 0s4 2 6 0M2 11c2-2 4-2 6 0s4 2 6 0" fill="none" stroke="currentColor" stroke-width="1.7"/>`,
	"link":   `<path d="M6.5 3.500H3v9.500h9.500V9.500M9 2.500h4.500V7M13.2 2.800L7.5 8.5" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
	"print":  `<path d="M4.5 5V2h7v3M4.5 11H2.5V5.5h11V11h-2M4.5 9h7v5h-7z" fill="none" stroke="currentColor" stroke-width="1.4"/>`,
	"file":   `<path d="M8 2v8M4.5 7L8 10.5 11.5 7M3 13.5h10" fill="none" stroke="currentColor" stroke-width="1.8"/>`,
}

// icon returns a drawing that readers of the page aloud skip.
func icon(name string) template.HTML {
	drawing, ok := icons[name]
	if !ok {
		panic("no such icon: " + name)
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">` + drawing + `</svg>`)
}
