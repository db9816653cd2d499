package public

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"server5k/race"
)

const (
	// listAge is how old the list of competitions may become while it is asked for.
	listAge = 3 * time.Second
	// listWinners bounds the finished competitions whose winners are read for the
	// list; older ones are only named.
	listWinners = 8
	// maxListed bounds the list.
	maxListed = 200
)

// list keeps the page of all competitions.
type list struct {
	mu   sync.Mutex // protects the fields and is held while the list is read
	made *listing
	at   time.Time
}

// listing is the list at one time.
type listing struct {
	Running, Coming, Finished []listed
	documents
}

// listed is one competition in the list.
type listed struct {
	Competition race.Competition
	Read        bool // of its board: what follows
	Stage       phase
	Done, Teams int
	Winners     []line
}

// list answers with all competitions that the public may see.
func (c *call) list(ctx context.Context) error {
	made, err := c.p.listing(ctx)
	if err != nil {
		return err
	}
	now := c.p.cfg.Now()
	doc, err := made.get(documentKey{page: string(pageList), lang: c.lang}, now, 0, func() (*document, error) {
		return c.p.document(c.lang, pageList, frame{Title: c.p.texts[c.lang].text("list.title"), Data: made, Refresh: refreshOf(scheduled)})
	})
	if err != nil {
		return err
	}
	doc.send(c.ctx, http.StatusOK)
	return nil
}

// listing returns the list, read anew when it is old. While the store is away it
// is the last one.
func (p *Pages) listing(ctx context.Context) (*listing, error) {
	p.list.mu.Lock()
	defer p.list.mu.Unlock()
	now := p.cfg.Now()
	if p.list.made != nil && now.Sub(p.list.at) < listAge {
		return p.list.made, nil
	}
	all, err := p.cfg.Store.Competitions(ctx, 0)
	if err != nil {
		if p.list.made == nil {
			return nil, fmt.Errorf("list competitions: %w", err)
		}
		p.cfg.Log.Warn("list of competitions is old", "error", err)
		p.list.at = now.Add(retryAfter - listAge)
		return p.list.made, nil
	}
	p.list.made, p.list.at = p.arrange(ctx, all), now
	return p.list.made, nil
}

// arrange sorts competitions by what people look for: those that run, the next
// ones, the last ones.
func (p *Pages) arrange(ctx context.Context, all []race.Competition) *listing {
	made := &listing{}
	for _, c := range all[:min(len(all), maxListed)] {
		if !visible(c) {
			continue
		}
		one := listed{Competition: c}
		switch phaseOf(c) {
		case running:
			one.read(ctx, p)
			made.Running = append(made.Running, one)
		case scheduled:
			made.Coming = append(made.Coming, one)
		default:
			made.Finished = append(made.Finished, one)
		}
	}
	slices.SortStableFunc(made.Coming, func(a, b listed) int { return a.Competition.ScheduledAt.Compare(b.Competition.ScheduledAt) })
	slices.SortStableFunc(made.Finished, func(a, b listed) int { return b.Competition.FinishedAt.Compare(a.Competition.FinishedAt) })
	for i := range made.Finished[:min(len(made.Finished), listWinners)] {
		made.Finished[i].read(ctx, p)
	}
	return made
}

// read adds what the board of the competition says; without one the competition is
// only named.
func (l *listed) read(ctx context.Context, p *Pages) {
	v, err := p.views.get(ctx, l.Competition.ID)
	if err != nil {
		return
	}
	l.Read, l.Stage, l.Done, l.Teams = true, v.Phase, v.Complete, len(v.Lines)
	for _, one := range v.Lines {
		if one.Place == 1 {
			l.Winners = append(l.Winners, one)
		}
	}
}
