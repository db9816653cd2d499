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

// A record that the schema refuses takes the whole batch with it.
func appendFailsWhole(t *testing.T, s persistence.Store) {
	f := running(t, s)
	_, _, err := f.Append(f.ctx, race.Batch{Competition: first, Epoch: f.epoch[first], Requests: []race.Request{
		by(ana, teamAna, mark(1, time.Minute)), by(beto, teamBeto, mark(2, race.MaxElapsed+time.Millisecond)),
	}})
	f.code("too long", err, race.CodeInternal)
	if errors.Is(err, race.ErrFenced) || errors.Is(err, race.ErrNotFound) {
		f.Errorf("got %v", err)
	}
	f.equal("records", len(f.records(first)), 0)
	f.equal("numbers", f.append(first, by(ana, teamAna, mark(1, time.Minute))).Store[0].Seq, int64(1))
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
