// Package apidoc has the documents of the API: OpenAPI for the REST routes and the
// handshakes, AsyncAPI for what is said over the sockets, and the pages that show
// them. All is embedded and works without any other host.
//
//	openapi/*.yaml ──┐ merged        ┌─ /api/schema/                YAML or JSON
//	asyncapi/*.yaml ─┤ at first use ─┼─ /api/schema/asyncapi/       YAML or JSON
//	pages/, static/ ─┘               ├─ …/swagger-ui/, …/redoc/     pages
//	                                 └─ /api/schema/static/…        scripts and styles
//
// Each file of a directory is a part of one document. Parts may add to the same
// path or to the same kind of component; the same key twice is an error.
//
// To add an operation, write it under paths in the file of its resource, or in a
// new file, with its own schemas under components beside it; what all resources
// share is in openapi/components.yaml. Objects that the server answers are closed
// (additionalProperties: false), and a text with a comma between braces needs
// quotes. A message of a socket is one entry each under the channel's messages, an
// operation, components.messages and components.schemas. The tests of this package
// and of apidoc/contract say what is missing; then go generate ./gateway/apidoc/client.
//
// The package serves nothing by itself and starts no goroutine: Find returns bytes
// and the headers they go with. apidoc/contract holds what is really sent against
// the documents, in tests; apidoc/client is generated from them, for tests as well.
package apidoc
