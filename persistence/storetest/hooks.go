package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// RunWebhooks checks a driver against persistence.Webhooks, as Run does for the
// rest of the contract.
func RunWebhooks(t *testing.T, open func(t *testing.T) persistence.Store) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s persistence.Store)
	}{
		{"Webhooks_KeepEveryField", webhooksKeepFields},
		{"Webhooks_StartAtThePresent", webhooksStartAtPresent},
		{"Webhooks_OfEveryCompetition", webhooksOfAll},
		{"Webhooks_ChangeIsAllOrNothing", webhooksChange},
		{"Webhooks_SwitchedOffAndOn", webhooksSwitch},
		{"Webhooks_AreLimited", webhooksLimited},
		{"Webhooks_GoWithTheirCompetition", webhooksGo},
		{"Webhooks_Missing", webhooksMissing},
		{"Webhooks_NewsMayBe", webhooksNews},
		{"Webhooks_EnqueueOnceFromManyNodes", webhooksEnqueueOnce},
		{"Webhooks_EnqueueNeedsTheCursor", webhooksEnqueueCursor},
		{"Deliveries_KeepEveryField", deliveriesKeepFields},
		{"Deliveries_AreFairlyDue", deliveriesDue},
		{"Deliveries_AreLeasedOnce", deliveriesLeased},
		{"Deliveries_SettleTheirLastAttempt", deliveriesSettle},
		{"Deliveries_GoneSwitchesTheWebhookOff", deliveriesGone},
		{"Deliveries_AreSentAgainOnRequest", deliveriesAgain},
		{"Deliveries_AreSwept", deliveriesSwept},
		{"Deliveries_TellWhatTheEvidenceDerives", deliveriesDerived},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t))
		})
	}
}

var entry = race.AuditEntry{Author: "root", Action: "webhook.test", Subject: "webhook example.org", Detail: "{}"}

// hook is a webhook of a competition that wants everything.
func hook(c race.CompetitionID) race.Webhook {
	return race.Webhook{
		Competition: c, URL: "https://example.org/x?y=1", Secret: "whsec_0123456789abcdef0123456789abcdef",
		Kinds: race.WebhookKinds(), Active: true, CreatedAt: gun().Add(-time.Hour), Author: "root",
	}
}

func (f *fixture) note(action string) race.AuditEntry {
	e := entry
	e.At, e.Action = gun(), action
	return e
}

func (f *fixture) addHook(c race.CompetitionID) race.WebhookID {
	f.Helper()
	id, err := f.AddWebhook(f.ctx, hook(c), f.note("webhook.create"))
	f.ok(err)
	return id
}

// spans returns what is untold as webhook:competition:from-to.
func (f *fixture) spans() []string {
	f.Helper()
	spans, err := f.WebhookSpans(f.ctx)
	f.ok(err)
	out := []string{}
	for _, s := range spans {
		out = append(out, fmt.Sprintf("%d:%d:%d-%d", s.Webhook.ID, s.Competition.ID, s.From, s.To))
	}
	return out
}

// delivery is number n for a webhook, due from the gun on.
func delivery(n int) race.Delivery {
	return race.Delivery{
		ID: recordID(1000 + n), Kind: race.WebhookStart, Subject: fmt.Sprintf("start:%d", n), Body: fmt.Appendf(nil, `{"n":%d}`, n),
		State: race.DeliveryPending, NextAt: gun(), GiveUpAt: gun().Add(24 * time.Hour), CreatedAt: gun().Add(time.Duration(n) * time.Second),
	}
}

// enqueue stores deliveries n and following for a webhook that has something untold.
func (f *fixture) enqueue(id race.WebhookID, ds ...race.Delivery) {
	f.Helper()
	spans, err := f.WebhookSpans(f.ctx)
	f.ok(err)
	for _, s := range spans {
		if s.Webhook.ID == id {
			ok, err := f.Enqueue(f.ctx, s, ds)
			f.ok(err)
			f.equal("enqueued", ok, true)
			return
		}
	}
	f.Fatalf("webhook %d has been told everything", id)
}

// queued is a store with one webhook and n deliveries that are due.
func queued(t *testing.T, s persistence.Store, n int) (*fixture, race.WebhookID) {
	t.Helper()
	f := setup(t, s)
	id := f.addHook(first)
	f.transition(first, true, gun())
	var ds []race.Delivery
	for i := range n {
		ds = append(ds, delivery(i+1))
	}
	f.enqueue(id, ds...)
	return f, id
}

func (f *fixture) delivery(n int) race.Delivery {
	f.Helper()
	d, err := f.Delivery(f.ctx, recordID(1000+n))
	f.ok(err)
	return d
}

func (f *fixture) due(now time.Time) []string {
	f.Helper()
	ds, err := f.DueDeliveries(f.ctx, now, 10, 100)
	f.ok(err)
	out := []string{}
	for _, d := range ds {
		out = append(out, d.ID.String()[32:])
	}
	return out
}

