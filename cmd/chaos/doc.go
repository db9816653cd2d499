// Command chaos plays races against the real server on a real PostgreSQL while
// it breaks things: processes are killed and frozen, connections cut, answers
// swallowed, a second server started on the same database. Then it judges, from
// the answers that clients got and from the tables alone, whether the server kept
// its promise: what was acknowledged is stored, once, as it was sent, and nothing
// else is.
//
//	phones ──► server A ──► link A ──► PostgreSQL (restarted when it ends)
//	viewers ─► server B ──► link B ──►      │
//	organizer                               │ tables
//	   └─ history of answers ──► verdict ◄──┘
//
// With -cluster the servers are three nodes, at times four, with a real Redis.
// Each has links of its own to Redis and to PostgreSQL. Between them are network
// namespaces on one bridge, or, where the machine does not allow that, links that
// know who dials. Viewers move from node to node and must not be shown for long as
// live what is over.
//
//	phones ──►  a ═╦═ b   ──► a link each ──► PostgreSQL
//	viewers ─►  c ═╩═ (d) ──► a link each ──► Redis
//
// The seed repeats the plan of clients and faults, not the schedule of the
// machine. The verdict shares no code with the server: it has its own reading of
// the wire, of the tables and of the hash chain, so that one error cannot hide in
// both. Mutants are the proof that it sees: versions of the server with a planted
// fault, each of which a campaign must catch.
//
// Measurements are campaigns too, with the same verdict: -failover breaks owners
// one after the other under steady judges and tells how long a competition was
// silent, -rolling restarts all nodes under clients that retry like the app.
package main
