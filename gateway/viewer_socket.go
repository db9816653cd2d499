package gateway

import (
	"context"
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
	if !ws.CheckHandshake(ctx) || !s.admit(ctx) {
		return
	}
	setup, cancel := context.WithTimeoutCause(ctx, socketSetup, errors.New("open public socket: no answer in 3s"))
	defer cancel()
	path, _ := ctx.UserValue("id").(string)
	id, ok := pathID(path)
	var c race.Competition
	err := race.ErrNotFound
	if ok {
		c, err = s.cfg.Store.Competition(setup, race.CompetitionID(id))
	}
	switch {
	case errors.Is(err, race.ErrNotFound) || (err == nil && !c.Active):
		writeSocketError(ctx, fasthttp.StatusNotFound, "La competencia no existe o no está activa", 0)
		return
	case err != nil:
		s.unavailableSocket(ctx)
		return
	}
	since, ok := resumePoint(ctx)
	if !ok {
		writeSocketError(ctx, fasthttp.StatusBadRequest, "desde y epoca deben ser números enteros", 0)
		return
	}
	t, err := s.cfg.Live.awaitLive(setup, c.ID)
	if err != nil {
		s.unavailableSocket(ctx)
		return
	}
	h := &viewerHandler{live: s.cfg.Live, topic: t}
	s.cfg.Sockets.Upgrade(ctx, ws.Options{
		MaxMessage: maxViewerMessage, QueueFrames: 64, QueueBytes: 256 << 10, Policy: ws.CoalesceOnOverflow,
		IdlePing: 45 * time.Second, IdleTimeout: 100 * time.Second, WriteTimeout: 15 * time.Second,
		Rate: rate.Limit(10), Burst: 50, Client: s.clientAddr(ctx),
	}, func(conn *ws.Conn) ws.Handler {
		h.sub = &subscriber{conn: conn}
		h.live.joinViewer(t, h.sub, since)
		return h
	})
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

// viewerHandler is one public socket. It answers pings and ignores the rest.
type viewerHandler struct {
	live  *Live
	topic *topic
	sub   *subscriber
}

// OnText implements ws.Handler.
func (h *viewerHandler) OnText(payload []byte) {
	var m struct {
		Type jsontext.Value `json:"tipo"`
	}
	if jsontext.Value(payload).Kind() != '{' || json.Unmarshal(payload, &m, lenient) != nil {
		return
	}
	if kind, _ := stringOf(m.Type); kind == "ping" {
		h.sub.conn.Send(frame(pongMessage{Type: "pong"}))
	}
}

// OnBinary implements ws.Handler.
func (h *viewerHandler) OnBinary() {}

// OnRateLimited implements ws.Handler.
func (h *viewerHandler) OnRateLimited() {}

// OnLag implements ws.Handler.
func (h *viewerHandler) OnLag() { h.live.lagged(h.topic, h.sub) }

// OnClose implements ws.Handler.
func (h *viewerHandler) OnClose() { h.live.leaveViewer(h.topic, h.sub) }

// admit applies what holds for every socket: the origin and the number of
// connections. It answers itself when it returns false.
func (s *Server) admit(ctx *fasthttp.RequestCtx) bool {
	if !s.originAllowed(ctx) {
		writeSocketError(ctx, fasthttp.StatusForbidden, "Origen no permitido", 0)
		return false
	}
	if s.cfg.MaxSockets > 0 && s.cfg.Sockets.Len() >= s.cfg.MaxSockets {
		s.unavailableSocket(ctx)
		return false
	}
	if s.cfg.MaxSocketsPerIP > 0 && s.cfg.Sockets.From(s.clientAddr(ctx)) >= s.cfg.MaxSocketsPerIP {
		writeSocketError(ctx, fasthttp.StatusTooManyRequests, "Demasiadas conexiones desde esta dirección", 0)
		ctx.Response.Header.Set(fasthttp.HeaderRetryAfter, "10")
		return false
	}
	return true
}

// refuseSocket answers 403: the phone app looks for a failed upgrade, and other
// clients for the code.
func (s *Server) refuseSocket(ctx *fasthttp.RequestCtx, code int, text string) {
	writeSocketError(ctx, fasthttp.StatusForbidden, text, code)
}

func (s *Server) unavailableSocket(ctx *fasthttp.RequestCtx) {
	writeSocketError(ctx, fasthttp.StatusServiceUnavailable, "Servicio no disponible en este momento, reintente", 0)
	ctx.Response.Header.Set(fasthttp.HeaderRetryAfter, "1")
}

// writeSocketError writes {error, codigo}; a code of 0 is left out.
func writeSocketError(ctx *fasthttp.RequestCtx, status int, text string, code int) {
	body, err := json.Marshal(struct {
		Error string `json:"error"`
		Code  int    `json:"codigo,omitzero"`
	}{text, code})
	if err != nil {
		panic(err) // a text and a number always encode
	}
	ctx.Response.Reset()
	ctx.SetStatusCode(status)
	ctx.SetContentType("application/json")
	ctx.SetBody(body)
}

func (s *Server) judgeRate() rate.Limit { return rate.Limit(s.cfg.JudgeRate) }

// judgeBurst lets a phone that was cut off send all it has.
func (s *Server) judgeBurst() int { return int(4 * s.cfg.JudgeRate) }
