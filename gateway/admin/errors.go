package admin

import (
	"context"
	"errors"
	"net/http"

	"server5k/gateway/auth"
	"server5k/gateway/office"
	"server5k/gateway/site"
	"server5k/race"
)

var (
	errForbidden = race.Errorf(race.CodeForbidden, "Su cuenta no puede hacer esto.")
	errMethod    = errors.New("method not allowed")
	// errForeign refuses a form that is none of ours, or of a session that is over.
	errForeign = errors.New("form of another page")
)

// trouble is a page that says why there is not another.
type trouble struct {
	Status int
	Text   string
	Back   string
}

// fail answers with the page of an error.
func (c *call) fail(err error) {
	status, key := statusOf(err)
	text := c.say(key)
	if said, ok := c.textOf(err); ok {
		text = said
	}
	if status >= http.StatusInternalServerError {
		c.p.cfg.Log.Error("panel request failed", "path", c.path, "err", err)
	}
	if status == http.StatusServiceUnavailable {
		c.ctx.Response.Header.Set("Retry-After", "1")
	}
	if c.isFragment() {
		c.ctx.SetStatusCode(status)
		c.ctx.SetBodyString("")
		return
	}
	if err := c.page(status, "trouble", c.say("trouble.title"), trouble{status, text, c.back("/admin/")}); err != nil {
		c.p.cfg.Log.Error("panel error page", "path", c.path, "err", err)
		c.ctx.SetStatusCode(status)
		c.ctx.SetBodyString(text)
	}
}

// statusOf returns the HTTP status of an error and the key of its text.
func statusOf(err error) (status int, key string) {
	var invalid office.Invalid
	switch {
	case errors.Is(err, race.ErrNotFound):
		return http.StatusNotFound, "trouble.missing"
	case errors.Is(err, errMethod):
		return http.StatusMethodNotAllowed, "trouble.method"
	case errors.Is(err, errForeign):
		return http.StatusForbidden, "trouble.foreign"
	case errors.As(err, &invalid):
		return http.StatusUnprocessableEntity, "trouble.invalid"
	case errors.Is(err, auth.ErrBusy), errors.Is(err, context.DeadlineExceeded), errors.Is(err, race.ErrFenced), errors.Is(err, errRequestTimeout):
		return http.StatusServiceUnavailable, "trouble.busy"
	}
	switch race.CodeOf(err) {
	case race.CodeForbidden:
		return http.StatusForbidden, "trouble.forbidden"
	case race.CodeStale:
		return http.StatusPreconditionFailed, "trouble.stale"
	case race.CodeUnavailable, race.CodeRateLimited:
		return http.StatusServiceUnavailable, "trouble.busy"
	case race.CodeInvalidValue, race.CodeMissingField, race.CodeMalformed:
		return http.StatusUnprocessableEntity, "trouble.invalid"
	case race.CodeNoRecord, race.CodeNoRuling, race.CodeNoSuchTeam, race.CodeNoCompetition:
		return http.StatusNotFound, "trouble.missing"
	case race.CodeInternal:
		return http.StatusInternalServerError, "trouble.internal"
	default:
		return http.StatusConflict, "trouble.conflict"
	}
}

// textOf says an error of the office in the language of the request; ok is false
// for one that is not for people.
func (c *call) textOf(err error) (string, bool) {
	var invalid office.Invalid
	if errors.As(err, &invalid) {
		if len(invalid.Faults) == 0 {
			return "", false
		}
		return invalid.Faults[0].Text.In(c.lang == site.English), true
	}
	text, ok := office.TextOf(err)
	if !ok {
		return "", false
	}
	return text.In(c.lang == site.English), true
}

// refusable says whether people can do something about an error in the form that
// led to it, so that it belongs there.
func refusable(err error) bool {
	status, _ := statusOf(err)
	return known(status, http.StatusUnprocessableEntity, http.StatusConflict)
}
