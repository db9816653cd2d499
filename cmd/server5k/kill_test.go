package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"server5k/persistence"
	"server5k/race"
)

const (
	kills          = 20
	killJudges     = 8
	killRaces      = 2
	killTeams      = 300 // of one judge; more than the judge fills here
	killWindow     = 6   // messages that wait for an answer
	killBatchEvery = 5   // every fifth message carries several records
)

// TestKill9_LosesNothingAcknowledged kills the real server while judges write,
// again and again: what was acknowledged is stored, once, as it was sent.
func TestKill9_LosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, killAndCheck)
}

func killAndCheck(t *testing.T, cfg *Config) {
	t.Helper()
	addRace(t, cfg, killDump())
	binary, err := builtServer()
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 9))
	var judges []*writer
	for n := range killJudges {
		judges = append(judges, newWriter(t, race.JudgeID(n+1)))
	}
	unknown := 0
	for range kills {
		server := startChild(t, binary, cfg)
		load := newLoad(t.Context(), server.url, judges)
		load.awaitFirst(t)
		select {
		case <-time.After(50*time.Millisecond + time.Duration(rng.Int64N(int64(200*time.Millisecond)))):
		case err := <-server.done:
			t.Fatalf("the server ended by itself: %v\n%s", err, server.logs.String())
		}
		load.killed.Store(true)
		server.kill(t)
		if err := load.wait(); err != nil {
			t.Fatal(err)
		}
		for _, j := range judges {
			unknown += len(j.outbox)
		}
		checkKilled(t, cfg, judges)
	}

	server := startChild(t, binary, cfg)
	g, ctx := errgroup.WithContext(t.Context())
	for _, j := range judges {
		g.Go(func() error { return j.settle(ctx, server.url) })
	}
	if err := g.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, server.logs.String())
	}
	server.terminate(t)
	stored := checkKilled(t, cfg, judges)
	acked := 0
	for _, j := range judges {
		acked += len(j.acked)
		if len(j.outbox) != 0 || len(j.acked) != len(j.sent) {
			t.Errorf("judge %d: %d sent, %d acknowledged, %d in the outbox", j.id, len(j.sent), len(j.acked), len(j.outbox))
		}
	}
	if stored != acked || acked < kills*killJudges {
		t.Errorf("%d stored, %d acknowledged", stored, acked)
	}
	t.Logf("%d kills, %d records acknowledged, %d outcomes unknown at a kill, %d stored", kills, acked, unknown, stored)
}

// killDump makes running competitions in which every judge has teams.
func killDump() persistence.Dump {
	var d persistence.Dump
	for c := range killRaces {
		d.Competitions = append(d.Competitions, race.Competition{
			ID: race.CompetitionID(c + 1), Name: fmt.Sprintf("Carrera %d", c+1), ScheduledAt: now(), Active: true,
			Running: true, StartedAt: now(), TeamSize: race.DefaultTeamSize, Rounding: race.RoundRaw,
		})
	}
	for n := range killJudges {
		judge := newSeat(n+1, "").judge
		judge.ID = race.JudgeID(n + 1)
		d.Judges = append(d.Judges, persistence.JudgeRow{Judge: judge})
		for i := range killTeams {
			id := killTeam(judge.ID, i)
			d.Teams = append(d.Teams, race.Team{
				ID: id, Competition: race.CompetitionID(i%killRaces + 1), Judge: judge.ID,
				Name: fmt.Sprintf("Equipo %d", id), Bib: int(id), Category: alternate(int(id)),
			})
		}
	}
	return d
}

// killTeam is the i-th team of a judge.
func killTeam(judge race.JudgeID, i int) race.TeamID {
	return race.TeamID((int(judge)-1)*killTeams + i + 1)
}

// checkKilled opens the database of the dead server, compares it with what the
// judges know and returns the number of records.
func checkKilled(t *testing.T, cfg *Config, judges []*writer) int {
	t.Helper()
	store, err := openStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	stored := map[string]stamped{}
	for c := range killRaces {
		id := race.CompetitionID(c + 1)
		a, err := store.Activate(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		held, err := store.Held(t.Context(), id)
		if err != nil || len(held) != 0 {
			t.Errorf("competition %d: %d held records, %v", id, len(held), err)
		}
		checkNumbers(t, a)
		for _, r := range a.Records {
			if _, twice := stored[r.ID.String()]; twice {
				t.Errorf("%s is stored twice", r.ID)
			}
			stored[r.ID.String()] = stamped{r.Team, r.Elapsed.Milliseconds()}
		}
	}
	sent := 0
	for _, j := range judges {
		for id, want := range j.acked {
			if got, ok := stored[id]; !ok || got != want {
				t.Errorf("judge %d: %s was acknowledged as %+v; stored %v, %+v", j.id, id, want, ok, got)
			}
		}
		for id, want := range j.sent {
			if got, ok := stored[id]; ok {
				sent++
				if got != want {
					t.Errorf("judge %d: %s was sent as %+v and stored as %+v", j.id, id, want, got)
				}
			}
		}
	}
	if sent != len(stored) {
		t.Errorf("%d records are stored, of which judges sent %d", len(stored), sent)
	}
	return len(stored)
}

// checkNumbers checks what the next owner of a competition loads: the numbers of
// its records and those it would count on from.
func checkNumbers(t *testing.T, a race.Activation) {
	t.Helper()
	type place struct {
		team race.TeamID
		slot int
	}
	slots, events := map[place]bool{}, map[int64]race.TeamID{}
	for i, r := range a.Records {
		if r.Seq != int64(i+1) {
			t.Errorf("competition %d: record %d has the number %d", a.Competition.ID, i+1, r.Seq)
		}
		p := place{r.Team, r.Slot}
		if slots[p] || r.Slot < 1 || r.Slot > race.DefaultTeamSize {
			t.Errorf("team %d: slot %d is taken twice or does not exist", r.Team, r.Slot)
		}
		slots[p] = true
		if team, ok := events[r.Event]; ok && team != r.Team {
			t.Errorf("event %d is about teams %d and %d", r.Event, team, r.Team)
		}
		events[r.Event] = r.Team
	}
	for n := int64(1); n <= a.Event; n++ {
		if _, ok := events[n]; !ok {
			t.Errorf("competition %d: no record has event %d of %d", a.Competition.ID, n, a.Event)
		}
	}
	if a.Seq != int64(len(a.Records)) || len(events) != int(a.Event) {
		t.Errorf("competition %d activates with seq %d, event %d, but %d records in %d events",
			a.Competition.ID, a.Seq, a.Event, len(a.Records), len(events))
	}
	if !a.Competition.Running || a.Epoch < 1 {
		t.Errorf("competition %d: running %v, epoch %d", a.Competition.ID, a.Competition.Running, a.Epoch)
	}
}
