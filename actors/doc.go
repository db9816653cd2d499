// Package actors owns the running competitions of a node: who may write, in
// which order, and who hears of it.
//
//	gateway ── Submit/Session ──► session ─┐
//	                                       ├─► owners ─► competition ─► recorder ─► store
//	gateway ── REST ───────────────────────┘                 │
//	gateway ◄── Publisher ◄── hub ◄── events ────────────────┘
//
// owners is the parent of the competition actors and spawns them on demand; a
// competition that panics is stopped and activated again from the store by the
// next message. A competition keeps the ledger, queues what arrives while a
// batch is being committed and answers only what is durable. Its recorder does
// the waiting: it runs the store call in a goroutine with a deadline and sends
// the result back as a message. hub is the one listener of a node; it checks
// that no event is missing before it passes them on. A session stands for one
// judge's socket: it keeps the answers in the order of the requests and sends
// again what the owner did not answer.
//
// The package does no I/O in Receive, knows no wire format and imports only
// race. Every goroutine it starts ends by its own deadline.
package actors
