// Package client is a client of the REST routes, generated from the OpenAPI
// document: what it can say is what the document has. It is for tests.
//
// The handshakes of sockets and the pages are left out. Response headers and forms
// are too, for they would make it four times as long. `go generate` in this
// directory makes it anew; generate/ says how.
package client

//go:generate go run ./generate
