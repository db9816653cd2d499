package tables

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"server5k/race"
)

const deliveryColumns = `d.id, d.webhook_id, d.competition_id, d.kind, d.subject, d.state, d.attempts, d.next_at, d.give_up_at,
d.last_status, d.last_fault, d.created_at, d.delivered_at`

const (
	spansQuery = `SELECT ` + competitionColumns + `, coalesce(k.event, 0), c.event, ` + webhookColumns + ` FROM webhooks w
JOIN competitions c ON c.id = w.competition_id OR w.competition_id IS NULL
LEFT JOIN webhook_cursors k ON k.webhook_id = w.id AND k.competition_id = c.id
WHERE w.active AND c.event > coalesce(k.event, 0)
ORDER BY w.id, c.id`
	// Without rulings a team becomes complete with its last record; with some only
	// race.Evidence knows.
	newsQuery = `SELECT EXISTS (SELECT 1 FROM decisions d WHERE d.competition_id = $1 AND (d.event > $2 OR d.kind NOT IN ('start', 'stop')))
OR EXISTS (SELECT 1 FROM time_records r WHERE r.competition_id = $1 AND r.state = 'counted' GROUP BY r.team_id
    HAVING max(r.event) > $2 AND count(*) >= (SELECT c.team_size FROM competitions c WHERE c.id = $1))`

	insertCursor = `INSERT INTO webhook_cursors (webhook_id, competition_id, event)
SELECT w.id, c.id, 0 FROM webhooks w CROSS JOIN competitions c WHERE w.id = $1 AND c.id = $2
ON CONFLICT (webhook_id, competition_id) DO NOTHING`
	moveCursorQuery = `UPDATE webhook_cursors SET event = $1 WHERE webhook_id = $2 AND competition_id = $3 AND event = $4`
	insertDelivery  = `INSERT INTO webhook_deliveries (id, webhook_id, competition_id, kind, subject, body, state, next_at, give_up_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7, $8, $9)
ON CONFLICT (webhook_id, competition_id, subject) DO NOTHING`

	dueQuery = `SELECT id, webhook_id, url FROM (
    SELECT d.id, d.webhook_id, w.url, d.next_at, row_number() OVER (PARTITION BY d.webhook_id ORDER BY d.next_at, d.id) AS n
    FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id AND w.active
    WHERE d.state = 'pending' AND d.next_at <= $1 AND coalesce(d.leased_until, 0) < $1 AND d.give_up_at > $1) AS due
WHERE n <= $2 ORDER BY next_at, id LIMIT $3`
	leaseQuery = `UPDATE webhook_deliveries SET leased_until = $1, attempts = attempts + 1
WHERE id = $2 AND state = 'pending' AND next_at <= $3 AND coalesce(leased_until, 0) < $3 AND give_up_at > $3
AND EXISTS (SELECT 1 FROM webhooks w WHERE w.id = webhook_id AND w.active)`
	settleQuery = `UPDATE webhook_deliveries SET state = $1, next_at = $2, last_status = $3, last_fault = $4, delivered_at = $5, leased_until = NULL
WHERE id = $6 AND attempts = $7 AND state = 'pending'`
	switchOffQuery = `UPDATE webhooks SET active = (1 = 0) WHERE id = $1`

	deliveriesQuery = `SELECT ` + deliveryColumns + ` FROM webhook_deliveries d WHERE d.webhook_id = $1
ORDER BY d.created_at DESC, d.id DESC LIMIT $2 OFFSET $3`
	countDeliveriesQuery = `SELECT count(*) FROM webhook_deliveries WHERE webhook_id = $1`
	deliveryQuery        = `SELECT ` + deliveryColumns + `, d.body FROM webhook_deliveries d WHERE d.id = $1`
	redeliverQuery       = `UPDATE webhook_deliveries SET state = 'pending', next_at = $1, give_up_at = $2, delivered_at = NULL,
attempts = CASE WHEN state = 'pending' THEN attempts ELSE 0 END WHERE id = $3`
	expireDeliveriesQuery = `UPDATE webhook_deliveries SET state = 'failed', last_fault = 'expired', leased_until = NULL
WHERE state = 'pending' AND give_up_at <= $1 AND coalesce(leased_until, 0) < $1`
	deleteDeliveriesQuery = `DELETE FROM webhook_deliveries WHERE created_at < $1 AND state <> 'pending'`
)

