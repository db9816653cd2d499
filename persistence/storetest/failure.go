package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

func appendCanceled(t *testing.T, s persistence.Store) {
	f := running(t, s)
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	_, _, err := f.Append(ctx, race.Batch{Competition: first, Epoch: f.epoch[first], Requests: []race.Request{by(ana, teamAna, mark(1, time.Minute))}})
	if !errors.Is(err, context.Canceled) {
		f.Errorf("got %v, want context.Canceled", err)
	}
	f.equal("records", len(f.records(first)), 0)
	f.code("the store still works", f.append(first, by(ana, teamAna, mark(1, time.Minute))).Replies[0].Err, "")
}

// A deadline may strike before, during or after the commit; whichever it is,
// sending the same batch again ends with every record stored once.
func appendCanceledMidway(t *testing.T, s persistence.Store) {
	f := running(t, s)
	batch := race.Batch{Competition: first, Epoch: f.epoch[first], Requests: []race.Request{by(ana, teamAna, marks(1, 15)...)}}
	for i := range 40 {
		ctx, cancel := context.WithTimeout(f.ctx, time.Duration(i*25)*time.Microsecond)
		_, _, err := f.Append(ctx, batch)
		cancel()
		if n := len(f.records(first)); n != 15 && (n != 0 || err == nil) {
			f.Fatalf("%d records after error %v", n, err)
		}
	}
	f.code("again", f.append(first, batch.Requests...).Replies[0].Err, "")
	f.equal("records", len(f.records(first)), 15)
	f.equal("held", len(f.held(first)), 0)
}

// A record that the schema refuses takes its own request with it, no other one.
func appendIsolatesPoison(t *testing.T, s persistence.Store) {
	f := running(t, s)
	n := 0
	good := func(judge race.JudgeID, team race.TeamID) race.Request {
		n++
		return by(judge, team, mark(n, time.Minute))
	}
	poison := func(atomic bool) race.Request {
		n += 2
		q := by(beto, teamBeto, mark(n-1, time.Minute), mark(n, race.MaxElapsed+time.Millisecond))
		q.Atomic = atomic
		return q
	}
	seq, event := int64(0), f.activate(first).Event
	for _, c := range []struct {
		name     string
		requests []race.Request
		stored   []race.TeamID
	}{
		{"in the middle", []race.Request{good(ana, teamAna), poison(false), good(beto, teamBeto), good(ana, teamAna)}, []race.TeamID{teamAna, teamBeto, teamAna}},
		{"two", []race.Request{poison(false), good(ana, teamAna), good(beto, teamBeto), poison(false)}, []race.TeamID{teamAna, teamBeto}},
		{"alone", []race.Request{poison(false)}, nil},
		{"atomic", []race.Request{good(ana, teamAna), poison(true)}, []race.TeamID{teamAna}},
	} {
		d, teams, err := f.Append(f.ctx, race.Batch{Competition: first, Epoch: f.epoch[first], Requests: c.requests})
		f.ok(err)
		var stored []race.TeamID
		for _, r := range d.Store {
			stored = append(stored, r.Team)
			seq++
			f.equal(c.name+": seq", r.Seq, seq)
		}
		event += int64(len(d.Touched))
		f.equal(c.name+": stored", stored, c.stored)
		f.equal(c.name+": numbers", []int64{d.Seq, d.Event}, []int64{seq, event})
		f.equal(c.name+": replies", len(d.Replies), len(c.requests))
		for i, q := range c.requests {
			want := race.Code("")
			if len(q.Records) == 2 {
				want = race.CodeInvalidValue
			}
			f.code(c.name+": reply", d.Replies[i].Err, want)
			for j, o := range d.Replies[i].Outcomes {
				f.code(c.name+": outcome", o.Err, want)
				f.equal(c.name+": id", o.ID, q.Records[j].ID)
			}
		}
		for i := 1; i < len(teams); i++ {
			f.equal(c.name+": teams by id", teams[i-1].ID < teams[i].ID, true)
		}
	}
	f.equal("records", int64(len(f.records(first))), seq)
	f.equal("held", len(f.held(first)), 0)
	f.chain(first)
}

// Owners of different competitions and readers share one store.
func appendConcurrently(t *testing.T, s persistence.Store) {
	f := running(t, s)
	const each = 20
	errs := make(chan error, 4*each)
	var wg sync.WaitGroup
	for base, q := range map[int]race.Request{1000: by(ana, teamAna), 2000: by(beto, teamBeto), 3000: by(ana, teamSecond)} {
		id := first
		if q.Team == teamSecond {
			id = second
		}
		wg.Go(func() {
			for i := range each {
				q.Records = []race.TimeRecord{mark(base+i, time.Minute)}
				_, _, err := s.Append(f.ctx, race.Batch{Competition: id, Epoch: f.epoch[id], Requests: []race.Request{q}})
				errs <- err
			}
		})
	}
	wg.Go(func() {
		for range each {
			_, err := s.Records(f.ctx, first)
			errs <- err
		}
	})
	wg.Wait()
	close(errs)
	for err := range errs {
		f.ok(err)
	}
	f.equal("counted", []int{len(f.records(first)), len(f.records(second))}, []int{30, 3})
	f.equal("held", []int{len(f.held(first)), len(f.held(second))}, []int{10, 17})
	f.equal("seqs", []int64{f.activate(first).Seq, f.activate(second).Seq}, []int64{40, 20})
}
