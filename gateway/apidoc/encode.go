package apidoc

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"
)

// yamlOf writes a document as YAML.
func yamlOf(n *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(n); err != nil {
		return nil, fmt.Errorf("encode yaml: %w", err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("encode yaml: %w", err)
	}
	return b.Bytes(), nil
}

// jsonOf writes a document as JSON, in the order of its keys.
func jsonOf(n *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	if err := writeJSON(jsontext.NewEncoder(&b), n); err != nil {
		return nil, fmt.Errorf("encode json: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

func writeJSON(enc *jsontext.Encoder, n *yaml.Node) error {
	switch n.Kind {
	case yaml.MappingNode:
		return writeList(enc, n, jsontext.BeginObject, jsontext.EndObject)
	case yaml.SequenceNode:
		return writeList(enc, n, jsontext.BeginArray, jsontext.EndArray)
	case yaml.ScalarNode:
		return writeScalar(enc, n)
	default:
		return fmt.Errorf("node of kind %d", n.Kind)
	}
}

func writeList(enc *jsontext.Encoder, n *yaml.Node, begin, end jsontext.Token) error {
	if err := enc.WriteToken(begin); err != nil {
		return err
	}
	for i, item := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			// A key is a text whatever it looks like, such as a status.
			if err := enc.WriteToken(jsontext.String(item.Value)); err != nil {
				return err
			}
			continue
		}
		if err := writeJSON(enc, item); err != nil {
			return err
		}
	}
	return enc.WriteToken(end)
}

func writeScalar(enc *jsontext.Encoder, n *yaml.Node) error {
	switch n.ShortTag() {
	case "!!int", "!!float":
		return enc.WriteValue(jsontext.Value(n.Value))
	case "!!bool":
		return enc.WriteToken(jsontext.Bool(n.Value == "true"))
	case "!!null":
		return enc.WriteToken(jsontext.Null)
	default:
		return enc.WriteToken(jsontext.String(n.Value))
	}
}
