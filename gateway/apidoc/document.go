package apidoc

import (
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// document is one merged document in both forms.
type document struct {
	root   *yaml.Node
	json   []byte
	asYAML Asset
	asJSON Asset
}

// The documents are made at the first use. Their sources are part of the program,
// so that only a mistake of a programmer makes them fail, which a test sees.
var (
	openAPI  = sync.OnceValue(func() document { return compose("openapi") })
	asyncAPI = sync.OnceValue(func() document { return compose("asyncapi") })
)

func compose(dir string) document {
	root, err := merge(sources, dir)
	if err != nil {
		panic(err)
	}
	asYAML, err := yamlOf(root)
	if err != nil {
		panic(err)
	}
	asJSON, err := jsonOf(root)
	if err != nil {
		panic(err)
	}
	d := document{root: root, json: asJSON, asYAML: packAsset(typeYAML, asYAML), asJSON: packAsset(typeJSON, asJSON)}
	d.asYAML.Vary, d.asJSON.Vary = "Accept, Accept-Encoding", "Accept, Accept-Encoding"
	return d
}

// OpenAPI returns the OpenAPI 3.1 document as JSON.
func OpenAPI() []byte { return slices.Clone(openAPI().json) }

// AsyncAPI returns the AsyncAPI 3.0 document as JSON.
func AsyncAPI() []byte { return slices.Clone(asyncAPI().json) }

// form chooses between YAML and JSON: format is the parameter of the query, which
// counts more than the Accept header. Without a wish for JSON it is YAML.
func (d document) form(format, accept string) Asset {
	switch strings.ToLower(format) {
	case "json":
		return d.asJSON
	case "yaml":
		return d.asYAML
	}
	yamlWish := preference(accept, typeYAML, "application/x-yaml", "text/yaml", "application/vnd.oai.openapi")
	if preference(accept, typeJSON, "application/vnd.oai.openapi+json") > yamlWish {
		return d.asJSON
	}
	return d.asYAML
}