func webhooksKeepFields(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	one, all := hook(first), hook(0)
	all.Kinds, all.Active = []race.WebhookKind{race.WebhookTeam}, false
	one.ID = f.addHook(first)
	var err error
	all.ID, err = f.AddWebhook(f.ctx, all, f.note("webhook.create"))
	f.ok(err)
	got, err := f.Webhooks(f.ctx)
	f.ok(err)
	f.equal("webhooks", got, []race.Webhook{one, all})
	w, err := f.Webhook(f.ctx, all.ID)
	f.ok(err)
	f.equal("webhook", w, all)
	entries, total, err := f.Audit(f.ctx, race.AuditFilter{Action: "webhook."})
	f.ok(err)
	f.equal("notes", total, 2)
	if total > 0 {
		f.equal("note", entries[0].Subject, entry.Subject)
	}
}

func webhooksStartAtPresent(t *testing.T, s persistence.Store) {
	f := running(t, s)
	id := f.addHook(first)
	f.equal("untold at first", f.spans(), []string{})
	f.transition(first, false, gun().Add(time.Hour))
	f.transition(second, false, gun().Add(time.Hour))
	f.equal("untold", f.spans(), []string{fmt.Sprintf("%d:1:1-2", id)})
	spans, err := f.WebhookSpans(f.ctx)
	f.ok(err)
	c, err := f.Competition(f.ctx, first)
	f.ok(err)
	want := race.WebhookSpan{Webhook: hook(first), From: 1, To: 2, Competition: c}
	want.Webhook.ID = id
	f.equal("span", spans[0], want)
}

func webhooksOfAll(t *testing.T, s persistence.Store) {
	f := running(t, s)
	id := f.addHook(0)
	f.equal("untold at first", f.spans(), []string{})
	_, err := f.Add(f.ctx, persistence.Dump{Competitions: []race.Competition{{ID: 3, Name: "Tercera", Active: true, TeamSize: 2, Rounding: race.RoundRaw}}}, false)
	f.ok(err)
	f.activate(3)
	f.transition(3, true, gun())
	f.transition(second, false, gun().Add(time.Hour))
	f.equal("untold", f.spans(), []string{fmt.Sprintf("%d:2:1-2", id), fmt.Sprintf("%d:3:0-1", id)})
	f.enqueue(id)
	f.enqueue(id)
	f.equal("told", f.spans(), []string{})
}

func webhooksChange(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	id := f.addHook(first)
	want := hook(first)
	want.ID, want.URL, want.Secret, want.Kinds = id, "https://example.net/", "whsec_another-secret-of-more-than-32", []race.WebhookKind{race.WebhookStop}
	f.ok(f.ChangeWebhook(f.ctx, id, func(w race.Webhook) (race.Webhook, race.AuditEntry, error) {
		w.URL, w.Secret, w.Kinds = want.URL, want.Secret, want.Kinds
		w.Competition, w.Author, w.CreatedAt = second, "other", gun() // stay as they are
		return w, f.note("webhook.update"), nil
	}))
	got, err := f.Webhook(f.ctx, id)
	f.ok(err)
	f.equal("webhook", got, want)

	refused := race.Errorf(race.CodeStale, "no")
	err = f.ChangeWebhook(f.ctx, id, func(w race.Webhook) (race.Webhook, race.AuditEntry, error) {
		w.URL = "https://example.com/"
		return w, f.note("webhook.refused"), refused
	})
	f.code("refused", err, race.CodeStale)
	err = f.RemoveWebhook(f.ctx, id, func(race.Webhook) (race.AuditEntry, error) { return f.note("webhook.refused"), refused })
	f.code("refused", err, race.CodeStale)
	got, err = f.Webhook(f.ctx, id)
	f.ok(err)
	f.equal("webhook as before", got, want)
	f.ok(f.RemoveWebhook(f.ctx, id, func(w race.Webhook) (race.AuditEntry, error) {
		f.equal("removed", w, want)
		return f.note("webhook.delete"), nil
	}))
	_, err = f.Webhook(f.ctx, id)
	f.equal("it is gone", errors.Is(err, race.ErrNotFound), true)
	_, total, err := f.Audit(f.ctx, race.AuditFilter{Action: "webhook."})
	f.ok(err)
	f.equal("notes", total, 3)
}

func (f *fixture) switchHook(id race.WebhookID, active bool) {
	f.Helper()
	f.ok(f.ChangeWebhook(f.ctx, id, func(w race.Webhook) (race.Webhook, race.AuditEntry, error) {
		w.Active = active
		return w, f.note("webhook.update"), nil
	}))
}

