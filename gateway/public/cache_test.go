package public

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"server5k/race"
)

// node is what a node knows of the events of a competition.
type node struct{ seq, stream atomic.Int64 }

func (n *node) newest(race.CompetitionID) (seq, stream int64, live bool) {
	return n.seq.Load(), n.stream.Load(), n.stream.Load() != 0
}

func TestViews_ReadAnewWhenThereIsSomethingNew(t *testing.T) {
	t.Parallel()
	n := &node{}
	f := setupWith(t, n.newest)
	e := sample(4)
	f.store.put(e)
	last := e.Records[len(e.Records)-1].Event
	look := func(name string, want int) {
		t.Helper()
		v, err := f.views.get(t.Context(), sampleID)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := f.store.readings(); got != want {
			t.Errorf("%s: %d readings, want %d", name, got, want)
		}
		if v.Seq < last {
			t.Errorf("%s: seq %d, want at least %d", name, v.Seq, last)
		}
	}
	look("first", 1)
	look("at once", 1)
	n.seq.Store(last + 1)
	n.stream.Store(7)
	look("new event, but just read", 1)
	f.advance(minRebuild)
	look("new event", 2)
	f.advance(minRebuild)
	look("nothing new", 2)
	f.advance(maxView - minRebuild)
	look("old", 3)
	n.stream.Store(8)
	f.advance(minRebuild)
	look("other history", 4)
	n.stream.Store(0)
	n.seq.Store(0)
	f.advance(minRebuild)
	look("nobody listens any more", 4)
}

func TestViews_KeepsWhatWasRenderedWhenNothingChanged(t *testing.T) {
	t.Parallel()
	f := setup(t)
	first, err := f.views.get(t.Context(), sampleID)
	if err != nil {
		t.Fatal(err)
	}
	f.advance(maxView)
	second, err := f.views.get(t.Context(), sampleID)
	if err != nil {
		t.Fatal(err)
	}
	if f.store.readings() != 2 || first.view != second.view || !second.checked.Equal(epoch.Add(maxView)) {
		t.Errorf("%d readings, same view %v, checked %v", f.store.readings(), first.view == second.view, second.checked)
	}
	e := sample(sampleTeams)
	e.Competition.Name = "Otra"
	f.store.put(e)
	f.advance(maxView)
	third, err := f.views.get(t.Context(), sampleID)
	if err != nil {
		t.Fatal(err)
	}
	if third.view == second.view || third.Competition.Name != "Otra" {
		t.Error("a change is not seen")
	}
}

func TestViews_ManyAskAndOneReads(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.store.hold = make(chan struct{})
	var all sync.WaitGroup
	var failed atomic.Int64
	for range 50 {
		all.Go(func() {
			if _, err := f.views.get(t.Context(), sampleID); err != nil {
				failed.Add(1)
			}
		})
	}
	close(f.store.hold)
	all.Wait()
	if f.store.readings() != 1 || failed.Load() != 0 {
		t.Errorf("%d readings, %d failed", f.store.readings(), failed.Load())
	}
}

func TestViews_SlowStoreGivesTheLastView(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := make(chan struct{})
		reads := 0
		v := newViews(Config{Now: time.Now}, func(ctx context.Context, id race.CompetitionID) (*board, error) {
			if reads++; reads > 1 {
				select {
				case <-slow:
				case <-ctx.Done():
					return nil, context.Cause(ctx)
				}
			}
			return build(sample(3), nil, nil), nil
		})
		if _, err := v.get(t.Context(), sampleID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(maxView) //nolint:forbidigo // the clock of the bubble
		began := time.Now()
		got, err := v.get(t.Context(), sampleID)
		if err != nil || got.stale || time.Since(began) != waitForView {
			t.Errorf("after %v: stale %v, %v", time.Since(began), got.stale, err)
		}
		time.Sleep(staleAfter) //nolint:forbidigo // the clock of the bubble
		if got, err = v.get(t.Context(), sampleID); err != nil || !got.stale {
			t.Errorf("later: stale %v, %v", got.stale, err)
		}
		close(slow)
		synctest.Wait()
		if got, err = v.get(t.Context(), sampleID); err != nil || got.stale {
			t.Errorf("back: stale %v, %v", got.stale, err)
		}
	})
}

func TestViews_FailedStoreIsLeftAlone(t *testing.T) {
	t.Parallel()
	f := setup(t)
	broken := errors.New("broken")
	f.store.fail(broken)
	for range 5 {
		if _, err := f.views.get(t.Context(), sampleID); !errors.Is(err, broken) {
			t.Fatalf("got %v", err)
		}
	}
	if got := f.store.readings(); got != 1 {
		t.Errorf("%d readings", got)
	}
	f.advance(retryAfter)
	if _, err := f.views.get(t.Context(), sampleID); !errors.Is(err, broken) || f.store.readings() != 2 {
		t.Errorf("later: %v, %d readings", err, f.store.readings())
	}
}

func TestViews_Bounded(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for id := race.CompetitionID(1); id <= 3*maxViews; id++ {
		e := sample(1)
		e.Competition.ID = id
		f.store.put(e)
		f.advance(time.Millisecond)
		if _, err := f.views.get(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(f.views.all); got != maxViews {
		t.Errorf("%d views", got)
	}
	for id := race.CompetitionID(1000); id < 1100; id++ {
		if _, err := f.views.get(t.Context(), id); !errors.Is(err, race.ErrNotFound) {
			t.Fatalf("got %v", err)
		}
	}
	if got := len(f.views.all); got > maxViews {
		t.Errorf("%d views after asking for what is not there", got)
	}
}

func TestDocuments_BoundedAndMadeOnce(t *testing.T) {
	t.Parallel()
	var d documents
	made := 0
	render := func() (*document, error) {
		made++
		return &document{plain: []byte("x")}, nil
	}
	key := func(n int) documentKey { return documentKey{variant: itoa(int64(n))} }
	for n := range 3 * maxDocuments {
		for range 2 {
			if _, err := d.get(key(n), epoch, 0, render); err != nil {
				t.Fatal(err)
			}
		}
	}
	if made != 3*maxDocuments || len(d.kept) > maxDocuments {
		t.Errorf("made %d, kept %d", made, len(d.kept))
	}
	made = 0
	for _, at := range []time.Duration{0, clockStep - 1, clockStep, clockStep + 1} {
		if _, err := d.get(key(-1), epoch.Add(at), clockStep, render); err != nil {
			t.Fatal(err)
		}
	}
	if made != 2 {
		t.Errorf("with a clock: made %d times", made)
	}
}
