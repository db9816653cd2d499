package office

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/race"
)

// deskOf has what an import and a proof need of a store and owners: two teams of
// competition 1, the second without a judge.
type deskOf struct {
	Store
	Races
	notes    []string
	requests []race.Request
	orders   []race.Order
	present  []race.Presence
	answer   func(race.TimeRecord) race.Outcome
	down     error
	gun      time.Time
}

func (d *deskOf) Teams(context.Context, race.TeamFilter) ([]race.TeamRow, error) {
	return []race.TeamRow{{Team: race.Team{ID: 7, Competition: 1, Judge: 3}}, {Team: race.Team{ID: 8, Competition: 1}}}, nil
}

func (d *deskOf) Edit(ctx context.Context, f func(context.Context, race.Editor) error) error {
	return f(ctx, deskEditor{of: d})
}

type deskEditor struct {
	race.Editor
	of *deskOf
}

func (e deskEditor) Competition(context.Context, race.CompetitionID) (race.Competition, error) {
	return race.Competition{ID: 1, StartedAt: e.of.gun}, nil
}

func (e deskEditor) Note(_ context.Context, n race.AuditEntry) error {
	e.of.notes = append(e.of.notes, fmt.Sprint(n.Author, " ", n.Action, " ", n.Competition, " ", n.Subject, " ", n.Detail))
	return nil
}

func (d *deskOf) Submit(_ context.Context, q race.Request, origin string) (race.Reply, error) {
	d.requests = append(d.requests, q)
	if d.down != nil || origin != "" {
		return race.Reply{}, d.down
	}
	r := race.Reply{}
	for _, rec := range q.Records {
		r.Outcomes = append(r.Outcomes, d.answer(rec))
	}
	return r, nil
}

func (d *deskOf) Rule(_ context.Context, o race.Order) (race.Ruled, error) {
	d.orders = append(d.orders, o)
	return race.Ruled{}, d.down
}

func (d *deskOf) Presence(context.Context) ([]race.Presence, error) { return d.present, nil }

func (d *deskOf) Judges(context.Context) ([]race.Judge, error) {
	return []race.Judge{{ID: 3, Username: "ana"}}, nil
}

// Evidence is of a team whose device web-1 has marks 1 and 3 stored.
func (d *deskOf) Evidence(context.Context, race.CompetitionID) (race.Evidence, error) {
	marked := func(n int64) race.TimeRecord {
		return race.TimeRecord{
			ID: race.RecordID{byte(n)}, Team: 7, Judge: 3, Seq: n, Elapsed: time.Duration(20+n) * time.Minute, State: race.StateCounted,
			Source: race.SourceSocket, Mark: race.Mark{Device: "web-1", DeviceSeq: n},
		}
	}
	return race.Evidence{
		Competition: race.Competition{ID: 1, TeamSize: 15}, Teams: []race.Team{{ID: 7, Judge: 3}, {ID: 8, Judge: 3}, {ID: 9, Judge: 4}},
		Records: []race.TimeRecord{marked(1), marked(3)},
	}, nil
}

// Methods that both interfaces have.
func (d *deskOf) CloseSessions(race.JudgeID) {}

func newDesk(d *deskOf) (*Desk, Who) {
	return New(Config{Store: d, Races: d}), Who{Organizer: race.Organizer{Username: "ana", Superuser: true}}
}

func fileMark(n byte, taken bool) FileMark {
	return FileMark{Record: race.TimeRecord{ID: race.RecordID{n}, Elapsed: time.Duration(n) * time.Minute}, Taken: taken}
}

// TestImportMarks_WithoutTime: a phone that never heard of the start knows only the
// instants of its taps.
func TestImportMarks_WithoutTime(t *testing.T) {
	t.Parallel()
	gun := time.Date(2025, 11, 15, 14, 0, 0, 0, time.UTC)
	mark := func(n byte, after time.Duration) FileMark {
		m := fileMark(n, false)
		m.Untimed, m.Record.Elapsed = true, 0
		m.Record.Mark = race.Mark{MarkedAt: gun.Add(after - 7*time.Minute), ClockOffset: 7 * time.Minute, ClockUncertainty: time.Second}
		return m
	}
	f := MarksFile{Teams: []FileTeam{{Team: 7, Marks: []FileMark{mark(1, 20*time.Minute), mark(2, -time.Minute)}}}}
	d := &deskOf{gun: gun, answer: func(race.TimeRecord) race.Outcome { return race.Outcome{} }}
	desk, w := newDesk(d)
	got, err := desk.ImportMarks(t.Context(), w, 1, f)
	if err != nil || got.Stored != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if r := d.requests[0].Records; r[0].Elapsed != 20*time.Minute || r[1].Elapsed != time.Millisecond {
		t.Errorf("times %v and %v", r[0].Elapsed, r[1].Elapsed)
	}
	d.gun = time.Time{}
	got, err = desk.ImportMarks(t.Context(), w, 1, f)
	if err != nil || got.Stored != 0 || len(got.Failed) != 2 || race.CodeOf(got.Failed[0].Err) != race.CodeNotFinished {
		t.Errorf("before the start: %+v, %v", got, err)
	}
}

