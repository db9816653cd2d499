package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// orderAt is when the order with a number is given.
func orderAt(n int) time.Time { return gun().Add(2*time.Hour + time.Duration(n)*time.Second) }

// order makes a whole order of one that says only what it wants.
func (f *fixture) order(n int, o race.Order) race.Order {
	if o.Competition == 0 {
		o.Competition = first
	}
	o.Epoch, o.Key, o.Author, o.At, o.Reason = f.epoch[o.Competition], recordID(900_000+n), "root", orderAt(n), fmt.Sprintf("razón %d", n)
	return o
}

func (f *fixture) rule(n int, o race.Order) race.Ruled {
	f.Helper()
	r, err := f.Rule(f.ctx, f.order(n, o))
	f.ok(err)
	return r
}

func (f *fixture) evidence(id race.CompetitionID) race.Evidence {
	f.Helper()
	e, err := f.Evidence(f.ctx, id)
	f.ok(err)
	return e
}

// The records of judged, by their numbers.
const (
	heldEarly = 1 // of teamAna, before the gun
	onlyBeto  = 5 // the record of teamBeto
)

// judged is a finished competition: teamAna has three records, 2 to 4, and a held
// one, teamBeto has one.
func judged(t *testing.T, s persistence.Store) *fixture {
	t.Helper()
	f := setup(t, s)
	f.append(first, by(ana, teamAna, mark(90, 25*time.Minute)))
	f.transition(first, true, gun())
	f.append(first, by(ana, teamAna, marks(1, 3)...))
	f.append(first, by(beto, teamBeto, mark(10, 30*time.Minute)))
	f.transition(first, false, gun().Add(time.Hour))
	return f
}

// ruled checks that what an order came to is what is stored, and that the owner
// can go on from it.
func (f *fixture) ruled(got race.Ruled, before race.Evidence, event int64) {
	f.Helper()
	e := f.evidence(first)
	f.equal("ruling", got.Ruling, e.Rulings[len(e.Rulings)-1])
	f.equal("rulings before", e.Rulings[:len(e.Rulings)-1], before.Rulings)
	f.equal("event", got.Ruling.Event, event+1)
	f.equal("competition", got.Competition, e.Competition)
	f.equal("as Apply says", got.Competition, before.Apply(got.Ruling))
	c, err := f.Competition(f.ctx, first)
	f.ok(err)
	f.equal("competition alone", c, e.Competition)
	if got.Record.Seq != 0 {
		f.equal("record", got.Record, e.Records[len(e.Records)-1])
		f.equal("numbered", []int64{got.Record.Seq, got.Ruling.Record, got.Record.Event}, []int64{int64(len(before.Records)) + 1, got.Record.Seq, 0})
	}
	f.chain(first)
	a := f.activate(first)
	f.equal("last event", a.Event, event+1)
	want := e.Adjustments()
	f.equal("adjustments", len(a.Adjustments), len(want))
	for id, w := range want {
		f.equal("adjustment", a.Adjustments[id], w)
	}
}

