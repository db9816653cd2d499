package postgres

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// benchTeams is how many full teams one competition of a benchmark has.
const benchTeams = 400

// BenchmarkAppend stores batches of new records, all of full teams of 15.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 15, 100, 500} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			s := openAt(b, cluster.Database(b))
			benchAppend(b, s, race.CompetitionID(1), size, addJudge(b, s))
		})
	}
}

// BenchmarkAppendTwo is BenchmarkAppend for two competitions at once.
func BenchmarkAppendTwo(b *testing.B) {
	for _, size := range []int{1, 15, 500} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			s := openAt(b, cluster.Database(b))
			judge := addJudge(b, s)
			feeds := []*feeder{{s: s, judge: judge, next: 1000}, {s: s, judge: judge, next: 2000}}
			rows := 0
			for b.Loop() {
				var both sync.WaitGroup
				for _, f := range feeds {
					f.room(b, size)
					both.Go(func() { f.append(b, size) })
				}
				both.Wait()
				rows += 2 * size
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func addJudge(b *testing.B, s *Store) race.JudgeID {
	b.Helper()
	if _, err := s.Add(b.Context(), persistence.Dump{Judges: []persistence.JudgeRow{{Judge: race.Judge{ID: 1, Username: "j", Active: true}}}}, false); err != nil {
		b.Fatal(err)
	}
	return 1
}

func benchAppend(b *testing.B, s *Store, first race.CompetitionID, size int, judge race.JudgeID) {
	b.Helper()
	feed := &feeder{s: s, judge: judge, next: first}
	rows := 0
	for b.Loop() {
		feed.room(b, size)
		feed.append(b, size)
		rows += size
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// feeder stores new records, in a new competition whenever one is full.
type feeder struct {
	s     *Store
	judge race.JudgeID
	next  race.CompetitionID

	id    race.CompetitionID
	epoch int64
	used  int
}

// room opens another competition when size records find no place in this one.
func (f *feeder) room(b *testing.B, size int) {
	b.Helper()
	if f.id == 0 || f.used+size > benchTeams*race.MaxTeamSize {
		f.open(b)
	}
}

func (f *feeder) append(b *testing.B, size int) {
	b.Helper()
	batch := race.Batch{Competition: f.id, Epoch: f.epoch}
	for i := f.used; i < f.used+size; i++ {
		team := race.TeamID(int64(f.id)*10_000 + int64(i/race.MaxTeamSize))
		n := len(batch.Requests)
		if n == 0 || batch.Requests[n-1].Team != team {
			batch.Requests = append(batch.Requests, race.Request{Judge: f.judge, Team: team})
			n++
		}
		q := &batch.Requests[n-1]
		q.Records = append(q.Records, race.TimeRecord{
			ID: race.NewRecordID(), Elapsed: time.Duration(i+1) * time.Second, ReceivedAt: time.Now(), Source: race.SourceSocket,
		})
	}
	f.used += size
	d, _, err := f.s.Append(b.Context(), batch)
	if err != nil || len(d.Store) != size {
		b.Error(len(d.Store), err)
	}
}

// open adds a running competition, off the clock.
func (f *feeder) open(b *testing.B) {
	b.Helper()
	b.StopTimer()
	defer b.StartTimer()
	f.id, f.next, f.used = f.next, f.next+1, 0
	d := persistence.Dump{Competitions: []race.Competition{{ID: f.id, Name: "c", Active: true, Running: true}}}
	for i := range benchTeams {
		d.Teams = append(d.Teams, race.Team{
			ID: race.TeamID(int64(f.id)*10_000 + int64(i)), Competition: f.id, Judge: f.judge, Name: "t", Bib: i, Category: race.CategoryStudents,
		})
	}
	if _, err := f.s.Add(b.Context(), d, false); err != nil {
		b.Error(err)
		return
	}
	a, err := f.s.Activate(b.Context(), f.id)
	if err != nil {
		b.Error(err)
		return
	}
	f.epoch = a.Epoch
}

// BenchmarkUnnest is the floor of BenchmarkAppend: the same rows by one INSERT
// from arrays into a table with the same constraints, nothing checked or
// counted.
func BenchmarkUnnest(b *testing.B) {
	const create = `CREATE TABLE bare (LIKE time_records INCLUDING ALL, FOREIGN KEY (judge_id) REFERENCES judges (id),
FOREIGN KEY (team_id, competition_id) REFERENCES teams (id, competition_id))`
	const insert = `INSERT INTO bare (record_id, competition_id, team_id, judge_id, elapsed_ms, state, slot, seq, event, source,
anonymous, received_at, epoch) SELECT u.record, 1, u.team, 1, u.elapsed, 'counted', u.slot, u.seq, u.event, u.source, u.anonymous, u.received, 1
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::boolean[], $9::bigint[])
AS u (record, team, elapsed, slot, seq, event, source, anonymous, received)`
	for _, size := range []int{1, 15, 100, 500, 1000} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			url := cluster.Database(b)
			s := openAt(b, url)
			addJudge(b, s)
			exec(b, root(b, url), create+`; GRANT ALL ON bare TO `+appRole+`;
INSERT INTO competitions (id, name, stream) VALUES (1, 'c', 1);
INSERT INTO teams (id, competition_id, judge_id, name, bib, category) SELECT n, 1, 1, 't', n, 'estudiantes' FROM generate_series(0, 200000) n`)
			rows := 0
			for b.Loop() {
				if _, err := s.owners.Exec(b.Context(), insert, bareArgs(rows, size)...); err != nil {
					b.Fatal(err)
				}
				rows += size
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func bareArgs(from, size int) []any {
	ids, sources, anonymous := make([][16]byte, size), make([]string, size), make([]bool, size)
	teams, elapsed, slots, seqs := make([]int64, size), make([]int64, size), make([]int64, size), make([]int64, size)
	events, received := make([]int64, size), make([]int64, size)
	for i := range size {
		n := from + i
		ids[i], sources[i], received[i] = race.NewRecordID(), "ws", time.Now().UnixMicro()
		teams[i], elapsed[i], slots[i] = int64(n/race.MaxTeamSize), int64(n%80_000)*1000, int64(n%race.MaxTeamSize+1)
		seqs[i], events[i] = int64(n+1), int64(n/race.MaxTeamSize+1)
	}
	return []any{ids, teams, elapsed, slots, seqs, events, sources, anonymous, received}
}
