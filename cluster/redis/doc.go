// Package redis keeps the membership of the cluster in Redis: who is there, where
// it listens, whether it can own competitions. It is protoactor's ClusterProvider.
// Nothing in it is durable: if Redis loses everything the nodes write it anew and
// nobody notices; while Redis is away everybody keeps the last View.
//
// # Keys
//
// All keys of a cluster share a hash tag, so that Redis Cluster keeps them on one
// node and a script may touch them all:
//
//	server5k:{NAME}:members  hash  member id -> name, address, owns, joined (JSON)
//	server5k:{NAME}:alive    zset  member id -> when its lease ends, ms
//	server5k:{NAME}:seen     zset  member id -> its last beat, ms
//	server5k:{NAME}:status   hash  member id -> what it says of itself (JSON)
//	server5k:{NAME}:dead     zset  member id -> when it left or was given up, ms
//	server5k:{NAME}:epoch    int   one more with each change of members
//	server5k:{NAME}:events   channel, the epoch after each change
//
// Times are those of Redis, so clocks of nodes do not matter. The first four expire
// ten leases after the last beat, the other two after Options.Tombstone: a cluster
// that is gone leaves nothing behind. An ACL user needs ~server5k:{NAME}:* and
// &server5k:{NAME}:*, and the commands of the scripts (lua/), EVAL, EVALSHA,
// SUBSCRIBE and PING.
//
// # Beats
//
// Each node runs lua/beat.lua twice a second. It extends the node's lease, buries
// members whose lease has ended (there is no leader: whoever beats does it) and
// returns all members. A change is published, which makes the others beat at once;
// a lost message costs one beat.
//
//	alive --lease ends, leaves, or its address has a new owner--> dead (for an hour)
//
// A dead id never comes back. A node that finds its own id among the dead, because
// it was frozen or cut off, joins again under a new one: View.Self changes. If
// nobody has beaten for half a lease it was Redis that was away, and everybody gets
// a new lease. A member that is gone without being dead (Redis lost data) is kept
// for a lease and two beats, until it has registered anew; graves that Redis lost
// are dug again by those who remember.
//
// # Goroutines
//
// A started Provider has three: one that beats, one that hands over views, one that
// listens to the channel; for a moment, one for each beat in flight and each suspect
// that is probed. Shutdown ends them all and waits for them.
package redis
