package gateway

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"server5k/gateway/office"
	"server5k/race"
)

// officeStatuses are the statuses of what organizers are refused, where statuses
// has none or one for judges.
var officeStatuses = map[race.Code]int{
	race.CodeForbidden:    http.StatusForbidden,
	race.CodeStale:        http.StatusPreconditionFailed,
	race.CodeNoRecord:     http.StatusNotFound,
	race.CodeNoRuling:     http.StatusNotFound,
	race.CodeNotFinished:  http.StatusConflict,
	race.CodeRuling:       http.StatusConflict,
	race.CodeFindings:     http.StatusConflict,
	race.CodeInUse:        http.StatusConflict,
	race.CodeTaken:        http.StatusConflict,
	race.CodeTeamComplete: http.StatusConflict,
	race.CodeConflict:     http.StatusConflict,
	race.CodeTooMany:      http.StatusConflict,
}

// consult has the desk do something for the organizer who calls.
func consult[T any](c *call, operation string, f func(ctx context.Context, d *office.Desk, w office.Who) (T, error)) (T, error) {
	return consultFor(c, submitTimeout, operation, f)
}

// consultFor is consult for what may take longer.
func consultFor[T any](c *call, limit time.Duration, operation string, f func(ctx context.Context, d *office.Desk, w office.Who) (T, error)) (T, error) {
	v, err := within(limit, operation, func(ctx context.Context) (T, error) {
		w, err := c.s.cfg.Desk.Who(ctx, c.organizer)
		if err != nil {
			var none T
			return none, err
		}
		return f(ctx, c.s.cfg.Desk, w)
	})
	return v, c.refuseOffice(err)
}

// do is consult for what returns nothing.
func do(c *call, operation string, f func(ctx context.Context, d *office.Desk, w office.Who) error) error {
	_, err := consult(c, operation, func(ctx context.Context, d *office.Desk, w office.Who) (struct{}, error) {
		return struct{}{}, f(ctx, d, w)
	})
	return err
}

// refuseOffice turns an error of the desk into an answer: a form to be mended 400
// {field: [text]}, what does not exist or is not theirs 404, what cannot be now 409.
func (c *call) refuseOffice(err error) error {
	var invalid office.Invalid
	if errors.As(err, &invalid) {
		faults := map[string][]string{}
		for _, f := range invalid.Faults {
			name := f.Field
			if name == "" {
				name = "non_field_errors"
			}
			faults[name] = append(faults[name], c.say(phrase{f.Text.ES, f.Text.EN}))
		}
		return &refusal{status: http.StatusBadRequest, body: faults}
	}
	code := race.CodeOf(err)
	status, ok := officeStatuses[code]
	if !ok {
		status, ok = statuses[code]
	}
	text, known := office.TextOf(err)
	if err == nil || !ok || !known || status == http.StatusServiceUnavailable {
		return err // fail knows what to do
	}
	said := c.say(phrase{text.ES, text.EN})
	r := &refusal{status: status, body: detailBody{Detail: said, Code: string(code)}}
	if status == http.StatusConflict {
		r.body = errorBody{Error: said, Code: string(code)}
	}
	return r
}

// competitionID is that of the path; 0 is the id of nothing.
func (c *call) competitionID() race.CompetitionID { return race.CompetitionID(c.id) }

// missing names what the path asked for when it does not exist.
func (c *call) missing(err error, p phrase) error {
	if errors.Is(err, race.ErrNotFound) {
		return c.detail(http.StatusNotFound, p)
	}
	return err
}

// ifMatch returns the tag that the client has seen, "" when it does not say. A
// proxy that compresses makes a tag weak; it is the same row.
func (c *call) ifMatch() office.Tag {
	tag := strings.TrimSpace(string(c.ctx.Request.Header.Peek("If-Match")))
	if tag == "*" {
		return ""
	}
	return office.Tag(strings.TrimPrefix(tag, "W/"))
}

// row answers with one row and its tag.
func (c *call) row(status int, tagged, wire any) error {
	c.ctx.Response.Header.Set("ETag", string(office.TagOf(tagged)))
	c.reply(status, wire)
	return nil
}

// gone answers a DELETE.
func (c *call) gone(err error) error {
	if err == nil {
		c.ctx.SetStatusCode(http.StatusNoContent)
	}
	return err
}

// secret keeps an answer with a password out of every cache.
func (c *call) secret() { c.ctx.Response.Header.Set("Cache-Control", "no-store") }
