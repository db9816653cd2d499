package tables

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"server5k/race"
)

const webhookColumns = `w.id, w.competition_id, w.url, w.secret, w.kinds, w.active, w.author, w.created_at`

const (
	webhooksQuery      = `SELECT ` + webhookColumns + ` FROM webhooks w ORDER BY w.id`
	webhookQuery       = `SELECT ` + webhookColumns + ` FROM webhooks w WHERE w.id = $1`
	countWebhooksQuery = `SELECT count(*) FROM webhooks WHERE coalesce(competition_id, 0) = $1`
	insertWebhook      = `INSERT INTO webhooks (competition_id, url, secret, kinds, active, author, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`
	updateWebhookQuery = `UPDATE webhooks SET url = $1, secret = $2, kinds = $3, active = $4 WHERE id = $5`
	removeWebhookQuery = `DELETE FROM webhooks WHERE id = $1`

	// What has happened until now is not told.
	presentQuery = `INSERT INTO webhook_cursors (webhook_id, competition_id, event)
SELECT w.id, c.id, c.event FROM webhooks w JOIN competitions c ON c.id = w.competition_id OR w.competition_id IS NULL WHERE w.id = $1
ON CONFLICT (webhook_id, competition_id) DO UPDATE SET event = excluded.event`
	dropPendingQuery = `UPDATE webhook_deliveries SET state = 'failed', last_fault = 'inactive', leased_until = NULL
WHERE webhook_id = $1 AND state = 'pending'`
)

// Webhooks lists all by id, with their secrets.
func (t *Tables) Webhooks(ctx context.Context) ([]race.Webhook, error) {
	rows, err := t.reader.QueryContext(ctx, webhooksQuery)
	ws, err := Collect(rows, err, scanWebhook)
	return ws, named(err, "webhooks")
}

// Webhook returns one, with its secret.
func (t *Tables) Webhook(ctx context.Context, id race.WebhookID) (race.Webhook, error) {
	w, err := scanWebhook(t.reader.QueryRowContext(ctx, webhookQuery, id))
	return w, named(err, "webhook %d", id)
}

// AddWebhook stores a webhook; see persistence.Webhooks.
func (t *Tables) AddWebhook(ctx context.Context, w race.Webhook, note race.AuditEntry) (race.WebhookID, error) {
	var id race.WebhookID
	err := t.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if w.Competition != 0 { // two at once must not both be the last one
			if _, err := scanCompetition(tx.QueryRowContext(ctx, competitionQuery+t.dialect.RowLock, w.Competition)); err != nil {
				return err
			}
		}
		var n int
		if err := tx.QueryRowContext(ctx, countWebhooksQuery, w.Competition).Scan(&n); err != nil {
			return fmt.Errorf("count: %w", err)
		}
		if n >= race.MaxWebhooks {
			return race.Errorf(race.CodeTooMany, "Ya hay %d webhooks; elimine uno primero", n)
		}
		err := tx.QueryRowContext(ctx, insertWebhook, orNull(int64(w.Competition)), w.URL, w.Secret, joinKinds(w.Kinds), w.Active,
			w.Author, w.CreatedAt.UnixMicro()).Scan(&id)
		if err != nil {
			return t.broken(err, "El webhook")
		}
		if _, err := tx.ExecContext(ctx, presentQuery, id); err != nil {
			return fmt.Errorf("start at the present: %w", err)
		}
		return addNote(ctx, tx, note)
	})
	return id, named(err, "add webhook")
}

// ChangeWebhook stores what f makes of a webhook; see persistence.Webhooks.
func (t *Tables) ChangeWebhook(
	ctx context.Context, id race.WebhookID, f func(race.Webhook) (race.Webhook, race.AuditEntry, error),
) error {
	err := t.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		old, err := scanWebhook(tx.QueryRowContext(ctx, webhookQuery+t.dialect.RowLock, id))
		if err != nil {
			return err
		}
		w, note, err := f(old)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, updateWebhookQuery, w.URL, w.Secret, joinKinds(w.Kinds), w.Active, id); err != nil {
			return t.broken(err, "El webhook")
		}
		switch {
		case w.Active && !old.Active:
			_, err = tx.ExecContext(ctx, presentQuery, id)
		case !w.Active && old.Active:
			_, err = tx.ExecContext(ctx, dropPendingQuery, id)
		}
		if err != nil {
			return fmt.Errorf("switch: %w", err)
		}
		return addNote(ctx, tx, note)
	})
	return named(err, "change webhook %d", id)
}

// RemoveWebhook deletes a webhook with its deliveries; see persistence.Webhooks.
func (t *Tables) RemoveWebhook(ctx context.Context, id race.WebhookID, f func(race.Webhook) (race.AuditEntry, error)) error {
	err := t.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		w, err := scanWebhook(tx.QueryRowContext(ctx, webhookQuery+t.dialect.RowLock, id))
		if err != nil {
			return err
		}
		note, err := f(w)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, removeWebhookQuery, id); err != nil {
			return err
		}
		return addNote(ctx, tx, note)
	})
	return named(err, "remove webhook %d", id)
}

func addNote(ctx context.Context, tx *sql.Tx, e race.AuditEntry) error {
	_, err := tx.ExecContext(ctx, insertNote, noteArgs(e)...)
	return named(err, "note %s", e.Action)
}

// updateOne runs a query that changes one row; sql.ErrNoRows if it changed none.
func updateOne(ctx context.Context, tx *sql.Tx, query string, args ...any) error {
	n, err := affected(tx.ExecContext(ctx, query, args...))
	if err == nil && n == 0 {
		return sql.ErrNoRows
	}
	return err
}

// affected returns how many rows a statement changed.
func affected(res sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

func joinKinds(kinds []race.WebhookKind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return strings.Join(words, " ")
}

func splitKinds(words string) []race.WebhookKind {
	var out []race.WebhookKind
	for k := range strings.FieldsSeq(words) {
		out = append(out, race.WebhookKind(k))
	}
	return out
}

// scanWebhook reads webhookColumns.
func scanWebhook(row Row) (race.Webhook, error) {
	var w race.Webhook
	var competition, created sql.NullInt64
	var kinds string
	if err := row.Scan(&w.ID, &competition, &w.URL, &w.Secret, &kinds, &w.Active, &w.Author, &created); err != nil {
		return race.Webhook{}, err
	}
	w.Competition, w.CreatedAt, w.Kinds = race.CompetitionID(competition.Int64), fromMicros(created), splitKinds(kinds)
	return w, nil
}
