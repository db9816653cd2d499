package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"server5k/race"
)

// racerCounts says what happened to judges.
type racerCounts struct{ cuts, resent, posts, duplicates, conflicts, foreign int }

func (n *racerCounts) add(o racerCounts) {
	n.cuts, n.resent, n.posts = n.cuts+o.cuts, n.resent+o.resent, n.posts+o.posts
	n.duplicates, n.conflicts, n.foreign = n.duplicates+o.duplicates, n.conflicts+o.conflicts, n.foreign+o.foreign
}

// parcel is one message of a judge and what its answer has to say.
type parcel struct {
	records   []sentRecord
	batch     bool
	team      race.TeamID
	refusal   race.Code // empty: it has to be stored
	duplicate bool      // it was acknowledged before
}

// racer is a judge with the outbox of a phone, played by one goroutine.
type racer struct {
	id     race.JudgeID
	team   race.TeamID
	judges int // in the race; each has the team of the same number
	api    rest
	rng    *rand.Rand
	cutter bool // has a bad connection
	sock   *socket

	marks   []sentRecord
	want    map[string]int64 // ms of each mark
	acked   map[string]int64 // as acknowledged
	fresh   map[string]int   // answers that did not say duplicate
	pending map[string]parcel
	refs    int
	started int
	stopped int
	counts  racerCounts
}

// newRacer makes one of a number of judges, who calls as api does with a token
// of its own.
func newRacer(t *testing.T, api rest, id race.JudgeID, judges int, seed uint64) *racer {
	t.Helper()
	api.token = judgeToken(t, id)
	r := &racer{
		id: id, team: race.TeamID(id), judges: judges, api: api, rng: rand.New(rand.NewPCG(seed, uint64(id))), cutter: id%10 < 3,
		want: map[string]int64{}, acked: map[string]int64{}, fresh: map[string]int{}, pending: map[string]parcel{},
	}
	for i := range race.DefaultTeamSize {
		m := sentRecord{ID: r.newID(), Total: 900_000 + r.rng.Int64N(1_500_000)}
		switch {
		case id%20 == 0 && i < 2: // absent
			m.Total = 0
		case id%24 == 1 || id%24 == 2: // teams that tie
			m.Total = 1_000_000 + int64(i)
		}
		r.want[m.ID] = m.Total
		if m.Total > 0 && r.rng.IntN(3) == 0 { // components win
			c := race.Split(time.Duration(m.Total) * time.Millisecond)
			m.Hours, m.Minutes, m.Seconds, m.Milliseconds, m.Total = c.Hours, c.Minutes, c.Seconds, c.Milliseconds, 1
		}
		r.marks = append(r.marks, m)
	}
	return r
}

func (r *racer) newID() string {
	return fmt.Sprintf("%08x-%04x-4000-8000-%012x", r.rng.Uint32(), int64(r.id), r.rng.Int64N(1<<48))
}

func (r *racer) connect(ctx context.Context) (err error) {
	r.sock, err = r.api.dialJudge(ctx, r.id)
	return err
}

// run waits for the start and then sends all marks in a random order and in
// random ways, until all are acknowledged.
func (r *racer) run(ctx context.Context) error {
	for r.started == 0 {
		if err := r.readOne(); err != nil {
			return err
		}
	}
	r.rng.Shuffle(len(r.marks), func(i, j int) { r.marks[i], r.marks[j] = r.marks[j], r.marks[i] })
	for left := r.marks; len(left) > 0; {
		n := 1
		if r.rng.IntN(2) == 0 {
			n += r.rng.IntN(min(4, len(left)))
		}
		p := parcel{records: left[:n], batch: n > 1 || r.rng.IntN(4) == 0, team: r.team}
		left = left[n:]
		if err := r.deliver(ctx, p); err != nil {
			return err
		}
		if err := r.misbehave(ctx); err != nil {
			return err
		}
	}
	if err := r.drain(); err != nil {
		return err
	}
	return r.complete()
}

// deliver sends a parcel by socket, by POST or by both at once.
func (r *racer) deliver(ctx context.Context, p parcel) error {
	switch r.rng.IntN(6) {
	case 0:
		return r.post(ctx, p)
	case 1:
		var g errgroup.Group
		ready := make(chan postReply, 1)
		g.Go(func() error {
			reply, err := r.postOnce(ctx, p)
			ready <- reply
			return err
		})
		if err := r.send(p); err != nil {
			return err
		}
		if err := g.Wait(); err != nil {
			return err
		}
		return r.takePost(p, <-ready)
	case 2: // twice at once
		if err := r.send(p); err != nil {
			return err
		}
	}
	return r.send(p)
}

// misbehave does what a bad network, an old phone or a wrong app would.
func (r *racer) misbehave(ctx context.Context) error {
	if r.cutter && r.rng.IntN(2) == 0 {
		if err := r.cut(ctx); err != nil {
			return err
		}
	}
	if known := slices.Sorted(maps.Keys(r.acked)); len(known) > 0 && r.rng.IntN(3) == 0 {
		id := known[r.rng.IntN(len(known))]
		altered := sentRecord{ID: id, Total: r.acked[id] + 1 + r.rng.Int64N(1000)}
		if err := r.send(parcel{records: []sentRecord{altered}, batch: r.rng.IntN(2) == 0, team: r.team, refusal: race.CodeConflict}); err != nil {
			return err
		}
	}
	if r.rng.IntN(5) == 0 {
		other := race.TeamID(1 + (int(r.team)+r.rng.IntN(r.judges-1))%r.judges)
		p := parcel{records: []sentRecord{{ID: r.newID(), Total: 1}}, batch: r.rng.IntN(2) == 0, team: other, refusal: race.CodeForeignTeam}
		if err := r.send(p); err != nil {
			return err
		}
	}
	if r.rng.IntN(3) > 0 {
		return nil // let answers wait
	}
	return r.drain()
}

// cut drops the connection, opens another and sends what was not acknowledged,
// and something that was.
func (r *racer) cut(ctx context.Context) error {
	r.counts.cuts++
	r.sock.cut(r.rng.IntN(2) == 0)
	if err := r.connect(ctx); err != nil {
		return err
	}
	lost := r.pending
	r.pending = map[string]parcel{}
	for _, ref := range slices.Sorted(maps.Keys(lost)) {
		if p := lost[ref]; p.refusal == "" {
			r.counts.resent++
			if err := r.send(p); err != nil {
				return err
			}
		}
	}
	for _, m := range r.marks {
		if _, ok := r.acked[m.ID]; ok {
			p := parcel{records: []sentRecord{m}, batch: r.rng.IntN(2) == 0, team: r.team, duplicate: true}
			if r.rng.IntN(2) == 0 {
				return r.post(ctx, p)
			}
			return r.send(p)
		}
	}
	return nil
}
