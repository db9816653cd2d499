package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"server5k/gateway/site"
	"server5k/race"
)

// hookStore keeps webhooks in memory.
type hookStore struct {
	hooks      []race.Webhook
	deliveries []race.Delivery
	again      []race.DeliveryID
}

func (s *hookStore) Webhooks(context.Context) ([]race.Webhook, error) {
	return slices.Clone(s.hooks), nil
}

func (s *hookStore) at(id race.WebhookID) int {
	return slices.IndexFunc(s.hooks, func(w race.Webhook) bool { return w.ID == id })
}

func (s *hookStore) Webhook(_ context.Context, id race.WebhookID) (race.Webhook, error) {
	if i := s.at(id); i >= 0 {
		return s.hooks[i], nil
	}
	return race.Webhook{}, race.ErrNotFound
}

func (s *hookStore) AddWebhook(_ context.Context, w race.Webhook, _ race.AuditEntry) (race.WebhookID, error) {
	w.ID = race.WebhookID(len(s.hooks) + 1)
	s.hooks = append(s.hooks, w)
	return w.ID, nil
}

func (s *hookStore) ChangeWebhook(_ context.Context, id race.WebhookID, f func(race.Webhook) (race.Webhook, race.AuditEntry, error)) error {
	i := s.at(id)
	if i < 0 {
		return race.ErrNotFound
	}
	w, _, err := f(s.hooks[i])
	if err == nil {
		s.hooks[i] = w
	}
	return err
}

func (s *hookStore) RemoveWebhook(_ context.Context, id race.WebhookID, f func(race.Webhook) (race.AuditEntry, error)) error {
	i := s.at(id)
	if i < 0 {
		return race.ErrNotFound
	}
	if _, err := f(s.hooks[i]); err != nil {
		return err
	}
	s.hooks = slices.Delete(s.hooks, i, i+1)
	return nil
}

func (s *hookStore) Deliveries(_ context.Context, id race.WebhookID, _, _ int) ([]race.Delivery, int, error) {
	var out []race.Delivery
	for _, d := range s.deliveries {
		if d.Webhook == id {
			out = append(out, d)
		}
	}
	return out, len(out), nil
}

func (s *hookStore) Delivery(_ context.Context, id race.DeliveryID) (race.Delivery, error) {
	for _, d := range s.deliveries {
		if d.ID == id {
			return d, nil
		}
	}
	return race.Delivery{}, race.ErrNotFound
}

func (s *hookStore) Redeliver(_ context.Context, id race.DeliveryID, _, _ time.Time, _ race.AuditEntry) error {
	s.again = append(s.again, id)
	return nil
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(chief, "/admin/webhooks/nuevo/", "competencia_id", "1").want(t, http.StatusUnprocessableEntity, "Complete este campo", `href="#f-url"`, `href="#f-tipos"`)
	b.post(chief, "/admin/webhooks/nuevo/", "competencia_id", "1", "url", "http://10.0.0.1/", "tipos", "start").want(t, http.StatusUnprocessableEntity, `value="http://10.0.0.1/"`, `id="f-url-fault"`)
	b.post(chief, "/admin/webhooks/nuevo/", "url", "https://example.com/aviso", "tipos", "start").want(t, http.StatusUnprocessableEntity, `id="f-competencia_id-fault"`)
	made := b.post(chief, "/admin/webhooks/nuevo/", "competencia_id", "1", "url", "https://example.com/aviso", "tipos", "start", "tipos", "official", "is_active", "1").want(t, http.StatusOK, "no se puede volver a mostrar")
	secret := b.hooks.hooks[0].Secret
	if secret == "" || !strings.Contains(made.body, secret) {
		t.Fatal("the secret is not shown")
	}
	b.hooks.deliveries = []race.Delivery{{ID: race.NewRecordID(), Webhook: 1, Competition: 1, Kind: race.WebhookOfficial, Subject: "official:1", State: race.DeliveryFailed, Attempts: 3, LastStatus: 500, LastFault: race.FaultStatus, CreatedAt: gun}}
	page := b.get(chief, "/admin/webhooks/1/").want(t, http.StatusOK, "official:1", "500", `name="tipos" value="official" checked`)
	checkPage(t, "webhook", site.Spanish, page)
	if strings.Contains(page.body, secret) {
		t.Error("the secret is shown again")
	}
	checkPage(t, "webhooks", site.Spanish, b.get(chief, "/admin/webhooks/").want(t, http.StatusOK, "https://example.com/aviso"))
	b.post(chief, "/admin/webhooks/1/reenviar/", "entrega", page.hidden(t, "entrega")).want(t, http.StatusSeeOther)
	if len(b.hooks.again) != 1 {
		t.Errorf("sent again: %v", b.hooks.again)
	}
	tag := page.hidden(t, "version")
	b.post(chief, "/admin/webhooks/1/", "version", tag, "url", "https://example.com/otro", "tipos", "stop", "is_active", "1").want(t, http.StatusSeeOther)
	b.post(chief, "/admin/webhooks/1/", "version", tag, "url", "https://example.com/tarde", "tipos", "stop").want(t, http.StatusPreconditionFailed)
	tag = b.get(chief, "/admin/webhooks/1/").hidden(t, "version")
	b.post(chief, "/admin/webhooks/1/", "version", tag, "url", "https://example.com/otro", "tipos", "stop", "is_active", "1", "secreto", "1").want(t, http.StatusOK, b.hooks.hooks[0].Secret)
	b.get(other, "/admin/webhooks/1/").want(t, http.StatusNotFound)
	b.get(viewer, "/admin/webhooks/").want(t, http.StatusForbidden)
	b.post(chief, "/admin/webhooks/1/eliminar/", "confirmar", "1").want(t, http.StatusSeeOther)
	if len(b.hooks.hooks) != 0 {
		t.Error("still there")
	}
}
