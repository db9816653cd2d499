package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"server5k/persistence"
	"server5k/race"
)

// passwordHasher makes the hash of a new password.
type passwordHasher interface {
	Hash(ctx context.Context, password string) (string, error)
}

// seat is a judge to time teams: an existing one, or a new one with a password.
type seat struct {
	judge    race.Judge
	password string // of a new judge
	hash     string // of a new judge; empty for an existing one
}

// newSeat returns the n-th judge, without an id.
func newSeat(n int, password string) seat {
	name := fmt.Sprintf("juez%d", n)
	return seat{
		judge: race.Judge{
			Username: name, FirstName: "Juez", LastName: fmt.Sprint(n), Email: name + "@5k.local",
			Active: true, CreatedAt: now(),
		},
		password: password,
	}
}

// hashSeats hashes the passwords of the seats, as many at once as there are
// processors, and calls done after each.
func hashSeats(ctx context.Context, hasher passwordHasher, seats []seat, done func()) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range seats {
		g.Go(func() error {
			hash, err := hasher.Hash(ctx, seats[i].password)
			if err != nil {
				return fmt.Errorf("contraseña de %s: %w", seats[i].judge.Username, err)
			}
			seats[i].hash = hash
			done()
			return nil
		})
	}
	return g.Wait()
}

// seedDump makes a competition with teamsPerJudge teams for each seat, bibs from
// 1, categories alternating. Rows refer to one another, so all have ids that are
// free in the store.
func seedDump(ctx context.Context, store persistence.Store, name string, at time.Time, seats []seat, teamsPerJudge int) (persistence.Dump, error) {
	competition := race.Competition{
		ID: 1, Name: name, ScheduledAt: at, Active: true,
		TeamSize: race.DefaultTeamSize, Rounding: race.RoundRaw,
	}
	var d persistence.Dump
	competitions, err := store.Competitions(ctx, 0)
	if err != nil {
		return d, err
	}
	for _, c := range competitions {
		competition.ID = max(competition.ID, c.ID+1)
	}
	teams, err := store.Teams(ctx, race.TeamFilter{})
	if err != nil {
		return d, err
	}
	nextTeam := race.TeamID(1)
	for _, t := range teams {
		nextTeam = max(nextTeam, t.ID+1)
	}
	d.Competitions = []race.Competition{competition}
	nextJudge := race.JudgeID(1)
	for i := range seats {
		judge := seats[i].judge
		if seats[i].hash != "" {
			if judge.ID, err = freeJudgeID(ctx, store, nextJudge); err != nil {
				return d, err
			}
			nextJudge = judge.ID + 1
			d.Judges = append(d.Judges, persistence.JudgeRow{Judge: judge, PasswordHash: seats[i].hash})
		}
		for range teamsPerJudge {
			bib := len(d.Teams) + 1
			d.Teams = append(d.Teams, race.Team{
				ID: nextTeam, Competition: competition.ID, Judge: judge.ID,
				Name: fmt.Sprintf("Equipo %d", bib), Bib: bib, Category: alternate(bib),
			})
			nextTeam++
		}
	}
	return d, nil
}

func alternate(bib int) race.Category {
	if bib%2 == 0 {
		return race.CategoryFaculties
	}
	return race.CategoryStudents
}

// freeJudgeID returns the first id from id on that no judge has.
func freeJudgeID(ctx context.Context, store persistence.Store, id race.JudgeID) (race.JudgeID, error) {
	for {
		_, err := store.Judge(ctx, id)
		if errors.Is(err, race.ErrNotFound) {
			return id, nil
		}
		if err != nil {
			return 0, err
		}
		id++
	}
}
