package sqlite

import (
	"fmt"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// BenchmarkActivate takes over a competition of 100 full teams, without and with
// rulings about single records.
func BenchmarkActivate(b *testing.B) {
	for _, rulings := range []int{0, 50} {
		b.Run(fmt.Sprintf("rulings=%d", rulings), func(b *testing.B) {
			s := openTemp(b)
			a := benchFull(b, s)
			for i := range rulings {
				o := race.Order{Competition: 1, Epoch: a.Epoch, Key: race.NewRecordID(), Kind: race.RulingVoid, Record: int64(i + 1), At: time.Now()}
				if _, err := s.Rule(b.Context(), o); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if _, err := s.Activate(b.Context(), 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRule carries out orders on a competition of 100 full teams.
func BenchmarkRule(b *testing.B) {
	s := openTemp(b)
	a := benchFull(b, s)
	for b.Loop() {
		o := race.Order{Competition: 1, Epoch: a.Epoch, Key: race.NewRecordID(), Kind: race.RulingPenalty, Team: 1, Amount: time.Second, At: time.Now()}
		if _, err := s.Rule(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
}

// benchFull fills a store with competition 1 of 100 full teams and activates it.
func benchFull(b *testing.B, s *Store) race.Activation {
	b.Helper()
	d := persistence.Dump{
		Judges:       []persistence.JudgeRow{{Judge: race.Judge{ID: 1, Username: "j", Active: true}}},
		Competitions: []race.Competition{{ID: 1, Name: "c", Active: true, Running: true, StartedAt: time.UnixMicro(1)}},
	}
	for i := range 100 {
		id := race.TeamID(i + 1)
		d.Teams = append(d.Teams, race.Team{ID: id, Competition: 1, Judge: 1, Name: "t", Bib: i, Category: race.CategoryStudents})
		for n := range race.MaxTeamSize {
			d.Records = append(d.Records, race.TimeRecord{Team: id, Judge: 1, Elapsed: time.Duration(n+1) * time.Minute, ReceivedAt: time.Now()})
		}
	}
	if _, err := s.Add(b.Context(), d, false); err != nil {
		b.Fatal(err)
	}
	a, err := s.Activate(b.Context(), 1)
	if err != nil {
		b.Fatal(err)
	}
	return a
}
