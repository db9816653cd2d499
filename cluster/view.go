package cluster

// Member is one node as all see it.
type Member struct {
	// ID names one life of a node. A node that was declared dead while it lived,
	// because it was frozen or cut off, joins again under a new one.
	ID string
	// Name is what operators call the node.
	Name string
	// Address is where its remoting listens, host:port.
	Address string
	// Owns says that the node can own competitions: its database answers and it
	// is not about to leave.
	Owns bool
}

// View is who is in the cluster, as far as this node knows. It is never changed
// once it has been handed over.
type View struct {
	// Self is the ID of this node, empty while it is not a member.
	Self string
	// Members are all nodes by ID, this one among them while it is a member.
	Members []Member
	// Leased says that this node's membership has not run out. Without it others
	// may have taken over what this node owns, without its knowing.
	Leased bool
}
