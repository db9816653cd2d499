package apidoc

import (
	"bytes"
	"embed"
	"html/template"
	"strings"

	"go.yaml.in/yaml/v3"
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
	if err := template.Must(template.ParseFS(pageFiles, "pages/"+name)).Execute(&b, data); err != nil {
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

// What the page about the sockets shows.
type (
	socketsView struct {
		Title, Description, Style string
		Channels                  []channelView
	}
	channelView struct {
		Address, Description string
		Operations           []operationView
	}
	operationView struct {
		Summary  string
		Messages []messageView
	}
	messageView struct{ Name, Summary, Schema string }
)

// socketPage is the AsyncAPI document for people.
func socketPage() Asset {
	doc := asyncAPI().root
	view := socketsView{
		Title: text(doc, "info", "title"), Description: text(doc, "info", "description"), Style: PathStatic + "page.css",
	}
	channels := child(doc, "channels")
	for i := 0; i+1 < len(channels.Content); i += 2 {
		name, channel := channels.Content[i].Value, channels.Content[i+1]
		view.Channels = append(view.Channels, channelView{
			Address: text(channel, "address"), Description: text(channel, "description"),
			Operations: operationsOf(doc, "#/channels/"+name),
		})
	}
	return page(cspPlain, "sockets.html", view)
}

func operationsOf(doc *yaml.Node, channel string) []operationView {
	var out []operationView
	operations := child(doc, "operations")
	for i := 1; i < len(operations.Content); i += 2 {
		operation := operations.Content[i]
		if text(operation, "channel", "$ref") != channel {
			continue
		}
		o := operationView{Summary: text(operation, "summary")}
		for _, ref := range child(operation, "messages").Content {
			// A message of an operation names one of its channel, which names a
			// component, whose payload is a schema.
			message := follow(doc, follow(doc, ref))
			schema, err := yamlOf(follow(doc, child(message, "payload")))
			if err != nil {
				panic(err)
			}
			o.Messages = append(o.Messages, messageView{text(message, "name"), text(message, "summary"), string(schema)})
		}
		out = append(out, o)
	}
	return out
}

// follow returns what a {$ref} stands for, nil for one that leads nowhere.
func follow(doc, ref *yaml.Node) *yaml.Node {
	return child(doc, strings.Split(strings.TrimPrefix(text(ref, "$ref"), "#/"), "/")...)
}
