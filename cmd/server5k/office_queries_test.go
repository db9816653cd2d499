package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/gateway/auth"
	"server5k/gateway/export"
	"server5k/gateway/office"
	"server5k/persistence"
	"server5k/race"
)

// countingStore counts what a desk asks of a store.
type countingStore struct {
	persistence.Store
	asked *atomic.Int64
}

func (s countingStore) Competition(ctx context.Context, id race.CompetitionID) (race.Competition, error) {
	s.asked.Add(1)
	return s.Store.Competition(ctx, id)
}

func (s countingStore) Competitions(ctx context.Context, judge race.JudgeID) ([]race.Competition, error) {
	s.asked.Add(1)
	return s.Store.Competitions(ctx, judge)
}

func (s countingStore) Team(ctx context.Context, id race.TeamID) (race.TeamRow, error) {
	s.asked.Add(1)
	return s.Store.Team(ctx, id)
}

func (s countingStore) Teams(ctx context.Context, f race.TeamFilter) ([]race.TeamRow, error) {
	s.asked.Add(1)
	return s.Store.Teams(ctx, f)
}

func (s countingStore) TeamCounts(ctx context.Context, ids []race.CompetitionID) (map[race.TeamID]race.TeamCount, error) {
	s.asked.Add(1)
	return s.Store.TeamCounts(ctx, ids)
}

func (s countingStore) Judge(ctx context.Context, id race.JudgeID) (race.Judge, error) {
	s.asked.Add(1)
	return s.Store.Judge(ctx, id)
}

func (s countingStore) Judges(ctx context.Context) ([]race.Judge, error) {
	s.asked.Add(1)
	return s.Store.Judges(ctx)
}

func (s countingStore) Organizer(ctx context.Context, id race.OrganizerID) (race.Organizer, error) {
	s.asked.Add(1)
	return s.Store.Organizer(ctx, id)
}

func (s countingStore) Organizers(ctx context.Context) ([]race.Organizer, error) {
	s.asked.Add(1)
	return s.Store.Organizers(ctx)
}

func (s countingStore) Grants(ctx context.Context, o race.OrganizerID) ([]race.Grant, error) {
	s.asked.Add(1)
	return s.Store.Grants(ctx, o)
}

func (s countingStore) Categories(ctx context.Context) ([]race.CategoryRow, error) {
	s.asked.Add(1)
	return s.Store.Categories(ctx)
}

func (s countingStore) Evidence(ctx context.Context, id race.CompetitionID) (race.Evidence, error) {
	s.asked.Add(1)
	return s.Store.Evidence(ctx, id)
}

func (s countingStore) Version(ctx context.Context, id race.CompetitionID, n int) (race.Version, error) {
	s.asked.Add(1)
	return s.Store.Version(ctx, id, n)
}

func (s countingStore) Audit(ctx context.Context, f race.AuditFilter) ([]race.AuditEntry, int, error) {
	s.asked.Add(1)
	return s.Store.Audit(ctx, f)
}

// idleRaces owns nothing; a desk that only reads asks it who is connected.
type idleRaces struct{ office.Races }

func (idleRaces) Presence(context.Context) ([]race.Presence, error) { return nil, nil }

