package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"server5k/race"
)

// acceptAll answers POST /admin/competencias/{}/aceptar/: it accepts those findings
// of one kind that the page showed, each by a ruling of its own, so that each can
// be undone. The form names them: what was found after it was shown stays open.
func acceptAll(ctx context.Context, c *call) error {
	f := c.form("tipo", "motivo", "clave")
	kind := race.FindingKind(f.Values["tipo"])
	if !slices.Contains(findingKinds, kind) {
		return race.ErrNotFound
	}
	c.required(f, "motivo")
	shown := slices.DeleteFunc(c.values("hallazgo"), func(key string) bool { return !strings.HasPrefix(key, string(kind)+"-") })
	if len(shown) == 0 || len(shown) > reviewLimit {
		f.fault("", c.say("accept.none", reviewLimit))
	}
	if f.bad() {
		return showReview(ctx, c, http.StatusUnprocessableEntity, f)
	}
	done, gone := 0, 0
	for _, key := range shown {
		err := c.accept(ctx, f, key)
		switch {
		case err == nil:
			done++
		case race.CodeOf(err) == race.CodeRuling:
			gone++ // settled meanwhile, or not there any more
		case done > 0:
			f.fault("", c.say("accept.partly", done, len(shown)))
			return showReview(ctx, c, http.StatusConflict, f)
		case !c.refuse(f, err):
			return err
		default:
			return showReview(ctx, c, http.StatusUnprocessableEntity, f)
		}
	}
	if gone > 0 {
		f.fault("", c.say("accept.gone", done, gone))
		return showReview(ctx, c, http.StatusConflict, f)
	}
	return c.done(eventPath(c.competition(), "revision/"), "accepted")
}

// accept accepts one finding.
func (c *call) accept(ctx context.Context, f *form, finding string) error {
	key, err := orderKey(f.Values["clave"], race.RulingAccept, finding)
	if err != nil {
		return err
	}
	_, err = c.p.cfg.Desk.Rule(ctx, c.who, race.Order{
		Competition: c.competition(), Kind: race.RulingAccept, Finding: finding, Key: key, Reason: f.Values["motivo"],
	})
	return err
}
