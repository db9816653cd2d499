package actors_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/actors"
	"server5k/race"
)

// full is setup with a competition that runs and a team 1 that is complete; marks
// are its own.
func full(t *testing.T) (*actors.System, *faultyStore, []race.TimeRecord) {
	t.Helper()
	sys, store, _ := setup(t)
	start(t, sys)
	return sys, store, fillTeam(t, sys)
}

func fillTeam(t *testing.T, sys *actors.System) []race.TimeRecord {
	t.Helper()
	q := mark(1, 1000)
	for i := range 14 {
		q.Records = append(q.Records, mark(1, 1001+i).Records...)
	}
	if r := submit(t, sys, q); r.Err != nil {
		t.Fatal(r.Err)
	}
	return q.Records
}

// console is a judge's socket that is told the answers.
func console(t *testing.T, sys *actors.System, judge race.JudgeID) (*actors.Session, *outbox) {
	t.Helper()
	box := &outbox{answers: make(chan string, 1000)}
	s := sys.OpenSession(judge, []race.Team{{ID: race.TeamID(judge), Competition: 1}}, box)
	t.Cleanup(s.Close)
	return s, box
}

func retract(r race.TimeRecord) race.Order {
	return race.Order{Kind: race.RulingRetract, Team: 1, RecordID: r.ID}
}

func (o *outbox) want(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, o.take(t, len(want))); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

