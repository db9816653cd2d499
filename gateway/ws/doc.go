// Package ws is the portable WebSocket transport of the gateway (RFC 6455, server side, no
// extensions) on sockets that fasthttp hands over after the upgrade request.
//
// It owns the sockets, the framing and the bounded write queues. It does not know what a message
// means, who the peer is or which connections belong together.
//
//	fasthttp -- CheckHandshake, Server.Upgrade --> adopt --> Conn.run (one goroutine per connection)
//	                                                          | reads, decodes, calls the Handler
//	any goroutine -- Conn.Send --> try write(2) --------------+--> socket
//	                                   | socket full          |
//	                                   +--> queue --> Conn.flush (on demand, ends when the queue is empty)
//
// Goroutines: Conn.run ends when the peer is gone, after a close handshake or after the linger time
// that follows Conn.Close; Conn.flush lives only while a socket does not take what was sent and is
// bounded by Options.WriteTimeout. Server.Drain ends all of them. An idle connection holds no buffer
// on unix; elsewhere, and on sockets without a descriptor (TLS), frames are read straight into place
// and each one is written by Conn.flush.
//
// Lock order: Conn.callMu before Conn.mu; Server.mu is never held together with either.
package ws
