package race_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/race"
)

var rulingGun = time.Date(2025, 11, 15, 14, 0, 0, 0, time.UTC)

// evidence is a finished competition of three teams of two: a complete one with a
// held mark, another complete one, and one that has a single record.
func evidence() race.Evidence {
	record := func(seq, team int64, elapsed time.Duration, state race.State) race.TimeRecord {
		return race.TimeRecord{
			ID: race.RecordID{15: byte(seq)}, Team: race.TeamID(team), Judge: 1, Elapsed: elapsed, Seq: seq, State: state,
			ReceivedAt: rulingGun.Add(elapsed), Source: race.SourceSocket,
		}
	}
	return race.Evidence{
		Competition: race.Competition{
			ID: 1, Name: "5K", Active: true, StartedAt: rulingGun, FinishedAt: rulingGun.Add(time.Hour), TeamSize: 2, Rounding: race.RoundRaw,
		},
		Teams: []race.Team{{ID: 1, Competition: 1, Bib: 1}, {ID: 2, Competition: 1, Bib: 2}, {ID: 3, Competition: 1, Bib: 3}},
		Records: []race.TimeRecord{
			record(1, 1, 20*time.Minute, race.StateCounted), record(2, 1, 21*time.Minute, race.StateCounted),
			record(3, 2, 22*time.Minute, race.StateCounted), record(4, 2, 23*time.Minute, race.StateCounted),
			record(5, 3, 24*time.Minute, race.StateCounted), record(6, 1, 25*time.Minute, race.StateHeld),
		},
		Rulings: []race.Ruling{{ID: 1, Competition: 1, Kind: race.RulingStart, At: rulingGun}},
	}
}

// ruled carries an order out as a store does.
func ruled(e race.Evidence, o race.Order) (race.Evidence, error) {
	r, rec, err := e.Rule(o)
	if err != nil || r.ID != 0 {
		return e, err
	}
	if rec != nil {
		rec.Seq = int64(len(e.Records)) + 1
		r.Record = rec.Seq
		e.Records = append(slices.Clip(e.Records), *rec)
	}
	r.ID = race.RulingID(len(e.Rulings)) + 1
	e.Competition = e.Apply(r)
	e.Rulings = append(slices.Clip(e.Rulings), r)
	return e, nil
}

// line says how a team stands.
func line(e race.Evidence, team race.TeamID) string {
	for _, s := range e.Standings() {
		if s.Team.ID == team {
			return fmt.Sprintf("%s %d of %d in %v", s.Status, s.Place, s.Records, s.Total)
		}
	}
	return "none"
}

