package actors_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/actors"
	"server5k/cluster"
	"server5k/persistence"
	"server5k/persistence/sqlite"
	"server5k/race"
)

// faultyStore is a real store whose Append can be made to fail or to wait.
type faultyStore struct {
	persistence.Store
	loseAnswers atomic.Int32  // so many writes are stored but answer an error
	gate        chan struct{} // when not nil, an append waits until it is closed
	waiting     chan struct{} // gets a value when an append waits

	beforeRule atomic.Pointer[func(race.Order) error] // an error is the answer

	refuseActivation atomic.Bool   // an activation fails with an error that no retry helps
	refused          chan struct{} // gets a value when one did
}

func (s *faultyStore) Activate(ctx context.Context, id race.CompetitionID) (race.Activation, error) {
	if s.refuseActivation.Load() {
		select {
		case s.refused <- struct{}{}:
		default:
		}
		return race.Activation{}, race.ErrFenced
	}
	return s.Store.Activate(ctx, id)
}

func (s *faultyStore) Append(ctx context.Context, b race.Batch) (race.Decision, []race.Team, error) {
	if s.gate != nil {
		s.waiting <- struct{}{}
		<-s.gate
	}
	d, teams, err := s.Store.Append(ctx, b)
	if err == nil && s.loseAnswers.Add(-1) >= 0 {
		return race.Decision{}, nil, errors.New("connection lost")
	}
	return d, teams, err
}

func (s *faultyStore) Transition(ctx context.Context, t race.Transition) (race.Competition, int64, error) {
	c, event, err := s.Store.Transition(ctx, t)
	if err == nil && s.loseAnswers.Add(-1) >= 0 {
		return race.Competition{}, 0, errors.New("connection lost")
	}
	return c, event, err
}

func (s *faultyStore) Rule(ctx context.Context, o race.Order) (race.Ruled, error) {
	if f := s.beforeRule.Load(); f != nil {
		if err := (*f)(o); err != nil {
			return race.Ruled{}, err
		}
	}
	r, err := s.Store.Rule(ctx, o)
	if err == nil && s.loseAnswers.Add(-1) >= 0 {
		return race.Ruled{}, errors.New("connection lost")
	}
	return r, err
}

// listener is a Publisher that keeps what it hears.
type listener struct {
	mu    sync.Mutex
	heard []string
	news  chan struct{}
	panic atomic.Bool
}

func (l *listener) note(s string) {
	l.mu.Lock()
	l.heard = append(l.heard, s)
	l.mu.Unlock()
	l.news <- struct{}{}
}

func (l *listener) Reset(s race.Snapshot) {
	l.note(fmt.Sprintf("snapshot %d of %d teams", s.Seq, len(s.Totals)))
}

func (*listener) Confirm(race.CompetitionID) {}

func (l *listener) Stale(id race.CompetitionID) { l.note(fmt.Sprintf("%d is stale", id)) }

func (l *listener) Publish(e race.Event) {
	if l.panic.Swap(false) {
		panic("planted")
	}
	switch e.Kind {
	case race.CompetitionStarted:
		l.note(fmt.Sprintf("%d started", e.Seq))
	case race.CompetitionStopped:
		l.note(fmt.Sprintf("%d stopped", e.Seq))
	case race.TimesRecorded:
		l.note(fmt.Sprintf("%d team %d has %d, %v from %q", e.Seq, e.Total.Team.ID, e.Total.Records, e.Total.Elapsed, e.Origin))
	case race.RulingMade:
		l.note(fmt.Sprintf("ruling %d", e.Seq))
	}
}

// wait returns what was heard once there are n entries.
func (l *listener) wait(t *testing.T, n int) []string {
	t.Helper()
	for {
		l.mu.Lock()
		heard := append([]string(nil), l.heard...)
		l.mu.Unlock()
		if len(heard) >= n {
			return heard
		}
		select {
		case <-l.news:
		case <-t.Context().Done():
			t.Fatal("test ended")
		case <-time.After(10 * time.Second):
			t.Fatalf("heard only %q", heard)
		}
	}
}

// setup has competition 1 with teams 1 to 3, team n of judge n; 3 is inactive.
func setup(t *testing.T) (*actors.System, *faultyStore, *listener) {
	t.Helper()
	return setupLogged(t, slog.DiscardHandler)
}

func setupLogged(t *testing.T, log slog.Handler) (*actors.System, *faultyStore, *listener) {
	t.Helper()
	return setupPlaced(t, log, func(address string) actors.Placement { return cluster.Alone(address) })
}

