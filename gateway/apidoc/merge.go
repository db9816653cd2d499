package apidoc

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"go.yaml.in/yaml/v3"
)

//go:embed openapi/*.yaml asyncapi/*.yaml
var sources embed.FS

// maxDepth bounds aliases that contain themselves.
const maxDepth = 64

var (
	errTwice = errors.New("defined twice")
	errDeep  = errors.New("nested too deep")
	// errEmpty is mostly a text with a comma between braces that wants quotes.
	errEmpty = errors.New("has no value")
)

// merge makes one document of all files of a directory. info.yaml comes first,
// the others in the order of their names.
func merge(from fs.FS, dir string) (*yaml.Node, error) {
	names, err := fs.Glob(from, path.Join(dir, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	whole := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	first := path.Join(dir, "info.yaml")
	for _, name := range append([]string{first}, names...) {
		if name == first && len(whole.Content) > 0 {
			continue
		}
		part, err := readPart(from, name)
		if err != nil {
			return nil, err
		}
		if err := join(whole, part); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return whole, nil
}

// readPart reads a file without its comments, aliases and merge keys.
func readPart(from fs.FS, name string) (*yaml.Node, error) {
	raw, err := fs.ReadFile(from, name)
	if err != nil {
		return nil, fmt.Errorf("read part: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("parse %s: not a mapping", name)
	}
	part, err := expand(doc.Content[0], 0)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	return part, nil
}

// expand copies a node with its aliases and merge keys written out.
func expand(n *yaml.Node, depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	if n.Kind == yaml.AliasNode {
		return expand(n.Alias, depth+1)
	}
	out := &yaml.Node{Kind: n.Kind, Style: n.Style, Tag: n.Tag, Value: n.Value}
	var inherited []*yaml.Node
	for i, child := range n.Content {
		c, err := expand(child, depth+1)
		if err != nil {
			return nil, err
		}
		if n.Kind != yaml.MappingNode || i%2 == 0 {
			out.Content = append(out.Content, c)
			continue
		}
		if c.ShortTag() == "!!null" && c.Value == "" {
			return nil, fmt.Errorf("%q %w", n.Content[i-1].Value, errEmpty)
		}
		if n.Content[i-1].Tag == "!!merge" {
			out.Content = out.Content[:len(out.Content)-1]
			inherited = append(inherited, c)
			continue
		}
		out.Content = append(out.Content, c)
	}
	for _, from := range inherited {
		for i := 0; i+1 < len(from.Content); i += 2 {
			if child(out, from.Content[i].Value) == nil {
				out.Content = append(out.Content, from.Content[i], from.Content[i+1])
			}
		}
	}
	return out, nil
}

// join adds a part to a mapping, key by key.
func join(to, part *yaml.Node) error {
	for i := 0; i+1 < len(part.Content); i += 2 {
		key, value := part.Content[i], part.Content[i+1]
		have := child(to, key.Value)
		if have == nil {
			to.Content = append(to.Content, key, value)
			continue
		}
		if have.Kind != yaml.MappingNode || value.Kind != yaml.MappingNode {
			return fmt.Errorf("%s: %w", key.Value, errTwice)
		}
		if err := join(have, value); err != nil {
			return fmt.Errorf("%s: %w", key.Value, err)
		}
	}
	return nil
}

// child returns the value of a key of a mapping, or nil; keys lead on downwards.
func child(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		var next *yaml.Node
		if n != nil && n.Kind == yaml.MappingNode {
			for i := 0; i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == key {
					next = n.Content[i+1]
					break
				}
			}
		}
		n = next
	}
	return n
}

// text returns the scalar below keys, or "".
func text(n *yaml.Node, keys ...string) string {
	if found := child(n, keys...); found != nil {
		return found.Value
	}
	return ""
}
