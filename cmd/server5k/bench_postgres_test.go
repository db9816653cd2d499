//go:build linux

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"server5k/gateway/auth"
	"server5k/persistence/postgres"
	"server5k/persistence/postgres/pgtest"
	"server5k/race"
)

// BenchmarkPostgres measures the real binary in front of a real PostgreSQL: the
// way of a time from a judge's socket to the disk and back. One operation is one
// record. Next to the throughput stand the processor time of both processes for
// each record and the time from a message to its answer. With pace, each judge
// sends at random moments, so often on average; else as soon as it has its answer.
func BenchmarkPostgres(b *testing.B) {
	for _, c := range []struct {
		judges, batch, competitions int
		pace                        time.Duration
	}{
		{16, 1, 1, 0},
		{16, 15, 1, 0},
		{200, 1, 1, 0},
		{200, 15, 1, 0},
		{200, 15, 4, 0},
		{50, 1, 1, 200 * time.Millisecond},
		{50, 15, 1, 3 * time.Second},
	} {
		name := fmt.Sprintf("judges=%d/batch=%d", c.judges, c.batch)
		if c.competitions > 1 {
			name += fmt.Sprintf("/competitions=%d", c.competitions)
		}
		if c.pace > 0 {
			name += "/every=" + c.pace.String()
		}
		b.Run(name, func(b *testing.B) { benchPostgres(b, c.competitions, c.judges, c.batch, c.pace) })
	}
}

// benchPaced is how long judges that wait for runners are watched, whatever b.N.
const benchPaced = 15 * time.Second

func benchPostgres(b *testing.B, competitions, judges, batch int, pace time.Duration) {
	b.Helper()
	messages := b.N/batch/judges + 1 // of each judge
	if pace > 0 {
		messages = min(messages, int(benchPaced/pace)+1)
	}
	teams := messages*batch/race.MaxTeamSize + 1
	pg, cfg := benchDatabase(b, competitions, judges, teams)
	s, child := benchChild(b, cfg, teams)
	defer child.terminate(b)
	benchJudges(b, s, pg, []int{s.pid}, judges, messages, batch, pace)
}

// benchDatabase starts PostgreSQL, to be ended with the benchmark, with what
// benchRace makes.
func benchDatabase(b *testing.B, competitions, judges, teams int) (*pgtest.Server, *Config) {
	b.Helper()
	pg, err := pgtest.New(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := pg.Close(); err != nil {
			b.Error(err)
		}
	})
	cfg := benchConfig(b)
	cfg.DatabaseURL = pg.URL("postgres")
	if _, err := postgres.Migrate(b.Context(), cfg.DatabaseURL); err != nil {
		b.Fatal(err)
	}
	benchRace(b, cfg, competitions, judges, teams)
	return pg, cfg
}

