package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"
)

// teamSize is how many members of a team are timed.
const teamSize = 15

// Mark is one time that a judge took.
type Mark struct {
	ID      string        // of the record, chosen by the phone
	TeamID  int64         // in the server
	Elapsed time.Duration // in whole milliseconds
}

// Fleet is the phones of many judges. It is for the goroutine of its test.
type Fleet struct {
	tb     testing.TB
	Phones []*Phone // in the order of the credentials
}

// Phones logs all judges in, opens their sockets at the same time and waits for
// the welcome of each. They hang up when tb ends.
func Phones(tb testing.TB, server *Server, judges []Credentials) *Fleet {
	tb.Helper()
	f := &Fleet{tb: tb, Phones: make([]*Phone, len(judges))}
	tb.Cleanup(f.Close)
	err := f.each("connect", func(ctx context.Context, i int) (err error) {
		f.Phones[i], err = dialPhone(ctx, server.URL, judges[i])
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// Close hangs all phones up. It may be called twice.
func (f *Fleet) Close() {
	for _, p := range f.Phones {
		if p != nil {
			p.Close()
		}
	}
}

// Mark lets all judges at once take a full team's 15 times, one after the other,
// and returns them all when the server has acknowledged each. A judge with several
// teams times the first.
func (f *Fleet) Mark() []Mark { f.tb.Helper(); return f.MarkEach(teamSize) }

// MarkEach is Mark with another number of times for each judge.
func (f *Fleet) MarkEach(times int) []Mark {
	f.tb.Helper()
	marks := make([][]Mark, len(f.Phones))
	err := f.each("mark", func(ctx context.Context, i int) error {
		p := f.Phones[i]
		if len(p.Teams) == 0 {
			return fmt.Errorf("%s has no team", p.Username)
		}
		elapsed := 15*time.Minute + time.Duration(rand.IntN(60_000))*time.Millisecond
		for range times {
			elapsed += time.Duration(1+rand.IntN(5_000)) * time.Millisecond
			m, err := p.Mark(ctx, p.Teams[0].ID, elapsed)
			if err != nil {
				return err
			}
			marks[i] = append(marks[i], m)
		}
		return nil
	})
	if err != nil {
		f.tb.Fatal(err)
	}
	var all []Mark
	for _, m := range marks {
		all = append(all, m...)
	}
	return all
}

// Await waits until each phone has got a message of the given kind, as
// competencia_iniciada, since it connected.
func (f *Fleet) Await(kind string) {
	f.tb.Helper()
	if err := f.each("await "+kind, func(ctx context.Context, i int) error { return f.Phones[i].Await(ctx, kind) }); err != nil {
		f.tb.Fatal(err)
	}
}

// each runs do for all phones at once.
func (f *Fleet) each(step string, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), commandTimeout, fmt.Errorf("%s: not done in %v", step, commandTimeout))
	defer cancel()
	errs := make([]error, len(f.Phones))
	var all sync.WaitGroup
	for i := range f.Phones {
		all.Go(func() { errs[i] = do(ctx, i) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// Team is a team as its judge's phone knows it.
type Team struct {
	ID            int64  `json:"id"`
	Name          string `json:"name"`
	Bib           int    `json:"number"`
	CompetitionID int64  `json:"competition_id"`
}

// account is what a phone asks for after its login.
func account(ctx context.Context, api *API) (id int64, teams []Team, err error) {
	var me struct {
		ID int64 `json:"id"`
	}
	for path, out := range map[string]any{"/api/me/": &me, "/api/equipos/": &teams} {
		status, err := api.call(ctx, http.MethodGet, path, nil, out)
		if err != nil {
			return 0, nil, err
		}
		if status != http.StatusOK {
			return 0, nil, fmt.Errorf("GET %s: status %d", path, status)
		}
	}
	return me.ID, teams, nil
}
