// Package hooks tells other systems what happens in a race: start, stop, a team
// that became complete, official results. Registry keeps which addresses are told,
// for whoever serves organizers; Dispatcher tells them.
//
// Nothing of it is on the path of a record. Every second the dispatcher of each
// node asks the database which webhooks have not been told of which events,
// derives the news from the evidence and stores a delivery for each in the same
// transaction that moves the webhook's cursor, so that of several nodes one does.
// What is due is then leased by one node and sent:
//
//	events ──► spans ──► news ──► deliveries ──► lease ──► POST ──► settle
//	  after the cursor   race     one a subject    60 s    10 s    delivered, later, failed
//
// A delivery arrives at least once: when a node dies while it sends, another sends
// again under the same id once the lease is over. Order is not promised; `evento`
// tells it. An attempt that fails is repeated after 5 s, 30 s, 2 min, 10 min, 1 h
// and then every 6 h, each with a fifth of jitter, for 24 h. A Retry-After is
// honoured up to an hour. 410 switches the webhook off. Deliveries are kept 30 days
// and may be sent again on request.
//
// The body is JSON with Spanish keys (message). It is signed:
//
//	X-Server5K-Signature: t=<unix seconds>,v1=<hex of HMAC-SHA256(secret, t + "." + body)>
//	X-Server5K-Delivery:  <id, the same for a repeat>
//
// The key is the secret as it was shown, prefix included. Receivers should refuse
// a t that is minutes away. Secrets are shown once and stored in clear, because
// they must sign; whoever reads the database can forge news, as he can results.
//
// What an organizer may have called is in Guard: HTTPS to public addresses. The
// check is on the address that is connected to, so a name that changes between two
// look-ups gains nothing; redirects are not followed and proxies not used.
//
// The dispatcher runs one goroutine from Start to Stop and at most maxInFlight that
// send, at most maxPerHost to one host. Stop waits for these a moment and then
// aborts them; the next node sends what was aborted.
package hooks
