package race_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/race"
)

// judged is evidence whose teams 1 and 2 are of judges 1 and 2, each marked with a
// device that numbers.
func judged() race.Evidence {
	e := evidence()
	for i := range e.Teams {
		e.Teams[i].Judge = race.JudgeID(i + 1)
	}
	for i := range e.Records {
		r := &e.Records[i]
		r.Judge, r.Event = race.JudgeID(r.Team), r.Seq
		r.Mark.Device = fmt.Sprintf("web-%d", r.Team)
	}
	for i, n := range []int64{1, 2, 1, 2, 1, 3} {
		e.Records[i].Mark.DeviceSeq = n
	}
	e.Records[5].Reason = race.CodeTeamComplete
	return e
}

func declare(team race.TeamID, judge race.JudgeID, total int, highest int64) race.Order {
	return race.Order{
		Kind: race.RulingDeclare, Team: team, Judge: judge, Key: race.NewRecordID(),
		Declared: race.Declaration{Total: total, Device: fmt.Sprintf("web-%d", team), Highest: highest},
	}
}

// carryOut fails the test when an order is refused.
func carryOut(t *testing.T, e race.Evidence, orders ...race.Order) race.Evidence {
	t.Helper()
	for i, o := range orders {
		var err error
		if e, err = ruled(e, o); err != nil {
			t.Fatalf("order %d: %v", i, err)
		}
	}
	return e
}

