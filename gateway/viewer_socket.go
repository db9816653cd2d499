package gateway

import (
	"errors"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/valyala/fasthttp"
	"golang.org/x/time/rate"

	"server5k/gateway/ws"
	"server5k/race"
)

// maxViewerMessage is enough for a ping; viewers have nothing else to say.
const maxViewerMessage = 4 << 10

// viewerSocket upgrades GET /ws/competencia/{id}/.
func (s *Server) viewerSocket(ctx *fasthttp.RequestCtx) {
	h, no := s.openViewer(ctx)
	if no != nil {
		s.refuseSocket(ctx, kindViewer, no)
		return
	}
	s.cfg.Sockets.Upgrade(ctx, ws.Options{
		MaxMessage: maxViewerMessage, QueueFrames: 64, QueueBytes: 256 << 10, Policy: ws.CoalesceOnOverflow,
		IdlePing: 45 * time.Second, IdleTimeout: 100 * time.Second, WriteTimeout: 15 * time.Second,
		Rate: rate.Limit(10), Burst: 50, Client: s.clientAddr(ctx),
		OnOverflow: func() { s.metrics.overflowed(kindViewer) },
	}, h.start)
}

// openViewer returns the handler of a viewer that is let in, or why it is not.
func (s *Server) openViewer(ctx *fasthttp.RequestCtx) (*viewerHandler, *socketRefusal) {
	if no := s.admit(ctx, kindViewer); no != nil {
		return nil, no
	}
	since, ok := resumePoint(ctx)
	if !ok {
		return nil, refusedResume
	}
	return s.watch(ctx, since)
}

// watch lets somebody who has seen since watch the competition of the path, once
// its state is known, or says why not.
func (s *Server) watch(ctx *fasthttp.RequestCtx, since *resume) (*viewerHandler, *socketRefusal) {
	path, _ := ctx.UserValue("id").(string)
	id, ok := pathID(path)
	if !ok {
		return nil, refusedRace
	}
	leave, no := s.door.viewers.enter()
	if no != nil {
		return nil, no
	}
	defer leave()
	setup, cancel := s.door.prepare()
	defer cancel()
	c, err := s.cfg.Store.Competition(setup, race.CompetitionID(id))
	switch {
	case errors.Is(err, race.ErrNotFound) || (err == nil && !c.Active):
		return nil, refusedRace
	case err != nil:
		return nil, refusedStore
	}
	t, err := s.cfg.Live.awaitLive(setup, c.ID)
	if err != nil {
		return nil, refusedOwner
	}
	return &viewerHandler{live: s.cfg.Live, metrics: s.metrics, streams: s.streams, now: s.cfg.Now, topic: t, since: since}, nil
}

// resumePoint reads `desde` and `epoca`.
func resumePoint(ctx *fasthttp.RequestCtx) (*resume, bool) {
	from := ctx.QueryArgs().Peek("desde")
	if len(from) == 0 {
		return nil, true
	}
	var r resume
	var err error
	if r.seq, err = strconv.ParseInt(string(from), 10, 64); err != nil || r.seq < 0 {
		return nil, false
	}
	if stream := ctx.QueryArgs().Peek("epoca"); len(stream) > 0 {
		if r.stream, err = strconv.ParseInt(string(stream), 10, 64); err != nil {
			return nil, false
		}
	}
	return &r, true
}

// viewerHandler is one public socket, which answers pings and ignores the rest, or
// an event stream.
type viewerHandler struct {
	live    *Live
	metrics *metrics
	streams *streams // of who reads a stream
	now     func() time.Time
	topic   *topic
	since   *resume
	sub     *subscriber
}

func (h *viewerHandler) start(c *ws.Conn) ws.Handler {
	h.sub = &subscriber{conn: c}
	h.live.joinViewer(h.topic, h.sub, h.since)
	h.metrics.joined(kindViewer)
	return h
}

// OnText implements ws.Handler.
func (h *viewerHandler) OnText(payload []byte) {
	received := h.now()
	var m struct {
		Type jsontext.Value `json:"tipo"`
		T0   jsontext.Value `json:"t0"`
	}
	if jsontext.Value(payload).Kind() != '{' || json.Unmarshal(payload, &m, lenient) != nil {
		return
	}
	if kind, _ := stringOf(m.Type); kind == "ping" {
		p := pongMessage{Type: "pong"}
		p.clock(m.T0, preciseMS(received), h.now())
		h.sub.conn.Send(frame(p))
	}
}

// OnBinary implements ws.Handler.
func (h *viewerHandler) OnBinary() {}

// OnRateLimited implements ws.Handler.
func (h *viewerHandler) OnRateLimited() {}

// OnLag implements ws.Handler.
func (h *viewerHandler) OnLag() { h.live.lagged(h.topic, h.sub) }

// OnClose implements ws.Handler.
func (h *viewerHandler) OnClose() {
	h.metrics.left(kindViewer)
	h.live.leaveViewer(h.topic, h.sub)
}