// officeOf fills a database with competitions of teams, each with size records,
// and returns a desk on it with an organizer who works on all.
func officeOf(tb testing.TB, competitions, teams, size int) (d *office.Desk, w office.Who, asked *atomic.Int64) {
	tb.Helper()
	cfg := &Config{DataDir: tb.TempDir(), ListenAddr: ":0", TimeZone: "UTC"}
	if err := cfg.validate(false); err != nil {
		tb.Fatal(err)
	}
	dump := persistence.Dump{Organizers: []persistence.OrganizerRow{{
		Organizer: race.Organizer{ID: 1, Username: "ana", Active: true, CreatedAt: now()}, PasswordHash: "x",
	}}}
	w = office.Who{Organizer: dump.Organizers[0].Organizer, Granted: map[race.CompetitionID]bool{}}
	for n := 1; n <= teams; n++ {
		j := newSeat(n, "").judge
		j.ID = race.JudgeID(n)
		dump.Judges = append(dump.Judges, persistence.JudgeRow{Judge: j, PasswordHash: "x"})
	}
	for c := 1; c <= competitions; c++ {
		id := race.CompetitionID(c)
		w.Granted[id] = true
		dump.Competitions = append(dump.Competitions, race.Competition{
			ID: id, Name: fmt.Sprint("Carrera ", c), ScheduledAt: now(), Active: true, TeamSize: size, Rounding: race.RoundRaw,
			StartedAt: now().Add(-2 * time.Hour), FinishedAt: now(),
		})
		for n := 1; n <= teams; n++ {
			team := race.TeamID((c-1)*teams + n)
			dump.Teams = append(dump.Teams, race.Team{ID: team, Competition: id, Judge: race.JudgeID(n), Name: "E", Bib: n, Category: alternate(n)})
			for k := range size {
				dump.Records = append(dump.Records, race.TimeRecord{
					ID: race.NewRecordID(), Team: team, Judge: race.JudgeID(n), Elapsed: time.Duration(20*60_000+n*1000+k*700) * time.Millisecond,
					ReceivedAt: now(), Source: race.SourceImport,
				})
			}
		}
	}
	store, err := openStore(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := store.Close(); err != nil {
			tb.Error(err)
		}
	})
	if _, err := store.Add(tb.Context(), dump, false); err != nil {
		tb.Fatal(err)
	}
	asked = &atomic.Int64{}
	d = office.New(office.Config{Store: countingStore{store, asked}, Races: idleRaces{}, Hasher: auth.NewHasher(1, 1)})
	return d, w, asked
}

// TestOffice_QueriesDoNotGrow: what a page asks of the database does not depend on
// how many competitions, teams or records there are.
func TestOffice_QueriesDoNotGrow(t *testing.T) {
	t.Parallel()
	pages := map[string]func(ctx context.Context, d *office.Desk, w office.Who) error{
		"overview": func(ctx context.Context, d *office.Desk, w office.Who) error {
			_, err := d.Overview(ctx, w)
			return err
		},
		"readiness": func(ctx context.Context, d *office.Desk, w office.Who) error {
			_, err := d.Readiness(ctx, w, 1)
			return err
		},
		"results": func(ctx context.Context, d *office.Desk, w office.Who) error {
			_, err := d.Results(ctx, w, 1)
			return err
		},
		"teams": func(ctx context.Context, d *office.Desk, w office.Who) error {
			_, err := d.Teams(ctx, w, race.TeamFilter{})
			return err
		},
		"judges": func(ctx context.Context, d *office.Desk, w office.Who) error { _, err := d.Judges(ctx, w); return err },
		"organizers": func(ctx context.Context, d *office.Desk, w office.Who) error {
			w.Superuser = true
			_, err := d.Organizers(ctx, w)
			return err
		},
		"export": func(ctx context.Context, d *office.Desk, w office.Who) error {
			_, err := export.Make(ctx, d, w, export.Request{Competition: 1, What: export.Marks, Format: export.CSV})
			return err
		},
		"may change a judge": func(ctx context.Context, d *office.Desk, w office.Who) error { return d.MayChangeJudge(ctx, w, 1) },
	}
	measure := func(competitions, teams int) map[string]int64 {
		d, w, asked := officeOf(t, competitions, teams, 2)
		out := map[string]int64{}
		for name, page := range pages {
			before := asked.Load()
			if err := page(t.Context(), d, w); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			out[name] = asked.Load() - before
		}
		return out
	}
	few, many := measure(1, 2), measure(6, 20)
	if diff := cmp.Diff(few, many); diff != "" {
		t.Errorf("queries with few rows and with many (-few +many):\n%s", diff)
	}
	if few["overview"] != 3 {
		t.Errorf("the overview asks %d times, want 3", few["overview"])
	}
}

// BenchmarkOverview is the dashboard of an event of the largest size, and the
// other pages that organizers look at while it runs.
func BenchmarkOverview(b *testing.B) {
	d, w, _ := officeOf(b, 1, 100, race.DefaultTeamSize)
	for name, page := range map[string]func(ctx context.Context) error{
		"overview":  func(ctx context.Context) error { _, err := d.Overview(ctx, w); return err },
		"readiness": func(ctx context.Context) error { _, err := d.Readiness(ctx, w, 1); return err },
		"results":   func(ctx context.Context) error { _, err := d.Results(ctx, w, 1); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := page(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
