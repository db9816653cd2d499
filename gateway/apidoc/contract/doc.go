// Package contract holds what a server really says against the documents of
// gateway/apidoc. It is for tests: nothing that is shipped may import it, for its
// validators are large.
//
// A test gives its http.Client a Contract as transport and its sockets' frames to
// Frame, and at the end reports Problems, compares Routes with the router's list
// and Unseen with what it means not to cover. All methods may be called from any
// goroutine; the package starts none.
package contract
