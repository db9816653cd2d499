package tables

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"server5k/race"
)

const (
	ruledQuery = `UPDATE competitions SET running = $1, finished_at = $2, gun_shift_ms = $3, version = $4, seq = $5, event = $6, digest = $7
WHERE id = $8 AND epoch = $9`
	signerQuery = `SELECT username, active FROM judges WHERE id = $1`
)

// Rule carries out an order as the owner of its competition; see
// persistence.Office. Instants are stored, and answered, in whole microseconds,
// times and amounts in whole milliseconds.
func (t *Tables) Rule(ctx context.Context, o race.Order) (race.Ruled, error) {
	o.At, o.GunAt = stored(o.At), stored(o.GunAt)
	o.Elapsed, o.Amount = o.Elapsed.Truncate(time.Millisecond), o.Amount.Truncate(time.Millisecond)
	var out race.Ruled
	err := t.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		out, err = (&ruling{t: t, tx: tx, order: o}).run(ctx)
		return err
	})
	if err != nil {
		return race.Ruled{}, named(err, "rule on competition %d", o.Competition)
	}
	return out, nil
}

// ruling is one run of Rule.
type ruling struct {
	t     *Tables
	tx    *sql.Tx
	order race.Order
}

func (r *ruling) run(ctx context.Context) (race.Ruled, error) {
	if err := lock(ctx, r.tx, r.order.Competition); err != nil {
		return race.Ruled{}, err
	}
	owned, err := ScanOwned(r.tx.QueryRowContext(ctx, OwnedQuery, r.order.Competition))
	switch {
	case err != nil:
		return race.Ruled{}, err
	case owned.Epoch != r.order.Epoch:
		return race.Ruled{}, race.ErrFenced
	}
	if err := r.sign(ctx); err != nil {
		return race.Ruled{}, err
	}
	e, err := evidence(ctx, r.tx, owned.Competition)
	if err != nil {
		return race.Ruled{}, err
	}
	made, record, err := e.Rule(r.order)
	if err != nil {
		return race.Ruled{}, err
	}
	out := race.Ruled{}
	if made.Kind == race.RulingDeclare { // which does not change it
		out.Stored = e.Stored(made.Team)
	}
	if made.ID != 0 {
		again := repeated(e, made)
		again.Stored = out.Stored
		return again, nil
	}
	owned.Event++
	made.Event = owned.Event
	if record != nil {
		if out.Record, err = r.add(ctx, &owned, *record); err != nil {
			return race.Ruled{}, err
		}
		made.Record = out.Record.Seq
		e.Records = append(e.Records, out.Record)
	}
	if out.Ruling, out.Competition, err = r.store(ctx, e, made); err != nil {
		return race.Ruled{}, err
	}
	c := out.Competition
	if _, err := r.tx.ExecContext(ctx, ruledQuery, c.Running, toMicros(c.FinishedAt), c.GunShift.Milliseconds(), c.Version,
		owned.Seq, owned.Event, toDigest(owned.Digest), int64(c.ID), owned.Epoch); err != nil {
		return race.Ruled{}, fmt.Errorf("update competition: %w", err)
	}
	return out, nil
}

// sign names the judge who gives the order as its author. One who is not active
// has no team.
func (r *ruling) sign(ctx context.Context) error {
	if r.order.Judge == 0 {
		return nil
	}
	var name string
	var active bool
	err := r.tx.QueryRowContext(ctx, signerQuery, int64(r.order.Judge)).Scan(&name, &active)
	switch {
	case errors.Is(err, sql.ErrNoRows) || (err == nil && !active):
		return race.Errorf(race.CodeForeignTeam, "El equipo %d no está asignado a usted", r.order.Team)
	case err != nil:
		return fmt.Errorf("judge %d: %w", r.order.Judge, err)
	}
	r.order.Author = race.JudgeAuthor + name
	return nil
}

// repeated is what an order came to that was carried out before.
func repeated(e race.Evidence, of race.Ruling) race.Ruled {
	out := race.Ruled{Ruling: of, Competition: e.Competition, Repeated: true}
	if of.Kind != race.RulingAdd && of.Kind != race.RulingAbsence {
		return out
	}
	if i := slices.IndexFunc(e.Records, func(r race.TimeRecord) bool { return r.Seq == of.Record }); i >= 0 {
		out.Record = e.Records[i]
	}
	return out
}

// add numbers and stores a record that was typed in, in a link of its own.
func (r *ruling) add(ctx context.Context, o *Owned, rec race.TimeRecord) (race.TimeRecord, error) {
	if rec.ID == (race.RecordID{}) {
		rec.ID = race.NewRecordID()
	}
	o.Seq++
	rec.Seq = o.Seq
	id := o.Competition.ID
	if _, err := r.tx.ExecContext(ctx, InsertRecord, RecordArgs(id, o.Epoch, rec)...); err != nil {
		if r.t.dialect.Violation(err) == Duplicate {
			err = &race.Error{Code: race.CodeRuling, Text: "La clave de la orden es la de una marca de ese equipo", Cause: err}
		}
		return rec, fmt.Errorf("store record: %w", err)
	}
	link := race.NewLink(id, o.Epoch, o.Digest, []race.TimeRecord{rec})
	if _, err := r.tx.ExecContext(ctx, InsertLink, LinkArgs(id, link)...); err != nil {
		return rec, fmt.Errorf("store link: %w", err)
	}
	o.Digest = link.Digest
	return rec, nil
}

// store stores a ruling, and the results that it makes official. It returns the
// competition as it is then.
func (r *ruling) store(ctx context.Context, e race.Evidence, made race.Ruling) (race.Ruling, race.Competition, error) {
	if err := r.tx.QueryRowContext(ctx, insertRuling, rulingArgs(made)...).Scan(&made.ID); err != nil {
		return made, race.Competition{}, fmt.Errorf("store decision: %w", err)
	}
	c := e.Apply(made)
	if made.Kind != race.RulingOfficial {
		return made, c, nil
	}
	e.Competition, e.Rulings = c, append(e.Rulings, made)
	return made, c, publish(ctx, r.tx, e, made)
}