func TestEvidence_Rule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		orders []race.Order
		team   race.TeamID
		want   string
	}{
		{"nothing", nil, 1, "clasificado 1 of 2 in 41m0s"},
		{"void", []race.Order{{Kind: race.RulingVoid, Record: 2}}, 1, "incompleto 0 of 1 in 20m0s"},
		{"void and include the held one", []race.Order{{Kind: race.RulingVoid, Record: 2}, {Kind: race.RulingInclude, Record: 6}}, 1, "clasificado 1 of 2 in 45m0s"},
		{"reinstate", []race.Order{{Kind: race.RulingVoid, Record: 2}, {Kind: race.RulingReinstate, Record: 2}}, 1, "clasificado 1 of 2 in 41m0s"},
		{"undo", []race.Order{{Kind: race.RulingVoid, Record: 2}, {Kind: race.RulingUndo, Undoes: 2}}, 1, "clasificado 1 of 2 in 41m0s"},
		{"redo", []race.Order{{Kind: race.RulingVoid, Record: 2}, {Kind: race.RulingUndo, Undoes: 2}, {Kind: race.RulingUndo, Undoes: 3}}, 1, "incompleto 0 of 1 in 20m0s"},
		{
			"undo a void after another took the place",
			[]race.Order{{Kind: race.RulingVoid, Record: 2}, {Kind: race.RulingInclude, Record: 6}, {Kind: race.RulingUndo, Undoes: 2}},
			1, "excedido 0 of 3 in 1h6m0s",
		},
		{"move", []race.Order{{Kind: race.RulingMove, Record: 2, Team: 3}}, 3, "clasificado 1 of 2 in 45m0s"},
		{"add", []race.Order{{Kind: race.RulingAdd, Team: 3, Elapsed: 30 * time.Minute, Key: race.RecordID{1}}}, 3, "clasificado 3 of 2 in 54m0s"},
		{"add, then undo", []race.Order{{Kind: race.RulingAdd, Team: 3, Elapsed: 30 * time.Minute}, {Kind: race.RulingUndo, Undoes: 2}}, 3, "incompleto 0 of 1 in 24m0s"},
		{"absence", []race.Order{{Kind: race.RulingAbsence, Team: 3}}, 3, "descalificado 0 of 2 in 24m0s"},
		{"penalty", []race.Order{{Kind: race.RulingPenalty, Team: 1, Amount: 5 * time.Minute}}, 1, "clasificado 2 of 2 in 46m0s"},
		{"two penalties, one taken back", []race.Order{
			{Kind: race.RulingPenalty, Team: 1, Amount: 5 * time.Minute},
			{Kind: race.RulingPenalty, Team: 1, Amount: time.Minute},
			{Kind: race.RulingUndo, Undoes: 2},
		}, 1, "clasificado 1 of 2 in 42m0s"},
		{"disqualify", []race.Order{{Kind: race.RulingDisqualify, Team: 1}}, 1, "descalificado 0 of 2 in 41m0s"},
		{"gun later", []race.Order{{Kind: race.RulingGun, Amount: 2350 * time.Millisecond}}, 1, "clasificado 1 of 2 in 40m55.3s"},
		{"gun at an instant", []race.Order{{Kind: race.RulingGun, GunAt: rulingGun.Add(-time.Second)}}, 1, "clasificado 1 of 2 in 41m2s"},
		{
			"gun twice, from what is valid",
			[]race.Order{{Kind: race.RulingGun, Amount: time.Second}, {Kind: race.RulingGun, Amount: time.Second}},
			1, "clasificado 1 of 2 in 40m56s",
		},
		{"gun taken back", []race.Order{{Kind: race.RulingGun, Amount: time.Second}, {Kind: race.RulingUndo, Undoes: 2}}, 1, "clasificado 1 of 2 in 41m0s"},
		{"the same order twice", []race.Order{
			{Kind: race.RulingPenalty, Team: 1, Amount: time.Minute, Key: race.RecordID{9}}, {Kind: race.RulingPenalty, Team: 1, Amount: time.Minute, Key: race.RecordID{9}},
		}, 1, "clasificado 1 of 2 in 42m0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := evidence()
			for i, o := range c.orders {
				var err error
				if e, err = ruled(e, o); err != nil {
					t.Fatalf("order %d: %v", i, err)
				}
			}
			if got := line(e, c.team); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestEvidence_RuleRefuses(t *testing.T) {
	t.Parallel()
	voided := race.Order{Kind: race.RulingVoid, Record: 2}
	for _, c := range []struct {
		name   string
		change func(e *race.Evidence)
		before []race.Order
		order  race.Order
		want   race.Code
	}{
		{"no such record", nil, nil, race.Order{Kind: race.RulingVoid, Record: 60}, race.CodeNoRecord},
		{"no record at all", nil, nil, race.Order{Kind: race.RulingVoid}, race.CodeNoRecord},
		{"void twice", nil, []race.Order{voided}, voided, race.CodeRuling},
		{"include a counted one", nil, nil, race.Order{Kind: race.RulingInclude, Record: 1}, race.CodeRuling},
		{"include beyond the team", nil, nil, race.Order{Kind: race.RulingInclude, Record: 6}, race.CodeTeamComplete},
		{"reinstate what is not void", nil, nil, race.Order{Kind: race.RulingReinstate, Record: 1}, race.CodeRuling},
		{"move to a full team", nil, nil, race.Order{Kind: race.RulingMove, Record: 5, Team: 1}, race.CodeTeamComplete},
		{"move to nowhere", nil, nil, race.Order{Kind: race.RulingMove, Record: 5, Team: 9}, race.CodeNoSuchTeam},
		{"move to the same team", nil, nil, race.Order{Kind: race.RulingMove, Record: 5, Team: 3}, race.CodeRuling},
		{"add without a time", nil, nil, race.Order{Kind: race.RulingAdd, Team: 3}, race.CodeInvalidValue},
		{"add to a full team", nil, nil, race.Order{Kind: race.RulingAdd, Team: 1, Elapsed: time.Minute}, race.CodeTeamComplete},
		{"penalty of nothing", nil, nil, race.Order{Kind: race.RulingPenalty, Team: 1}, race.CodeInvalidValue},
		{"disqualify twice", nil, []race.Order{{Kind: race.RulingDisqualify, Team: 1}}, race.Order{Kind: race.RulingDisqualify, Team: 1}, race.CodeRuling},
		{"undo the start", nil, nil, race.Order{Kind: race.RulingUndo, Undoes: 1}, race.CodeRuling},
		{"undo nothing", nil, nil, race.Order{Kind: race.RulingUndo}, race.CodeNoRuling},
		{"undo twice", nil, []race.Order{voided, {Kind: race.RulingUndo, Undoes: 2}}, race.Order{Kind: race.RulingUndo, Undoes: 2}, race.CodeRuling},
		{"gun where it is", nil, nil, race.Order{Kind: race.RulingGun, GunAt: rulingGun}, race.CodeRuling},
		{"gun after a finish", nil, nil, race.Order{Kind: race.RulingGun, Amount: 20 * time.Minute}, race.CodeRuling},
		{"gun before the start", func(e *race.Evidence) { e.Competition.StartedAt = time.Time{} }, nil, race.Order{Kind: race.RulingGun, Amount: time.Second}, race.CodeNotFinished},
		{"reopen what runs", func(e *race.Evidence) { e.Competition.Running = true }, nil, race.Order{Kind: race.RulingReopen}, race.CodeAlreadyRuns},
		{"official while it runs", func(e *race.Evidence) { e.Competition.Running = true }, nil, race.Order{Kind: race.RulingOfficial}, race.CodeAlreadyRuns},
		{"official with open findings", nil, nil, race.Order{Kind: race.RulingOfficial}, race.CodeFindings},
		{"accept what nobody found", nil, nil, race.Order{Kind: race.RulingAccept, Finding: "near-1-2"}, race.CodeRuling},
		{"a key of another ruling", nil, []race.Order{{Kind: race.RulingVoid, Record: 2, Key: race.RecordID{7}}}, race.Order{Kind: race.RulingPenalty, Team: 1, Amount: time.Second, Key: race.RecordID{7}}, race.CodeRuling},
		{"a kind that is none", nil, nil, race.Order{Kind: "dance"}, race.CodeInvalidValue},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := evidence()
			if c.change != nil {
				c.change(&e)
			}
			for i, o := range c.before {
				var err error
				if e, err = ruled(e, o); err != nil {
					t.Fatalf("order %d: %v", i, err)
				}
			}
			if _, _, err := e.Rule(c.order); race.CodeOf(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestEvidence_Findings(t *testing.T) {
	t.Parallel()
	e := evidence()
	e.Records = append(e.Records,
		race.TimeRecord{ID: race.RecordID{20}, Team: 3, Elapsed: 24*time.Minute + 299*time.Millisecond, Seq: 7, State: race.StateCounted, ReceivedAt: rulingGun.Add(-time.Second)},
		race.TimeRecord{ID: race.RecordID{21}, Team: 3, Elapsed: 61 * time.Minute, Seq: 8, State: race.StateCounted, ReceivedAt: rulingGun.Add(time.Hour)},
	)
	e, err := ruled(e, race.Order{Kind: race.RulingVoid, Record: 4})
	if err != nil {
		t.Fatal(err)
	}
	if e, err = ruled(e, race.Order{Kind: race.RulingAccept, Finding: "held-6"}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range e.Findings() {
		got = append(got, fmt.Sprintf("%d %s %v %d %v %v", f.Team, f.Key, f.Records, f.Count, f.Amount, f.Accepted))
	}
	want := []string{
		"1 held-6 [6] 0 25m0s true",
		"1 undeclared-1-3 [] 3 0s false",
		"2 missing-2-1 [] 1 0s false",
		"3 before-gun-7 [7] 0 24m0.299s false",
		"3 implausible-8 [8] 0 1h1m0s false",
		"3 near-5-7 [5 7] 0 299ms false",
		"3 surplus-3-3 [] 3 0s false",
		"3 undeclared-3-1 [] 1 0s false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestEvidence_UndoAndRedoInAnyOrder: whatever is ruled, taken back and made to
// hold again, the results are those of the rulings that hold, computed by a model
// that knows nothing of undoing.
func TestEvidence_UndoAndRedoInAnyOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 5))
		e := evidence()
		e.Competition.Rounding = []race.Rounding{race.RoundRaw, race.RoundUpEach, race.RoundUpTotal}[seed%3]
		e.Competition.Clock = []race.ClockPolicy{race.ClockClient, race.ClockCorrected}[seed%2]
		for i := range e.Records {
			if rng.IntN(3) > 0 {
				measured(&e.Records[i], "a", e.Records[i].Elapsed+time.Duration(rng.IntN(4000))*time.Millisecond, time.Second, time.Second)
			}
		}
		made := 0
		for made < 100 {
			o := randomOrder(rng, e)
			next, err := ruled(e, o)
			if err != nil {
				continue // refused; it changes nothing
			}
			e, made = next, made+1
		}
		plain := e
		plain.Rulings = nil
		holds := e.Holds()
		for _, r := range e.Rulings {
			if holds[r.ID] && r.Kind != race.RulingUndo {
				plain.Rulings = append(plain.Rulings, r)
			}
		}
		if diff := cmp.Diff(plain.Standings(), e.Standings()); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		sum(t, seed, e)
	}
}

// sum compares the totals of a ledger with those of the standings.
func sum(t *testing.T, seed uint64, e race.Evidence) {
	t.Helper()
	l := race.NewLedger(e.Competition, 0, 0)
	for _, team := range e.Teams {
		l.AddTeam(team, 0)
	}
	for _, r := range e.Records {
		if r.State == race.StateCounted {
			l.AddRecord(r)
		}
	}
	l.Adjust(e.Adjustments())
	for _, s := range e.Standings() {
		if got := l.Total(s.Team.ID); got.Elapsed != s.Total || got.Records != s.Records || got.Absent != s.Absent || got.Status != s.Status {
			t.Errorf("seed %d: ledger has %+v, standings %+v", seed, got, s)
		}
	}
}

func randomOrder(rng *rand.Rand, e race.Evidence) race.Order {
	o := race.Order{Team: race.TeamID(1 + rng.IntN(len(e.Teams))), Record: int64(1 + rng.IntN(len(e.Records))), Key: race.NewRecordID()}
	switch o.Kind = []race.RulingKind{
		race.RulingGun, race.RulingInclude, race.RulingVoid, race.RulingReinstate, race.RulingMove, race.RulingAdd, race.RulingAbsence,
		race.RulingPenalty, race.RulingDisqualify, race.RulingConceal, race.RulingRetract, race.RulingUndo, race.RulingUndo, race.RulingUndo,
	}[rng.IntN(14)]; o.Kind {
	case race.RulingGun:
		o.Amount = time.Duration(rng.IntN(4000)-2000) * time.Millisecond
	case race.RulingAdd:
		o.Elapsed = time.Duration(1+rng.IntN(1800)) * time.Second
	case race.RulingPenalty:
		o.Amount = time.Duration(1+rng.IntN(60)) * time.Second
	case race.RulingUndo:
		o.Undoes = race.RulingID(1 + rng.IntN(len(e.Rulings)))
	default:
	}
	return o
}

func TestSheet_EncodesAndCompares(t *testing.T) {
	t.Parallel()
	e := evidence()
	raw, digest := e.Sheet().Encode()
	again, err := race.DecodeSheet(raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, same := again.Encode(); same != digest {
		t.Error("decoding and encoding changed the bytes")
	}
	after, err := ruled(e, race.Order{Kind: race.RulingPenalty, Team: 2, Amount: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	diff := race.Compare(again, after.Sheet())
	if len(diff) != 1 || diff[0].Team != 2 || diff[0].After.TotalMS-diff[0].Before.TotalMS != 1000 {
		t.Errorf("differences: %+v", diff)
	}
	if len(race.Compare(again, e.Sheet())) != 0 {
		t.Error("a sheet differs from itself")
	}
	shorter := again
	shorter.Lines = again.Lines[1:]
	if diff := race.Compare(again, shorter); len(diff) != 1 || diff[0].After.Bib != 0 {
		t.Errorf("a team that is gone: %+v", diff)
	}
}
