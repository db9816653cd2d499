package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"server5k/persistence"
	"server5k/persistence/sqlite"
	"server5k/race"
)

const (
	kills          = 20
	killJudges     = 8
	killRaces      = 2
	killTeams      = 400 // of one judge; more than the judge can fill
	killWindow     = 16  // messages that wait for an answer
	killBatchEvery = 5   // every fifth message carries several records
)

// TestKill9_LosesNothingAcknowledged kills the real server while judges write,
// again and again: what was acknowledged is stored, once, as it was sent.
func TestKill9_LosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := testConfig(t, filepath.Join(dir, "data"))
	addRace(t, cfg, killDump())
	binary := filepath.Join(dir, "server5k")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	rng := rand.New(rand.NewPCG(5, 9))
	var judges []*writer
	for n := range killJudges {
		judges = append(judges, newWriter(t, race.JudgeID(n+1)))
	}
	unknown := 0
	for range kills {
		server := startChild(t, binary, cfg.DataDir)
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

	server := startChild(t, binary, cfg.DataDir)
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

// stamped is what a judge sent under an id.
type stamped struct {
	team    race.TeamID
	elapsed int64 // ms
}

// writer is a judge that writes as fast as the server answers. Its fields belong
// to the goroutine that plays it; between rounds to the test.
type writer struct {
	id     race.JudgeID
	token  string
	rng    *rand.Rand
	sent   map[string]stamped
	acked  map[string]stamped // as acknowledged
	outbox map[string]bool    // sent, not acknowledged
}

func newWriter(t *testing.T, id race.JudgeID) *writer {
	t.Helper()
	return &writer{
		id: id, token: judgeToken(t, id), rng: rand.New(rand.NewPCG(uint64(id), 99)),
		sent: map[string]stamped{}, acked: map[string]stamped{}, outbox: map[string]bool{},
	}
}

// next makes the next record of the judge, team by team; false when all are full.
func (w *writer) next() (sentRecord, race.TeamID, bool) {
	i := len(w.sent) / race.DefaultTeamSize
	if i >= killTeams {
		return sentRecord{}, 0, false
	}
	r := sentRecord{ID: uuid.NewString(), Total: w.rng.Int64N(3_600_000)}
	s := stamped{killTeam(w.id, i), r.Total}
	w.sent[r.ID], w.outbox[r.ID] = s, true
	return r, s.team, true
}

// errCut says that the connection broke: right for a server that was killed.
var errCut = errors.New("the connection broke")

// write plays one connection until it breaks: first all that was not
// acknowledged, then new records.
func (w *writer) write(ctx context.Context, url string, first func()) error {
	s, err := dialJudge(ctx, url, w.id, w.token)
	if err != nil {
		return fmt.Errorf("%w: %w", errCut, err)
	}
	defer s.cut(true)
	waiting, err := w.resend(s)
	if err != nil {
		return w.drain(s)
	}
	for n := 0; ; {
		for ; waiting < killWindow; waiting++ {
			m, ok := w.compose(n)
			if !ok {
				return fmt.Errorf("judge %d: all teams are full", w.id)
			}
			if s.send(m) != nil {
				return w.drain(s)
			}
			n++
		}
		m, err := s.read()
		if err != nil {
			return fmt.Errorf("%w: %w", errCut, err)
		}
		answered, err := w.take(m)
		if err != nil {
			return err
		}
		if answered {
			waiting--
			first()
		}
	}
}

// compose makes the n-th message.
func (w *writer) compose(n int) (judgeMessage, bool) {
	r, team, ok := w.next()
	if !ok || n%killBatchEvery != 0 {
		return oneRecord("", team, r), ok
	}
	list := []sentRecord{r}
	for len(list) < 3 && len(w.sent)%race.DefaultTeamSize != 0 { // a batch is of one team
		r, _, _ := w.next()
		list = append(list, r)
	}
	return manyRecords("", team, list), true
}

// resend sends the outbox, record by record.
func (w *writer) resend(s *socket) (n int, err error) {
	for id := range w.outbox {
		if err := s.send(oneRecord("", w.sent[id].team, sentRecord{ID: id, Total: w.sent[id].elapsed})); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// drain reads the answers that were on their way when sending failed.
// It always returns an error.
func (w *writer) drain(s *socket) error {
	for {
		m, err := s.read()
		if err != nil {
			return fmt.Errorf("%w: %w", errCut, err)
		}
		if _, err := w.take(m); err != nil {
			return err
		}
	}
}

// take notes what m acknowledges and says whether it is an answer.
func (w *writer) take(m message) (bool, error) {
	switch m.Type {
	case "tiempo_registrado":
		return true, w.acknowledge(m.Record.ID, stamped{m.Record.TeamID, m.Record.Total})
	case "tiempos_registrados_batch":
		if len(m.Bad) > 0 {
			return true, fmt.Errorf("judge %d: batch refused: %+v", w.id, m)
		}
		for _, r := range m.Good {
			if err := w.acknowledge(r.ID, stamped{m.TeamID, r.Total}); err != nil {
				return true, err
			}
		}
		return true, nil
	case "error":
		return true, fmt.Errorf("judge %d: %+v", w.id, m)
	}
	return false, nil
}

func (w *writer) acknowledge(id string, s stamped) error {
	if sent, ok := w.sent[id]; !ok || sent != s {
		return fmt.Errorf("judge %d: acknowledged %s as %+v, sent %+v", w.id, id, s, sent)
	}
	w.acked[id] = s
	delete(w.outbox, id)
	return nil
}

// settle sends the outbox until all of it is acknowledged, and some of the rest
// once more.
func (w *writer) settle(ctx context.Context, url string) error {
	s, err := dialJudge(ctx, url, w.id, w.token)
	if err != nil {
		return err
	}
	defer s.cut(false)
	old := map[string]bool{}
	for id := range w.acked {
		if old[id] = true; len(old) == 50 {
			break
		}
	}
	waiting, err := w.resend(s)
	if err != nil {
		return err
	}
	for id := range old {
		if err := s.send(oneRecord("", w.sent[id].team, sentRecord{ID: id, Total: w.sent[id].elapsed})); err != nil {
			return err
		}
		waiting++
	}
	for waiting > 0 {
		m, err := s.read()
		if err != nil {
			return fmt.Errorf("judge %d: %w", w.id, err)
		}
		answered, err := w.take(m)
		if err != nil {
			return err
		}
		if answered {
			waiting--
		}
		if old[m.Record.ID] && !m.Duplicate {
			return fmt.Errorf("judge %d: %s was stored a second time", w.id, m.Record.ID)
		}
	}
	return nil
}

// load is one round of all judges writing.
type load struct {
	group  errgroup.Group
	first  chan struct{} // closed by the first answer
	killed atomic.Bool   // from now on connections may break
}

func newLoad(ctx context.Context, url string, judges []*writer) *load {
	l := &load{first: make(chan struct{})}
	once := sync.OnceFunc(func() { close(l.first) })
	for _, j := range judges {
		l.group.Go(func() error {
			if err := j.write(ctx, url, once); !errors.Is(err, errCut) || !l.killed.Load() {
				return err
			}
			return nil
		})
	}
	return l
}

func (l *load) awaitFirst(t *testing.T) {
	t.Helper()
	select {
	case <-l.first:
	case <-time.After(replyTimeout):
		t.Fatal("no record was acknowledged")
	}
}

func (l *load) wait() error { return l.group.Wait() }

// child is the server in a process of its own.
type child struct {
	cmd  *exec.Cmd
	url  string
	logs *syncBuffer
	done chan error // gets the end of the process, once
}

var readyLine = regexp.MustCompile(`msg=ready url=(\S+)`)

// startChild starts the server and waits until it is ready. The system chooses a
// free port each time, and the log tells it.
func startChild(t *testing.T, binary, dataDir string) *child {
	t.Helper()
	c := &child{cmd: exec.CommandContext(t.Context(), binary, "serve"), logs: &syncBuffer{}, done: make(chan error, 1)}
	c.cmd.Dir = dataDir
	c.cmd.Env = append(os.Environ(), "DATA_DIR="+dataDir, "LISTEN_ADDR=127.0.0.1:0", "SECRET_KEY="+testSecret, "JUDGE_RATE=1000")
	c.cmd.Stdout, c.cmd.Stderr = c.logs, c.logs
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { c.done <- c.cmd.Wait() }()
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.After(replyTimeout); ; {
		if m := readyLine.FindStringSubmatch(c.logs.String()); m != nil {
			c.url = m[1]
			return c
		}
		select {
		case err := <-c.done:
			t.Fatalf("the server did not start: %v\n%s", err, c.logs.String())
		case <-deadline:
			t.Fatalf("the server is not ready:\n%s", c.logs.String())
		case <-poll.C:
		}
	}
}

// kill sends SIGKILL and waits for the end.
func (c *child) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	exit, ok := errors.AsType[*exec.ExitError](<-c.done)
	if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the server was not killed: %v\n%s", exit, c.logs.String())
	}
}

// terminate asks the server to stop and to drain.
func (c *child) terminate(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-c.done; err != nil {
		t.Errorf("the server ended with %v\n%s", err, c.logs.String())
	}
}

// checkKilled opens the database of the dead server, compares it with what the
// judges know and returns the number of records.
func checkKilled(t *testing.T, cfg *Config, judges []*writer) int {
	t.Helper()
	store, err := sqlite.Open(t.Context(), cfg.databasePath())
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
		records, err := store.Records(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		held, err := store.Held(t.Context(), id)
		if err != nil || len(held) != 0 {
			t.Errorf("competition %d: %d held records, %v", id, len(held), err)
		}
		checkNumbers(t, a, records)
		for _, r := range records {
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

// checkNumbers checks the numbers of a competition's records and what its next
// owner would count on from.
func checkNumbers(t *testing.T, a race.Activation, records []race.TimeRecord) {
	t.Helper()
	type place struct {
		team race.TeamID
		slot int
	}
	slots, events := map[place]bool{}, map[int64]race.TeamID{}
	for i, r := range records {
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
	if a.Seq != int64(len(records)) || len(a.Records) != len(records) || len(events) != int(a.Event) {
		t.Errorf("competition %d activates with seq %d, event %d, %d records; stored %d in %d events",
			a.Competition.ID, a.Seq, a.Event, len(a.Records), len(records), len(events))
	}
	if !a.Competition.Running || a.Epoch < 1 {
		t.Errorf("competition %d: running %v, epoch %d", a.Competition.ID, a.Competition.Running, a.Epoch)
	}
}