func TestImportMarks(t *testing.T) {
	t.Parallel()
	full := race.Errorf(race.CodeTeamComplete, "lleno")
	d := &deskOf{answer: func(r race.TimeRecord) race.Outcome {
		switch r.ID[0] {
		case 1:
			return race.Outcome{Duplicate: true}
		case 2:
			return race.Outcome{Err: full, Held: true}
		case 3:
			return race.Outcome{Err: race.Errorf(race.CodeConflict, "otro")}
		}
		return race.Outcome{}
	}}
	desk, w := newDesk(d)
	bad := race.Errorf(race.CodeMissingField, "Falta")
	f := MarksFile{Judge: "juez1", Device: "web-1", Teams: []FileTeam{{Team: 7}, {Team: 8, Marks: []FileMark{fileMark(99, false)}}, {Team: 6, Marks: []FileMark{fileMark(98, false)}}}}
	for n := range byte(20) {
		f.Teams[0].Marks = append(f.Teams[0].Marks, fileMark(n+1, n == 18))
	}
	f.Teams[0].Marks[4] = FileMark{Err: bad}
	got, err := desk.ImportMarks(t.Context(), w, 1, f)
	if err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, v := range got.Failed {
		failed = append(failed, fmt.Sprint(v.Team, " ", v.Index, " ", race.CodeOf(v.Err)))
	}
	want := []string{"7 4 campo_faltante", "7 2 conflicto", "8 0 equipo_ajeno", "6 0 equipo_inexistente"}
	if diff := cmp.Diff(want, failed); diff != "" || got.Received != 22 || got.Stored != 16 || got.Duplicate != 1 || got.Held != 1 {
		t.Errorf("%+v, failed (-want +got):\n%s", got, diff)
	}
	var sizes []int
	for _, q := range d.requests {
		if sizes = append(sizes, len(q.Records)); q.Judge != 3 || q.Team != 7 || q.Atomic {
			t.Errorf("request %+v", q)
		}
	}
	if fmt.Sprint(sizes) != "[1 15 3]" || d.requests[0].Records[0].ID != (race.RecordID{19}) {
		t.Errorf("requests of %v", sizes)
	}
	if len(d.orders) != 1 || d.orders[0].Kind != race.RulingRetract || d.orders[0].Judge != 3 || d.orders[0].Key != race.KeyOf(race.RulingRetract, race.RecordID{19}) ||
		d.orders[0].Competition != 1 || d.orders[0].RecordID != (race.RecordID{19}) {
		t.Errorf("orders %+v", d.orders)
	}
	if fmt.Sprint(d.notes) != `[ana marks.import 1 juez1 web-1 {"equipos":[null,3],"registros":[null,22]}]` {
		t.Errorf("audit %q", d.notes)
	}
}

func TestImportMarks_Refuses(t *testing.T) {
	t.Parallel()
	away := race.Errorf(race.CodeUnavailable, "reintente")
	one := MarksFile{Teams: []FileTeam{{Team: 7, Marks: []FileMark{fileMark(1, true)}}}}
	many := MarksFile{Teams: []FileTeam{{Team: 7, Marks: make([]FileMark, MaxFileMarks+1)}}}
	viewer := Who{Organizer: race.Organizer{Viewer: true}, Granted: map[race.CompetitionID]bool{1: true}}
	for name, tt := range map[string]struct {
		who   *Who
		file  MarksFile
		down  error
		want  race.Code
		notes int
	}{
		"a viewer":           {&viewer, one, nil, race.CodeForbidden, 0},
		"nobody of theirs":   {&Who{}, one, nil, race.CodeInternal, 0}, // race.ErrNotFound
		"too many":           {nil, many, nil, race.CodeInternal, 0},   // Invalid
		"a name with breaks": {nil, MarksFile{Judge: "a\nb"}, nil, race.CodeInternal, 0},
		"the owner is away":  {nil, one, away, race.CodeUnavailable, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &deskOf{down: tt.down, answer: func(race.TimeRecord) race.Outcome { return race.Outcome{} }}
			desk, w := newDesk(d)
			if tt.who != nil {
				w = *tt.who
			}
			_, err := desk.ImportMarks(t.Context(), w, 1, tt.file)
			if race.CodeOf(err) != tt.want || len(d.notes) != tt.notes || tt.notes == 0 && len(d.requests) > 0 {
				t.Errorf("%v with %d notes and %d requests", err, len(d.notes), len(d.requests))
			}
		})
	}
}