func TestEvidence_Posts(t *testing.T) {
	t.Parallel()
	late := race.Order{Kind: race.RulingRetract, Team: 1, Judge: 1, RecordID: race.RecordID{15: 6}, At: rulingGun.Add(26 * time.Minute)}
	for _, c := range []struct {
		name   string
		change func(*race.Evidence)
		orders []race.Order
		want   string // of team 1
	}{
		{"nothing declared", nil, nil, "stored 3, declared none, [{web-1 3 3 []}], proven false"},
		{"declared", nil, []race.Order{declare(1, 1, 3, 3)}, "stored 3, declared 3, [{web-1 3 3 []}], proven true"},
		{"the last one counts", nil, []race.Order{declare(1, 1, 4, 3), declare(1, 1, 3, 3)}, "stored 3, declared 3, [{web-1 3 3 []}], proven true"},
		{"other number", nil, []race.Order{declare(1, 1, 2, 3)}, "stored 3, declared 2, [{web-1 3 3 []}], proven false"},
		{"a number that never came", nil, []race.Order{declare(1, 1, 3, 4)}, "stored 3, declared 3, [{web-1 4 3 [4]}], proven false"},
		{
			"a gap", func(e *race.Evidence) { e.Records[1].Mark.DeviceSeq = 4 },
			[]race.Order{declare(1, 1, 3, 4)},
			"stored 3, declared 3, [{web-1 4 4 [2]}], proven false",
		},
		{"taken back", nil, []race.Order{late, declare(1, 1, 2, 3)}, "stored 2, declared 2, [{web-1 3 3 []}], proven true"},
		{"what organizers void stays a mark", nil, []race.Order{{Kind: race.RulingVoid, Record: 1}, declare(1, 1, 3, 3)}, "stored 3, declared 3, [{web-1 3 3 []}], proven true"},
		{
			"held first, counted later", func(e *race.Evidence) { e.Records[5].ID, e.Records[5].Elapsed = e.Records[1].ID, e.Records[1].Elapsed },
			[]race.Order{declare(1, 1, 2, 3)},
			"stored 2, declared 2, [{web-1 3 3 []}], proven true",
		},
		{
			"two phones", func(e *race.Evidence) { e.Records[5].Mark.Device, e.Records[5].Mark.DeviceSeq = "web-9", 1 },
			[]race.Order{declare(1, 1, 3, 2)},
			"stored 3, declared 3, [{web-1 2 2 []} {web-9 1 1 []}], proven true",
		},
		{
			"numbers without end", func(e *race.Evidence) { e.Records[5].Mark.DeviceSeq = 1 << 50 },
			nil, "stored 3, declared none, [{web-1 1125899906842624 1125899906842624 100 missing}], proven false",
		},
		{
			"one request of a whole team", func(e *race.Evidence) {
				e.Records = e.Records[:2]
				for i := range e.Records {
					e.Records[i].Mark, e.Records[i].Event = race.Mark{}, 1
				}
			},
			nil, "stored 2, declared none, [], proven true",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := judged()
			if c.change != nil {
				c.change(&e)
			}
			p := carryOut(t, e, c.orders...).Posts()[0]
			declared, devices := "none", []string{}
			if p.Declared != nil {
				declared = fmt.Sprint(p.Declared.Declared.Total)
			}
			for _, d := range p.Devices {
				missing := fmt.Sprint(d.Missing)
				if len(d.Missing) > 10 {
					missing = fmt.Sprint(len(d.Missing), " missing")
				}
				devices = append(devices, fmt.Sprintf("{%s %d %d %s}", d.Name, d.Claimed, d.Stored, missing))
			}
			got := fmt.Sprintf("stored %d, declared %s, %v, proven %v", p.Stored, declared, devices, p.Proven())
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestEvidence_OfficialNeedsProof: results become official only when each post has
// said how many marks it made and all of them are there, or against an override.
func TestEvidence_OfficialNeedsProof(t *testing.T) {
	t.Parallel()
	e := judged()
	e.Teams, e.Records = e.Teams[:2], e.Records[:4]
	official := race.Order{Kind: race.RulingOfficial}
	both := []race.Order{declare(1, 1, 2, 2), declare(2, 2, 2, 2)}
	for _, c := range []struct {
		name   string
		orders []race.Order
		order  race.Order
		want   race.Code
	}{
		{"nobody declared", nil, official, race.CodeFindings},
		{"one declared", both[:1], official, race.CodeFindings},
		{"both", both, official, ""},
		{"too many", []race.Order{both[0], declare(2, 2, 3, 2)}, official, race.CodeFindings},
		{"a gap", []race.Order{both[0], declare(2, 2, 2, 3)}, official, race.CodeFindings},
		{"override", nil, race.Order{Kind: race.RulingOfficial, Override: true}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := ruled(carryOut(t, e, c.orders...), c.order)
			if got := race.CodeOf(err); got != c.want {
				t.Errorf("got %q (%v), want %q", got, err, c.want)
			}
		})
	}
}

func TestEvidence_RuleForJudge(t *testing.T) {
	t.Parallel()
	at := rulingGun.Add(26 * time.Minute)
	retract := func(team race.TeamID, judge race.JudgeID, record byte) race.Order {
		id := race.RecordID{15: record}
		return race.Order{Kind: race.RulingRetract, Team: team, Judge: judge, RecordID: id, Key: race.KeyOf(race.RulingRetract, id), At: at}
	}
	include := retract(1, 1, 6)
	include.Kind, include.Elapsed = race.RulingInclude, 25*time.Minute
	other := include
	other.Elapsed = time.Minute
	for _, c := range []struct {
		name   string
		before []race.Order
		order  race.Order
		want   race.Code
	}{
		{"own mark", nil, retract(1, 1, 2), ""},
		{"own held mark", nil, retract(1, 1, 6), ""},
		{"twice", []race.Order{retract(1, 1, 2)}, retract(1, 1, 2), ""},
		{"of another judge", nil, retract(1, 2, 2), race.CodeForeignTeam},
		{"of another judge, known already", []race.Order{retract(1, 1, 2)}, retract(1, 2, 2), race.CodeForeignTeam},
		{"of another team", nil, retract(2, 2, 2), race.CodeNoRecord},
		{"unknown", nil, retract(1, 1, 99), race.CodeNoRecord},
		{"unknown team", nil, retract(99, 1, 2), race.CodeNoSuchTeam},
		{"moved by an organizer", []race.Order{{Kind: race.RulingMove, Record: 2, Team: 3}}, retract(1, 1, 2), race.CodeRuling},
		{"void already", []race.Order{{Kind: race.RulingVoid, Record: 2}}, retract(1, 1, 2), race.CodeRuling},
		{"too late", nil, race.Order{Kind: race.RulingRetract, Team: 1, Judge: 1, RecordID: race.RecordID{15: 2}, At: at.Add(time.Hour)}, race.CodeRuling},
		{"after the results", []race.Order{{Kind: race.RulingOfficial, Override: true}}, retract(1, 1, 2), race.CodeRuling},
		{"a penalty", nil, race.Order{Kind: race.RulingPenalty, Team: 1, Judge: 1, Amount: time.Second}, race.CodeForbidden},
		{"no place for the last one", nil, include, race.CodeTeamComplete},
		{"a place for the last one", []race.Order{retract(1, 1, 2)}, include, ""},
		{"the last one twice", []race.Order{retract(1, 1, 2), asInclude(include)}, asInclude(include), ""},
		{"one with another time", []race.Order{retract(1, 1, 2)}, other, race.CodeNoRecord},
		{"declare for others", nil, declare(1, 2, 3, 3), race.CodeForeignTeam},
		{"declare nonsense", nil, declare(1, 1, -1, 3), race.CodeInvalidValue},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := ruled(carryOut(t, judged(), c.before...), c.order)
			if got := race.CodeOf(err); got != c.want {
				t.Errorf("got %q (%v), want %q", got, err, c.want)
			}
		})
	}
}

