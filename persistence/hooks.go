package persistence

import (
	"context"
	"time"

	"server5k/race"
)

// Webhooks is what webhooks need of a store. It is part of Store. Nothing of it is
// in an archive, because of the secrets; webhooks go with their competition.
type Webhooks interface {
	// Webhooks lists all by id, with their secrets.
	Webhooks(ctx context.Context) ([]race.Webhook, error)
	Webhook(ctx context.Context, id race.WebhookID) (race.Webhook, error)
	// AddWebhook stores a webhook, whose id does not matter, and the note on it in
	// one transaction. It is told what happens from now on. race.CodeTooMany when its
	// competition has race.MaxWebhooks, race.ErrNotFound without the competition.
	AddWebhook(ctx context.Context, w race.Webhook, note race.AuditEntry) (race.WebhookID, error)
	// ChangeWebhook stores what f makes of a webhook, and the note on it, in one
	// transaction, unless f fails. Id, competition, author and creation stay. One
	// that is switched on is told what happens from then on; of one that is switched
	// off what is pending fails with race.FaultInactive. f may be called again when
	// the database asks for it.
	ChangeWebhook(ctx context.Context, id race.WebhookID, f func(race.Webhook) (race.Webhook, race.AuditEntry, error)) error
	// RemoveWebhook deletes a webhook with its deliveries, unless f, given what it
	// is, fails; f may be called again.
	RemoveWebhook(ctx context.Context, id race.WebhookID, f func(race.Webhook) (race.AuditEntry, error)) error

	// WebhookSpans lists what active webhooks have not been told of yet.
	WebhookSpans(ctx context.Context) ([]race.WebhookSpan, error)
	// WebhookNews says, of the events of a competition after one, whether there may be
	// news among them: false is sure. It reads less than Evidence.
	WebhookNews(ctx context.Context, id race.CompetitionID, after int64) (bool, error)
	// Enqueue stores the deliveries that a span came to and takes it as told, in one
	// transaction. false, and nothing is stored, when somebody else has done so, or
	// the webhook is gone or not active.
	Enqueue(ctx context.Context, s race.WebhookSpan, deliveries []race.Delivery) (bool, error)

	// DueDeliveries lists pending deliveries of active webhooks that are due at now
	// and leased by nobody, the longest due first; at most each of one webhook and at
	// most limit in all.
	DueDeliveries(ctx context.Context, now time.Time, each, limit int) ([]race.DueDelivery, error)
	// LeaseDelivery takes a due delivery until an instant and counts an attempt;
	// race.ErrNotFound when it is no longer to be had. Whoever has taken it sends it.
	LeaseDelivery(ctx context.Context, id race.DeliveryID, now, until time.Time) (race.Delivery, race.Webhook, error)
	// SettleDelivery stores what came of the attempt that LeaseDelivery counted: State,
	// NextAt, LastStatus, LastFault and DeliveredAt. false when another attempt has
	// begun since or the delivery is over. With race.FaultGone the webhook is switched
	// off.
	SettleDelivery(ctx context.Context, d race.Delivery) (bool, error)
	// Deliveries lists those of a webhook without their bodies, newest first, and how
	// many there are in all.
	Deliveries(ctx context.Context, id race.WebhookID, offset, limit int) ([]race.Delivery, int, error)
	Delivery(ctx context.Context, id race.DeliveryID) (race.Delivery, error)
	// Redeliver makes a delivery pending, due at now, to fail at giveUp, and stores the note
	// on it.
	Redeliver(ctx context.Context, id race.DeliveryID, now, giveUp time.Time, note race.AuditEntry) error
	// SweepDeliveries makes pending deliveries whose time is over at now fail with
	// race.FaultExpired, and deletes those that were made before an instant and are
	// not pending. It returns how many of each.
	SweepDeliveries(ctx context.Context, now, before time.Time) (expired, deleted int, err error)
}
