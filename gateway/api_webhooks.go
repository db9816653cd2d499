package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"server5k/gateway/hooks"
	"server5k/gateway/office"
	"server5k/race"
)

var (
	textNoWebhook  = phrase{"El webhook no existe.", "The webhook does not exist."}
	textNoDelivery = phrase{"La entrega no existe.", "The delivery does not exist."}
)

// webhookJSON is an address that is told what happens.
type webhookJSON struct {
	ID            int64    `json:"id"`
	CompetitionID *int64   `json:"competencia_id"` // null for every one
	URL           string   `json:"url"`
	Kinds         []string `json:"tipos"`
	IsActive      bool     `json:"is_active"`
	CreatedAt     string   `json:"created_at"`
	Author        string   `json:"autor"`
	Secret        string   `json:"secreto,omitzero"` // only when it was made
}

func webhookOf(w race.Webhook, in stamp) webhookJSON {
	out := webhookJSON{int64(w.ID), idOf(w.Competition), w.URL, make([]string, len(w.Kinds)), w.Active, in.text(w.CreatedAt), w.Author, w.Secret}
	for i, k := range w.Kinds {
		out.Kinds[i] = hooks.Type(k)
	}
	return out
}

// deliveryStates are the states of a delivery on the wire.
var deliveryStates = map[race.DeliveryState]string{
	race.DeliveryPending: "pendiente", race.DeliveryDelivered: "entregada", race.DeliveryFailed: "fallida",
}

// deliveryJSON is one piece of news for a webhook.
type deliveryJSON struct {
	ID            string         `json:"id"`
	CompetitionID *int64         `json:"competencia_id"`
	Kind          string         `json:"tipo"`
	Subject       string         `json:"objeto"`
	State         string         `json:"estado"`
	Attempts      int            `json:"intentos"`
	NextAt        *string        `json:"proximo_intento"` // null when it is not pending
	LastStatus    *int           `json:"ultimo_estado"`   // HTTP, null without an answer
	LastFault     string         `json:"ultimo_error"`    // code, empty without one
	LastText      string         `json:"ultimo_error_texto"`
	CreatedAt     string         `json:"creada_en"`
	DeliveredAt   *string        `json:"entregada_en"`
	Body          jsontext.Value `json:"cuerpo,omitzero"` // of a single one
}

func (c *call) deliveryOf(d race.Delivery) deliveryJSON {
	in, fault := c.s.stamp(), hooks.FaultText(d.LastFault)
	out := deliveryJSON{
		ID: d.ID.String(), CompetitionID: idOf(d.Competition), Kind: hooks.Type(d.Kind), Subject: d.Subject, State: deliveryStates[d.State],
		Attempts: d.Attempts, LastFault: string(d.LastFault), LastText: c.say(phrase{fault.ES, fault.EN}),
		CreatedAt: in.text(d.CreatedAt), DeliveredAt: in.pointer(d.DeliveredAt), Body: jsontext.Value(d.Body),
	}
	if d.State == race.DeliveryPending {
		out.NextAt = in.pointer(d.NextAt)
	}
	if d.LastStatus != 0 {
		out.LastStatus = &d.LastStatus
	}
	return out
}

// onHooks is consult for webhooks; a viewer has none.
func onHooks[T any](c *call, operation string, writes bool, f func(ctx context.Context, r *hooks.Registry, w hooks.Who) (T, error)) (T, error) {
	v, err := consult(c, operation, func(ctx context.Context, _ *office.Desk, w office.Who) (T, error) {
		var none T
		if c.s.cfg.Hooks == nil {
			return none, race.ErrNotFound
		}
		who := hooks.Who{Author: w.Username, All: w.Superuser}
		if err := w.MayWrite(); err == nil {
			for id := range w.Granted {
				who.Competitions = append(who.Competitions, id)
			}
		} else if writes {
			return none, err
		}
		return f(ctx, c.s.cfg.Hooks, who)
	})
	var invalid *hooks.InvalidError
	if errors.As(err, &invalid) {
		faults := map[string][]string{}
		for _, f := range invalid.Faults {
			faults[f.Field] = append(faults[f.Field], c.say(phrase{f.Text.ES, f.Text.EN}))
		}
		return v, &refusal{status: http.StatusBadRequest, body: faults}
	}
	return v, err
}

// webhooks answers GET /api/webhooks/; `?competencia_id=` narrows the list.
func (s *Server) webhooks(c *call) error {
	competition, _, err := c.idFilter("competencia_id", "competition_id")
	if err != nil {
		return err
	}
	rows, err := onHooks(c, "list webhooks", false, func(ctx context.Context, r *hooks.Registry, w hooks.Who) ([]race.Webhook, error) {
		return r.List(ctx, w, race.CompetitionID(competition))
	})
	if err != nil {
		return err
	}
	return list(c, rows, listing[race.Webhook]{
		wire:  func(w race.Webhook) any { return webhookOf(w, s.stamp()) },
		texts: func(w race.Webhook) []string { return []string{w.URL, w.Author} },
	})
}

// webhook answers GET /api/webhooks/{id}/.
func (s *Server) webhook(c *call) error {
	w, err := onHooks(c, "read webhook", false, func(ctx context.Context, r *hooks.Registry, w hooks.Who) (race.Webhook, error) {
		return r.Get(ctx, w, race.WebhookID(c.id))
	})
	return c.answerWebhook(http.StatusOK, w, err)
}

