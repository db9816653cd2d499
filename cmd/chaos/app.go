package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// appTimeout, appAttempts and appBackoff are those of the app on the phones.
	appTimeout  = 15 * time.Second
	appAttempts = 3
	appBackoff  = 400 * time.Millisecond
	appJitter   = 200 * time.Millisecond
	// betweenPosts lies between two teams of one judge.
	betweenPosts = 100 * time.Millisecond
)

// app is a judge that sends the fifteen records of each team in one POST, and
// retries exactly as the app does, through a balancer that sends every attempt to
// a node that accepts it.
type app struct {
	id      int64
	cast    cast
	clock   clock
	rng     *rand.Rand
	token   string
	targets *targets
	client  *http.Client
	resting *atomic.Bool
	tally   *tally

	idle atomic.Bool

	mu         sync.Mutex // protects the fields below
	sends      []*send
	complaints []string
	requests   []request
}

// request is one POST with all its attempts.
type request struct {
	attempts int
	took     time.Duration
	failed   string // why it failed for good
}

// run sends teams until the load is over or ctx ends.
func (a *app) run(ctx context.Context) {
	defer a.idle.Store(true)
	for i := range a.cast.TeamsEach {
		if a.resting.Load() || !pause(ctx, betweenPosts/2+spread(a.rng, betweenPosts)) {
			return
		}
		a.deliver(ctx, a.cast.team(a.id, i))
	}
}

func (a *app) delivered() bool { return a.idle.Load() }

func (a *app) name() string { return fmt.Sprintf("app %d", a.id) }

func (a *app) history() ([]*send, []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sends, a.complaints
}

// deliver sends the records of a team with as many attempts as the app makes.
func (a *app) deliver(ctx context.Context, team int64) {
	marks := make([]sent, teamSize)
	for i := range marks {
		marks[i].mark = mark{ID: newID(a.id, a.rng), MS: 900_000 + a.rng.Int64N(1_500_000)}
	}
	began, q := time.Now(), request{}
	for {
		q.attempts++
		again, why := a.attempt(ctx, team, slices.Clone(marks))
		if why == "" || ctx.Err() != nil {
			break
		}
		if !again || q.attempts == appAttempts {
			q.failed = why
			break
		}
		pause(ctx, appBackoff<<(q.attempts-1)+spread(a.rng, appJitter))
	}
	q.took = time.Since(began)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = append(a.requests, q)
	if q.failed != "" {
		a.complaints = append(a.complaints, fmt.Sprintf("app %d gave team %d up at %.1fs: %s", a.id, team, seconds(a.clock.now()), q.failed))
	}
}

// attempt is one POST; why is empty when it was answered well, and again says
// that the app would try again.
func (a *app) attempt(ctx context.Context, team int64, marks []sent) (again bool, why string) {
	s := &send{Judge: a.id, Team: team, Way: wayPost, Records: marks, Call: a.clock.now()}
	a.mu.Lock()
	a.sends = append(a.sends, s)
	a.mu.Unlock()
	a.tally.sent.Add(int64(len(marks)))
	var reply postReply
	status, err := a.balance(ctx, postPath(team), postBody(s), &reply)
	if status == 0 {
		return true, fmt.Sprint(err)
	}
	s.Return = a.clock.now()
	switch {
	case status == http.StatusCreated && reply.OK && len(reply.Records) == len(marks):
		for i, r := range reply.Records {
			marks[i].Answer = wordStored
			if r.Duplicate {
				marks[i].Answer = wordDuplicate
			}
			if r.ID != marks[i].ID || r.MS != marks[i].MS {
				return false, fmt.Sprintf("sent %s %d, acknowledged %s %d", marks[i].ID, marks[i].MS, r.ID, r.MS)
			}
			a.tally.answer(a.cast.competitionOf(team), true)
		}
		return false, ""
	case slices.Contains([]int{429, 502, 503, 504}, status):
		s.Refusal = wordUnavailable
		return true, fmt.Sprintf("%d %s", status, reply.Code)
	}
	s.Refusal = reply.Code
	return false, fmt.Sprintf("%d %s %v", status, reply.Code, err)
}

// balance sends to the nodes in an order by chance: a refused connection costs no
// attempt, the next node is asked.
func (a *app) balance(ctx context.Context, path string, in, out any) (status int, err error) {
	urls := a.targets.all()
	a.rng.Shuffle(len(urls), func(i, j int) { urls[i], urls[j] = urls[j], urls[i] })
	for _, url := range urls {
		status, err = call(ctx, a.client, appTimeout, http.MethodPost, url+path, a.token, in, out)
		if !refused(err) {
			break
		}
	}
	return status, err
}

// printRequests sums up what the apps met.
func (c *campaign) printRequests(judges []judge) {
	var took []time.Duration
	var attempts [appAttempts + 1]int
	failed := 0
	for _, j := range judges {
		a, ok := j.(*app)
		if !ok {
			continue
		}
		for _, q := range a.requests {
			took = append(took, q.took)
			attempts[q.attempts]++
			if q.failed != "" {
				failed++
			}
		}
	}
	if len(took) > 0 {
		c.say("  %d requests: %d at the first attempt, %d at the second, %d at the third; %d failed for good; seconds, min median p99 max: %s",
			len(took), attempts[1], attempts[2], attempts[3]-min(failed, attempts[3]), failed, quantiles(took))
	}
}