func ruleKinds(t *testing.T, s persistence.Store) {
	f := judged(t, s)
	event := f.archive(first).Event
	undo := race.RulingID(0)
	for n, o := range []race.Order{
		{Kind: race.RulingGun, Amount: 1500 * time.Millisecond},
		{Kind: race.RulingGun, GunAt: gun().Add(-2 * time.Second)},
		{Kind: race.RulingInclude, Record: heldEarly},
		{Kind: race.RulingVoid, Record: 2},
		{Kind: race.RulingReinstate, Record: 2},
		{Kind: race.RulingMove, Record: 3, Team: teamBeto},
		{Kind: race.RulingAdd, Team: teamBeto, Elapsed: 31 * time.Minute},
		{Kind: race.RulingAbsence, Team: teamBeto},
		{Kind: race.RulingPenalty, Team: teamAna, Amount: 90 * time.Second},
		{Kind: race.RulingUndo}, // the penalty
		{Kind: race.RulingUndo}, // the undo
		{Kind: race.RulingDisqualify, Team: teamBeto},
		{Kind: race.RulingAccept},
		{Kind: race.RulingOfficial, Override: true},
		{Kind: race.RulingReopen},
	} {
		before := f.evidence(first)
		switch o.Kind {
		case race.RulingUndo:
			o.Undoes = undo
		case race.RulingAccept:
			o.Finding = before.Findings()[0].Key
		default:
		}
		got := f.rule(n, o)
		f.ruled(got, before, event)
		event++
		undo = got.Ruling.ID
		again, err := f.Rule(f.ctx, f.order(n, o))
		f.ok(err)
		f.equal("repeated", again, race.Ruled{Ruling: got.Ruling, Competition: got.Competition, Record: got.Record, Repeated: true})
		f.equal("event", f.archive(first).Event, event)
	}
	c, err := f.Competition(f.ctx, first)
	f.ok(err)
	f.equal("state", []any{c.Running, c.FinishedAt, c.GunShift, c.Version}, []any{true, time.Time{}, -2 * time.Second, 1})
	d := f.append(first, by(ana, teamAna, mark(50, 40*time.Minute)))
	f.equal("numbers of the next", []int64{d.Seq, d.Event}, []int64{8, event + 1})
	f.chain(first)
	f.transition(first, false, gun().Add(3*time.Hour))
	c, _ = f.transition(first, true, gun().Add(4*time.Hour))
	f.equal("a new start has a new gun", c.GunShift, time.Duration(0))
	f.equal("as the rulings say", f.evidence(first).GunShift(), time.Duration(0))
	f.chain(first)
}

