package gateway

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"server5k/gateway/ws"
)

// maxStreams bounds the event streams of a node, all together about 20 MB and as
// many descriptors. They are for programs of others, each of which serves a crowd of
// its own; a crowd of browsers has the socket.
const maxStreams = 1000

// streams are the event streams that are open. Its methods may be called from any
// goroutine.
type streams struct {
	limit int

	mu       sync.Mutex // protects the fields below
	open     map[*stream]struct{}
	byIP     map[netip.Addr]int // no zeros
	draining bool
}

func newStreams() *streams {
	return &streams{limit: maxStreams, open: map[*stream]struct{}{}, byIP: map[netip.Addr]int{}}
}

// full says why a client can have no other stream, nil when it can.
func (l *streams) full(client netip.Addr, perClient int) *socketRefusal {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.draining || len(l.open) >= l.limit:
		return refusedFull
	case perClient > 0 && l.byIP[client] >= perClient:
		return refusedAddress
	}
	return nil
}

// add takes a stream in; false when there are too many, or the node is going.
func (l *streams) add(s *stream) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.draining || len(l.open) >= l.limit {
		return false
	}
	l.open[s] = struct{}{}
	l.byIP[s.client]++
	return true
}

func (l *streams) remove(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, s)
	if l.byIP[s.client]--; l.byIP[s.client] <= 0 {
		delete(l.byIP, s.client)
	}
}

// drain ends all streams, each with a time of its own to come back, and waits for
// them. When ctx ends first, the rest is cut off.
func (l *streams) drain(ctx context.Context) error {
	l.mu.Lock()
	l.draining = true
	open := slices.Collect(maps.Keys(l.open))
	l.mu.Unlock()
	for _, s := range open {
		s.close(retryLine(ws.RetryIn()))
	}
	var err error
	for _, s := range open {
		select {
		case <-s.done:
		case <-ctx.Done():
			err = fmt.Errorf("drain event streams: %w", context.Cause(ctx))
			s.abort()
			<-s.done
		}
	}
	return err
}

// retryLine tells a reader when to come back after a cut.
func retryLine(d time.Duration) string { return fmt.Sprintf("retry: %d\n\n", d.Milliseconds()) }

// eventStream answers GET /competencia/{id}/eventos/ with the events of the public
// as text/event-stream, to the pages of anybody.
func (s *Server) eventStream(ctx *fasthttp.RequestCtx) {
	h, no := s.openStream(ctx)
	if no != nil {
		s.refuseSocket(ctx, kindStream, no)
		shareWithAll(ctx)
		return
	}
	client, head := s.clientAddr(ctx), streamHead(s.cfg.Now(), s.retryIn())
	ctx.SetStatusCode(http.StatusOK) // for the metrics; the answer is ours
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(hijacked net.Conn) {
		nc := hijacked
		if u, ok := hijacked.(interface{ UnsafeConn() net.Conn }); ok {
			nc = u.UnsafeConn() // fasthttp uses the other one again
		}
		_ = nc.SetDeadline(time.Time{}) // of the request; a dead connection shows at the write
		st := newStream(nc, client)
		if !s.streams.add(st) {
			_ = nc.Close() // others were faster; it comes back
			return
		}
		go h.serve(st, head)
	})
}

// openStream returns the handler of a reader that is let in, or why it is not.
func (s *Server) openStream(ctx *fasthttp.RequestCtx) (*viewerHandler, *socketRefusal) {
	if no := s.streams.full(s.clientAddr(ctx), s.cfg.MaxSocketsPerIP); no != nil {
		return nil, no
	}
	since, ok := resumePoint(ctx)
	if id := ctx.Request.Header.Peek("Last-Event-ID"); len(id) > 0 { // newer than the address
		since = eventID(string(id))
	} else if !ok {
		return nil, refusedResume
	}
	return s.watch(ctx, since)
}

// eventID reads where a reader was cut off. An id that is none of ours is of
// another history.
func eventID(id string) *resume {
	stream, seq, _ := strings.Cut(id, "-")
	r := &resume{}
	var err error
	if r.stream, err = strconv.ParseInt(stream, 10, 64); err != nil || r.stream == 0 {
		return nil
	}
	if r.seq, err = strconv.ParseInt(seq, 10, 64); err != nil || r.seq < 0 {
		return nil
	}
	return r
}

// serve writes to a stream until it is over.
func (h *viewerHandler) serve(st *stream, head []byte) {
	h.sub = &subscriber{conn: st, stream: true}
	st.onLag = func() { h.live.lagged(h.topic, h.sub) }
	st.onFull = func() { h.metrics.overflowed(kindStream) }
	h.live.joinViewer(h.topic, h.sub, h.since)
	h.metrics.joined(kindStream)
	defer func() {
		h.metrics.left(kindStream)
		h.live.leaveViewer(h.topic, h.sub)
		h.streams.remove(st)
	}()
	st.run(head)
}

// streamHead begins a stream. What follows has no length and ends with the
// connection; a proxy in between must pass it on at once.
func streamHead(now time.Time, retry time.Duration) []byte {
	return []byte("HTTP/1.1 200 OK\r\nDate: " + now.UTC().Format(http.TimeFormat) + "\r\n" +
		"Content-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n" +
		"Access-Control-Allow-Origin: *\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n" +
		"Connection: close\r\n\r\n" + retryLine(retry))
}

// shareWithAll lets the pages of anybody read an answer.
func shareWithAll(ctx *fasthttp.RequestCtx) {
	h := &ctx.Response.Header
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Retry-After")
}
