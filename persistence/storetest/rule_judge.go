package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// measured says that a device with a measured clock saw a runner finish at a time
// from the gun.
func measured(r race.TimeRecord, at time.Duration) race.TimeRecord {
	offset := -7*time.Minute + 123*time.Microsecond
	r.Mark = race.Mark{
		MarkedAt: gun().Add(at - offset), ClockOffset: offset, ClockUncertainty: 12345 * time.Microsecond,
		Device: "web-3f9c2a71", DeviceSeq: int64(at / time.Second),
	}
	return r
}

// setClock gives a competition a clock policy.
func (f *fixture) setClock(id race.CompetitionID, p race.ClockPolicy) {
	f.Helper()
	f.edit(func(ctx context.Context, e race.Editor) error {
		c, err := e.Competition(ctx, id)
		if err != nil {
			return err
		}
		c.Clock = p
		_, err = e.PutCompetition(ctx, c)
		return err
	})
	if err := f.Confirm(f.ctx, id, f.epoch[id]); !errors.Is(err, race.ErrFenced) {
		f.Errorf("the epoch under the other clock policy: got %v, want ErrFenced", err)
	}
	f.activate(id)
}

// totals checks that the owner of the first competition has on record what the
// results say.
func (f *fixture) totals() {
	f.Helper()
	a := f.activate(first)
	l := race.NewLedger(a.Competition, a.Seq, a.Event)
	for _, t := range a.Teams {
		l.AddTeam(t, a.Held[t.ID])
	}
	for _, r := range a.Records {
		l.AddRecord(r)
	}
	l.Adjust(a.Adjustments)
	f.sameTotals(l, f.evidence(first))
}

func (f *fixture) sameTotals(l *race.Ledger, e race.Evidence) {
	f.Helper()
	hidden := e.Concealment().Teams
	for _, s := range e.Standings() {
		got := l.Total(s.Team.ID)
		got.Team = race.Team{} // an owner does not see inactive judges
		f.equal("total of "+s.Team.Name, got, race.TeamTotal{
			Records: s.Records, Absent: s.Absent, Elapsed: s.Total, Status: s.Status, Concealed: hidden[s.Team.ID],
		})
	}
}

// clockPolicy: the same marks come to other totals, in the owner's memory as in
// the results.
func clockPolicy(t *testing.T, s persistence.Store) {
	f := running(t, s)
	sent := []race.TimeRecord{
		measured(mark(1, 20*time.Minute), 21*time.Minute+600*time.Microsecond), mark(2, 22*time.Minute), measured(mark(3, 0), 23*time.Minute),
	}
	d, _, err := f.Append(f.ctx, race.Batch{Competition: first, Epoch: f.epoch[first], Requests: []race.Request{by(ana, teamAna, sent...)}})
	f.ok(err)
	for i := range sent {
		f.equal("mark of a decision", d.Store[i].Mark, sent[i].Mark)
	}
	for policy, want := range map[race.ClockPolicy]time.Duration{
		race.ClockClient: 42 * time.Minute, race.ClockCorrected: 43*time.Minute + time.Second, // up to the next second
	} {
		f.setClock(first, policy)
		c, err := f.Competition(f.ctx, first)
		f.ok(err)
		f.equal("stored", []any{c.Clock, f.archive(first).Competition.Clock, f.activate(first).Competition.Clock}, []any{policy, policy, policy})
		f.equal("total", f.evidence(first).Standings()[0].Total, want)
		f.totals()
		report, err := persistence.NewVerifier().Competition(f.ctx, f, first)
		f.ok(err)
		f.equal("damages", len(report.Damages), 0)
	}
	f.rule(1, race.Order{Kind: race.RulingGun, Amount: time.Second})
	f.totals()
	f.transition(first, false, gun().Add(time.Hour))
	c, _ := f.transition(first, true, gun().Add(20*time.Minute))
	f.equal("after a transition", c.Clock, f.archive(first).Competition.Clock)
	f.totals()
	_, err = f.Add(f.ctx, persistence.Dump{Competitions: []race.Competition{{ID: 7, Name: "x"}}}, false)
	f.ok(err)
	c, err = f.Competition(f.ctx, 7)
	f.ok(err)
	f.equal("default", c.Clock, race.ClockClient)
	err = f.Edit(f.ctx, func(ctx context.Context, e race.Editor) error {
		c.Clock = "sol"
		_, err := e.PutCompetition(ctx, c)
		return err
	})
	f.code("no policy", err, race.CodeInvalidValue)
}