func asInclude(o race.Order) race.Order {
	o.Key = race.KeyOf(race.RulingInclude, o.RecordID)
	return o
}

// An id was held with two times: what was included is the one that the order named,
// and the other is not taken for it.
func TestEvidence_IncludeKnowsTheTime(t *testing.T) {
	t.Parallel()
	e := judged()
	second := e.Records[5]
	second.Seq, second.Elapsed = 7, 26*time.Minute
	e.Records = append(e.Records, second)
	o := asInclude(race.Order{Kind: race.RulingInclude, Team: 1, Judge: 1, RecordID: second.ID, Elapsed: 25 * time.Minute})
	e = carryOut(t, e, race.Order{Kind: race.RulingVoid, Record: 1}, o)
	if got := e.Rulings[len(e.Rulings)-1]; got.Record != 6 {
		t.Errorf("included %d", got.Record)
	}
	o.Elapsed = 26 * time.Minute
	if _, _, err := e.Rule(o); race.CodeOf(err) != race.CodeConflict {
		t.Errorf("the other time: %v", err)
	}
	undone := carryOut(t, e, race.Order{Kind: race.RulingUndo, Undoes: e.Rulings[len(e.Rulings)-1].ID})
	for name, e := range map[string]race.Evidence{"included": e, "undone": undone} {
		l := race.NewLedger(e.Competition, 7, 7)
		l.AddTeam(e.Teams[0], 2)
		l.Adjust(e.Adjustments())
		q := race.Request{Team: 1, Judge: 1, Records: []race.TimeRecord{{ID: second.ID, Elapsed: 25 * time.Minute}}}
		if r, ok := l.Known(q); !ok || !r.Outcomes[0].Duplicate || !r.Outcomes[0].ReceivedAt.Equal(second.ReceivedAt) {
			t.Errorf("%s: %+v, %v", name, r, ok)
		}
		q.Records[0].Elapsed = 26 * time.Minute
		if _, ok := l.Known(q); ok {
			t.Errorf("%s: the other time is known", name)
		}
	}
}

func TestEvidence_Concealment(t *testing.T) {
	t.Parallel()
	conceal := []race.Order{{Kind: race.RulingConceal, Team: 2}, {Kind: race.RulingConceal, Record: 1}}
	e := carryOut(t, judged(), conceal...)
	want := race.Concealment{Teams: map[race.TeamID]bool{2: true}, Records: map[int64]bool{1: true}}
	if diff := cmp.Diff(want, e.Concealment()); diff != "" {
		t.Error(diff)
	}
	if _, before := judged().Sheet().Encode(); before != digestOf(e) {
		t.Error("what is concealed changed the results")
	}
	for _, o := range conceal {
		if _, err := ruled(e, o); race.CodeOf(err) != race.CodeRuling {
			t.Errorf("concealed twice: %v", err)
		}
	}
	e = carryOut(t, e, race.Order{Kind: race.RulingUndo, Undoes: 2}, race.Order{Kind: race.RulingUndo, Undoes: 3})
	if diff := cmp.Diff(race.Concealment{Teams: map[race.TeamID]bool{}, Records: map[int64]bool{}}, e.Concealment()); diff != "" {
		t.Errorf("taken back: %s", diff)
	}
}

func digestOf(e race.Evidence) race.Digest {
	_, d := e.Sheet().Encode()
	return d
}
