package apidoc

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// What the page about the sockets shows.
type (
	socketsView struct {
		Title, Description, Style string
		Channels                  []channelView
		Shared                    []messageView // schemas that no message is alone
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
	payloads := map[*yaml.Node]bool{}
	messages := child(doc, "components", "messages")
	for i := 1; i < len(messages.Content); i += 2 {
		payloads[follow(doc, child(messages.Content[i], "payload"))] = true
	}
	schemas := child(doc, "components", "schemas")
	for i := 0; i+1 < len(schemas.Content); i += 2 {
		if schema := schemas.Content[i+1]; !payloads[schema] {
			view.Shared = append(view.Shared, messageView{Name: schemas.Content[i].Value, Schema: schemaText(schema)})
		}
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
			o.Messages = append(o.Messages, messageView{
				text(message, "name"), text(message, "summary"), schemaText(follow(doc, child(message, "payload"))),
			})
		}
		out = append(out, o)
	}
	return out
}

// follow returns what a {$ref} stands for, nil for one that leads nowhere.
func follow(doc, ref *yaml.Node) *yaml.Node {
	return child(doc, strings.Split(strings.TrimPrefix(text(ref, "$ref"), "#/"), "/")...)
}

func schemaText(schema *yaml.Node) string {
	out, err := yamlOf(schema)
	if err != nil {
		panic(err) // it is part of a document that was written already
	}
	return string(out)
}
