package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	// changeTimeout is shorter than the server's own, so that some outcomes stay
	// unknown.
	changeTimeout = 2500 * time.Millisecond
	// betweenPauses and longestPause say how often a competition is stopped by
	// mistake and how long.
	betweenPauses = 3500 * time.Millisecond
	longestPause  = 1200 * time.Millisecond
)

// organizer starts and stops competitions over REST. One goroutine runs it;
// settle is called after that has ended.
type organizer struct {
	cast    cast
	clock   clock
	rng     *rand.Rand
	targets *targets
	client  *http.Client
	token   string

	mu      sync.Mutex // protects changes
	changes []change
}

// login gets a token with a password, as people do.
func (o *organizer) login(ctx context.Context) error {
	in := map[string]string{"username": organizerName, "password": organizerPass}
	var got struct {
		Access string `json:"access"`
	}
	for {
		status, err := call(ctx, o.client, 5*time.Second, http.MethodPost, o.targets.pick(o.rng)+"/api/token/", "", in, &got)
		if status == http.StatusOK && got.Access != "" {
			o.token = got.Access
			return nil
		}
		if status >= 400 && status < 500 {
			return fmt.Errorf("login of the organizer: %d %w", status, err)
		}
		if !pause(ctx, 50*time.Millisecond) {
			return fmt.Errorf("login of the organizer: %w", errors.Join(context.Cause(ctx), err))
		}
	}
}

// change asks until the competition is as wanted.
func (o *organizer) change(ctx context.Context, competition int64, start bool) error {
	verb := "detener"
	if start {
		verb = "iniciar"
	}
	for {
		url := fmt.Sprintf("%s/api/competencias/%d/%s/", o.targets.pick(o.rng), competition, verb)
		c := change{Competition: competition, Start: start, Call: o.clock.now()}
		status, err := call(ctx, o.client, changeTimeout, http.MethodPost, url, o.token, struct{}{}, nil)
		if status != 0 {
			c.Return, c.Status = o.clock.now(), status
		}
		o.mu.Lock()
		o.changes = append(o.changes, c)
		o.mu.Unlock()
		if c.done() {
			return nil
		}
		if !pause(ctx, 100*time.Millisecond) {
			return fmt.Errorf("%s of competition %d: %d %w", verb, competition, status, errors.Join(context.Cause(ctx), err))
		}
	}
}

// all starts or stops every competition.
func (o *organizer) all(ctx context.Context, start bool) error {
	for c := range o.cast.Competitions {
		if err := o.change(ctx, int64(c+1), start); err != nil {
			return err
		}
	}
	return nil
}

// run stops a competition now and then and starts it again, and starts what does
// not run though it should: an early try to stop may have come late.
func (o *organizer) run(ctx context.Context) {
	next := o.clock.now() + instant(betweenPauses)
	for pause(ctx, 250*time.Millisecond) {
		if o.clock.now() < next {
			_ = o.restart(ctx) // tried again in 250 ms
			continue
		}
		next = o.clock.now() + instant(betweenPauses/2+spread(o.rng, betweenPauses))
		c := o.rng.Int64N(int64(o.cast.Competitions)) + 1
		if o.change(ctx, c, false) != nil || !pause(ctx, spread(o.rng, longestPause)) || o.change(ctx, c, true) != nil {
			return // the end of ctx; settle does the rest
		}
	}
}

// restart starts every competition that does not run.
func (o *organizer) restart(ctx context.Context) error {
	var states []struct {
		ID      int64 `json:"id"`
		Running bool  `json:"is_running"`
	}
	status, err := call(ctx, o.client, changeTimeout, http.MethodGet, o.targets.pick(o.rng)+"/api/admin/estado-competencias/", "", nil, &states)
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("state of the competitions: %d %w", status, err)
	}
	for _, s := range states {
		if !s.Running {
			if err := o.change(ctx, s.ID, true); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *organizer) history() []change {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.changes)
}
