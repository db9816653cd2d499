package public

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"server5k/race"
)

const (
	// minRebuild is how often at most the view of a competition is read anew: in the
	// minute when most finish a mark comes every half second, and a screen that is
	// asked for is at most this much behind what the socket sends at once.
	minRebuild = 200 * time.Millisecond
	// maxView is how old a view may become without a known event: what was concealed
	// must be gone within five seconds, wherever it was decided.
	maxView = 3 * time.Second
	// staleAfter is when a view that could not be read anew is called old.
	staleAfter = 6 * time.Second
	// retryAfter is how long a store that failed is left alone.
	retryAfter = time.Second
	// rebuildTimeout bounds one reading, waitForView how long after its begin requests
	// get the last view instead of waiting for it: a store that hangs must not
	// gather all who look at results.
	rebuildTimeout = 5 * time.Second
	waitForView    = 1500 * time.Millisecond
	// maxViews bounds the competitions that are kept; beyond it the one that was not
	// asked for the longest goes.
	maxViews = 32
)

var errRebuild = errors.New("read view: no answer in time")

// view is a board with what was rendered of it.
type view struct {
	*board
	At     time.Time // when it was first read
	digest [sha256.Size]byte
	documents
}

// shown is a view as it is shown now.
type shown struct {
	*view
	checked time.Time // when the store last said that it is so
	stale   bool      // that is too long ago
}

// views keeps the view of each competition. read makes a board; it returns
// race.ErrNotFound for what the public may not see.
type views struct {
	read func(ctx context.Context, id race.CompetitionID) (*board, error)
	seq  func(race.CompetitionID) (seq, stream int64, live bool)
	now  func() time.Time

	mu  sync.Mutex // protects all and the fields of its entries
	all map[race.CompetitionID]*entry
}

// entry is one competition.
type entry struct {
	view    *view
	checked time.Time // when it was last read
	asked   time.Time
	failed  time.Time // when reading failed last, zero after a success
	err     error
	flight  chan struct{} // closed when the reading under way is over; nil: none is
	began   time.Time     // of that reading
}

func newViews(cfg Config, read func(context.Context, race.CompetitionID) (*board, error)) *views {
	return &views{read: read, seq: cfg.Seq, now: cfg.Now, all: map[race.CompetitionID]*entry{}}
}

// get returns the view of a competition, as new as the rules above say. While the
// store is away it is the last one; the error of the store comes when there is
// none.
func (v *views) get(ctx context.Context, id race.CompetitionID) (shown, error) {
	v.mu.Lock()
	e := v.entry(id)
	if v.fresh(id, e) {
		defer v.mu.Unlock()
		return v.show(e)
	}
	if e.flight == nil {
		e.flight, e.began = make(chan struct{}), v.now()
		go v.rebuild(id, e)
	}
	flight, wait := e.flight, waitForView
	if e.view != nil {
		wait -= v.now().Sub(e.began)
	} else {
		wait = rebuildTimeout
	}
	v.mu.Unlock()
	patience := time.NewTimer(wait)
	defer patience.Stop()
	select {
	case <-flight:
	case <-patience.C:
	case <-ctx.Done():
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if e.view == nil && e.err == nil {
		return shown{}, errRebuild
	}
	return v.show(e)
}

// entry returns that of a competition and marks it as asked for; v.mu is held.
func (v *views) entry(id race.CompetitionID) *entry {
	e := v.all[id]
	if e == nil {
		if len(v.all) >= maxViews {
			v.evict()
		}
		e = &entry{}
		v.all[id] = e
	}
	e.asked = v.now()
	return e
}

// evict drops the competition that was not asked for the longest and is not being
// read; v.mu is held.
func (v *views) evict() {
	var oldest race.CompetitionID
	for id, e := range v.all {
		if e.flight == nil && (oldest == 0 || e.asked.Before(v.all[oldest].asked)) {
			oldest = id
		}
	}
	delete(v.all, oldest)
}

// fresh says whether what is known of a competition can be shown as it is; v.mu is
// held.
func (v *views) fresh(id race.CompetitionID, e *entry) bool {
	now := v.now()
	if !e.failed.IsZero() && now.Sub(e.failed) < retryAfter {
		return true
	}
	age := now.Sub(e.checked)
	if e.view == nil || age < 0 || age >= maxView {
		return false
	}
	if age < minRebuild || v.seq == nil || !e.view.Competition.Active {
		return true // what was withdrawn has no events to hear of
	}
	seq, stream, live := v.seq(id)
	return !live || (seq <= e.view.Seq && (stream == e.view.Stream || e.view.Stream == 0))
}

// show returns what an entry has; v.mu is held.
func (v *views) show(e *entry) (shown, error) {
	if e.view == nil {
		return shown{}, e.err
	}
	return shown{e.view, e.checked, v.now().Sub(e.checked) >= staleAfter}, nil
}

// rebuild reads a view and ends the flight. A reading that comes to the same keeps
// the view, with all that was rendered of it.
func (v *views) rebuild(id race.CompetitionID, e *entry) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), rebuildTimeout, errRebuild)
	defer cancel()
	began := v.now()
	v.mu.Lock()
	known := e.view != nil && e.view.Competition.Active
	v.mu.Unlock()
	fresh, err := v.make(ctx, id, known)
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case errors.Is(err, race.ErrNotFound): // it is no longer public: nothing of it is shown
		e.view, e.err, e.failed = nil, err, began
		delete(v.all, id)
	case err != nil:
		e.err, e.failed = err, v.now()
	default:
		e.err, e.failed, e.checked = nil, time.Time{}, began
		if e.view == nil || e.view.digest != fresh.digest {
			e.view = fresh
		}
	}
	close(e.flight)
	e.flight = nil
}

// make reads a board. What the node knew of the events before it read is in it for
// sure; it is asked only about competitions that are known to be there.
func (v *views) make(ctx context.Context, id race.CompetitionID, known bool) (made *view, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("build view: %v", cause)
		}
	}()
	var seq, stream int64
	if v.seq != nil && known {
		seq, stream, _ = v.seq(id)
	}
	b, err := v.read(ctx, id)
	if err != nil {
		return nil, err
	}
	b.Seq, b.Stream = max(b.Seq, seq), stream
	return &view{board: b, At: v.now(), digest: b.digest()}, nil
}

// peek returns the view of a competition that has a team, nil when none is kept.
func (v *views) peek(id race.TeamID) race.CompetitionID {
	v.mu.Lock()
	defer v.mu.Unlock()
	for competition, e := range v.all {
		if e.view == nil {
			continue
		}
		if _, ok := e.view.byTeam[id]; ok {
			return competition
		}
	}
	return 0
}