func webhooksSwitch(t *testing.T, s persistence.Store) {
	f, id := queued(t, s, 1)
	f.transition(first, false, gun().Add(time.Hour))
	spans, err := f.WebhookSpans(f.ctx)
	f.ok(err)
	f.switchHook(id, false)
	d := f.delivery(1)
	f.equal("pending one", []any{d.State, d.LastFault}, []any{race.DeliveryFailed, race.FaultInactive})
	f.equal("untold while off", f.spans(), []string{})
	ok, err := f.Enqueue(f.ctx, spans[0], []race.Delivery{delivery(2)})
	f.ok(err)
	f.equal("enqueued while off", ok, false)
	f.switchHook(id, true)
	f.equal("what happened while off", f.spans(), []string{})
	f.transition(first, true, gun().Add(2*time.Hour))
	f.equal("untold", f.spans(), []string{fmt.Sprintf("%d:1:2-3", id)})
}

func webhooksLimited(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	var made, refused atomic.Int64
	var wg sync.WaitGroup
	for range race.MaxWebhooks + 3 {
		wg.Go(func() {
			_, err := f.AddWebhook(f.ctx, hook(first), f.note("webhook.create"))
			switch race.CodeOf(err) {
			case "":
				made.Add(1)
			case race.CodeTooMany:
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	f.equal("made, refused", []int64{made.Load(), refused.Load()}, []int64{race.MaxWebhooks, 3})
	f.addHook(second)
	f.addHook(0)
}

func webhooksGo(t *testing.T, s persistence.Store) {
	f, id := queued(t, s, 1)
	all := f.addHook(0)
	f.transition(first, false, gun().Add(time.Hour))
	f.enqueue(all, delivery(2))
	other := f.addHook(second)
	_, err := f.Purge(f.ctx, first)
	f.ok(err)
	ws, err := f.Webhooks(f.ctx)
	f.ok(err)
	f.equal("webhooks left", len(ws), 2)
	_, err = f.Webhook(f.ctx, id)
	f.equal("its own is gone", errors.Is(err, race.ErrNotFound), true)
	_, total, err := f.Deliveries(f.ctx, all, 0, 10)
	f.ok(err)
	f.equal("deliveries of it", total, 0)
	f.ok(f.Edit(f.ctx, func(ctx context.Context, e race.Editor) error { return e.RemoveCompetition(ctx, second) }))
	_, err = f.Webhook(f.ctx, other)
	f.equal("that of the second is gone", errors.Is(err, race.ErrNotFound), true)
	_, err = f.Clear(f.ctx)
	f.ok(err)
	ws, err = f.Webhooks(f.ctx)
	f.ok(err)
	f.equal("webhooks for every competition", len(ws), 1)
}

func webhooksMissing(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	_, webhook := f.Webhook(f.ctx, 99)
	_, add := f.AddWebhook(f.ctx, hook(99), f.note("webhook.create"))
	change := f.ChangeWebhook(f.ctx, 99, func(w race.Webhook) (race.Webhook, race.AuditEntry, error) { return w, entry, nil })
	remove := f.RemoveWebhook(f.ctx, 99, func(race.Webhook) (race.AuditEntry, error) { return entry, nil })
	_, delivery := f.Delivery(f.ctx, recordID(99))
	_, _, lease := f.LeaseDelivery(f.ctx, recordID(99), gun(), gun().Add(time.Minute))
	again := f.Redeliver(f.ctx, recordID(99), gun(), gun(), f.note("webhook.redeliver"))
	for name, err := range map[string]error{
		"webhook": webhook, "add": add, "change": change, "remove": remove, "delivery": delivery, "lease": lease, "redeliver": again,
	} {
		if !errors.Is(err, race.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", name, err)
		}
	}
	ok, err := f.Enqueue(f.ctx, race.WebhookSpan{Webhook: race.Webhook{ID: 99}, Competition: race.Competition{ID: first}}, nil)
	f.ok(err)
	f.equal("enqueued", ok, false)
	ds, total, err := f.Deliveries(f.ctx, 99, 0, 10)
	f.ok(err)
	f.equal("deliveries", []int{len(ds), total}, []int{0, 0})
}

func (f *fixture) news(after int64) bool {
	f.Helper()
	some, err := f.WebhookNews(f.ctx, second, after)
	f.ok(err)
	return some
}

func webhooksNews(t *testing.T, s persistence.Store) {
	f := running(t, s)
	f.equal("a start", f.news(0), true)
	f.equal("nothing", f.news(1), false)
	f.append(second, by(ana, teamSecond, marks(1, 2)...))
	f.equal("two of three", f.news(1), false)
	d := f.append(second, by(ana, teamSecond, marks(3, 1)...))
	last := d.Event
	f.equal("the third", f.news(1), true)
	f.equal("after it", f.news(last), false)
	f.transition(second, false, gun().Add(time.Hour))
	f.equal("a stop", f.news(last), true)
	f.equal("after it", f.news(last+1), false)
	_, err := f.Rule(f.ctx, race.Order{
		Competition: second, Epoch: f.epoch[second], Key: recordID(500), Kind: race.RulingVoid, Record: 1, Author: "root", At: gun().Add(2 * time.Hour), Reason: "doble",
	})
	f.ok(err)
	f.equal("a ruling", f.news(last+1), true)
}
