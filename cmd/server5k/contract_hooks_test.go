package main

import (
	"fmt"
	"net/http"
	"time"

	api "server5k/gateway/apidoc/client"
	"server5k/persistence"
	"server5k/race"
)

// webhooks makes one that is told of a stop, and one that goes.
func (w *walk) webhooks() {
	url, kinds := "https://avisos.example.invalid/server5k", []string{"competencia.detenida", "resultados.oficiales"}
	made, err := w.boss.CreateWebhookWithResponse(w.ctx, api.NewWebhook{CompetitionID: &w.competition, URL: url, Kinds: kinds})
	w.good(made, err)
	id := made.JSON201.ID
	got, err := w.boss.GetWebhookWithResponse(w.ctx, id)
	w.good(got, err)
	if *tag(got.HTTPResponse) != *tag(made.HTTPResponse) || made.JSON201.Secret == nil || got.JSON200.Secret != nil {
		w.t.Errorf("made %+v, got %+v", made.JSON201, got.JSON200)
	}
	changed, err := w.boss.ReplaceWebhookWithResponse(w.ctx, id, &api.ReplaceWebhookParams{IfMatch: tag(got.HTTPResponse)},
		api.WholeWebhook{URL: url + "/2", Kinds: kinds, NewSecret: new(true)})
	w.good(changed, err)
	w.refused(http.StatusPreconditionFailed, must(w.boss.UpdateWebhookWithResponse(w.ctx, id, &api.UpdateWebhookParams{IfMatch: tag(got.HTTPResponse)}, api.WebhookChange{})), nil)
	w.good(w.boss.UpdateWebhookWithResponse(w.ctx, id, nil, api.WebhookChange{Kinds: &kinds}))
	w.good(w.boss.ListWebhooksWithResponse(w.ctx, nil))
	w.good(w.boss.ListWebhooksWithResponse(w.ctx, &api.ListWebhooksParams{CompetitionID: &w.competition, Page: new(1)}))
	w.deliveries(id)
	w.good(w.boss.DeleteWebhookWithResponse(w.ctx, id, nil))
}

// deliveries stops the race once more, and puts what is to be told where the server
// finds it unless it has done so itself.
func (w *walk) deliveries(webhook int64) {
	w.good(w.boss.ReopenCompetitionWithResponse(w.ctx, w.competition, nil, api.ReopenRequest{}))
	w.stop()
	w.end()
	delivery := race.Delivery{
		ID: race.NewRecordID(), Webhook: race.WebhookID(webhook), Competition: race.CompetitionID(w.competition), Kind: race.WebhookStop, Subject: "stop:0",
		Body: []byte(`{"tipo":"competencia.detenida"}`), State: race.DeliveryPending, NextAt: now().Add(time.Hour), GiveUpAt: now().Add(2 * time.Hour), CreatedAt: now(),
	}
	err := withStore(w.ctx, w.cfg, func(s persistence.Store) error {
		spans, err := s.WebhookSpans(w.ctx)
		if err != nil || len(spans) == 0 { // the server was faster and has stored one itself
			return err
		}
		if stored, err := s.Enqueue(w.ctx, spans[0], []race.Delivery{delivery}); err != nil || !stored {
			return fmt.Errorf("stored %v: %w", stored, err)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.url, w.end = serveConfig(w.t, w.cfg)
	w.boss = w.as(w.boss.token)
	list, err := w.boss.ListDeliveriesWithResponse(w.ctx, webhook, nil)
	w.good(list, err)
	rows, err := list.JSON200.AsDeliveries()
	if err != nil || len(rows) == 0 {
		w.t.Fatalf("deliveries %+v, %v", rows, err)
	}
	w.good(w.boss.ListDeliveriesWithResponse(w.ctx, webhook, &api.ListDeliveriesParams{Page: new(1)}))
	one, err := w.boss.GetDeliveryWithResponse(w.ctx, webhook, rows[0].ID.String())
	w.good(one, err)
	if one.JSON200.Body == nil {
		w.t.Errorf("delivery %+v", one.JSON200)
	}
	w.good(w.boss.RedeliverWithResponse(w.ctx, webhook, rows[0].ID.String()))
}

// leave ends a judge's session.
func (w *walk) leave() {
	in, err := w.as("").LoginJudgeWithResponse(w.ctx, api.Credentials{Username: "juez2", Password: "no es"})
	w.refused(http.StatusUnauthorized, in, err)
	reset, err := w.boss.ResetJudgeWithResponse(w.ctx, w.judgeIDs[2])
	w.good(reset, err)
	in, err = w.as("").LoginJudgeWithResponse(w.ctx, api.Credentials{Username: "juez2", Password: reset.JSON200.Password})
	w.good(in, err)
	w.good(w.as(in.JSON200.Access).LogoutJudgeWithResponse(w.ctx, api.RefreshRequest{Refresh: in.JSON200.Refresh}))
}
