package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/valyala/fasthttp"

	"server5k/gateway/ws"
	"server5k/race"
)

// statuses maps each code of the domain to the HTTP status of its answer.
var statuses = map[race.Code]int{
	race.CodeMalformed:     http.StatusBadRequest,
	race.CodeUnknownType:   http.StatusBadRequest,
	race.CodeMissingField:  http.StatusBadRequest,
	race.CodeInvalidValue:  http.StatusBadRequest,
	race.CodeNoSuchTeam:    http.StatusNotFound,
	race.CodeForeignTeam:   http.StatusForbidden,
	race.CodeNotRunning:    http.StatusConflict,
	race.CodeTeamComplete:  http.StatusBadRequest,
	race.CodeConflict:      http.StatusBadRequest,
	race.CodeTooMany:       http.StatusBadRequest,
	race.CodeRateLimited:   http.StatusTooManyRequests,
	race.CodeUnavailable:   http.StatusServiceUnavailable,
	race.CodeAlreadyRuns:   http.StatusConflict,
	race.CodeNoCompetition: http.StatusNotFound,
	race.CodeInternal:      http.StatusServiceUnavailable, // the app retries 503, not 500
}

// statusOf returns the HTTP status for a code.
func statusOf(code race.Code) int {
	if status, ok := statuses[code]; ok {
		return status
	}
	return http.StatusServiceUnavailable
}

// recordStatus is statusOf for sent records: a refusal is never 409, which the
// app takes for "already sent".
func recordStatus(code race.Code) int {
	if status := statusOf(code); status != http.StatusConflict {
		return status
	}
	return http.StatusBadRequest
}

// phrase is a text for people in both languages of the API.
type phrase struct{ es, en string }

// The shapes of refusals.
type (
	detailBody struct {
		Detail string `json:"detail"`
		Code   string `json:"code,omitzero"`
	}
	errorBody struct {
		Error string `json:"error"`
		Code  string `json:"codigo,omitzero"`
	}
	tokenBody struct {
		Detail   string         `json:"detail"`
		Code     string         `json:"code"`
		Messages []tokenMessage `json:"messages"`
	}
	tokenMessage struct {
		Class   string `json:"token_class"`
		Type    string `json:"token_type"`
		Message string `json:"message"`
	}
)

// retryLimited is when who sent too fast may come back.
const retryLimited = time.Second

// refusal is an answer other than success. It is an error so that handlers can
// return it.
type refusal struct {
	status     int
	body       any
	retryAfter time.Duration // with 429; a 503 has a time of its own
	challenge  bool          // with 401: send WWW-Authenticate
	allow      string        // with 405
	cause      error         // for the log, never for the client
	reason     string        // with 429 and 503: the metrics' word, "" for what the status says
}

// Error names the status and the cause.
func (r *refusal) Error() string {
	if r.cause != nil {
		return r.cause.Error()
	}
	return http.StatusText(r.status)
}

// Unwrap returns the cause.
func (r *refusal) Unwrap() error { return r.cause }

// detail refuses with {detail}.
func (c *call) detail(status int, p phrase) error {
	return &refusal{status: status, body: detailBody{Detail: c.say(p)}}
}

// mistake refuses with {error}.
func (c *call) mistake(status int, p phrase) error {
	return &refusal{status: status, body: errorBody{Error: c.say(p)}}
}

// texts of refusals that more than one file gives.
var (
	textNotFound    = phrase{"No encontrado.", "Not found."}
	textUnavailable = phrase{"El servidor no puede atender ahora. Intente de nuevo.", "The server cannot answer now. Try again."}
	textInternal    = phrase{"Error interno del servidor.", "Internal server error."}
)

// fail answers with what err says.
func (c *call) fail(err error) {
	var r *refusal
	if !errors.As(err, &r) {
		r = c.refusalOf(err)
	}
	h := &c.ctx.Response.Header
	if r.challenge {
		h.Set("WWW-Authenticate", `Bearer realm="api"`)
	}
	if r.allow != "" {
		h.Set("Allow", r.allow)
	}
	switch {
	case r.status == http.StatusServiceUnavailable:
		h.Set("Retry-After", ws.RetryAfter())
	case r.retryAfter > 0:
		// Rounded up: coming back too early would only be refused again.
		h.Set("Retry-After", fmt.Sprint(int64((r.retryAfter+time.Second-1)/time.Second)))
	}
	if r.cause != nil && r.status >= http.StatusInternalServerError {
		c.s.cfg.Log.Error("request not served", "path", c.path, "err", r.cause)
	}
	c.s.metrics.refused(r)
	c.reply(r.status, r.body)
}

// refusalOf turns what the store or the races returned into an answer.
func (c *call) refusalOf(err error) *refusal {
	if errors.Is(err, race.ErrNotFound) {
		return &refusal{status: http.StatusNotFound, body: detailBody{Detail: c.say(textNotFound)}}
	}
	var known *race.Error
	if !errors.As(err, &known) || known.Code == race.CodeInternal || known.Code == race.CodeUnavailable {
		return &refusal{
			status: http.StatusServiceUnavailable, body: detailBody{Detail: c.say(textUnavailable)}, cause: err,
		}
	}
	r := &refusal{status: statusOf(known.Code)}
	if r.status == http.StatusConflict {
		r.body = errorBody{Error: known.Text, Code: string(known.Code)}
		return r
	}
	if r.status == http.StatusTooManyRequests {
		r.retryAfter = retryLimited
	}
	r.body = detailBody{Detail: known.Text, Code: string(known.Code)}
	return r
}

// Deadlines of calls that leave the gateway. Those for hashes and for what is
// submitted are below the 15 s after which the phone app gives a request up: before
// a race all judges log in at once, and a laptop checks a password in 50 ms or more.
const (
	storeTimeout  = 5 * time.Second
	hashTimeout   = 10 * time.Second
	submitTimeout = 10 * time.Second
)

// timeoutError is the cause of a deadline; it names the operation.
type timeoutError string

// Error says what took too long.
func (e timeoutError) Error() string { return string(e) + " took too long" }

// within runs f under a deadline. The context does not end with the request: a
// write that a client gave up is finished or times out like any other.
func within[T any](limit time.Duration, operation string, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), limit, timeoutError(operation))
	defer cancel()
	v, err := f(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return v, fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
		return v, fmt.Errorf("%s: %w", operation, err)
	}
	return v, nil
}

// badRequest answers what fasthttp could not read as a request.
func (s *Server) badRequest(ctx *fasthttp.RequestCtx, err error) {
	c := &call{s: s, ctx: ctx}
	status, text := http.StatusBadRequest, phrase{"Solicitud mal formada.", "Malformed request."}
	var tooBig *fasthttp.ErrSmallBuffer
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		status, text = http.StatusRequestEntityTooLarge, phrase{"El cuerpo de la solicitud es demasiado grande.", "The request body is too large."}
	case errors.As(err, &tooBig):
		status, text = http.StatusRequestHeaderFieldsTooLarge, phrase{"Los encabezados son demasiado grandes.", "The headers are too large."}
	case errors.As(err, &timeout) && timeout.Timeout():
		status, text = http.StatusRequestTimeout, phrase{"La solicitud tardó demasiado.", "The request took too long."}
	}
	secure(ctx)
	ctx.SetConnectionClose()
	c.reply(status, detailBody{Detail: text.es})
	s.metrics.nowhere.count(status)
}