// WebhookSpans lists what active webhooks have not been told of yet.
func (t *Tables) WebhookSpans(ctx context.Context) ([]race.WebhookSpan, error) {
	rows, err := t.reader.QueryContext(ctx, spansQuery)
	spans, err := Collect(rows, err, scanSpan)
	return spans, named(err, "what webhooks have not been told")
}

// WebhookNews says whether there may be news after an event.
func (t *Tables) WebhookNews(ctx context.Context, id race.CompetitionID, after int64) (bool, error) {
	var some bool
	err := t.reader.QueryRowContext(ctx, newsQuery, id, after).Scan(&some)
	return some, named(err, "news of competition %d", id)
}

// Enqueue stores the deliveries that a span came to; see persistence.Webhooks.
func (t *Tables) Enqueue(ctx context.Context, s race.WebhookSpan, deliveries []race.Delivery) (bool, error) {
	done := false
	err := t.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		done = false
		w, err := scanWebhook(tx.QueryRowContext(ctx, webhookQuery+t.dialect.RowLock, s.Webhook.ID))
		if errors.Is(err, sql.ErrNoRows) || err == nil && !w.Active {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, insertCursor, s.Webhook.ID, s.Competition.ID); err != nil {
			return err
		}
		if n, err := affected(tx.ExecContext(ctx, moveCursorQuery, s.To, s.Webhook.ID, s.Competition.ID, s.From)); n == 0 {
			return err
		}
		for _, d := range deliveries {
			if _, err := tx.ExecContext(ctx, insertDelivery, d.ID.String(), s.Webhook.ID, s.Competition.ID, string(d.Kind), d.Subject,
				d.Body, d.NextAt.UnixMicro(), d.GiveUpAt.UnixMicro(), d.CreatedAt.UnixMicro()); err != nil {
				return t.broken(err, d.Subject)
			}
		}
		done = true
		return nil
	})
	return done && err == nil, named(err, "enqueue for webhook %d", s.Webhook.ID)
}

// DueDeliveries lists pending deliveries that are due; see persistence.Webhooks.
func (t *Tables) DueDeliveries(ctx context.Context, now time.Time, each, limit int) ([]race.DueDelivery, error) {
	rows, err := t.reader.QueryContext(ctx, dueQuery, now.UnixMicro(), each, limit)
	due, err := Collect(rows, err, func(row Row) (race.DueDelivery, error) {
		var d race.DueDelivery
		err := row.Scan(recordID{&d.ID}, &d.Webhook, &d.URL)
		return d, err
	})
	return due, named(err, "due deliveries")
}

// LeaseDelivery takes a due delivery; see persistence.Webhooks.
func (t *Tables) LeaseDelivery(ctx context.Context, id race.DeliveryID, now, until time.Time) (race.Delivery, race.Webhook, error) {
	var d race.Delivery
	var w race.Webhook
	err := t.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := updateOne(ctx, tx, leaseQuery, until.UnixMicro(), id.String(), now.UnixMicro()); err != nil {
			return err
		}
		var err error
		if d, err = scanWholeDelivery(tx.QueryRowContext(ctx, deliveryQuery, id.String())); err != nil {
			return err
		}
		w, err = scanWebhook(tx.QueryRowContext(ctx, webhookQuery, d.Webhook))
		return err
	})
	if err != nil {
		return race.Delivery{}, race.Webhook{}, named(err, "lease delivery %s", id)
	}
	return d, w, nil
}

// SettleDelivery stores what came of an attempt; see persistence.Webhooks.
func (t *Tables) SettleDelivery(ctx context.Context, d race.Delivery) (bool, error) {
	settled := false
	err := t.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if d.LastFault == race.FaultGone { // first, as whoever changes it does
			if err := updateOne(ctx, tx, switchOffQuery, d.Webhook); err != nil {
				return err
			}
		}
		n, err := affected(tx.ExecContext(ctx, settleQuery, string(d.State), d.NextAt.UnixMicro(), orNull(int64(d.LastStatus)),
			string(d.LastFault), toMicros(d.DeliveredAt), d.ID.String(), d.Attempts))
		settled = n > 0
		if err != nil || d.LastFault != race.FaultGone {
			return err
		}
		_, err = tx.ExecContext(ctx, dropPendingQuery, d.Webhook)
		return err
	})
	return settled && err == nil, named(err, "settle delivery %s", d.ID)
}

