package hooks

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"server5k/race"
)

// start is when tests begin.
var start = time.Date(2026, 5, 3, 9, 0, 0, 0, time.UTC)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex // protects at
	at time.Time
}

func newClock() *clock { return &clock{at: start} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// memory is a store in memory: Queue and Store as a database keeps them, which
// persistence/storetest checks.
type memory struct {
	mu         sync.Mutex // protects all below
	webhooks   []race.Webhook
	cursors    map[pair]int64
	deliveries []race.Delivery
	leases     map[race.DeliveryID]time.Time
	evidence   map[race.CompetitionID]race.Evidence
	events     map[race.CompetitionID]int64
	notes      []race.AuditEntry
	failure    error // of every call, if any
	reads      int   // of evidence
	moves      int   // of cursors
	swept      time.Time
}

func newMemory() *memory {
	return &memory{
		cursors: map[pair]int64{}, leases: map[race.DeliveryID]time.Time{},
		evidence: map[race.CompetitionID]race.Evidence{}, events: map[race.CompetitionID]int64{},
	}
}

// with runs f with the lock held.
func (m *memory) with(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

// all returns the deliveries as they are.
func (m *memory) all() []race.Delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.deliveries)
}

func (m *memory) find(id race.WebhookID) *race.Webhook {
	if i := slices.IndexFunc(m.webhooks, func(w race.Webhook) bool { return w.ID == id }); i >= 0 {
		return &m.webhooks[i]
	}
	return nil
}

func (m *memory) findDelivery(id race.DeliveryID) *race.Delivery {
	if i := slices.IndexFunc(m.deliveries, func(d race.Delivery) bool { return d.ID == id }); i >= 0 {
		return &m.deliveries[i]
	}
	return nil
}

func (m *memory) Webhooks(context.Context) ([]race.Webhook, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.webhooks), m.failure
}

func (m *memory) Webhook(_ context.Context, id race.WebhookID) (race.Webhook, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w := m.find(id); w != nil {
		return *w, m.failure
	}
	return race.Webhook{}, race.ErrNotFound
}

func (m *memory) AddWebhook(_ context.Context, w race.Webhook, note race.AuditEntry) (race.WebhookID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.evidence[w.Competition]; !ok && w.Competition != 0 {
		return 0, race.ErrNotFound
	}
	w.ID = race.WebhookID(len(m.webhooks) + 1)
	m.webhooks, m.notes = append(m.webhooks, w), append(m.notes, note)
	for c, event := range m.events {
		m.cursors[pair{w.ID, c}] = event
	}
	return w.ID, m.failure
}

func (m *memory) ChangeWebhook(_ context.Context, id race.WebhookID, f func(race.Webhook) (race.Webhook, race.AuditEntry, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.find(id)
	if w == nil {
		return race.ErrNotFound
	}
	changed, note, err := f(*w)
	if err == nil {
		*w, m.notes = changed, append(m.notes, note)
	}
	return err
}

func (m *memory) RemoveWebhook(_ context.Context, id race.WebhookID, f func(race.Webhook) (race.AuditEntry, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.find(id)
	if w == nil {
		return race.ErrNotFound
	}
	note, err := f(*w)
	if err == nil {
		m.notes = append(m.notes, note)
		m.webhooks = slices.DeleteFunc(m.webhooks, func(w race.Webhook) bool { return w.ID == id })
	}
	return err
}

func (m *memory) WebhookSpans(context.Context) ([]race.WebhookSpan, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []race.WebhookSpan
	for _, w := range m.webhooks {
		for c, event := range m.events {
			if from := m.cursors[pair{w.ID, c}]; w.Active && (w.Competition == 0 || w.Competition == c) && event > from {
				out = append(out, race.WebhookSpan{Webhook: w, From: from, To: event, Competition: m.evidence[c].Competition})
			}
		}
	}
	return out, m.failure
}

func (m *memory) WebhookNews(context.Context, race.CompetitionID, int64) (bool, error) {
	return true, nil
}

func (m *memory) Evidence(_ context.Context, id race.CompetitionID) (race.Evidence, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	return m.evidence[id], m.failure
}

func (m *memory) Version(_ context.Context, id race.CompetitionID, number int) (race.Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v := race.Version{Competition: id, Number: number, Author: "root", Reason: "final"}
	v.Sheet, v.Digest = m.evidence[id].Sheet().Encode()
	return v, m.failure
}

func (m *memory) Enqueue(_ context.Context, s race.WebhookSpan, ds []race.Delivery) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := pair{s.Webhook.ID, s.Competition.ID}
	if m.cursors[at] != s.From {
		return false, m.failure
	}
	m.cursors[at] = s.To
	m.moves++
	for _, d := range ds {
		d.Webhook, d.Competition = s.Webhook.ID, s.Competition.ID
		m.deliveries = append(m.deliveries, d)
	}
	return true, m.failure
}

func (m *memory) due(d race.Delivery, now time.Time) bool {
	w := m.find(d.Webhook)
	return d.State == race.DeliveryPending && !d.NextAt.After(now) && m.leases[d.ID].Before(now) && d.GiveUpAt.After(now) && w != nil && w.Active
}

func (m *memory) DueDeliveries(_ context.Context, now time.Time, each, limit int) ([]race.DueDelivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []race.DueDelivery
	n := map[race.WebhookID]int{}
	for _, d := range m.deliveries {
		if m.due(d, now) && n[d.Webhook] < each && len(out) < limit {
			n[d.Webhook]++
			out = append(out, race.DueDelivery{ID: d.ID, Webhook: d.Webhook, URL: m.find(d.Webhook).URL})
		}
	}
	return out, m.failure
}

func (m *memory) LeaseDelivery(_ context.Context, id race.DeliveryID, now, until time.Time) (race.Delivery, race.Webhook, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.findDelivery(id)
	if d == nil || !m.due(*d, now) {
		return race.Delivery{}, race.Webhook{}, race.ErrNotFound
	}
	d.Attempts++
	m.leases[id] = until
	return *d, *m.find(d.Webhook), m.failure
}

func (m *memory) SettleDelivery(_ context.Context, d race.Delivery) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.findDelivery(d.ID)
	if was.State != race.DeliveryPending || was.Attempts != d.Attempts {
		return false, m.failure
	}
	*was = d
	delete(m.leases, d.ID)
	if d.LastFault == race.FaultGone {
		m.find(d.Webhook).Active = false
	}
	return true, m.failure
}

