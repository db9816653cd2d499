package hooks

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"server5k/race"
)

// Store is what the registry needs of the database; see persistence.Webhooks for
// what each method promises.
type Store interface {
	Webhooks(ctx context.Context) ([]race.Webhook, error)
	Webhook(ctx context.Context, id race.WebhookID) (race.Webhook, error)
	AddWebhook(ctx context.Context, w race.Webhook, note race.AuditEntry) (race.WebhookID, error)
	ChangeWebhook(ctx context.Context, id race.WebhookID, f func(race.Webhook) (race.Webhook, race.AuditEntry, error)) error
	RemoveWebhook(ctx context.Context, id race.WebhookID, f func(race.Webhook) (race.AuditEntry, error)) error
	Deliveries(ctx context.Context, id race.WebhookID, offset, limit int) ([]race.Delivery, int, error)
	Delivery(ctx context.Context, id race.DeliveryID) (race.Delivery, error)
	Redeliver(ctx context.Context, id race.DeliveryID, now, giveUp time.Time, note race.AuditEntry) error
}

// maxPage bounds a page of deliveries.
const maxPage = 200

// secretPrefix tells people, and scanners of leaked files, what a secret is of.
const secretPrefix = "whsec_"

// Registry keeps which addresses are told what. Its methods may be called from any
// goroutine. A webhook that somebody may not touch is race.ErrNotFound to them.
// Secrets are empty in what it returns, except where a method says so.
type Registry struct {
	store Store
	guard Guard
	now   func() time.Time
}

// NewRegistry returns a registry that lets through what guard allows.
func NewRegistry(store Store, guard Guard, now func() time.Time) *Registry {
	return &Registry{store, guard, now}
}

// Who is an organizer who works on webhooks. A viewer has none: pass no
// competitions.
type Who struct {
	Author       string               // user name
	All          bool                 // also the webhooks for all competitions
	Competitions []race.CompetitionID // that it may work on; does not matter with All
}

func (w Who) may(id race.CompetitionID) bool {
	return w.All || id != 0 && slices.Contains(w.Competitions, id)
}

// Form is what an organizer asks for; nil is as it is. A new webhook needs URL and
// Kinds, and is active unless Active says no.
type Form struct {
	Competition race.CompetitionID // of a new one only, 0 all of them
	URL         *string
	Kinds       *[]race.WebhookKind
	Active      *bool
	NewSecret   bool // of one that exists: the old secret is no longer used
}

// List returns the webhooks that who may work on, by id; with a competition only
// those that it alone has.
func (r *Registry) List(ctx context.Context, who Who, competition race.CompetitionID) ([]race.Webhook, error) {
	all, err := r.store.Webhooks(ctx)
	if err != nil {
		return nil, err
	}
	out := []race.Webhook{}
	for _, w := range all {
		if who.may(w.Competition) && (competition == 0 || w.Competition == competition) {
			out = append(out, public(w))
		}
	}
	return out, nil
}

// Get returns one.
func (r *Registry) Get(ctx context.Context, who Who, id race.WebhookID) (race.Webhook, error) {
	w, err := r.store.Webhook(ctx, id)
	if err != nil {
		return race.Webhook{}, err
	}
	if !who.may(w.Competition) {
		return race.Webhook{}, race.ErrNotFound
	}
	return public(w), nil
}

// Create makes a webhook that is told what happens from now on. The secret is in
// what it returns and nowhere else. *InvalidError, race.CodeTooMany.
func (r *Registry) Create(ctx context.Context, who Who, f Form) (race.Webhook, error) {
	w := race.Webhook{Competition: f.Competition, Active: true, Author: who.Author, CreatedAt: r.now(), Secret: newSecret()}
	var faults []Fault
	if !who.may(f.Competition) {
		faults = append(faults, noCompetition())
	}
	if f.URL == nil {
		f.URL = new(string)
	}
	if f.Kinds == nil {
		f.Kinds = new([]race.WebhookKind)
	}
	if faults = append(faults, r.fill(&w, f)...); len(faults) > 0 {
		return race.Webhook{}, &InvalidError{faults}
	}
	note := r.note(who, "webhook.create", w, map[string]any{"active": w.Active, "kinds": [][]race.WebhookKind{nil, w.Kinds}})
	id, err := r.store.AddWebhook(ctx, w, note)
	if errors.Is(err, race.ErrNotFound) {
		return race.Webhook{}, &InvalidError{[]Fault{noCompetition()}}
	}
	if err != nil {
		return race.Webhook{}, err
	}
	w.ID = id
	return w, nil
}

// Update changes a webhook for which match, unless nil, says yes, given what Get
// returns; else race.CodeStale. The secret is in what it returns only when it is new.
// Switched on, it is told what happens from then on; switched off, what is pending
// fails. *InvalidError.
func (r *Registry) Update(ctx context.Context, who Who, id race.WebhookID, match func(race.Webhook) bool, f Form) (race.Webhook, error) {
	var out race.Webhook
	err := r.store.ChangeWebhook(ctx, id, func(old race.Webhook) (race.Webhook, race.AuditEntry, error) {
		if err := permit(who, old, match); err != nil {
			return old, race.AuditEntry{}, err
		}
		w := old
		if faults := r.fill(&w, f); len(faults) > 0 {
			return old, race.AuditEntry{}, &InvalidError{faults}
		}
		out = w
		if f.NewSecret {
			w.Secret = newSecret()
			out.Secret = w.Secret
		} else {
			out = public(w)
		}
		return w, r.note(who, "webhook.update", w, changes(old, w)), nil
	})
	if err != nil {
		return race.Webhook{}, err
	}
	return out, nil
}