func setupPlaced(t *testing.T, log slog.Handler, place func(address string) actors.Placement) (*actors.System, *faultyStore, *listener) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "race.db"))
	if err != nil {
		t.Fatal(err)
	}
	d := persistence.Dump{Competitions: []race.Competition{{ID: 1, Name: "C", Active: true, TeamSize: 15, Rounding: race.RoundRaw, ScheduledAt: time.Now()}}}
	for n := 1; n <= 3; n++ {
		d.Judges = append(d.Judges, persistence.JudgeRow{Judge: race.Judge{ID: race.JudgeID(n), Username: fmt.Sprint("j", n), Active: n < 3, CreatedAt: time.Now()}})
		d.Teams = append(d.Teams, race.Team{ID: race.TeamID(n), Competition: 1, Judge: race.JudgeID(n), Name: fmt.Sprint("T", n), Bib: n, Category: race.CategoryStudents})
	}
	if _, err := db.Add(t.Context(), d, false); err != nil {
		t.Fatal(err)
	}
	store := &faultyStore{Store: db, refused: make(chan struct{}, 1)}
	l := &listener{news: make(chan struct{}, 1000)}
	system := actors.NewActorSystem(slog.New(log))
	sys := actors.Start(actors.Config{
		System: system, Placement: place(system.Address()), Store: store, Publisher: l, Log: slog.New(log),
	})
	t.Cleanup(func() {
		sys.Stop()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return sys, store, l
}

func start(t *testing.T, sys *actors.System) {
	t.Helper()
	if _, err := sys.StartCompetition(t.Context(), 1, time.Now(), "admin"); err != nil {
		t.Fatal(err)
	}
}

func mark(team race.TeamID, ms int) race.Request {
	return race.Request{Judge: race.JudgeID(team), Team: team, Records: []race.TimeRecord{{
		ID: race.NewRecordID(), Elapsed: time.Duration(ms) * time.Millisecond, ReceivedAt: time.Now().UTC().Truncate(time.Microsecond), Source: race.SourceSocket,
	}}}
}

func submit(t *testing.T, sys *actors.System, q race.Request) race.Reply {
	t.Helper()
	r, err := sys.Submit(t.Context(), q, "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSystem_EventsInOrder(t *testing.T) {
	t.Parallel()
	sys, _, l := setup(t)
	sys.Watch(1)
	l.wait(t, 1)
	start(t, sys)
	q := mark(1, 1000)
	if r := submit(t, sys, q); r.Err != nil || r.Outcomes[0].Duplicate {
		t.Fatalf("first: %+v", r)
	}
	if r := submit(t, sys, q); r.Err != nil || !r.Outcomes[0].Duplicate {
		t.Fatalf("again: %+v", r)
	}
	submit(t, sys, mark(2, 500))
	if _, err := sys.StopCompetition(t.Context(), 1, time.Now(), "admin"); err != nil {
		t.Fatal(err)
	}
	if _, err := sys.StopCompetition(t.Context(), 1, time.Now(), "admin"); race.CodeOf(err) != race.CodeNotRunning {
		t.Errorf("stop twice: %v", err)
	}
	want := []string{"snapshot 0 of 3 teams", "1 started", `2 team 1 has 1, 1s from ""`, `3 team 2 has 1, 500ms from ""`, "4 stopped"}
	if diff := cmp.Diff(want, l.wait(t, len(want))); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

func TestSystem_Refusals(t *testing.T) {
	t.Parallel()
	sys, store, _ := setup(t)
	q := mark(1, 1000)
	if r := submit(t, sys, q); race.CodeOf(r.Err) != race.CodeNotRunning || !r.Outcomes[0].Held {
		t.Errorf("before the start: %+v", r)
	}
	start(t, sys)
	if r := submit(t, sys, q); r.Err != nil {
		t.Errorf("the same mark once it runs: %+v", r)
	}
	foreign := mark(2, 1000)
	foreign.Judge = 1
	if r := submit(t, sys, foreign); race.CodeOf(r.Err) != race.CodeForeignTeam {
		t.Errorf("foreign team: %+v", r)
	}
	if r := submit(t, sys, mark(3, 1000)); race.CodeOf(r.Err) != race.CodeForeignTeam {
		t.Errorf("inactive judge: %+v", r)
	}
	if _, err := sys.Submit(t.Context(), mark(9, 1000), ""); race.CodeOf(err) != race.CodeNoSuchTeam {
		t.Errorf("no such team: %v", err)
	}
	if _, err := sys.StartCompetition(t.Context(), 99, time.Now(), "admin"); race.CodeOf(err) != race.CodeNoCompetition {
		t.Errorf("no such competition: %v", err)
	}
	held, err := store.Held(t.Context(), 1)
	if err != nil || len(held) != 1 || held[0].Reason != race.CodeNotRunning {
		t.Errorf("held %+v, %v", held, err)
	}
}

// TestSystem_UnknownOutcome: the answer of a commit is lost, the recorder asks
// again, the record is there once, and who listens hears the state as it is.
func TestSystem_UnknownOutcome(t *testing.T) {
	t.Parallel()
	sys, store, l := setup(t)
	sys.Watch(1)
	l.wait(t, 1)
	store.loseAnswers.Store(1)
	start(t, sys)
	l.wait(t, 2)
	store.loseAnswers.Store(1)
	if r := submit(t, sys, mark(1, 1000)); r.Err != nil {
		t.Fatalf("%+v", r)
	}
	l.wait(t, 3)
	submit(t, sys, mark(1, 500))
	want := []string{"snapshot 0 of 3 teams", "snapshot 1 of 3 teams", "snapshot 2 of 3 teams", `3 team 1 has 2, 1.5s from ""`}
	if diff := cmp.Diff(want, l.wait(t, 4)); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	records, err := store.TeamRecords(t.Context(), 1)
	if err != nil || len(records) != 2 {
		t.Errorf("stored %d, %v", len(records), err)
	}
}

// TestSystem_Fenced: another owner took the competition over. The old one stores
// nothing, and the request finds a new activation.
func TestSystem_Fenced(t *testing.T) {
	t.Parallel()
	sys, store, l := setup(t)
	sys.Watch(1)
	start(t, sys)
	l.wait(t, 2)
	if _, err := store.Activate(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if r := submit(t, sys, mark(1, 1000)); r.Err != nil || r.Outcomes[0].Duplicate {
		t.Errorf("new owner: %+v", r)
	}
	// The hub subscribed to the next activation, before or after the record. It gets
	// the state in either case: rules may have changed without an event.
	if got := l.wait(t, 3)[2]; got != "snapshot 2 of 3 teams" {
		if got != "snapshot 1 of 3 teams" || l.wait(t, 4)[3] != `2 team 1 has 1, 1s from ""` {
			t.Fatalf("heard %q", got)
		}
	}
}

// TestSystem_HubSurvivesAPanic: after a crash the listener gets a snapshot, so
// nothing is missing.
func TestSystem_HubSurvivesAPanic(t *testing.T) {
	t.Parallel()
	sys, _, l := setup(t)
	sys.Watch(1)
	l.wait(t, 1)
	l.panic.Store(true)
	start(t, sys)
	if got := l.wait(t, 2)[1]; got != "snapshot 1 of 3 teams" {
		t.Errorf("heard %q", got)
	}
	submit(t, sys, mark(1, 1000))
	if got := l.wait(t, 3)[2]; got != `2 team 1 has 1, 1s from ""` {
		t.Errorf("heard %q", got)
	}
}

// outbox keeps the answers of a session.
type outbox struct{ answers chan string }

func (o *outbox) Answer(ticket any, r race.Reply, err error) {
	switch {
	case err != nil:
		o.answers <- fmt.Sprint(ticket, " ", race.CodeOf(err))
	case len(r.Outcomes) == 0:
		o.answers <- fmt.Sprint(ticket, " echo")
	default:
		text := fmt.Sprint(ticket)
		for _, out := range r.Outcomes {
			if out.Err != nil {
				text += fmt.Sprint(" ", race.CodeOf(out.Err))
				continue
			}
			text += fmt.Sprint(" ", out.Duplicate)
		}
		o.answers <- text
	}
}

func (o *outbox) Ruled(ticket any, r race.Ruled, err error) {
	if err != nil {
		o.answers <- fmt.Sprint(ticket, " ", race.CodeOf(err))
		return
	}
	o.answers <- fmt.Sprint(ticket, " ", r.Ruling.Kind, " by ", r.Ruling.Author, " ", r.Repeated)
}

func (o *outbox) Revoked() { o.answers <- "revoked" }

func (o *outbox) take(t *testing.T, n int) []string {
	t.Helper()
	var got []string
	for range n {
		select {
		case a := <-o.answers:
			got = append(got, a)
		case <-time.After(10 * time.Second):
			t.Fatalf("answers: %q", got)
		}
	}
	return got
}

// TestSession_AnswersInOrder mixes what is answered at once, what needs a
// look-up and what needs a commit, while the store is slow; the same request
// sent twice meanwhile joins the first.
func TestSession_AnswersInOrder(t *testing.T) {
	t.Parallel()
	sys, store, l := setup(t)
	sys.Watch(1)
	start(t, sys)
	l.wait(t, 2)
	store.gate, store.waiting = make(chan struct{}), make(chan struct{}, 10)
	box := &outbox{answers: make(chan string, 100)}
	s := sys.OpenSession(1, []race.Team{{ID: 1, Competition: 1}}, box)
	q := mark(1, 1000)
	s.Submit("a", q)
	<-store.waiting // the commit of a is on its way
	s.Echo("b")
	s.Submit("c", q)
	foreign := mark(2, 1)
	foreign.Judge = 1
	s.Submit("d", foreign)
	s.Submit("e", race.Request{Judge: 1, Team: 99, Records: q.Records})
	s.Echo("f")
	close(store.gate)
	want := []string{"a false", "b echo", "c true", "d equipo_ajeno", "e equipo_inexistente", "f echo"}
	if diff := cmp.Diff(want, box.take(t, len(want))); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if got, want := l.wait(t, 3)[2], fmt.Sprintf("2 team 1 has 1, 1s from %q", s.ID()); got != want {
		t.Errorf("heard %q, want %q", got, want)
	}
	sys.CloseSessions(1)
	if got := box.take(t, 1)[0]; got != "revoked" {
		t.Errorf("got %q", got)
	}
	s.Close()
}

// TestSystem_RefusesAboveHighWater: while the store hangs, what waits is bounded
// at 8,000 records; who comes later is told at once to try again.
func TestSystem_RefusesAboveHighWater(t *testing.T) {
	t.Parallel()
	sys, store, _ := setup(t)
	start(t, sys)
	store.gate, store.waiting = make(chan struct{}), make(chan struct{}, 1000)
	box := &outbox{answers: make(chan string, 1000)}
	ask := func() {
		q := mark(1, 1)
		for i := range 14 {
			q.Records = append(q.Records, mark(1, i+2).Records...)
		}
		s := sys.OpenSession(1, []race.Team{{ID: 1, Competition: 1}}, box)
		t.Cleanup(s.Close)
		s.Submit("x", q)
	}
	ask()
	<-store.waiting            // the first is with the store
	const room, more = 534, 20 // 533 requests of 15 are below 8,000
	for range room + more {
		ask()
	}
	for _, a := range box.take(t, more) {
		if a != "x "+string(race.CodeUnavailable) {
			t.Errorf("got %q", a)
		}
	}
	close(store.gate)
	for _, a := range box.take(t, room+1) {
		if a == "x "+string(race.CodeUnavailable) {
			t.Errorf("an accepted request got %q", a)
		}
	}
}

// TestSystem_Drain: what was accepted is stored and answered, the rest refused.
func TestSystem_Drain(t *testing.T) {
	t.Parallel()
	sys, store, _ := setup(t)
	start(t, sys)
	store.gate, store.waiting = make(chan struct{}), make(chan struct{}, 10)
	box := &outbox{answers: make(chan string, 100)}
	s := sys.OpenSession(1, []race.Team{{ID: 1, Competition: 1}}, box)
	s.Submit("a", mark(1, 1000))
	<-store.waiting
	done := make(chan error, 1)
	go func() { done <- sys.Drain(context.WithoutCancel(t.Context())) }()
	close(store.gate)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := box.take(t, 1)[0]; got != "a false" {
		t.Errorf("got %q", got)
	}
	if _, err := sys.Submit(t.Context(), mark(1, 2000), ""); race.CodeOf(err) != race.CodeUnavailable {
		t.Errorf("after the drain: %v", err)
	}
}

// TestHub_WaitsForAStoreThatIsAway: the activation fails for good; once the
// store is back the listener gets its snapshot.
func TestHub_WaitsForAStoreThatIsAway(t *testing.T) {
	t.Parallel()
	sys, store, l := setup(t)
	store.refuseActivation.Store(true)
	sys.Watch(1)
	<-store.refused
	store.refuseActivation.Store(false)
	if got := l.wait(t, 1)[0]; got != "snapshot 0 of 3 teams" {
		t.Errorf("heard %q", got)
	}
	start(t, sys)
	if got := l.wait(t, 2)[1]; got != "1 started" {
		t.Errorf("heard %q", got)
	}
}

// TestSystem_DrainWithLeavingSessions: sessions that close while the drain asks
// them do not hold it up.
func TestSystem_DrainWithLeavingSessions(t *testing.T) {
	t.Parallel()
	sys, _, _ := setup(t)
	for range 200 {
		s := sys.OpenSession(1, nil, &outbox{answers: make(chan string, 1)})
		defer s.Close()
		go s.Close()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := sys.Drain(ctx); err != nil {
		t.Error(err)
	}
}
