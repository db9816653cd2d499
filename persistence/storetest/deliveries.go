package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

func webhooksEnqueueOnce(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	id := f.addHook(first)
	f.transition(first, true, gun())
	spans, err := f.WebhookSpans(f.ctx)
	f.ok(err)
	var stored atomic.Int64
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			d := delivery(n) // each node makes an id of its own for the same news
			d.Subject = "start:1"
			ok, err := f.Enqueue(f.ctx, spans[0], []race.Delivery{d})
			if err != nil {
				t.Error(err)
			}
			if ok {
				stored.Add(1)
			}
		})
	}
	wg.Wait()
	_, total, err := f.Deliveries(f.ctx, id, 0, 10)
	f.ok(err)
	f.equal("nodes that stored, deliveries", []int64{stored.Load(), int64(total)}, []int64{1, 1})
	f.equal("untold", f.spans(), []string{})
}

func webhooksEnqueueCursor(t *testing.T, s persistence.Store) {
	f, id := queued(t, s, 1)
	f.transition(first, false, gun().Add(time.Hour))
	spans, err := f.WebhookSpans(f.ctx)
	f.ok(err)
	behind := spans[0]
	behind.From = 0
	ok, err := f.Enqueue(f.ctx, behind, []race.Delivery{delivery(2)})
	f.ok(err)
	f.equal("from an older cursor", ok, false)
	again := delivery(3) // the same news under another id
	again.Subject = delivery(1).Subject
	ok, err = f.Enqueue(f.ctx, spans[0], []race.Delivery{again, delivery(2)})
	f.ok(err)
	f.equal("from the cursor", ok, true)
	ds, total, err := f.Deliveries(f.ctx, id, 0, 10)
	f.ok(err)
	f.equal("deliveries", total, 2)
	f.equal("subjects, newest first", []string{ds[0].Subject, ds[1].Subject}, []string{"start:2", "start:1"})
	f.equal("the first stays", ds[1].ID, delivery(1).ID)
}

func deliveriesKeepFields(t *testing.T, s persistence.Store) {
	f, id := queued(t, s, 3)
	want := delivery(2)
	want.Webhook, want.Competition = id, first
	f.equal("delivery", f.delivery(2), want)
	page, total, err := f.Deliveries(f.ctx, id, 1, 1)
	f.ok(err)
	f.equal("total", total, 3)
	want.Body = nil
	f.equal("page", page, []race.Delivery{want})
}

func deliveriesDue(t *testing.T, s persistence.Store) {
	f, one := queued(t, s, 3)
	two := f.addHook(first)
	f.transition(first, false, gun().Add(time.Hour))
	late := delivery(5)
	late.NextAt = gun().Add(time.Hour)
	f.enqueue(two, delivery(4), late)
	f.equal("too early", f.due(gun().Add(-time.Second)), []string{})
	ds, err := f.DueDeliveries(f.ctx, gun(), 2, 100)
	f.ok(err)
	count := map[race.WebhookID]int{}
	for _, d := range ds {
		count[d.Webhook]++
		f.equal("URL", d.URL, hook(first).URL)
	}
	f.equal("at most two of each", count, map[race.WebhookID]int{one: 2, two: 1})
	ds, err = f.DueDeliveries(f.ctx, gun().Add(2*time.Hour), 2, 3)
	f.ok(err)
	f.equal("at most three in all", len(ds), 3)
	f.equal("an hour later", len(f.due(gun().Add(time.Hour))), 5)
	f.equal("when they have expired", f.due(gun().Add(24*time.Hour)), []string{})
	f.switchHook(two, false)
	f.equal("of active webhooks", len(f.due(gun().Add(time.Hour))), 3)
}

func deliveriesLeased(t *testing.T, s persistence.Store) {
	f, id := queued(t, s, 1)
	until := gun().Add(time.Minute)
	var taken atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			d, w, err := f.LeaseDelivery(f.ctx, recordID(1001), gun(), until)
			if errors.Is(err, race.ErrNotFound) {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			taken.Add(1)
			if d.Attempts != 1 || string(d.Body) != `{"n":1}` || w.ID != id || w.Secret != hook(first).Secret {
				t.Errorf("leased %+v of %+v", d, w)
			}
		})
	}
	wg.Wait()
	f.equal("nodes that took it", taken.Load(), int64(1))
	f.equal("due while leased", f.due(until), []string{})
	f.equal("due after", len(f.due(until.Add(time.Second))), 1)
	d, _, err := f.LeaseDelivery(f.ctx, recordID(1001), until.Add(time.Second), until.Add(time.Minute))
	f.ok(err)
	f.equal("attempts", d.Attempts, 2)
}