func ruleRefuses(t *testing.T, s persistence.Store) {
	f := judged(t, s)
	f.rule(1, race.Order{Kind: race.RulingVoid, Record: 2})
	before := f.archive(first)
	for _, c := range []struct {
		name   string
		order  race.Order
		change func(*race.Order)
		code   race.Code
	}{
		{"no record", race.Order{Kind: race.RulingVoid, Record: 99}, nil, race.CodeNoRecord},
		{"void already", race.Order{Kind: race.RulingVoid, Record: 2}, nil, race.CodeRuling},
		{"no team", race.Order{Kind: race.RulingMove, Record: 3, Team: teamSecond}, nil, race.CodeNoSuchTeam},
		{"no ruling", race.Order{Kind: race.RulingUndo, Undoes: 999}, nil, race.CodeNoRuling},
		{"findings", race.Order{Kind: race.RulingOfficial}, nil, race.CodeFindings},
		{"key of another", race.Order{Kind: race.RulingPenalty, Team: teamAna, Amount: time.Second}, func(o *race.Order) { o.Key = recordID(900_001) }, race.CodeRuling},
		{"key is a held mark", race.Order{Kind: race.RulingAdd, Team: teamAna, Elapsed: 25 * time.Minute}, func(o *race.Order) { o.Key = recordID(90) }, race.CodeRuling},
	} {
		o := f.order(2, c.order)
		if c.change != nil {
			c.change(&o)
		}
		_, err := f.Rule(f.ctx, o)
		f.code(c.name, err, c.code)
	}
	for name, c := range map[string]struct {
		change func(*race.Order)
		want   error
	}{
		"stale":       {func(o *race.Order) { o.Epoch-- }, race.ErrFenced},
		"to come":     {func(o *race.Order) { o.Epoch++ }, race.ErrFenced},
		"known, old":  {func(o *race.Order) { o.Epoch--; o.Key = recordID(900_001); o.Kind = race.RulingVoid }, race.ErrFenced},
		"competition": {func(o *race.Order) { o.Competition = 99 }, race.ErrNotFound},
	} {
		o := f.order(2, race.Order{Kind: race.RulingDisqualify, Team: teamAna})
		c.change(&o)
		if _, err := f.Rule(f.ctx, o); !errors.Is(err, c.want) {
			f.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	f.equal("nothing is stored", f.archive(first), before)
}

// Two organizers at once, one of whom sends everything twice: no order is lost
// and none is carried out twice.
func ruleConcurrently(t *testing.T, s persistence.Store) {
	f := judged(t, s)
	const each = 20
	event := f.archive(first).Event
	var wg sync.WaitGroup
	errs := make(chan error, 3*each)
	for _, editor := range []int{0, 1, 1} {
		wg.Go(func() {
			for i := range each {
				_, err := f.Rule(f.ctx, f.order(editor*each+i, race.Order{Kind: race.RulingPenalty, Team: teamAna, Amount: time.Second}))
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		f.ok(err)
	}
	e := f.evidence(first)
	f.equal("penalties", e.Adjustments()[teamAna].Penalty, 2*each*time.Second)
	var events []int64
	for _, r := range e.Rulings[2:] {
		events = append(events, r.Event)
	}
	want := make([]int64, 2*each)
	for i := range want {
		want[i] = event + int64(i) + 1
	}
	f.equal("events", events, want)
	f.equal("ids ascend", slices.IsSortedFunc(e.Rulings, func(a, b race.Ruling) int { return int(a.ID - b.ID) }), true)
	f.chain(first)
}

// Rulings and batches of the same owner at once: every record is stored once,
// numbered without a gap.
func ruleWhileAppending(t *testing.T, s persistence.Store) {
	f := running(t, s)
	const each = 15
	errs := make(chan error, 2)
	var wg sync.WaitGroup
	wg.Go(func() {
		var failed error
		for i := range each {
			// An error means that the batch may be sent again, as a recorder does.
			var err error
			for range 20 {
				_, _, err = f.Append(f.ctx, race.Batch{Competition: first, Epoch: f.epoch[first], Requests: []race.Request{by(ana, teamAna, mark(i, time.Minute))}})
				if err == nil {
					break
				}
			}
			failed = errors.Join(failed, err)
		}
		errs <- failed
	})
	wg.Go(func() {
		var failed error
		for i := range each {
			_, err := f.Rule(f.ctx, f.order(i, race.Order{Kind: race.RulingAdd, Team: teamBeto, Elapsed: time.Duration(i+1) * time.Minute}))
			failed = errors.Join(failed, err)
		}
		errs <- failed
	})
	wg.Wait()
	f.ok(errors.Join(<-errs, <-errs))
	e := f.evidence(first)
	f.equal("records", len(e.Records), 2*each)
	f.equal("adjustment", len(e.Adjustments()[teamBeto].With), each)
	f.equal("last event", f.archive(first).Event, int64(1+2*each))
	f.chain(first)
}

func ruleOfficial(t *testing.T, s persistence.Store) {
	f := judged(t, s)
	publish := race.Order{Kind: race.RulingOfficial, Override: true}
	one := f.rule(1, publish)
	sheet, sum := f.evidence(first).Sheet().Encode()
	want := race.Version{
		Competition: first, Number: 1, Ruling: one.Ruling.ID, Author: "root", At: orderAt(1), Reason: "razón 1", Digest: sum, Sheet: sheet,
	}
	v, err := f.Version(f.ctx, first, 1)
	f.ok(err)
	f.equal("version", v, want)
	_, err = f.Rule(f.ctx, f.order(2, publish))
	f.code("the same again", err, race.CodeRuling)
	f.equal("rulings", len(f.evidence(first).Rulings), 3)

	f.rule(3, race.Order{Kind: race.RulingPenalty, Team: teamAna, Amount: time.Second})
	two := f.rule(4, publish)
	f.equal("number", []int{two.Ruling.Version, two.Competition.Version}, []int{2, 2})
	all, err := f.Versions(f.ctx, first)
	f.ok(err)
	want.Sheet = nil
	f.equal("first in a list", all[0], want)
	f.equal("both, without sheets", []any{len(all), all[1].Number, all[1].Sheet}, []any{2, 2, []byte(nil)})
	v, err = f.Version(f.ctx, first, 1)
	f.ok(err)
	f.equal("the first stays", v.Sheet, sheet)
	if _, err := f.Version(f.ctx, first, 3); !errors.Is(err, race.ErrNotFound) {
		f.Errorf("version 3: got %v, want ErrNotFound", err)
	}
	f.chain(first)
}
