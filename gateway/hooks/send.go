package hooks

import (
	"context"
	"errors"

	"server5k/race"
)

// send makes one attempt that was leased and stores what came of it.
func (d *Dispatcher) send(ctx context.Context, w race.Webhook, delivery race.Delivery) {
	a := d.sender.send(ctx, w, delivery)
	aborted := ctx.Err() != nil
	log := d.cfg.Log.With("webhook", w.ID, "delivery", delivery.ID.String(), "host", hostOf(w.URL))
	delivery, outcome := d.outcome(delivery, a, aborted)
	settle, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), settleTimeout, errors.New("settle delivery: no answer in 10s"))
	defer cancel()
	ok, err := d.cfg.Queue.SettleDelivery(settle, delivery)
	switch {
	case err != nil:
		log.Warn("outcome of a webhook not stored, it is sent again", "error", err)
		return
	case !ok:
		return // it took too long: what the next attempt says counts
	}
	d.metrics.count(outcome, 1)
	if outcome == outcomeFailed {
		log.Warn("webhook given up", "fault", string(a.fault), "error", a.err)
		return
	}
	log.Debug("webhook sent", "outcome", outcome, "attempt", delivery.Attempts, "fault", string(a.fault), "error", a.err)
}

// outcome is a delivery after an attempt, and how it counts.
func (d *Dispatcher) outcome(delivery race.Delivery, a answer, aborted bool) (race.Delivery, string) {
	now := d.cfg.Now()
	if aborted && a.status == 0 && a.fault != "" { // it says nothing of the receiver
		delivery.NextAt = now
		return delivery, outcomeRetried
	}
	delivery.LastStatus, delivery.LastFault = a.status, a.fault
	switch a.fault {
	case "":
		delivery.State, delivery.DeliveredAt = race.DeliveryDelivered, now
		return delivery, outcomeDelivered
	case race.FaultGone:
		delivery.State = race.DeliveryFailed
		return delivery, outcomeFailed
	default:
	}
	delivery.NextAt = now.Add(backoff(delivery.Attempts, d.random(), a.retryAfter))
	if delivery.NextAt.After(delivery.GiveUpAt) {
		delivery.State = race.DeliveryFailed
		return delivery, outcomeFailed
	}
	return delivery, outcomeRetried
}