// benchJudges measures judges at the node s. pids are the servers whose processor
// time counts.
func benchJudges(b *testing.B, s *benchNode, pg *pgtest.Server, pids []int, judges, messages, batch int, pace time.Duration) {
	b.Helper()
	conns := make([]*benchConn, judges)
	frames := make([][][]byte, judges)
	for j := range conns {
		conns[j] = s.judge(b, race.JudgeID(j+1))
		frames[j] = benchFrames(s.team(j), messages, batch)
	}
	cpu := func() (server, database time.Duration) {
		database, err := pg.CPU()
		for _, pid := range pids {
			used, err1 := pgtest.ProcessCPU(pid)
			server, err = server+used, errors.Join(err, err1)
		}
		if err != nil {
			b.Fatal(err)
		}
		return server, database
	}
	took := make([][]time.Duration, judges)
	errs := make([]error, judges)
	server0, database0 := cpu()
	b.ResetTimer()
	var wg sync.WaitGroup
	for j, c := range conns {
		wg.Go(func() { took[j], errs[j] = c.batches(frames[j], batch, pace) })
	}
	wg.Wait()
	b.StopTimer()
	if err := errors.Join(errs...); err != nil {
		b.Fatal(err)
	}
	server, database := cpu()
	records := float64(judges * messages * batch)
	b.ReportMetric(records/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(micros(server-server0)/records, "server-µs/record")
	b.ReportMetric(micros(database-database0)/records, "postgres-µs/record")
	all := slices.Concat(took...)
	slices.Sort(all)
	for _, p := range []int{50, 99} {
		b.ReportMetric(float64(all[(len(all)-1)*p/100].Microseconds())/1000, fmt.Sprintf("p%d-ms", p))
	}
}

// benchChild is benchServe in a process of its own.
func benchChild(b *testing.B, cfg *Config, teams int) (*benchNode, *child) {
	b.Helper()
	binary, err := builtServer()
	if err != nil {
		b.Fatal(err)
	}
	c := startChild(b, binary, cfg, "SECRET_KEY="+benchSecret, "JUDGE_RATE=1000000")
	return &benchNode{
		addr: c.url[len("http://"):], teams: teams, issuer: auth.NewIssuer([]byte(benchSecret), nil), stop: func() {}, pid: c.cmd.Process.Pid,
	}, c
}

// batches sends frames and tells how long each took to be acknowledged; each has
// batch records.
func (c *benchConn) batches(frames [][]byte, batch int, pace time.Duration) ([]time.Duration, error) {
	want := `"tipo":"tiempo_registrado"`
	if batch > 1 {
		want = fmt.Sprintf(`"total_guardados":%d,"total_fallidos":0`, batch)
	}
	took := make([]time.Duration, len(frames))
	for i, frame := range frames {
		if pace > 0 {
			time.Sleep(time.Duration(rand.Int64N(int64(2 * pace)))) //nolint:forbidigo // a judge that waits for the next runner
		}
		started := time.Now()
		if err := c.ask(frame, want); err != nil {
			return nil, err
		}
		took[i] = time.Since(started)
	}
	return took, nil
}

// benchFrames are the messages of one judge, from the first team on. They are
// made beforehand: the judges share the processor with what is measured.
func benchFrames(team race.TeamID, messages, batch int) [][]byte {
	frames := make([][]byte, messages)
	for i := range frames {
		sent := i * batch
		team := team + race.TeamID(sent/race.MaxTeamSize)
		if batch == 1 {
			frames[i] = benchFrame(benchMark(team, sent+1))
			continue
		}
		records := make([]string, batch)
		for k := range records {
			records[k] = fmt.Sprintf(`{"tiempo":%d,"id_registro":"%s"}`, sent+k+1, race.NewRecordID())
		}
		frames[i] = benchFrame(fmt.Sprintf(`{"tipo":"registrar_tiempos","equipo_id":%d,"registros":[%s]}`, team, strings.Join(records, ",")))
	}
	return frames
}

// BenchmarkSingleCommits is what PostgreSQL itself does with one row a commit:
// pgbench, in its own process. With a rate it begins so many a second, at random
// moments, as judges do who wait for runners.
func BenchmarkSingleCommits(b *testing.B) {
	for _, c := range []struct{ clients, rate int }{{1, 0}, {16, 0}, {50, 0}, {50, 250}} {
		name := fmt.Sprintf("clients=%d", c.clients)
		if c.rate > 0 {
			name += fmt.Sprintf("/rate=%d", c.rate)
		}
		b.Run(name, func(b *testing.B) {
			pg, err := pgtest.New(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			defer func() {
				if err := pg.Close(); err != nil {
					b.Error(err)
				}
			}()
			script := filepath.Join(b.TempDir(), "insert.sql")
			const setUp = `CREATE TABLE bare (id uuid PRIMARY KEY, team bigint, elapsed integer, at timestamptz)`
			const insert = "INSERT INTO bare VALUES (gen_random_uuid(), 1, 1234567, now());\n"
			if err := os.WriteFile(script, []byte(insert), 0o600); err != nil {
				b.Fatal(err)
			}
			if out, err := exec.CommandContext(b.Context(), "psql", "-q", "-c", setUp, pg.URL("postgres")).CombinedOutput(); err != nil {
				b.Fatalf("%v: %s", err, out)
			}
			b.ResetTimer()
			commits := b.N
			args := []string{"-n", "-M", "prepared", "-f", script, "-c", strconv.Itoa(c.clients), "-j", "2"}
			if c.rate > 0 {
				commits = min(commits, c.rate*int(benchPaced.Seconds()))
				args = append(args, "-R", strconv.Itoa(c.rate))
			}
			args = append(args, "-t", strconv.Itoa(commits/c.clients+1))
			out, err := exec.CommandContext(b.Context(), "pgbench", append(args, pg.URL("postgres"))...).CombinedOutput()
			b.StopTimer()
			if err != nil {
				b.Fatalf("%v: %s", err, out)
			}
			for metric, pattern := range map[string]string{"commits/s": `tps = ([\d.]+)`, "latency-ms": `latency average = ([\d.]+) ms`} {
				m := regexp.MustCompile(pattern).FindSubmatch(out)
				if m == nil {
					b.Fatalf("pgbench says no %s: %s", metric, out)
				}
				value, err := strconv.ParseFloat(string(m[1]), 64)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(value, metric)
			}
		})
	}
}