// ruleOfJudges: the store knows whose team it is and who the judge is, whatever
// the order says.
func ruleOfJudges(t *testing.T, s persistence.Store) {
	f := judged(t, s)
	n, event := 0, f.archive(first).Event
	for _, o := range []race.Order{
		{Kind: race.RulingRetract, Judge: ana, Team: teamAna, RecordID: recordID(2)},
		{Kind: race.RulingDeclare, Judge: beto, Team: teamBeto, Declared: race.Declaration{Total: 15, Device: `web-<"ñ">`, Highest: 1 << 19}},
		{Kind: race.RulingDeclare, Judge: beto, Team: teamBeto, Declared: race.Declaration{}},
		{Kind: race.RulingRetract, Judge: ana, Team: teamAna, RecordID: recordID(90)}, // held
		{Kind: race.RulingDeclare, Team: teamCarla, Declared: race.Declaration{Total: 3}},
	} {
		n++
		before := f.evidence(first)
		whole := f.order(n, o)
		whole.At = gun().Add(time.Minute)
		got, err := f.Rule(f.ctx, whole)
		f.ok(err)
		f.ruled(got, before, event)
		event++
		author := map[race.JudgeID]string{0: "root", ana: "juez:ana", beto: "juez:beto"}[o.Judge]
		f.equal("ruling", []any{got.Ruling.Author, got.Ruling.Team, got.Ruling.Declared}, []any{author, o.Team, o.Declared})
		if o.Kind == race.RulingDeclare {
			f.equal("stored", got.Stored, before.Stored(o.Team))
		}
		again := f.order(n, o)
		again.Declared.Total++ // the key is what counts
		repeated, err := f.Rule(f.ctx, again)
		f.ok(err)
		f.equal("repeated", repeated, race.Ruled{Ruling: got.Ruling, Competition: got.Competition, Repeated: true, Stored: got.Stored})
		f.totals()
	}
	e := f.evidence(first)
	f.equal("records", []int64{e.Rulings[2].Record, e.Rulings[5].Record}, []int64{3, heldEarly})
	before := f.archive(first)
	for name, c := range map[string]struct {
		order race.Order
		code  race.Code
	}{
		"of another judge":   {race.Order{Kind: race.RulingRetract, Judge: beto, Team: teamAna, RecordID: recordID(1)}, race.CodeForeignTeam},
		"of nobody":          {race.Order{Kind: race.RulingDeclare, Judge: ana, Team: teamNobody}, race.CodeForeignTeam},
		"not active":         {race.Order{Kind: race.RulingDeclare, Judge: carla, Team: teamCarla}, race.CodeForeignTeam},
		"no such judge":      {race.Order{Kind: race.RulingDeclare, Judge: 99, Team: teamAna}, race.CodeForeignTeam},
		"no such team":       {race.Order{Kind: race.RulingDeclare, Judge: ana, Team: teamSecond}, race.CodeNoSuchTeam},
		"record of another":  {race.Order{Kind: race.RulingRetract, Judge: ana, Team: teamAna, RecordID: recordID(10)}, race.CodeNoRecord},
		"no such record":     {race.Order{Kind: race.RulingRetract, Judge: ana, Team: teamAna, RecordID: recordID(77)}, race.CodeNoRecord},
		"a number":           {race.Order{Kind: race.RulingRetract, Judge: ana, Team: teamAna, Record: 2}, race.CodeNoRecord},
		"too late":           {race.Order{Kind: race.RulingRetract, Judge: ana, Team: teamAna, RecordID: recordID(1)}, race.CodeRuling},
		"the organizer's":    {race.Order{Kind: race.RulingVoid, Judge: ana, Team: teamAna, RecordID: recordID(1)}, race.CodeForbidden},
		"held for the start": {race.Order{Kind: race.RulingInclude, Judge: ana, Team: teamAna, RecordID: recordID(90), Elapsed: 25 * time.Minute}, race.CodeForbidden},
	} {
		_, err := f.Rule(f.ctx, f.order(99, c.order))
		f.code(name, err, c.code)
	}
	f.equal("nothing is stored", f.archive(first), before)
}

