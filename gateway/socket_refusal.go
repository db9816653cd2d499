package gateway

import (
	"github.com/go-json-experiment/json"
	"github.com/valyala/fasthttp"

	"server5k/gateway/ws"
	"server5k/race"
)

// socketKind is who a socket is for.
type socketKind string

const (
	kindJudge  socketKind = "judge"
	kindViewer socketKind = "viewer"
	kindStream socketKind = "stream" // of events over HTTP
)

// closeRevoked ends the socket of a judge whose session was; the number is that
// of the refusal it would meet when it comes back.
const closeRevoked = 4002

// socketRefusal is why a handshake is not answered with an upgrade.
type socketRefusal struct {
	reason string // a word for the metrics
	status int
	text   string
	code   any    // `codigo`: a number or a race.Code; nil is left out
	retry  string // Retry-After, "" for one of its own where the status is 503
}

const textBusy = "Servicio no disponible en este momento, reintente"

func busy(reason string) *socketRefusal {
	return &socketRefusal{reason: reason, status: fasthttp.StatusServiceUnavailable, text: textBusy, code: race.CodeUnavailable}
}

func forbidden(reason, text string, code any) *socketRefusal {
	return &socketRefusal{reason: reason, status: fasthttp.StatusForbidden, text: text, code: code}
}

// All refusals of handshakes, but those of requests that are none. The phone app
// looks for a failed upgrade and other clients for the code.
var (
	refusedOrigin  = forbidden("origin", "Origen no permitido", nil)
	refusedAddress = &socketRefusal{"address", fasthttp.StatusTooManyRequests, "Demasiadas conexiones desde esta dirección", nil, "10"}
	refusedFull    = busy("full")  // as many sockets as may be open
	refusedRate    = busy("rate")  // too many came within a second
	refusedQueue   = busy("queue") // too many are being prepared
	refusedStore   = busy("store")
	refusedOwner   = busy("owner") // nobody who knows the race answers

	refusedNoToken      = forbidden("no_token", "Falta el token de acceso", 4001)
	refusedToken        = forbidden("token", "El token no es válido o venció", 4002)
	refusedJudge        = forbidden("judge", "Juez no encontrado o inactivo", 4002)
	refusedOtherJudge   = forbidden("other_judge", "El token es de otro juez", 4003)
	refusedNoActiveRace = forbidden("no_active_race", "No tiene equipos en una competencia activa", 4004)

	refusedRace   = &socketRefusal{"race", fasthttp.StatusNotFound, "La competencia no existe o no está activa", nil, ""}
	refusedResume = &socketRefusal{"resume", fasthttp.StatusBadRequest, "desde y epoca deben ser números enteros", nil, ""}

	// refusedHandshake was answered already.
	refusedHandshake = &socketRefusal{reason: "handshake"}
)

// socketRefusals are all of them: the metrics have a series for each.
var socketRefusals = []*socketRefusal{
	refusedOrigin, refusedAddress, refusedFull, refusedRate, refusedQueue, refusedStore, refusedOwner,
	refusedNoToken, refusedToken, refusedJudge, refusedOtherJudge, refusedNoActiveRace,
	refusedRace, refusedResume, refusedHandshake,
}

// refuseSocket answers {error, codigo} and counts it.
func (s *Server) refuseSocket(ctx *fasthttp.RequestCtx, kind socketKind, r *socketRefusal) {
	s.metrics.handshakeRefused(kind, r)
	s.cfg.Log.Debug("socket refused", "kind", string(kind), "reason", r.reason)
	if r == refusedHandshake {
		return
	}
	body, err := json.Marshal(struct {
		Error string `json:"error"`
		Code  any    `json:"codigo,omitzero"`
	}{r.text, r.code})
	if err != nil {
		panic(err) // a text and a number or word always encode
	}
	ctx.Response.Reset()
	ctx.SetStatusCode(r.status)
	ctx.SetContentType("application/json")
	ctx.SetBody(body)
	switch {
	case r.retry != "":
		ctx.Response.Header.Set(fasthttp.HeaderRetryAfter, r.retry)
	case r.status == fasthttp.StatusServiceUnavailable:
		ctx.Response.Header.Set(fasthttp.HeaderRetryAfter, ws.RetryAfter())
	}
}
