package admin

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"server5k/gateway/hooks"
	"server5k/gateway/office"
	"server5k/gateway/site"
	"server5k/race"
)

// Webhooks keeps which addresses are told what happens; hooks.Registry is it.
type Webhooks interface {
	List(ctx context.Context, who hooks.Who, competition race.CompetitionID) ([]race.Webhook, error)
	Get(ctx context.Context, who hooks.Who, id race.WebhookID) (race.Webhook, error)
	Create(ctx context.Context, who hooks.Who, f hooks.Form) (race.Webhook, error)
	Update(ctx context.Context, who hooks.Who, id race.WebhookID, match func(race.Webhook) bool, f hooks.Form) (race.Webhook, error)
	Delete(ctx context.Context, who hooks.Who, id race.WebhookID, match func(race.Webhook) bool) error
	Deliveries(ctx context.Context, who hooks.Who, id race.WebhookID, offset, limit int) ([]race.Delivery, int, error)
	Redeliver(ctx context.Context, who hooks.Who, webhook race.WebhookID, id race.DeliveryID) (race.Delivery, error)
}

var _ Webhooks = (*hooks.Registry)(nil)

// hookWho is who asks, as the registry wants to know it.
func (c *call) hookWho() hooks.Who {
	w := hooks.Who{Author: c.who.Username, All: c.who.Superuser}
	if c.who.Writes() {
		for id := range c.who.Granted {
			w.Competitions = append(w.Competitions, id)
		}
		slices.Sort(w.Competitions)
	}
	return w
}

// webhookLine is a webhook in the list.
type webhookLine struct {
	race.Webhook
	Event string // name of the competition, "" all of them
	News  []string
}

// webhooks answers GET /admin/webhooks/.
func webhooks(ctx context.Context, c *call) error {
	all, err := c.p.cfg.Webhooks.List(ctx, c.hookWho(), 0)
	if err != nil {
		return err
	}
	names, err := c.eventNames(ctx)
	if err != nil {
		return err
	}
	lines := make([]webhookLine, 0, len(all))
	for _, w := range all {
		l := webhookLine{Webhook: w, Event: names[w.Competition]}
		for _, k := range w.Kinds {
			l.News = append(l.News, c.hookText(hooks.KindText(k)))
		}
		lines = append(lines, l)
	}
	return c.page(http.StatusOK, "webhooks", c.say("webhooks.title"), lines)
}

func (c *call) hookText(t hooks.Text) string { return office.Text(t).In(c.lang == site.English) }

// eventNames returns the names of the competitions that may be seen.
func (c *call) eventNames(ctx context.Context) (map[race.CompetitionID]string, error) {
	all, err := c.p.cfg.Desk.Competitions(ctx, c.who)
	if err != nil {
		return nil, err
	}
	names := make(map[race.CompetitionID]string, len(all))
	for _, r := range all {
		names[r.ID] = r.Name
	}
	return names, nil
}

// webhookPage edits a webhook, or makes one when Webhook.ID is 0.
type webhookPage struct {
	Webhook    race.Webhook
	Event      string
	Form       *form
	Tag        office.Tag
	Kinds      []option
	Events     []option
	All        bool // one for all competitions may be made
	Deliveries []deliveryLine
	Paging     paging
}

// deliveryLine is a delivery in words.
type deliveryLine struct {
	race.Delivery
	News, Event, Status, Fault, Mood string
}

// newWebhook answers GET /admin/webhooks/nuevo/.
func newWebhook(ctx context.Context, c *call) error {
	f := newForm()
	f.Values["is_active"], f.Values[hooks.FieldCompetition] = "1", c.query("competencia")
	return c.showWebhook(ctx, http.StatusOK, webhookPage{Form: f}, race.WebhookKinds())
}

// createWebhook answers POST /admin/webhooks/nuevo/ with the secret, which is shown
// this once.
func createWebhook(ctx context.Context, c *call) error {
	f, values := c.webhookForm()
	if event := f.Values[hooks.FieldCompetition]; event != "" {
		id, err := strconv.ParseInt(event, 10, 64)
		if err != nil || id <= 0 {
			f.fault(hooks.FieldCompetition, c.say("fault.required"))
		}
		values.Competition = race.CompetitionID(id)
	} else if !c.who.Superuser {
		f.fault(hooks.FieldCompetition, c.say("fault.required"))
	}
	if !f.bad() {
		made, err := c.p.cfg.Webhooks.Create(ctx, c.hookWho(), values)
		if err == nil {
			return c.page(http.StatusOK, "secret", c.say("secret.title"), made)
		}
		if !c.refuse(f, err) {
			return err
		}
	}
	return c.showWebhook(ctx, http.StatusUnprocessableEntity, webhookPage{Form: f}, *values.Kinds)
}

// editWebhook answers GET /admin/webhooks/{}/.
func editWebhook(ctx context.Context, c *call) error {
	w, err := c.p.cfg.Webhooks.Get(ctx, c.hookWho(), race.WebhookID(c.id(0)))
	if err != nil {
		return err
	}
	f := newForm()
	f.Values = map[string]string{hooks.FieldURL: w.URL, "is_active": box(w.Active)}
	return c.showWebhook(ctx, http.StatusOK, webhookPage{Webhook: w, Form: f, Tag: office.TagOf(w)}, w.Kinds)
}

