package actors

import "server5k/race"

// Placement says which node owns a competition. Two nodes may disagree for a
// moment; the store decides who may write. Its methods may be called from any
// goroutine and do not block.
type Placement interface {
	// Owner returns the address of the node that owns a competition, as far as
	// this node knows, empty when there is none.
	Owner(id race.CompetitionID) string
	// Changes counts the changes so far. Whatever was on its way between nodes when
	// one came or went may be lost.
	Changes() int64
	// Nodes returns the addresses of all nodes, this one among them.
	Nodes() []string
	// Membership returns the name of this node's membership, which changes when
	// the node was declared dead and came back, and whether it has not run out.
	Membership() (name string, valid bool)
	// Watch makes f be called after each change. f must not block.
	Watch(f func())
}