// TestImportMarks_KeepsWhatCannotBeTakenBack: official results stay, the mark too.
func TestImportMarks_KeepsWhatCannotBeTakenBack(t *testing.T) {
	t.Parallel()
	d := &deskOf{answer: func(race.TimeRecord) race.Outcome { return race.Outcome{} }}
	desk, w := newDesk(d)
	desk.races = rulesNothing{d}
	got, err := desk.ImportMarks(t.Context(), w, 1, MarksFile{Teams: []FileTeam{{Team: 7, Marks: []FileMark{fileMark(1, true)}}}})
	if err != nil || got.Stored != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

type rulesNothing struct{ *deskOf }

func (rulesNothing) Rule(context.Context, race.Order) (race.Ruled, error) {
	return race.Ruled{}, race.Errorf(race.CodeRuling, "Ya hay resultados oficiales")
}

func TestPosts_CountWhatDevicesClaim(t *testing.T) {
	t.Parallel()
	d := &deskOf{present: []race.Presence{
		{Judge: 3, Device: "web-1", Competition: 1, Claimed: 5},
		{Judge: 3, Device: "web-2", Competition: 1, Claimed: 2}, // of which nothing has come
		{Judge: 3, Device: "web-3", Competition: 2, Claimed: 9},
		{Judge: 3, Device: "web-4", Competition: 1},
		{Judge: 3, Competition: 1, Claimed: 4},
	}}
	desk, w := newDesk(d)
	posts, err := desk.Posts(t.Context(), w, 1)
	if err != nil {
		t.Fatal(err)
	}
	got := map[race.TeamID]string{}
	for _, p := range posts {
		for _, v := range p.Post.Devices {
			got[p.Team.ID] += fmt.Sprint(v.Name, " ", v.Claimed, " ", v.Stored, " ", v.Missing, "; ")
		}
	}
	want := map[race.TeamID]string{7: "web-1 5 3 [2 4 5]; web-2 2 0 [1 2]; ", 8: "web-2 2 0 [1 2]; "}
	if diff := cmp.Diff(want, got); diff != "" || posts[0].Judge.Username != "ana" || len(posts) != 3 {
		t.Errorf("devices (-want +got):\n%s", diff)
	}
	if _, err := desk.Posts(t.Context(), Who{}, 1); !errors.Is(err, race.ErrNotFound) {
		t.Errorf("of nobody's: %v", err)
	}
}

func TestCheckOrder_OfJudgesAndConcealment(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		order race.Order
		want  string
	}{
		"declare":          {race.Order{Kind: race.RulingDeclare, Team: 1, Declared: race.Declaration{Total: 15, Device: "web", Highest: 15}, Reason: "x"}, ""},
		"declare nothing":  {race.Order{Kind: race.RulingDeclare, Declared: race.Declaration{Total: -1, Highest: race.MaxDeviceSeq + 1, Device: "\x00"}}, "total secuencia dispositivo equipo_id motivo"},
		"conceal a team":   {race.Order{Kind: race.RulingConceal, Team: 1, Reason: "x"}, ""},
		"conceal a runner": {race.Order{Kind: race.RulingConceal, Record: 1, Reason: "x"}, ""},
		"conceal nobody":   {race.Order{Kind: race.RulingConceal, Reason: "x"}, "equipo_id"},
		"take back":        {race.Order{Kind: race.RulingRetract, Record: 1, Reason: "x"}, "tipo"},
	} {
		var check checker
		checkOrder(&check, tt.order)
		got := ""
		for i, f := range check.faults {
			if i > 0 {
				got += " "
			}
			got += f.Field
		}
		if got != tt.want {
			t.Errorf("%s: faults of %q, want %q", name, got, tt.want)
		}
	}
}