// saveWebhook answers POST /admin/webhooks/{}/.
func saveWebhook(ctx context.Context, c *call) error {
	id, tag := race.WebhookID(c.id(0)), office.Tag(c.value("version"))
	f, values := c.webhookForm()
	values.NewSecret = c.value("secreto") == "1"
	if !f.bad() {
		w, err := c.p.cfg.Webhooks.Update(ctx, c.hookWho(), id, matchTag(tag), values)
		switch {
		case err == nil && w.Secret != "":
			return c.page(http.StatusOK, "secret", c.say("secret.title"), w)
		case err == nil:
			return c.done(webhookPath(id), "saved")
		case !c.refuse(f, err):
			return err
		}
	}
	w, err := c.p.cfg.Webhooks.Get(ctx, c.hookWho(), id)
	if err != nil {
		return err
	}
	return c.showWebhook(ctx, http.StatusUnprocessableEntity, webhookPage{Webhook: w, Form: f, Tag: tag}, *values.Kinds)
}

// redeliver answers POST /admin/webhooks/{}/reenviar/.
func redeliver(ctx context.Context, c *call) error {
	id, err := race.ParseRecordID(c.value("entrega"))
	if err != nil {
		return race.ErrNotFound
	}
	webhook := race.WebhookID(c.id(0))
	if _, err := c.p.cfg.Webhooks.Redeliver(ctx, c.hookWho(), webhook, id); err != nil {
		return err
	}
	return c.done(webhookPath(webhook), "redelivered")
}

// deleteWebhook returns the handlers of /admin/webhooks/{}/eliminar/.
func deleteWebhook() (get, post handler) {
	return remove(removal{
		ask: "delete.webhook", to: func(*call) string { return "/admin/webhooks/" },
		find: func(ctx context.Context, c *call) (string, office.Tag, string, error) {
			w, err := c.p.cfg.Webhooks.Get(ctx, c.hookWho(), race.WebhookID(c.id(0)))
			return w.URL, office.TagOf(w), webhookPath(w.ID), err
		},
		do: func(ctx context.Context, c *call, tag office.Tag) error {
			return c.p.cfg.Webhooks.Delete(ctx, c.hookWho(), race.WebhookID(c.id(0)), matchTag(tag))
		},
	})
}

// matchTag compares with a tag; nil, which compares nothing, without one.
func matchTag(tag office.Tag) func(race.Webhook) bool {
	if tag == "" {
		return nil
	}
	return func(w race.Webhook) bool { return office.TagOf(w) == tag }
}

func webhookPath(id race.WebhookID) string { return fmt.Sprintf("/admin/webhooks/%d/", id) }

// webhookForm reads the fields of a webhook.
func (c *call) webhookForm() (*form, hooks.Form) {
	f := c.form(hooks.FieldURL, hooks.FieldCompetition, "is_active")
	f.Values[hooks.FieldKinds] = ""
	url, active := f.Values[hooks.FieldURL], f.checked("is_active")
	kinds := []race.WebhookKind{}
	for _, v := range c.values(hooks.FieldKinds) {
		if k := race.WebhookKind(v); slices.Contains(race.WebhookKinds(), k) {
			kinds = append(kinds, k)
		}
	}
	c.required(f, hooks.FieldURL)
	if len(kinds) == 0 {
		f.fault(hooks.FieldKinds, c.say("fault.required"))
	}
	return f, hooks.Form{URL: &url, Kinds: &kinds, Active: &active}
}

func (c *call) showWebhook(ctx context.Context, status int, page webhookPage, kinds []race.WebhookKind) error {
	names, err := c.eventNames(ctx)
	if err != nil {
		return err
	}
	page.All = c.who.Superuser
	for _, k := range race.WebhookKinds() {
		page.Kinds = append(page.Kinds, option{string(k), c.hookText(hooks.KindText(k)), slices.Contains(kinds, k)})
	}
	if page.Webhook.ID == 0 {
		for _, id := range slices.Sorted(maps.Keys(names)) {
			value := fmt.Sprint(id)
			page.Events = append(page.Events, option{value, names[id], value == page.Form.Values[hooks.FieldCompetition]})
		}
		return c.page(status, "webhook", c.say("webhook.new"), page)
	}
	page.Event = names[page.Webhook.Competition]
	if err := c.fillDeliveries(ctx, &page, names); err != nil {
		return err
	}
	return c.page(status, "webhook", c.say("webhook.edit"), page)
}

// fillDeliveries adds the page of deliveries that the query asks for.
func (c *call) fillDeliveries(ctx context.Context, page *webhookPage, names map[race.CompetitionID]string) error {
	offset := (int(min(max(c.queryID("page"), 1), 1<<20)) - 1) * pageSize
	list, total, err := c.p.cfg.Webhooks.Deliveries(ctx, c.hookWho(), page.Webhook.ID, offset, pageSize)
	if err != nil {
		return err
	}
	page.Paging, _, _ = c.paging(total)
	moods := map[race.DeliveryState]string{race.DeliveryDelivered: "ok", race.DeliveryFailed: "bad", race.DeliveryPending: "wait"}
	for _, d := range list {
		page.Deliveries = append(page.Deliveries, deliveryLine{
			Delivery: d, News: c.hookText(hooks.KindText(d.Kind)), Event: names[d.Competition], Status: c.hookText(hooks.StateText(d.State)),
			Fault: c.hookText(hooks.FaultText(d.LastFault)), Mood: moods[d.State],
		})
	}
	return nil
}
