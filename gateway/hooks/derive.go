package hooks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"

	"server5k/race"
)

// moveEvery is how often a cursor moves over events that were no news; seldom, so
// that a race does not cost a write a second for each webhook.
const moveEvery = 30 * time.Second

// deriver turns events into deliveries. It belongs to one goroutine.
type deriver struct {
	cfg     Config
	metrics *metrics
	known   map[pair]mark
}

type pair struct {
	webhook     race.WebhookID
	competition race.CompetitionID
}

// mark is what a node remembers of a pair: the event up to which there is no news
// after the cursor, and when it last moved the cursor.
type mark struct {
	event   int64
	movedAt time.Time
}

func newDeriver(cfg Config, m *metrics) *deriver {
	return &deriver{cfg: cfg, metrics: m, known: map[pair]mark{}}
}

// round tells every webhook what is new. What fails is tried again in the next
// round, and does not keep others from theirs.
func (r *deriver) round(ctx context.Context) error {
	spans, err := r.cfg.Queue.WebhookSpans(ctx)
	if err != nil {
		return err
	}
	untold := make(map[pair]bool, len(spans))
	evidence := map[race.CompetitionID]race.Evidence{}
	var errs []error
	for _, s := range spans {
		at := pair{s.Webhook.ID, s.Competition.ID}
		m := r.known[at]
		untold[at] = true
		if s.To <= m.event && r.cfg.Now().Sub(m.movedAt) < moveEvery {
			continue
		}
		m, err := r.tell(ctx, s, m, evidence)
		if err != nil && !errors.Is(err, race.ErrNotFound) { // purged meanwhile
			errs = append(errs, fmt.Errorf("news of competition %d for webhook %d: %w", s.Competition.ID, s.Webhook.ID, err))
			continue
		}
		r.known[at] = m
	}
	maps.DeleteFunc(r.known, func(at pair, m mark) bool { // pairs that are gone among them
		return !untold[at] && r.cfg.Now().Sub(m.movedAt) >= moveEvery
	})
	return errors.Join(errs...)
}

// tell stores what a span comes to and returns what to remember.
func (r *deriver) tell(ctx context.Context, s race.WebhookSpan, m mark, evidence map[race.CompetitionID]race.Evidence) (mark, error) {
	deliveries, err := r.deliveries(ctx, s, max(s.From, m.event), evidence)
	if err != nil {
		return m, err
	}
	if len(deliveries) == 0 && r.cfg.Now().Sub(m.movedAt) < moveEvery {
		m.event = s.To
		return m, nil
	}
	ok, err := r.cfg.Queue.Enqueue(ctx, s, deliveries)
	if err != nil || !ok { // not ok: another node was first
		return m, err
	}
	r.metrics.count(outcomeQueued, len(deliveries))
	return mark{s.To, r.cfg.Now()}, nil
}

// deliveries derives what happened in a span after an event.
func (r *deriver) deliveries(
	ctx context.Context, s race.WebhookSpan, after int64, evidence map[race.CompetitionID]race.Evidence,
) ([]race.Delivery, error) {
	id := s.Competition.ID
	if after >= s.To {
		return nil, nil
	}
	if some, err := r.cfg.Queue.WebhookNews(ctx, id, after); err != nil || !some {
		return nil, err
	}
	e, ok := evidence[id]
	if !ok {
		var err error
		if e, err = r.cfg.Queue.Evidence(ctx, id); err != nil {
			return nil, err
		}
		evidence[id] = e
	}
	var out []race.Delivery
	for _, n := range e.News(after, s.To) {
		if !s.Webhook.Wants(n.Kind) {
			continue
		}
		d, err := r.delivery(ctx, e.Competition, n)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.Subject, err)
		}
		out = append(out, d)
	}
	return out, nil
}

func (r *deriver) delivery(ctx context.Context, c race.Competition, n race.News) (race.Delivery, error) {
	var version *race.Version
	if n.Kind == race.WebhookOfficial {
		v, err := r.cfg.Queue.Version(ctx, c.ID, n.Ruling.Version)
		if err != nil {
			return race.Delivery{}, err
		}
		version = &v
	}
	id, err := uuid.NewV7()
	if err != nil {
		return race.Delivery{}, err
	}
	now := r.cfg.Now()
	m, err := newMessage(race.DeliveryID(id), c, n, version, now)
	if err != nil {
		return race.Delivery{}, err
	}
	body, err := m.encode()
	if err != nil {
		return race.Delivery{}, err
	}
	return race.Delivery{
		ID: race.DeliveryID(id), Kind: n.Kind, Subject: n.Subject, Body: body, State: race.DeliveryPending,
		NextAt: now, GiveUpAt: now.Add(giveUpAfter), CreatedAt: now,
	}, nil
}