func (m *memory) SweepDeliveries(_ context.Context, now, _ time.Time) (int, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.swept = now
	return 0, 0, m.failure
}

func (m *memory) Deliveries(_ context.Context, id race.WebhookID, offset, limit int) ([]race.Delivery, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var of []race.Delivery
	for _, d := range slices.Backward(m.deliveries) {
		if d.Webhook == id {
			of = append(of, d)
		}
	}
	return of[min(offset, len(of)):min(offset+limit, len(of))], len(of), m.failure
}

func (m *memory) Delivery(_ context.Context, id race.DeliveryID) (race.Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d := m.findDelivery(id); d != nil {
		return *d, m.failure
	}
	return race.Delivery{}, race.ErrNotFound
}

func (m *memory) Redeliver(_ context.Context, id race.DeliveryID, now, giveUp time.Time, note race.AuditEntry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.findDelivery(id)
	d.State, d.NextAt, d.GiveUpAt, d.Attempts, d.DeliveredAt = race.DeliveryPending, now, giveUp, 0, time.Time{}
	m.notes = append(m.notes, note)
	return m.failure
}

// oneRace puts a competition of one team of two into a store, started at event 1.
func oneRace(tb testing.TB, m *memory) {
	tb.Helper()
	m.with(func() {
		m.evidence[1] = race.Evidence{
			Competition: race.Competition{ID: 1, Name: "Carrera 5K", Running: true, StartedAt: start, TeamSize: 2, Rounding: race.RoundRaw},
			Teams:       []race.Team{{ID: 7, Competition: 1, Name: "Ñandú Íñiguez", Bib: 101, Category: race.CategoryStudents}},
		}
		m.events[1] = 0
	})
}

// ruling adds a ruling under the next event.
func (m *memory) ruling(kind race.RulingKind) {
	m.with(func() {
		e := m.evidence[1]
		m.events[1]++
		r := race.Ruling{ID: race.RulingID(len(e.Rulings) + 1), Competition: 1, Kind: kind, Event: m.events[1], At: start.Add(time.Hour), Author: "root"}
		if kind == race.RulingOfficial {
			e.Competition.Version++
			r.Version = e.Competition.Version
		}
		e.Rulings = append(slices.Clip(e.Rulings), r)
		m.evidence[1] = e
	})
}

// finish adds a record of the team under the next event.
func (m *memory) finish() {
	m.with(func() {
		e := m.evidence[1]
		m.events[1]++
		n := len(e.Records) + 1
		e.Records = append(slices.Clip(e.Records), race.TimeRecord{
			ID: race.RecordID{15: byte(n)}, Team: 7, Elapsed: time.Duration(n) * 20 * time.Minute, ReceivedAt: start.Add(time.Duration(n) * 20 * time.Minute),
			Source: race.SourceSocket, State: race.StateCounted, Slot: n, Seq: int64(n), Event: m.events[1],
		})
		m.evidence[1] = e
	})
}