// Delete removes a webhook with its deliveries; match as in Update.
func (r *Registry) Delete(ctx context.Context, who Who, id race.WebhookID, match func(race.Webhook) bool) error {
	return r.store.RemoveWebhook(ctx, id, func(w race.Webhook) (race.AuditEntry, error) {
		return r.note(who, "webhook.delete", w, nil), permit(who, w, match)
	})
}

// Deliveries lists those of a webhook, newest first and without their bodies, and
// how many there are in all. A limit of 0, or one beyond 200, is 200.
func (r *Registry) Deliveries(ctx context.Context, who Who, id race.WebhookID, offset, limit int) ([]race.Delivery, int, error) {
	if _, err := r.Get(ctx, who, id); err != nil {
		return nil, 0, err
	}
	if limit <= 0 || limit > maxPage {
		limit = maxPage
	}
	return r.store.Deliveries(ctx, id, max(offset, 0), limit)
}

// Delivery returns one of a webhook with its body.
func (r *Registry) Delivery(ctx context.Context, who Who, webhook race.WebhookID, id race.DeliveryID) (race.Delivery, error) {
	_, d, err := r.delivery(ctx, who, webhook, id)
	return d, err
}

// Redeliver has a delivery sent again now, with the same id and body. One that is
// being sent at this moment is not sent twice. It fails with race.CodeRuling when
// the webhook is not active.
func (r *Registry) Redeliver(ctx context.Context, who Who, webhook race.WebhookID, id race.DeliveryID) (race.Delivery, error) {
	w, d, err := r.delivery(ctx, who, webhook, id)
	if err != nil {
		return race.Delivery{}, err
	}
	if !w.Active {
		return race.Delivery{}, race.Errorf(race.CodeRuling, "El webhook no está activo; actívelo primero")
	}
	note := r.note(who, "webhook.redeliver", w, map[string]any{"delivery": d.ID.String(), "subject": d.Subject})
	note.Competition = d.Competition
	now := r.now()
	if err := r.store.Redeliver(ctx, d.ID, now, now.Add(giveUpAfter), note); err != nil {
		return race.Delivery{}, err
	}
	_, d, err = r.delivery(ctx, who, webhook, id)
	return d, err
}

func (r *Registry) delivery(
	ctx context.Context, who Who, webhook race.WebhookID, id race.DeliveryID,
) (race.Webhook, race.Delivery, error) {
	w, err := r.Get(ctx, who, webhook)
	if err != nil {
		return race.Webhook{}, race.Delivery{}, err
	}
	d, err := r.store.Delivery(ctx, id)
	if err == nil && d.Webhook != webhook {
		err = race.ErrNotFound
	}
	if err != nil {
		return race.Webhook{}, race.Delivery{}, err
	}
	return w, d, nil
}

// fill takes over what a form says and returns what is wrong with it.
func (r *Registry) fill(w *race.Webhook, f Form) []Fault {
	var faults []Fault
	if f.URL != nil {
		w.URL = *f.URL
		if text, ok := r.guard.check(w.URL); !ok {
			faults = append(faults, Fault{FieldURL, text})
		}
	}
	if f.Kinds != nil {
		w.Kinds = slices.Compact(slices.Sorted(slices.Values(*f.Kinds)))
		unknown := func(k race.WebhookKind) bool { return !slices.Contains(race.WebhookKinds(), k) }
		switch {
		case len(w.Kinds) == 0:
			faults = append(faults, Fault{FieldKinds, Text{"Elija al menos un tipo de aviso", "Choose at least one kind of news"}})
		case slices.ContainsFunc(w.Kinds, unknown):
			faults = append(faults, Fault{FieldKinds, Text{"Hay un tipo de aviso que no existe", "There is no such kind of news"}})
		}
	}
	if f.Active != nil {
		w.Active = *f.Active
	}
	return faults
}

func noCompetition() Fault {
	return Fault{FieldCompetition, Text{"Esa competencia no existe", "There is no such competition"}}
}

// permit refuses who may not touch a webhook or saw an older one.
func permit(who Who, w race.Webhook, match func(race.Webhook) bool) error {
	switch {
	case !who.may(w.Competition):
		return race.ErrNotFound
	case match != nil && !match(public(w)):
		return race.Errorf(race.CodeStale, "Alguien más ha cambiado el webhook")
	}
	return nil
}

// note is the entry of the audit log. A URL may hold a secret, so only its host
// is told.
func (r *Registry) note(who Who, action string, w race.Webhook, detail map[string]any) race.AuditEntry {
	if detail == nil {
		detail = map[string]any{}
	}
	b, err := json.Marshal(detail)
	if err != nil { // only texts and flags
		panic(err)
	}
	return race.AuditEntry{
		At: r.now(), Author: who.Author, Action: action, Competition: w.Competition,
		Subject: fmt.Sprintf("webhook %s", hostOf(w.URL)), Detail: string(b),
	}
}

// changes says what is different, as the audit log does.
func changes(old, w race.Webhook) map[string]any {
	out := map[string]any{}
	if old.URL != w.URL {
		out["host"] = []string{hostOf(old.URL), hostOf(w.URL)}
	}
	if !slices.Equal(old.Kinds, w.Kinds) {
		out["kinds"] = [][]race.WebhookKind{old.Kinds, w.Kinds}
	}
	if old.Active != w.Active {
		out["active"] = []bool{old.Active, w.Active}
	}
	if old.Secret != w.Secret {
		out["secret"] = true
	}
	return out
}

// public is a webhook without its secret.
func public(w race.Webhook) race.Webhook {
	w.Secret = ""
	return w
}

// newSecret makes 32 bytes from crypto/rand in base64.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails: it ends the process instead
	return secretPrefix + base64.RawURLEncoding.EncodeToString(b[:])
}
