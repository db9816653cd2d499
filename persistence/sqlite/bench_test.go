package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/persistence/tables"
	"server5k/race"
)

// benchTeams is how many full teams one competition of a benchmark has.
const benchTeams = 400

// BenchmarkAppend stores batches of new records, all of full teams of 15.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 15, 100, 500} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			s := openTemp(b)
			if _, err := s.Add(b.Context(), persistence.Dump{Judges: []persistence.JudgeRow{{Judge: race.Judge{ID: 1, Username: "j", Active: true}}}}, false); err != nil {
				b.Fatal(err)
			}
			rows, competition, left, epoch := 0, race.CompetitionID(0), 0, int64(0)
			for b.Loop() {
				if left < size {
					b.StopTimer()
					competition++
					left, epoch = benchTeams*race.MaxTeamSize, benchCompetition(b, s, competition)
					b.StartTimer()
				}
				d, _, err := s.Append(b.Context(), benchBatch(competition, epoch, benchTeams*race.MaxTeamSize-left, size))
				if err != nil || len(d.Store) != size {
					b.Fatal(len(d.Store), err)
				}
				left -= size
				rows += size
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// benchCompetition adds a running competition and returns its epoch.
func benchCompetition(b *testing.B, s *Store, id race.CompetitionID) int64 {
	b.Helper()
	d := persistence.Dump{Competitions: []race.Competition{{ID: id, Name: "c", Active: true, Running: true}}}
	for i := range benchTeams {
		d.Teams = append(d.Teams, race.Team{
			ID: race.TeamID(int64(id)*10_000 + int64(i)), Competition: id, Judge: 1, Name: "t", Bib: i, Category: race.CategoryStudents,
		})
	}
	if _, err := s.Add(b.Context(), d, false); err != nil {
		b.Fatal(err)
	}
	a, err := s.Activate(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	return a.Epoch
}

// benchBatch makes size new records from the place from on, 15 for each team.
func benchBatch(id race.CompetitionID, epoch int64, from, size int) race.Batch {
	batch := race.Batch{Competition: id, Epoch: epoch}
	for i := from; i < from+size; i++ {
		team := race.TeamID(int64(id)*10_000 + int64(i/race.MaxTeamSize))
		n := len(batch.Requests)
		if n == 0 || batch.Requests[n-1].Team != team {
			batch.Requests = append(batch.Requests, race.Request{Judge: 1, Team: team})
			n++
		}
		q := &batch.Requests[n-1]
		q.Records = append(q.Records, race.TimeRecord{
			ID: race.NewRecordID(), Elapsed: time.Duration(i+1) * time.Second, ReceivedAt: time.Now(), Source: race.SourceSocket,
		})
	}
	return batch
}

// BenchmarkBareInsert is the floor of BenchmarkAppend: a prepared insert loop
// into a table of the same shape, nothing decided.
func BenchmarkBareInsert(b *testing.B) {
	for _, size := range []int{1, 15, 100, 500} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			s := openTemp(b)
			ctx := b.Context()
			for _, query := range []string{
				`CREATE TABLE bare AS SELECT * FROM time_records`,
				`CREATE UNIQUE INDEX bare_seq ON bare (competition_id, seq)`,
				`CREATE UNIQUE INDEX bare_counted ON bare (record_id) WHERE state = 'counted'`,
				`CREATE UNIQUE INDEX bare_slot ON bare (team_id, slot)`,
			} {
				if _, err := s.writer.ExecContext(ctx, query); err != nil {
					b.Fatal(err)
				}
			}
			insert, err := s.writer.PrepareContext(ctx, `INSERT INTO bare (record_id, competition_id, team_id, judge_id, elapsed_ms,
state, reason, slot, seq, event, source, anonymous, marked_at, clock_offset_us, clock_uncertainty_us, device, device_seq,
received_at, epoch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
			if err != nil {
				b.Fatal(err)
			}
			rows := 0
			for b.Loop() {
				if err := bareInsert(b, s, insert, rows, size); err != nil {
					b.Fatal(err)
				}
				rows += size
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
			if err := insert.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func bareInsert(b *testing.B, s *Store, insert *sql.Stmt, from, size int) error {
	b.Helper()
	return s.write(b.Context(), func(ctx context.Context, tx *sql.Tx) error {
		st := tx.StmtContext(ctx, insert)
		for i := from; i < from+size; i++ {
			r := race.TimeRecord{
				ID: race.NewRecordID(), Team: race.TeamID(i / 15), Judge: 1, Elapsed: time.Second, ReceivedAt: time.Now(),
				Source: race.SourceSocket, State: race.StateCounted, Slot: i%15 + 1, Seq: int64(i + 1), Event: int64(i/15 + 1),
			}
			if _, err := st.ExecContext(ctx, tables.RecordArgs(1, 1, r)...); err != nil {
				return err
			}
		}
		return nil
	})
}
