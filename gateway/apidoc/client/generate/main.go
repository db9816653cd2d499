// Command generate makes the client of the API: it cuts the OpenAPI document to
// what a client in tests needs and runs oapi-codegen on it. It is run by
// `go generate` in the directory of the client.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"server5k/gateway/apidoc"
)

const generator = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2"

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	cut, err := trim(apidoc.OpenAPI())
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "apidoc")
	if err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "openapi.json")
	if err := os.WriteFile(file, cut, 0o600); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	cmd := exec.CommandContext(ctx, "go", "run", generator, "-config", "codegen.yaml", file)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run oapi-codegen: %w", err)
	}
	return nil
}

// trim cuts the document and gives its Spanish keys English names in Go.
func trim(document []byte) ([]byte, error) {
	var doc map[string]any
	if err := json.Unmarshal(document, &doc); err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	dropOperations(doc)
	// A client of ours sends numbers as numbers.
	object(doc, "components", "schemas")["WholeNumber"] = map[string]any{"type": "integer", "format": "int64"}
	walk(doc, func(key string, v map[string]any) {
		delete(v, "headers") // each would be a type of every answer
		delete(v, "examples")
		if content, ok := v["content"].(map[string]any); ok && content["application/json"] != nil {
			delete(content, "application/x-www-form-urlencoded")
			delete(content, "multipart/form-data")
		}
		if v["type"] != nil {
			delete(v, "enum") // each would be a type of its own, with Spanish names
			delete(v, "const")
		}
		optional(v)
		inlineNull(doc, v)
		name(key, v)
	})
	out, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("write document: %w", err)
	}
	return out, nil
}

// dropOperations removes what is not asked for through a client: handshakes and
// documents; and of the others the shapes of refusals, of which a test wants the
// status.
func dropOperations(doc map[string]any) {
	paths := object(doc, "paths")
	for path := range paths {
		for _, operation := range object(paths, path) {
			o, ok := operation.(map[string]any)
			if !ok {
				continue // the parameters of the path
			}
			if tags, ok := o["tags"].([]any); ok && (tags[0] == "sockets" || tags[0] == "documentación") {
				delete(paths, path)
			}
			responses := object(o, "responses")
			maps.DeleteFunc(responses, func(status string, _ any) bool { return status >= "400" })
		}
	}
}

// optional makes properties that are an object or null into ones that may be
// missing, which is the same to a client.
func optional(v map[string]any) {
	properties, ok := v["properties"].(map[string]any)
	if !ok {
		return
	}
	required, _ := v["required"].([]any)
	for key, item := range properties {
		property, _ := item.(map[string]any)
		choices, _ := property["anyOf"].([]any)
		if len(choices) != 2 || choices[1].(map[string]any)["type"] != "null" {
			continue
		}
		properties[key] = choices[0]
		required = slices.DeleteFunc(required, func(name any) bool { return name == key })
	}
	v["required"] = required
	if len(required) == 0 {
		delete(v, "required")
	}
}

// inlineNull puts the schemas that may be null in the place of references to them:
// a reference would lose the null.
func inlineNull(doc, v map[string]any) {
	const prefix = "#/components/schemas/"
	to, _ := v["$ref"].(string)
	if len(to) <= len(prefix) || to[:len(prefix)] != prefix {
		return
	}
	schema := object(doc, "components", "schemas", to[len(prefix):])
	types, _ := schema["type"].([]any)
	for _, t := range types {
		if t == "null" {
			delete(v, "$ref")
			for key, value := range schema {
				if key != "examples" {
					v[key] = value
				}
			}
			return
		}
	}
}

// walk calls f for every object below v with the key it stands under.
func walk(v any, f func(key string, v map[string]any)) {
	var visit func(key string, v any)
	visit = func(key string, v any) {
		switch v := v.(type) {
		case map[string]any:
			f(key, v)
			for k, item := range v {
				visit(k, item)
			}
		case []any:
			for _, item := range v {
				visit("", item)
			}
		}
	}
	visit("", v)
}

// object follows keys down, nil when there is nothing.
func object(v map[string]any, keys ...string) map[string]any {
	for _, key := range keys {
		v, _ = v[key].(map[string]any)
	}
	return v
}
