// Package gateway is the door of the server: REST for judges and organizers, the
// judge and public WebSockets, the event streams of others, and the spreading of
// events over all of them.
//
// It is the only place that knows the wire: Spanish keys, milliseconds and status
// codes are translated here, in rest_wire.go, office_wire.go, ruling_wire.go,
// wire_socket.go and record.go, and beside the handlers of results, events and
// webhooks. It checks who is there; whether a judge may write for a team is decided
// again where the record is stored, and what an organizer may do by package office.
// What it needs of the actors and the store it declares as small interfaces.
//
//	routes.go, office_routes.go    every path      office_call.go    a call to the desk
//	form.go    what was sent       listing.go      pages, order and search
//	live.go sweeper.go message.go    events to who listens    stream.go streams.go    as text/event-stream
//
// Goroutines: fasthttp's own while a request is handled, one a socket (package
// ws), two an event stream, which end with its reader or with Server.Shutdown, and
// the sweepers of Live, which end with Live.Close.
package gateway