func deliveriesSettle(t *testing.T, s persistence.Store) {
	f, _ := queued(t, s, 1)
	lease := func(now time.Time) race.Delivery {
		d, _, err := f.LeaseDelivery(f.ctx, recordID(1001), now, now.Add(time.Minute))
		f.ok(err)
		return d
	}
	old := lease(gun())
	now := gun().Add(2 * time.Minute)
	d := lease(now) // the first node was too slow
	old.State, old.DeliveredAt = race.DeliveryDelivered, now
	ok, err := f.SettleDelivery(f.ctx, old)
	f.ok(err)
	f.equal("the older attempt", ok, false)

	d.LastStatus, d.LastFault, d.NextAt = 503, race.FaultStatus, now.Add(30*time.Second)
	ok, err = f.SettleDelivery(f.ctx, d)
	f.ok(err)
	f.equal("a failure", ok, true)
	f.equal("to be sent later", f.delivery(1), d)
	f.equal("due at once", f.due(now), []string{})
	f.equal("due later", len(f.due(d.NextAt)), 1)

	d = lease(d.NextAt)
	d.State, d.LastStatus, d.LastFault, d.DeliveredAt = race.DeliveryDelivered, 204, "", d.NextAt
	ok, err = f.SettleDelivery(f.ctx, d)
	f.ok(err)
	f.equal("a success", ok, true)
	f.equal("delivered", f.delivery(1), d)
	ok, err = f.SettleDelivery(f.ctx, d)
	f.ok(err)
	f.equal("a second time", ok, false)
	f.equal("due", f.due(gun().Add(time.Hour)), []string{})
}

func deliveriesGone(t *testing.T, s persistence.Store) {
	f, id := queued(t, s, 2)
	d, _, err := f.LeaseDelivery(f.ctx, recordID(1001), gun(), gun().Add(time.Minute))
	f.ok(err)
	d.State, d.LastStatus, d.LastFault = race.DeliveryFailed, 410, race.FaultGone
	ok, err := f.SettleDelivery(f.ctx, d)
	f.ok(err)
	f.equal("settled", ok, true)
	w, err := f.Webhook(f.ctx, id)
	f.ok(err)
	f.equal("active", w.Active, false)
	f.equal("it", f.delivery(1).LastFault, race.FaultGone)
	f.equal("the other", f.delivery(2).LastFault, race.FaultInactive)
}

func deliveriesAgain(t *testing.T, s persistence.Store) {
	f, _ := queued(t, s, 1)
	d, _, err := f.LeaseDelivery(f.ctx, recordID(1001), gun(), gun().Add(time.Minute))
	f.ok(err)
	d.State, d.LastStatus, d.DeliveredAt = race.DeliveryDelivered, 200, gun()
	_, err = f.SettleDelivery(f.ctx, d)
	f.ok(err)
	now := gun().Add(48 * time.Hour)
	f.ok(f.Redeliver(f.ctx, d.ID, now, now.Add(time.Hour), f.note("webhook.redeliver")))
	want := d
	want.State, want.Attempts, want.NextAt, want.GiveUpAt, want.DeliveredAt = race.DeliveryPending, 0, now, now.Add(time.Hour), time.Time{}
	f.equal("delivery", f.delivery(1), want)
	f.equal("due", len(f.due(now)), 1)
	_, total, err := f.Audit(f.ctx, race.AuditFilter{Action: "webhook.redeliver"})
	f.ok(err)
	f.equal("notes", total, 1)
	// One that waits is due at once and keeps counting.
	leased, _, err := f.LeaseDelivery(f.ctx, d.ID, now, now.Add(time.Minute))
	f.ok(err)
	f.ok(f.Redeliver(f.ctx, d.ID, now, now.Add(time.Hour), f.note("webhook.redeliver")))
	f.equal("attempts", f.delivery(1).Attempts, leased.Attempts)
}

func deliveriesSwept(t *testing.T, s persistence.Store) {
	f, _ := queued(t, s, 3)
	for n := 1; n <= 2; n++ {
		d, _, err := f.LeaseDelivery(f.ctx, recordID(1000+n), gun(), gun().Add(time.Minute))
		f.ok(err)
		if n == 2 {
			continue // being sent
		}
		d.State, d.DeliveredAt = race.DeliveryDelivered, gun()
		_, err = f.SettleDelivery(f.ctx, d)
		f.ok(err)
	}
	sweep := func(now, before time.Time, want string) {
		t.Helper()
		expired, deleted, err := f.SweepDeliveries(f.ctx, now, before)
		f.ok(err)
		f.equal("expired, deleted", fmt.Sprint(expired, deleted), want)
	}
	sweep(gun(), gun(), "0 0")
	sweep(gun().Add(24*time.Hour), gun(), "2 0") // the lease is over too
	f.equal("fault", f.delivery(3).LastFault, race.FaultExpired)
	sweep(gun().Add(24*time.Hour), gun().Add(3*time.Second), "0 2")
	f.equal("the last", f.delivery(3).State, race.DeliveryFailed)
}

// What race.Evidence derives from what is stored is what the spans are about.
func deliveriesDerived(t *testing.T, s persistence.Store) {
	f := running(t, s)
	id := f.addHook(second)
	f.append(second, by(ana, teamSecond, marks(1, 3)...))
	f.transition(second, false, gun().Add(time.Hour))
	r, err := f.Rule(f.ctx, race.Order{
		Competition: second, Epoch: f.epoch[second], Key: recordID(500), Kind: race.RulingOfficial, Override: true,
		Author: "root", At: gun().Add(2 * time.Hour), Reason: "final",
	})
	f.ok(err)
	spans, err := f.WebhookSpans(f.ctx)
	f.ok(err)
	e, err := f.Evidence(f.ctx, second)
	f.ok(err)
	var got []string
	for _, n := range e.News(spans[0].From, spans[0].To) {
		got = append(got, n.Subject)
	}
	f.equal("webhook", spans[0].Webhook.ID, id)
	f.equal("news", got, []string{
		fmt.Sprintf("team:%d:%d", teamSecond, r.Ruling.Event-2), fmt.Sprintf("stop:%d", r.Ruling.Event-1), "official:1",
	})
}