// counting returns how many records of team 1 count, and how many were included.
func counting(t *testing.T, store *faultyStore) (counts, includes int) {
	t.Helper()
	e, err := store.Evidence(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range e.Finishes() {
		if f.Counts && f.For == 1 {
			counts++
		}
	}
	for _, r := range e.Rulings {
		if r.Kind == race.RulingInclude {
			includes++
			if r.Author != "juez:j1" || r.Reason == "" {
				t.Errorf("ruling by %q because of %q", r.Author, r.Reason)
			}
		}
	}
	return counts, includes
}

func stored(t *testing.T, store *faultyStore, counts, includes int) {
	t.Helper()
	gotCounts, gotIncludes := counting(t, store)
	if gotCounts != counts || gotIncludes != includes {
		t.Errorf("%d count and %d were included, want %d and %d", gotCounts, gotIncludes, counts, includes)
	}
}

func TestSession_RulesInTurn(t *testing.T) {
	t.Parallel()
	sys, store, marks := full(t)
	s, box := console(t, sys, 1)
	o := retract(marks[3])
	o.Judge, o.Competition = 2, 99 // the session knows better
	declared := race.Order{Kind: race.RulingDeclare, Team: 1, Declared: race.Declaration{Total: 15, Device: "web-1", Highest: 15}}
	s.Submit("a", mark(1, 5000))
	s.Rule("b", o)
	s.Echo("c")
	s.Rule("d", o)
	s.Rule("e", declared)
	s.Rule("f", race.Order{Kind: race.RulingDeclare, Team: 2})
	s.Rule("g", race.Order{Kind: race.RulingDeclare, Team: 99})
	s.Rule("h", race.Order{Kind: race.RulingVoid, Team: 1, RecordID: marks[3].ID})
	s.Rule("i", retract(race.TimeRecord{ID: race.NewRecordID()}))
	s.Submit("j", mark(1, 6000))
	box.want(
		t, "a equipo_completo", "b retract by juez:j1 false", "c echo", "d retract by juez:j1 true", "e declare by juez:j1 false", "f equipo_ajeno",
		"g equipo_inexistente", "h sin_permiso", "i registro_inexistente", "j false",
	)
	stored(t, store, 15, 1)
}

// A session whose orders nobody answers says so in the end, and one whose owner
// has lost its epoch tries again.
func TestSession_RuleFindsTheNextOwner(t *testing.T) {
	t.Parallel()
	sys, store, marks := full(t)
	s, box := console(t, sys, 1)
	if _, err := store.Activate(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s.Rule("a", retract(marks[0]))
	box.want(t, "a retract by juez:j1 false")
	lost := func(race.Order) error { return errors.New("database away") }
	store.beforeRule.Store(&lost)
	s.Rule("b", retract(marks[1]))
	s.Echo("c")
	box.want(t, "b no_disponible", "c echo")
	store.beforeRule.Store(nil)
	s.Rule("d", retract(marks[1]))
	box.want(t, "d retract by juez:j1 false")
}

func TestInclude_TakesTheRoomThatIsLeft(t *testing.T) {
	t.Parallel()
	sys, store, heard := setup(t)
	start(t, sys)
	marks := fillTeam(t, sys)
	s, box := console(t, sys, 1)
	before := mark(1, 7000)
	s.Submit("before", before)
	s.Rule("void", retract(marks[0]))
	late := mark(1, 8000)
	s.Submit("late", late)
	s.Submit("again", late)
	s.Submit("before, again", before)
	box.want(t, "before equipo_completo", "void retract by juez:j1 false", "late false", "again true", "before, again equipo_completo")
	s.Rule("void", retract(marks[1]))
	s.Submit("before, with room", before)
	s.Rule("void", retract(late.Records[0]))
	s.Submit("taken back", late)
	s.Submit("last", mark(1, 9000))
	box.want(
		t, "void retract by juez:j1 false", "before, with room false", "void retract by juez:j1 false", "taken back true", "last false",
	)
	stored(t, store, 15, 3)
	s.Rule("void", retract(marks[2]))
	other := late
	other.Records = []race.TimeRecord{late.Records[0]}
	other.Records[0].Elapsed = 8001 * time.Millisecond
	s.Submit("same id", other)
	box.want(t, "void retract by juez:j1 false", "same id conflicto")
	stored(t, store, 14, 3)

	sys.Watch(1)
	heard.wait(t, 1)
	want := time.Duration(0)
	e, err := store.Evidence(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range e.Finishes() {
		if f.Counts {
			want += f.Official
		}
	}
	if got := e.Standings()[0]; got.Records != 14 || got.Total != want {
		t.Errorf("standings %+v", got)
	}
}

// What an organizer voids leaves room as well; a request of several marks gets as
// far as the room goes, a POST of several is all or nothing.
func TestInclude_SeveralMarks(t *testing.T) {
	t.Parallel()
	sys, store, marks := full(t)
	for i := range 4 {
		rule(t, sys, order(race.RulingVoid, func(o *race.Order) { o.Record = int64(i + 1) }))
	}
	three := mark(1, 5000)
	three.Records = append(three.Records, marks[7], mark(1, 5001).Records[0], mark(1, 5002).Records[0])
	post := mark(1, 6000)
	post.Atomic, post.Records = true, append(post.Records, mark(1, 6001).Records...)
	if r := submit(t, sys, post); race.CodeOf(r.Err) != race.CodeTeamComplete || !r.Outcomes[0].Held {
		t.Errorf("a POST of two: %+v", r)
	}
	single := mark(1, 6000)
	single.Atomic = true
	if r := submit(t, sys, single); r.Err != nil || r.Outcomes[0].Err != nil || r.Outcomes[0].Duplicate || r.Outcomes[0].Held {
		t.Errorf("a POST of one: %+v", r)
	}
	if r := submit(t, sys, single); r.Err != nil || !r.Outcomes[0].Duplicate || !r.Outcomes[0].ReceivedAt.Equal(single.Records[0].ReceivedAt) {
		t.Errorf("again: %+v", r)
	}
	s, box := console(t, sys, 1)
	s.Submit("three", three)
	s.Submit("four", mark(1, 9000))
	s.Submit("three, again", three)
	box.want(t, "three false true false false", "four equipo_completo", "three, again true true true true")
	stored(t, store, 15, 4)
}

// Several such marks of one batch, among others, with whoever asked for the same
// meanwhile: each is answered in its turn and none twice.
func TestInclude_SeveralInABatch(t *testing.T) {
	t.Parallel()
	sys, store, marks := full(t)
	s, box := console(t, sys, 1)
	for _, r := range marks[:3] {
		s.Rule("void", retract(r))
	}
	box.take(t, 3)
	store.gate, store.waiting = make(chan struct{}), make(chan struct{}, 100)
	other, otherBox := console(t, sys, 2)
	other.Submit("0", mark(2, 1000))
	<-store.waiting // one batch is with the store, what follows is the next
	late := []race.Request{mark(1, 5000), mark(1, 5001), mark(1, 5002), mark(1, 5003)}
	for i, q := range late {
		s.Submit(i, q)
		s.Submit("same", q)
		other.Submit(i+1, mark(2, 2000+i))
	}
	close(store.gate)
	box.want(t, "0 false", "same true", "1 false", "same true", "2 false", "same true", "3 equipo_completo", "same equipo_completo")
	otherBox.want(t, "0 false", "1 false", "2 false", "3 false", "4 false")
	stored(t, store, 15, 3)
}

// The answer of the batch, of the ruling or of both is lost, or the owner loses its
// epoch in between: the mark is included once, and the judge told of it.
func TestInclude_SurvivesFaults(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		batch, ruling, epoch bool
		want                 string
	}{
		"the batch's answer":  {batch: true, want: "x false"},
		"the ruling's answer": {ruling: true, want: "x true"}, // the recorder asks for it twice
		"both":                {batch: true, ruling: true, want: "x true"},
		"the epoch":           {epoch: true, want: "x false"},
		"the epoch, and more": {batch: true, epoch: true, want: "x false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sys, store, marks := full(t)
			s, box := console(t, sys, 1)
			s.Rule("void", retract(marks[0]))
			box.take(t, 1)
			if tc.batch {
				store.loseAnswers.Store(1)
			}
			var once atomic.Bool
			before := func(race.Order) error {
				switch {
				case once.Swap(true):
				case tc.epoch:
					return race.ErrFenced
				case tc.ruling:
					store.loseAnswers.Store(1)
				}
				return nil
			}
			store.beforeRule.Store(&before)
			q := mark(1, 5000)
			s.Submit("x", q)
			s.Submit("y", q)
			s.Submit("z", mark(1, 6000))
			box.want(t, tc.want, "y true", "z equipo_completo")
			stored(t, store, 15, 1)
		})
	}
}

// While the store does not take the ruling, nothing is acknowledged; the phone
// sends the mark again.
func TestInclude_IsNotAcknowledgedBeforeItIsDurable(t *testing.T) {
	t.Parallel()
	sys, store, marks := full(t)
	s, box := console(t, sys, 1)
	s.Rule("void", retract(marks[0]))
	box.take(t, 1)
	away := func(race.Order) error { return errors.New("database away") }
	store.beforeRule.Store(&away)
	q := mark(1, 5000)
	s.Submit("x", q)
	box.want(t, "x no_disponible")
	stored(t, store, 14, 0)
	store.beforeRule.Store(nil)
	s.Submit("x", q)
	box.want(t, "x false")
	stored(t, store, 15, 1)
}

// A drain waits for the ruling, and so does a hand-over.
func TestInclude_IsFinishedBeforeTheOwnerGoes(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"drain", "hand-over"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			sys, store, _, place := setupMovable(t)
			home := place.owner
			start(t, sys)
			marks := fillTeam(t, sys)
			s, box := console(t, sys, 1)
			for _, r := range marks[:2] {
				s.Rule("void", retract(r))
			}
			box.take(t, 2)
			arrived, gate := make(chan struct{}, 10), make(chan struct{})
			wait := func(o race.Order) error {
				arrived <- struct{}{}
				<-gate
				if o.Kind != race.RulingInclude {
					return errors.New("nobody asked for that")
				}
				return nil
			}
			store.beforeRule.Store(&wait)
			two := mark(1, 5000)
			two.Records = append(two.Records, mark(1, 5001).Records...)
			s.Submit("x", two)
			<-arrived
			done := make(chan error, 1)
			if how == "drain" {
				go func() { done <- sys.Drain(context.WithoutCancel(t.Context())) }()
			} else {
				place.change(func() { place.owner = "" })
				done <- nil
			}
			close(gate)
			if how == "drain" {
				box.want(t, "x false false")
			} else {
				// It may be given up between the two: the next owner goes on.
				place.change(func() { place.owner = home })
				if got := box.take(t, 1)[0]; got != "x false false" && got != "x true false" {
					t.Errorf("got %q", got)
				}
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			stored(t, store, 15, 2)
		})
	}
}