// Deliveries lists those of a webhook; see persistence.Webhooks.
func (t *Tables) Deliveries(ctx context.Context, id race.WebhookID, offset, limit int) ([]race.Delivery, int, error) {
	var ds []race.Delivery
	var total int
	err := t.snapshot(ctx, func(tx *sql.Tx) (err error) {
		if err := tx.QueryRowContext(ctx, countDeliveriesQuery, id).Scan(&total); err != nil {
			return fmt.Errorf("count: %w", err)
		}
		ds, err = query(ctx, tx, scanDelivery, deliveriesQuery, id, limit, offset)
		return err
	})
	return ds, total, named(err, "deliveries of webhook %d", id)
}

// Delivery returns one with its body.
func (t *Tables) Delivery(ctx context.Context, id race.DeliveryID) (race.Delivery, error) {
	d, err := scanWholeDelivery(t.reader.QueryRowContext(ctx, deliveryQuery, id.String()))
	return d, named(err, "delivery %s", id)
}

// Redeliver makes a delivery pending; see persistence.Webhooks.
func (t *Tables) Redeliver(ctx context.Context, id race.DeliveryID, now, giveUp time.Time, note race.AuditEntry) error {
	err := t.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := updateOne(ctx, tx, redeliverQuery, now.UnixMicro(), giveUp.UnixMicro(), id.String()); err != nil {
			return err
		}
		return addNote(ctx, tx, note)
	})
	return named(err, "redeliver %s", id)
}

// SweepDeliveries ends what has waited too long and forgets what is old.
func (t *Tables) SweepDeliveries(ctx context.Context, now, before time.Time) (expired, deleted int, err error) {
	err = t.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if expired, err = affected(tx.ExecContext(ctx, expireDeliveriesQuery, now.UnixMicro())); err != nil {
			return err
		}
		deleted, err = affected(tx.ExecContext(ctx, deleteDeliveriesQuery, before.UnixMicro()))
		return err
	})
	return expired, deleted, named(err, "sweep deliveries")
}

func scanSpan(row Row) (race.WebhookSpan, error) {
	var s race.WebhookSpan
	var competition, created sql.NullInt64
	var kinds string
	w := &s.Webhook
	var err error
	s.Competition, err = scanCompetitionAnd(row, &s.From, &s.To,
		&w.ID, &competition, &w.URL, &w.Secret, &kinds, &w.Active, &w.Author, &created)
	w.Competition, w.CreatedAt, w.Kinds = race.CompetitionID(competition.Int64), fromMicros(created), splitKinds(kinds)
	return s, err
}

// scanDelivery reads deliveryColumns.
func scanDelivery(row Row) (race.Delivery, error) { return scanDeliveryAnd(row) }

// scanWholeDelivery reads deliveryColumns and the body.
func scanWholeDelivery(row Row) (race.Delivery, error) {
	var body []byte
	d, err := scanDeliveryAnd(row, &body)
	d.Body = body
	return d, err
}

func scanDeliveryAnd(row Row, extra ...any) (race.Delivery, error) {
	var d race.Delivery
	var next, giveUp, status, created, delivered sql.NullInt64
	dest := append([]any{
		recordID{&d.ID},
		&d.Webhook, &d.Competition, &d.Kind, &d.Subject, &d.State, &d.Attempts, &next, &giveUp,
		&status, &d.LastFault, &created, &delivered,
	}, extra...)
	if err := row.Scan(dest...); err != nil {
		return race.Delivery{}, err
	}
	d.NextAt, d.GiveUpAt, d.LastStatus = fromMicros(next), fromMicros(giveUp), int(status.Int64)
	d.CreatedAt, d.DeliveredAt = fromMicros(created), fromMicros(delivered)
	return d, nil
}
