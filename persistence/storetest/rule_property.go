package storetest

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// ruleEqualsEvidence carries out a hundred random orders, undos of undos among
// them, and keeps the evidence in memory beside the store: both must refuse the
// same ones and come to the same results, and so must an owner that loads them.
func ruleEqualsEvidence(t *testing.T, s persistence.Store, policy race.ClockPolicy) {
	f := judged(t, s)
	f.setClock(first, policy)
	random := rand.New(rand.NewPCG(5, uint64(time.Now().UnixNano())))
	e := f.evidence(first)
	carried := 0
	for n := 0; carried < 100 && n < 2000; n++ {
		o := f.order(n, randomOrder(random, e))
		if o.Judge != 0 {
			o.Author, o.At = "juez:ana", gun().Add(time.Minute)
		}
		want, record, wantErr := e.Rule(o)
		got, err := f.Rule(f.ctx, o)
		f.code(string(o.Kind), err, race.CodeOf(wantErr))
		if t.Failed() {
			return
		}
		if err != nil {
			continue
		}
		if carried++; carried%10 == 0 {
			f.totals()
		}
		if record != nil {
			record.Seq = int64(len(e.Records)) + 1
			want.Record = record.Seq
			e.Records = append(slices.Clip(e.Records), *record)
			f.equal("record", got.Record, *record)
		}
		want.ID, want.Event = got.Ruling.ID, got.Ruling.Event
		f.equal("ruling", got.Ruling, want)
		e.Competition = e.Apply(want)
		e.Rulings = append(slices.Clip(e.Rulings), want)
		f.equal("competition", got.Competition, e.Competition)
	}
	f.equal("carried out", carried, 100)
	stored := f.evidence(first)
	f.equal("evidence", stored, e)
	f.equal("results", stored.Standings(), e.Standings())
	f.chain(first)
}

// randomOrder may well be one that the evidence does not bear.
func randomOrder(random *rand.Rand, e race.Evidence) race.Order {
	kinds := []race.RulingKind{
		race.RulingGun, race.RulingInclude, race.RulingVoid, race.RulingReinstate, race.RulingMove, race.RulingAdd, race.RulingAbsence,
		race.RulingPenalty, race.RulingDisqualify, race.RulingAccept, race.RulingUndo, race.RulingUndo, race.RulingUndo, race.RulingOfficial,
		race.RulingRetract, race.RulingDeclare, race.RulingConceal,
	}
	teams := []race.TeamID{teamAna, teamBeto, teamCarla, teamNobody}
	o := race.Order{
		Kind: kinds[random.IntN(len(kinds))], Team: teams[random.IntN(len(teams))], Record: 1 + random.Int64N(int64(len(e.Records))),
		Elapsed: time.Duration(1+random.IntN(3000)) * time.Second, Amount: time.Duration(random.IntN(60_000)-30_000) * time.Millisecond,
		Undoes: e.Rulings[random.IntN(len(e.Rulings))].ID, Override: true,
	}
	switch o.Kind {
	case race.RulingRetract:
		o.Judge, o.RecordID = ana, e.Records[o.Record-1].ID
	case race.RulingDeclare:
		o.Declared = race.Declaration{Total: random.IntN(17) - 1, Device: "web-1", Highest: random.Int64N(20)}
	case race.RulingAccept:
		if found := e.Findings(); len(found) > 0 {
			o.Finding = found[random.IntN(len(found))].Key
		}
	case race.RulingOfficial:
		// That nothing has changed since is the store's to say, see ruleOfficial.
		o.Kind, o.Amount = race.RulingPenalty, time.Second
	default:
	}
	ofRecords := []race.RulingKind{race.RulingInclude, race.RulingVoid, race.RulingReinstate, race.RulingMove}
	if !slices.Contains(ofRecords, o.Kind) && (o.Kind != race.RulingConceal || random.IntN(2) == 0) {
		o.Record = 0
	}
	if o.Kind != race.RulingUndo {
		o.Undoes = 0
	}
	return o
}