// answerWebhook writes a webhook.
func (c *call) answerWebhook(status int, w race.Webhook, err error) error {
	if err != nil {
		return c.missing(err, textNoWebhook)
	}
	c.secret()
	return c.row(status, tagged(w), webhookOf(w, c.s.stamp()))
}

// tagged is what the tag of a webhook is made of: without the secret, and with its
// instant as it is stored.
func tagged(w race.Webhook) race.Webhook {
	w.Secret, w.CreatedAt = "", w.CreatedAt.UTC().Truncate(time.Microsecond)
	return w
}

func (c *call) webhookForm() (hooks.Form, error) {
	f, err := c.form()
	if err != nil {
		return hooks.Form{}, err
	}
	f.whole("url", "tipos")
	out := hooks.Form{
		Competition: race.CompetitionID(or(f.id("competencia_id"))), URL: f.text("url"), Active: f.flag("is_active"), NewSecret: or(f.flag("nuevo_secreto")),
	}
	if raw, found := f.fields["tipos"]; found {
		var words []string
		if raw.Kind() != '[' || json.Unmarshal(raw, &words) != nil {
			f.fault("tipos", textList)
		}
		kinds := make([]race.WebhookKind, len(words))
		for i, word := range words {
			kinds[i], _ = hooks.KindOf(word) // "" is none of them
		}
		out.Kinds = &kinds
	}
	return out, f.err()
}

// createWebhook answers POST /api/webhooks/ with the secret, which nobody sees again.
func (s *Server) createWebhook(c *call) error {
	form, err := c.webhookForm()
	if err != nil {
		return err
	}
	w, err := onHooks(c, "create webhook", true, func(ctx context.Context, r *hooks.Registry, w hooks.Who) (race.Webhook, error) {
		return r.Create(ctx, w, form)
	})
	return c.answerWebhook(http.StatusCreated, w, err)
}

// updateWebhook answers PUT and PATCH /api/webhooks/{id}/; `nuevo_secreto` makes
// another secret, which the answer has.
func (s *Server) updateWebhook(c *call) error {
	form, err := c.webhookForm()
	if err != nil {
		return err
	}
	w, err := onHooks(c, "change webhook", true, func(ctx context.Context, r *hooks.Registry, w hooks.Who) (race.Webhook, error) {
		return r.Update(ctx, w, race.WebhookID(c.id), c.matchWebhook(), form)
	})
	return c.answerWebhook(http.StatusOK, w, err)
}

// deleteWebhook answers DELETE /api/webhooks/{id}/.
func (s *Server) deleteWebhook(c *call) error {
	_, err := onHooks(c, "delete webhook", true, func(ctx context.Context, r *hooks.Registry, w hooks.Who) (struct{}, error) {
		return struct{}{}, r.Delete(ctx, w, race.WebhookID(c.id), c.matchWebhook())
	})
	return c.gone(c.missing(err, textNoWebhook))
}

// matchWebhook compares a webhook with the tag that the client has seen.
func (c *call) matchWebhook() func(race.Webhook) bool {
	tag := c.ifMatch()
	if tag == "" {
		return nil
	}
	return func(w race.Webhook) bool { return tag == office.TagOf(tagged(w)) }
}

// deliveries answers GET /api/webhooks/{id}/entregas/, newest first; without a
// page it is the first 200.
func (s *Server) deliveries(c *call) error {
	p, err := c.page()
	if err != nil {
		return err
	}
	offset, limit := p.offset(), p.size
	if !p.wanted {
		limit = longestPage
	}
	type found struct {
		rows  []race.Delivery
		count int
	}
	got, err := onHooks(c, "list deliveries", false, func(ctx context.Context, r *hooks.Registry, w hooks.Who) (v found, err error) {
		v.rows, v.count, err = r.Deliveries(ctx, w, race.WebhookID(c.id), offset, limit)
		return v, err
	})
	if err != nil {
		return c.missing(err, textNoWebhook)
	}
	rows := written(got.rows, func(d race.Delivery) any { return c.deliveryOf(d) })
	if !p.wanted {
		c.reply(http.StatusOK, rows)
		return nil
	}
	return c.answerPage(p, got.count, rows)
}

// delivery answers GET /api/webhooks/{id}/entregas/{id_entrega}/ with its body.
func (s *Server) delivery(c *call) error { return s.onDelivery(c, false, (*hooks.Registry).Delivery) }

// redeliver answers POST /api/webhooks/{id}/entregas/{id_entrega}/reenviar/.
func (s *Server) redeliver(c *call) error { return s.onDelivery(c, true, (*hooks.Registry).Redeliver) }

// onDelivery does something with the delivery of the path and answers it.
func (s *Server) onDelivery(
	c *call, writes bool, do func(*hooks.Registry, context.Context, hooks.Who, race.WebhookID, race.DeliveryID) (race.Delivery, error),
) error {
	id, err := race.ParseRecordID(c.second)
	if err != nil {
		return c.detail(http.StatusNotFound, textNoDelivery)
	}
	d, err := onHooks(c, "delivery", writes, func(ctx context.Context, r *hooks.Registry, w hooks.Who) (race.Delivery, error) {
		return do(r, ctx, w, race.WebhookID(c.id), id)
	})
	if err != nil {
		return c.missing(err, textNoDelivery)
	}
	c.reply(http.StatusOK, c.deliveryOf(d))
	return nil
}
