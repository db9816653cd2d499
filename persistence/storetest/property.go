package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"server5k/persistence"
	"server5k/race"
)

// appendEqualsLedger plays random batches to the store and to a ledger in memory
// and compares every answer and what is stored. Each case has a competition of
// its own in the same store.
func appendEqualsLedger(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	var cases atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t, f, 100+cases.Add(1))
		for range rapid.IntRange(1, 8).Draw(t, "batches") {
			if rapid.IntRange(0, 4).Draw(t, "transition") == 0 {
				m.transition(t)
				continue
			}
			m.batch(t)
		}
		m.compare(t)
	})
}

// model is what a store of one competition must look like.
type model struct {
	f             *fixture
	id            race.CompetitionID
	epoch         int64
	ledger        *race.Ledger
	counted, held []race.TimeRecord
	seq           int64
	now           time.Time
}

func newModel(t *rapid.T, f *fixture, n int64) *model {
	m := &model{f: f, id: race.CompetitionID(n), now: gun()}
	size := rapid.IntRange(1, 4).Draw(t, "team size")
	c := race.Competition{
		ID: m.id, Name: fmt.Sprint(n), Active: true, TeamSize: size,
		Rounding: rapid.SampledFrom([]race.Rounding{race.RoundRaw, race.RoundUpEach, race.RoundUpTotal}).Draw(t, "rounding"),
		Clock:    rapid.SampledFrom([]race.ClockPolicy{race.ClockClient, race.ClockCorrected}).Draw(t, "clock"),
	}
	d := persistence.Dump{Competitions: []race.Competition{c}}
	for i, judge := range []race.JudgeID{ana, ana, beto} {
		d.Teams = append(d.Teams, race.Team{
			ID: m.team(i), Competition: m.id, Judge: judge, Name: fmt.Sprint(i), Bib: i + 1, Category: race.CategoryStudents,
		})
	}
	if _, err := f.Add(f.ctx, d, false); err != nil {
		t.Fatal(err)
	}
	a, err := f.Activate(f.ctx, m.id)
	if err != nil {
		t.Fatal(err)
	}
	m.epoch = a.Epoch
	m.ledger = race.NewLedger(c, 0, 0)
	for _, team := range d.Teams {
		m.ledger.AddTeam(team, 0)
	}
	return m
}

func (m *model) team(i int) race.TeamID { return race.TeamID(int64(m.id)*10 + int64(i)) }

func (m *model) transition(t *rapid.T) {
	start := rapid.Bool().Draw(t, "start")
	want, change := m.ledger.Competition(), race.Competition.Stop
	if start {
		change = race.Competition.Start
	}
	want, wantErr := change(want, m.now)
	got, event, err := m.f.Transition(m.f.ctx, race.Transition{Competition: m.id, Epoch: m.epoch, Start: start, At: m.now})
	if race.CodeOf(err) != race.CodeOf(wantErr) {
		t.Fatalf("transition: got %v, want %v", err, wantErr)
	}
	if err != nil {
		return
	}
	m.ledger.SetCompetition(want, m.ledger.Event()+1)
	m.same(t, "competition", got, want)
	m.same(t, "event", event, m.ledger.Event())
}

func (m *model) batch(t *rapid.T) {
	requests := rapid.SliceOfN(rapid.Custom(m.request), 1, 4).Draw(t, "requests")
	got, _, err := m.f.Append(m.f.ctx, race.Batch{Competition: m.id, Epoch: m.epoch, Requests: requests})
	if err != nil {
		t.Fatal(err)
	}
	want := m.ledger.Decide(requests)
	m.apply(want)
	m.same(t, "decision", got, want)
}

// request draws a request with ids and times from few, so that they meet.
func (m *model) request(t *rapid.T) race.Request {
	q := race.Request{
		Judge:  rapid.SampledFrom([]race.JudgeID{ana, ana, ana, beto, carla}).Draw(t, "judge"),
		Team:   m.team(rapid.IntRange(0, 3).Draw(t, "team")),
		Atomic: rapid.IntRange(0, 3).Draw(t, "atomic") == 0,
	}
	for range rapid.IntRange(1, 5).Draw(t, "records") {
		m.now = m.now.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "after")) * time.Second)
		q.Records = append(q.Records, race.TimeRecord{
			ID:         recordID(int(m.id)*1000 + rapid.IntRange(0, 12).Draw(t, "id")),
			Team:       q.Team, // the ledger itself leaves both unset in held records
			Judge:      q.Judge,
			Elapsed:    time.Duration(rapid.IntRange(0, 3).Draw(t, "elapsed")) * time.Minute,
			ReceivedAt: m.now,
			Source:     race.SourceSocket,
			Anonymous:  rapid.IntRange(0, 3).Draw(t, "anonymous") == 0,
			Mark:       m.mark(t),
		})
	}
	return q
}

// mark draws what the device says of a tap, which may well make no sense.
func (m *model) mark(t *rapid.T) race.Mark {
	if rapid.Bool().Draw(t, "unmarked") {
		return race.Mark{}
	}
	seconds := func(what string) time.Duration {
		return time.Duration(rapid.IntRange(-100_000, 100_000).Draw(t, what)) * time.Second / 1000
	}
	return race.Mark{
		MarkedAt: m.now.Add(seconds("marked")), ClockOffset: seconds("offset"), ClockUncertainty: max(0, seconds("uncertainty")),
		Device: "d", DeviceSeq: int64(rapid.IntRange(0, 3).Draw(t, "number")),
	}
}

// apply keeps what a decision stores.
func (m *model) apply(d race.Decision) {
	m.seq = d.Seq
	for _, r := range d.Store {
		if r.State == race.StateHeld {
			m.held = append(m.held, r)
		} else {
			m.counted = append(m.counted, r)
		}
	}
}

func (m *model) compare(t *rapid.T) {
	records, err := m.f.Records(m.f.ctx, m.id)
	held, err2 := m.f.Held(m.f.ctx, m.id)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	m.same(t, "records", records, m.counted)
	m.same(t, "held", held, m.held)
	a, err := m.f.Activate(m.f.ctx, m.id)
	if err != nil {
		t.Fatal(err)
	}
	m.same(t, "numbers", []int64{a.Seq, a.Event}, []int64{m.seq, m.ledger.Event()})
	m.same(t, "loaded records", a.Records, m.counted)
	for _, s := range race.Rank(a.Competition, a.Teams, a.Records) {
		got := m.ledger.Total(s.Team.ID)
		m.same(t, "total", []any{got.Records, got.Absent, got.Elapsed, got.Status}, []any{s.Records, s.Absent, s.Total, s.Status})
	}
	archive, err := m.f.Archive(m.f.ctx, m.id)
	if err != nil {
		t.Fatal(err)
	}
	m.same(t, "archived records", len(archive.Records), len(m.counted)+len(m.held))
	if err := checkChain(archive); err != nil {
		t.Fatal(err)
	}
}

func (m *model) same(t *rapid.T, what string, got, want any) {
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}
