// Package cluster knows the nodes and which of them owns a competition.
//
//	provider (cluster/redis, or Single) ── View ──► Lookup ◄── actors: who owns it?
//	Node: remoting between the nodes, joins and leaves
//
// Ownership is a hint for speed: two nodes may believe for a moment that they
// own the same competition. The epoch in the database decides who may write.
package cluster
