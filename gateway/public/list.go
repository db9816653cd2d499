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
	reading sync.Mutex // held while the list is read
	mu      sync.Mutex // protects the fields below; taken after reading
	made    *listing
	at      time.Time
}

// last returns the list as it was read last, nil before, and when it is to be read
// anew.
func (l *list) last() (made *listing, due time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.made, l.at.Add(listAge)
}

func (l *list) set(made *listing, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made, l.at = made, at
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
		return c.p.document(c.lang, pageList, frame{Title: c.p.texts[c.lang].Text("list.title"), Data: made, Refresh: refreshOf(scheduled)})
	})
	if err != nil {
		return err
	}
	doc.send(c.ctx, http.StatusOK)
	return nil
}

// listing returns the list, read anew when it is old. While it is being read others
// get the last one, and so does everybody while the store is away.
func (p *Pages) listing(ctx context.Context) (*listing, error) {
	made, due := p.list.last()
	if made != nil && (p.cfg.Now().Before(due) || !p.list.reading.TryLock()) {
		return made, nil
	}
	if made == nil {
		p.list.reading.Lock()
	}
	defer p.list.reading.Unlock()
	made, due = p.list.last() // somebody else may have read it meanwhile
	now := p.cfg.Now()
	if made != nil && now.Before(due) {
		return made, nil
	}
	all, err := p.cfg.Store.Competitions(ctx, 0)
	switch {
	case err == nil:
		made = p.arrange(ctx, all)
		p.list.set(made, now)
	case made == nil:
		return nil, fmt.Errorf("list competitions: %w", err)
	default:
		p.cfg.Log.Warn("list of competitions is old", "error", err)
		p.list.set(made, now.Add(retryAfter-listAge))
	}
	return made, nil
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
