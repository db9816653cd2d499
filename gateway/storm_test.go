package gateway

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"server5k/gateway/auth"
	"server5k/gateway/ws"
	"server5k/race"
)

const (
	stormJudges  = 200
	stormViewers = 2000
	// stormSetups judges are read at the same time at most.
	stormSetups = 8
	// stormRead is how long a read takes.
	stormRead = 500 * time.Microsecond
	// stormTries are enough for a client that comes when it is told to.
	stormTries = 20
	// stormSecond is a second of Retry-After to the clients of the test, for which
	// time goes by ten times as fast.
	stormSecond = 100 * time.Millisecond
)

// stormStore has a team for each judge and counts the judges whose rows are being
// read.
type stormStore struct {
	Store
	reading, most atomic.Int64
}

func (s *stormStore) read() (done func()) {
	now := s.reading.Add(1)
	for {
		most := s.most.Load()
		if now <= most || s.most.CompareAndSwap(most, now) {
			break
		}
	}
	<-time.After(stormRead)
	return func() { s.reading.Add(-1) }
}

func (s *stormStore) Ping(context.Context) error { return nil }

func (s *stormStore) Competition(context.Context, race.CompetitionID) (race.Competition, error) {
	return comp, nil
}

func (s *stormStore) Judge(_ context.Context, id race.JudgeID) (race.Judge, error) {
	defer s.read()()
	return race.Judge{ID: id, Active: true}, nil
}

func (s *stormStore) Teams(_ context.Context, f race.TeamFilter) ([]race.TeamRow, error) {
	defer s.read()()
	return []race.TeamRow{{Team: race.Team{ID: race.TeamID(f.Judge), Competition: comp.ID, Judge: f.Judge}}}, nil
}

func (s *stormStore) Competitions(context.Context, race.JudgeID) ([]race.Competition, error) {
	defer s.read()()
	return []race.Competition{comp}, nil
}

type stormSessions struct{}

func (stormSessions) OpenSession(race.JudgeID, []race.Team, Outbox) Session { return &fakeSession{} }

// stormClient is connected to one node, and when that closes to another.
type stormClient struct {
	path    string
	sock    *socket
	refused int
}

// connect comes back when it is told to.
func (c *stormClient) connect(ctx context.Context, n *node) error {
	for range stormTries {
		sock, err := n.open(ctx, c.path)
		if refused, ok := errors.AsType[*refusedError](err); ok && refused.status == 503 {
			c.refused++
			seconds, err := strconv.Atoi(refused.retry)
			if err != nil {
				return fmt.Errorf("%w: %w", refused, err)
			}
			if err := wait(ctx, time.Duration(seconds)*stormSecond); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		c.sock = sock
		if m, err := sock.next(); err != nil || m.Type != "conexion_establecida" {
			return fmt.Errorf("welcome %v: %w", m, err)
		}
		return nil
	}
	return fmt.Errorf("refused %d times", c.refused)
}

var restartReason = regexp.MustCompile(`^service restart; retry=(\d+)ms$`)

// move waits for the end of its node and goes to another.
func (c *stormClient) move(ctx context.Context, to *node) error {
	_, err := c.sock.next()
	closed, ok := errors.AsType[*closedError](err)
	if !ok || closed.code != 1012 {
		return fmt.Errorf("no drain: %w", err)
	}
	m := restartReason.FindStringSubmatch(closed.reason)
	if m == nil {
		return fmt.Errorf("no hint: %w", closed)
	}
	ms, err := strconv.Atoi(m[1])
	if err != nil {
		return err
	}
	if err := wait(ctx, time.Duration(ms)*time.Millisecond); err != nil {
		return err
	}
	return c.connect(ctx, to)
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// TestStorm_AllComeBackAfterADrain: the clients of a node that goes all come to
// another one. It does not run beside other tests, whose clocks go on.
func TestStorm_AllComeBackAfterADrain(t *testing.T) {
	store := &stormStore{}
	cfg := Config{
		Store: store, Sessions: stormSessions{}, JudgeSetups: stormSetups, JudgeHandshakes: -1, ViewerHandshakes: -1,
	}
	standing := &clock{start: time.Now()} // a slow machine must not make the race stale
	from := startNode(t, cfg, func(n *node) {
		n.live.now = standing.now
		n.sockets.Spread = ws.Spread{Least: 300 * time.Millisecond, Most: time.Second, PerSecond: stormViewers}
	})
	cfg.JudgeHandshakes, cfg.ViewerHandshakes = 0, 600 // as many at once, and 1,400 of the 2,000 later
	to := startNode(t, cfg, func(n *node) {
		n.live.now = standing.now
		n.srv.door.judges.patience = socketPatience // likewise; TestDoor has it as it is
	})

	var judges, viewers []*stormClient
	issuer := auth.NewIssuer([]byte("test-secret"), nil)
	for id := range int64(stormJudges) {
		token, _, err := issuer.Pair(auth.Token{Audience: auth.JudgeAudience, JudgeID: id + 1, HasJudgeID: true})
		if err != nil {
			t.Fatal(err)
		}
		judges = append(judges, &stormClient{path: fmt.Sprintf("/ws/juez/%d/?token=%s", id+1, token)})
	}
	for range stormViewers {
		viewers = append(viewers, &stormClient{path: "/ws/competencia/1/"})
	}
	all := append(judges, viewers...)

	ctx, cancel := context.WithTimeout(t.Context(), socketPatience)
	defer cancel()
	each := func(limit int, do func(*stormClient) error) {
		t.Helper()
		var g errgroup.Group
		g.SetLimit(limit)
		for _, c := range all {
			g.Go(func() error { return do(c) })
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	each(64, func(c *stormClient) error { return c.connect(ctx, from) })
	began := time.Now()
	drained := make(chan error, 1)
	go func() { drained <- from.sockets.Drain(ctx) }()
	each(-1, func(c *stormClient) error { return c.move(ctx, to) })
	took := time.Since(began)
	if err := <-drained; err != nil {
		t.Error(err)
	}
	if got := to.sockets.Len(); got != len(all) {
		t.Errorf("%d sockets came, want %d", got, len(all))
	}
	refused := 0
	for _, c := range viewers {
		refused += c.refused
	}
	for i, c := range judges {
		if c.refused > 0 {
			t.Errorf("judge %d was refused %d times", i+1, c.refused)
		}
	}
	if most := store.most.Load(); most > stormSetups || most < 2 {
		t.Errorf("%d judges were read at the same time, want 2 to %d", most, stormSetups)
	}
	t.Logf("all in after %v; viewers were refused %d times; at most %d judges were read at once", took.Round(time.Millisecond), refused, store.most.Load())
	for _, c := range all {
		c.sock.Close()
	}
}
