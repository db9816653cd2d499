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
// The seed repeats the plan of clients and faults, not the schedule of the
// machine. The verdict shares no code with the server: it has its own reading of
// the wire, of the tables and of the hash chain, so that one error cannot hide in
// both. Mutants are the proof that it sees: versions of the server with a planted
// fault, each of which a campaign must catch.
package main