// ruleIncludes: a judge takes a mark back, and one that came too many takes its
// place, once.
func ruleIncludes(t *testing.T, s persistence.Store) {
	f := running(t, s)
	f.append(first, by(ana, teamAna, marks(1, 15)...))
	late := measured(mark(16, 40*time.Minute), 40*time.Minute)
	f.append(first, by(ana, teamAna, late))
	include := race.Order{Kind: race.RulingInclude, Judge: ana, Team: teamAna, RecordID: recordID(16), Elapsed: late.Elapsed}
	_, err := f.Rule(f.ctx, f.order(1, include))
	f.code("no room", err, race.CodeTeamComplete)
	retract := f.order(2, race.Order{Kind: race.RulingRetract, Judge: ana, Team: teamAna, RecordID: recordID(4)})
	retract.At = gun().Add(time.Minute)
	_, err = f.Rule(f.ctx, retract)
	f.ok(err)
	f.totals()

	before := f.evidence(first)
	got := f.rule(3, include)
	f.ruled(got, before, got.Ruling.Event-1)
	f.equal("ruling", []any{got.Ruling.Author, got.Ruling.Record, got.Repeated}, []any{"juez:ana", int64(16), false})
	f.totals()
	f.equal("the owner knows", f.activate(first).Adjustments[teamAna].Included, before.Records[15:])
	got = f.rule(3, include)
	f.equal("repeated", got.Repeated, true)
	d := f.append(first, by(ana, teamAna, mark(16, time.Minute)))
	f.code("the same id with another time", d.Replies[0].Outcomes[0].Err, race.CodeConflict)
	f.equal("nothing of it is stored", len(d.Store), 0)

	e := f.evidence(first)
	counts := 0
	for _, r := range e.Finishes() {
		if r.Counts {
			counts++
		}
	}
	f.equal("that count", counts, 15)
	f.equal("rulings", len(e.Rulings), 3)
	f.transition(first, false, gun().Add(time.Hour))
	undone := f.rule(4, race.Order{Kind: race.RulingUndo, Undoes: slices.MaxFunc(e.Rulings, func(a, b race.Ruling) int { return int(a.ID - b.ID) }).ID})
	f.equal("undone", undone.Ruling.Record, int64(16))
	f.equal("the owner still knows", f.activate(first).Adjustments[teamAna].Included, before.Records[15:])
	f.totals()
}

// appendIncluded: a mark that came before the start was kept and an organizer
// counts it. Sent again among new ones it is stored already, and counts once.
func appendIncluded(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	early := mark(1, 20*time.Minute)
	f.append(first, by(ana, teamAna, early))
	f.transition(first, true, gun())
	f.rule(1, race.Order{Kind: race.RulingInclude, Record: 1})
	d := f.append(first, by(ana, teamAna, early, mark(2, 21*time.Minute)))
	f.equal("stored", len(d.Store), 1)
	f.equal("answer", []any{d.Replies[0].Outcomes[0].Duplicate, d.Replies[0].Outcomes[0].Err}, []any{true, nil})
	counts := 0
	for _, r := range f.evidence(first).Finishes() {
		if r.Counts {
			counts++
		}
	}
	f.equal("records that count", counts, 2)
	f.totals()
	d = f.append(first, by(ana, teamAna, mark(1, time.Minute)))
	f.code("its id with another time", d.Replies[0].Outcomes[0].Err, race.CodeConflict)
	f.equal("nothing of it is stored", len(d.Store), 0)
}
