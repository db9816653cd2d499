// Package office is the race office: the one place that knows which organizer
// may see and change what, and what a change has to look like. REST and the
// panel both call a Desk; neither decides anything itself.
//
//	REST ──┐                 ┌── Store: rows, in one transaction with the audit log
//	       ├── Desk ─────────┤
//	panel ─┘   who may what  └── Races: start, stop, rulings, by the competition's owner
//
// It knows no HTTP and no HTML. The names of fields in a Fault are those of the
// wire, so that REST and the panel point at the same one. It starts no
// goroutines.
package office
