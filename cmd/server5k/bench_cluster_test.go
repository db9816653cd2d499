//go:build linux

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"server5k/gateway/auth"
	"server5k/persistence/postgres/pgtest"
	"server5k/race"
)

// BenchmarkCluster is BenchmarkPostgres with one competition at one node without a
// cluster, at the node of three that owns it, and at one that does not: there each
// record is passed on and its answer comes back. The processor time is that of all
// nodes together.
func BenchmarkCluster(b *testing.B) {
	for _, c := range []struct {
		judges, batch int
		pace          time.Duration
	}{{16, 1, 0}, {200, 1, 0}, {200, 15, 0}, {50, 1, 200 * time.Millisecond}} {
		for _, at := range []string{"alone", "owner", "other"} {
			name := fmt.Sprintf("judges=%d/batch=%d", c.judges, c.batch)
			if c.pace > 0 {
				name += "/every=" + c.pace.String()
			}
			b.Run(name+"/at="+at, func(b *testing.B) { benchCluster(b, at, c.judges, c.batch, c.pace) })
		}
	}
}

func benchCluster(b *testing.B, at string, judges, batch int, pace time.Duration) {
	b.Helper()
	messages := b.N/batch/judges + 1 // of each judge
	if pace > 0 {
		messages = min(messages, int(benchPaced/pace)+1)
	}
	teams := messages*batch/race.MaxTeamSize + 1
	pg, cfg := benchDatabase(b, 1, judges, teams)
	if at == "alone" {
		s, child := benchChild(b, cfg, teams)
		defer child.terminate(b)
		benchJudges(b, s, pg, []int{s.pid}, judges, messages, batch, pace)
		return
	}
	c := startNodes(b, cfg, 3, "SECRET_KEY="+benchSecret, "JUDGE_RATE=1000000")
	s := &benchNode{teams: teams, issuer: auth.NewIssuer([]byte(benchSecret), nil)}
	owner := c.wake(s)
	var pids []int
	for _, n := range c.alive() {
		pids = append(pids, n.cmd.Process.Pid)
		if (n == owner) == (at == "owner") {
			s.addr = n.url[len("http://"):]
		}
	}
	benchJudges(b, s, pg, pids, judges, messages, batch, pace)
}

// wake opens a judge's socket once, so that the competition is loaded by its
// owner, and returns the owner's node.
func (c *nodes) wake(s *benchNode) *testNode {
	c.tb.Helper()
	conn, err := benchDial(c.tb.Context(), c.urls()[0][len("http://"):], s.judgePath(1), 4<<10)
	if err != nil {
		c.tb.Fatal(err)
	}
	conn.close()
	return c.owner()
}

// BenchmarkClusterViewers tells viewers of each time, all at one node without a
// cluster or spread over three: processor time of all nodes for each delivery.
func BenchmarkClusterViewers(b *testing.B) {
	const viewers = 3000
	for _, size := range []int{1, 3} {
		b.Run(fmt.Sprintf("nodes=%d", size), func(b *testing.B) {
			benchNeedFiles(b, viewers+500)
			const teams = benchEvents / race.MaxTeamSize
			_, cfg := benchDatabase(b, 1, 1, teams)
			var addrs []string
			var pids []int
			s := &benchNode{teams: teams, issuer: auth.NewIssuer([]byte(benchSecret), nil)}
			if size == 1 {
				alone, child := benchChild(b, cfg, teams)
				defer child.terminate(b)
				addrs, pids = []string{alone.addr}, []int{alone.pid}
			} else {
				c := startNodes(b, cfg, size, "SECRET_KEY="+benchSecret, "JUDGE_RATE=1000000")
				for _, n := range c.alive() {
					addrs, pids = append(addrs, n.url[len("http://"):]), append(pids, n.cmd.Process.Pid)
				}
			}
			s.addr = addrs[0]
			next := make(chan string)
			var feed errgroup.Group
			feed.Go(func() error { // one address for each viewer
				for i := range viewers {
					next <- addrs[i%len(addrs)]
				}
				return nil
			})
			crowd := benchGather(b, viewers, func() (*benchConn, error) { return benchDial(b.Context(), <-next, benchViewerPath, benchBuffer) })
			judge := s.judge(b, 1)
			sent := 0
			event := func() {
				if err := judge.mark(s.team(0)+race.TeamID(sent/race.MaxTeamSize), sent+1); err != nil {
					b.Fatal(err)
				}
				sent++
				crowd.wait(b)
			}
			used := func() (sum time.Duration) {
				for _, pid := range pids {
					cpu, err := pgtest.ProcessCPU(pid)
					if err != nil {
						b.Fatal(err)
					}
					sum += cpu
				}
				return sum
			}
			event() // warms up
			before := used()
			for b.Loop() {
				event()
			}
			b.ReportMetric(micros(used()-before)/float64(b.N*viewers), "cpu-us/delivery")
			crowd.leave()
			if err := feed.Wait(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkIdleNode is what a node of three that has nothing to do costs.
func BenchmarkIdleNode(b *testing.B) {
	const watched = 10 * time.Second
	_, cfg := benchDatabase(b, 1, 1, 1)
	c := startNodes(b, cfg, 3, "SECRET_KEY="+benchSecret)
	pid := c.alive()[0].cmd.Process.Pid
	for b.Loop() {
		before, err := pgtest.ProcessCPU(pid)
		if err != nil {
			b.Fatal(err)
		}
		time.Sleep(watched) //nolint:forbidigo // it is idleness that is measured
		after, err := pgtest.ProcessCPU(pid)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(100*(after-before).Seconds()/watched.Seconds(), "%cpu")
		b.ReportMetric(float64(benchResident(b, pid))/(1<<20), "MiB")
	}
}

// benchResident is the memory of a process that is in use, in bytes.
func benchResident(b *testing.B, pid int) int64 {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb << 10
		}
	}
	b.Fatal("no VmRSS")
	return 0
}
