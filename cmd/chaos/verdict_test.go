package main

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	idA = "11111111-0001-4000-8000-000000000001"
	idB = "11111111-0001-4000-8000-000000000002"
	idC = "11111111-0001-4000-8000-000000000003"
	idD = "11111111-0001-4000-8000-000000000004"
	idP = "11111111-0001-4000-8000-0000000000a1"
	idQ = "11111111-0001-4000-8000-0000000000a2"
)

// clean is a small history without a fault: two judges with a team each in one
// competition, a stop in the middle, every kind of answer that is true.
func clean() *evidence {
	say := func(judge, team int64, way string, call, end instant, records ...sent) *send {
		return &send{Judge: judge, Team: team, Way: way, Call: call, Return: end, Records: records}
	}
	a, b, c, d := mark{ID: idA, MS: 1000, Tap: 1}, mark{ID: idB, MS: 2000}, mark{ID: idC, MS: 3000}, mark{ID: idD, MS: 0}
	p, q := mark{ID: idP, MS: 5000}, mark{ID: idQ, MS: 6000}
	e := &evidence{
		Cast: cast{Competitions: 1, Judges: 2, TeamsEach: 1},
		Sends: []*send{
			say(1, 1, waySingle, 100, 110, sent{a, wordStored}),
			say(1, 1, waySingle, 120, 0, sent{b, ""}),              // stored, its answer lost
			say(1, 1, wayBatch, 130, 140, sent{b, wordDuplicate}),  // sent again
			say(1, 1, waySingle, 150, 160, sent{a, wordDuplicate}), // replay
			say(1, 1, waySingle, 170, 180, sent{mark{ID: idA, MS: 1001}, wordConflict}),
			say(2, 2, waySingle, 170, 180, sent{mark{ID: idA, MS: 1000}, wordConflict}), // stolen
			say(2, 1, waySingle, 170, 180, sent{mark{ID: idD, MS: 77}, wordForeign}),
			say(1, 1, waySingle, 220, 230, sent{c, wordNotRunning}),
			say(1, 1, waySingle, 320, 330, sent{c, wordStored}), // counted after the restart
			say(1, 1, waySingle, 340, 350, sent{d, wordComplete}),
			say(2, 2, wayPost, 360, 370, sent{p, wordStored}, sent{q, wordStored}),
			say(2, 2, wayBatch, 380, 390, sent{mark{ID: idC, MS: 9}, wordUnavailable}), // never stored
		},
		Changes: []change{
			{Competition: 1, Start: true, Call: 10, Return: 20, Status: 200},
			{Competition: 1, Call: 200, Return: 210, Status: 200},
			{Competition: 1, Start: true, Call: 300, Return: 310, Status: 200},
		},
		Viewings: []viewing{{Competition: 1, Sights: []sight{
			{Kind: sightWelcome, Seq: 1, Stream: 9},
			{Kind: sightStarted, Seq: 1, Stream: 9},
			{Kind: sightTimes, Seq: 2, Stream: 9, Totals: []total{{1, 1, 1000}}},
			{Kind: sightTimes, Seq: 3, Stream: 9, Totals: []total{{1, 2, 3000}}},
			{Kind: sightWelcome, Seq: 5, Stream: 9, From: 3},
			{Kind: sightSnapshot, Seq: 5, Stream: 9, Totals: []total{{1, 2, 3000}, {2, 0, 0}}},
			{Kind: sightTimes, Seq: 6, Stream: 9, Totals: []total{{1, 3, 6000}}},
			{Kind: sightTimes, Seq: 7, Stream: 9, Totals: []total{{2, 2, 11000}}},
		}}},
		Tables: tables{
			Competitions: []competitionRow{{ID: 1, Running: true, TeamSize: 3, Epoch: 2, Seq: 7, Event: 7, Stream: 9}},
			Decisions: []decisionRow{
				{1, "start", 1, organizerName},
				{1, "stop", 4, organizerName},
				{1, "start", 5, organizerName},
			},
			Records: []recordRow{
				counted(1, 1, 1, 2, 1, idA, 1000),
				counted(2, 1, 2, 3, 1, idB, 2000),
				held(3, 1, 1, idC, 3000, wordNotRunning),
				counted(4, 1, 3, 6, 2, idC, 3000),
				held(5, 1, 2, idD, 0, wordComplete),
				counted(6, 2, 1, 7, 2, idP, 5000),
				counted(7, 2, 2, 7, 2, idQ, 6000),
			},
			Batches: []batchRow{{1, 1, 2, 1, nil}, {1, 3, 3, 1, nil}, {1, 4, 5, 2, nil}, {1, 6, 7, 2, nil}},
		},
	}
	e.Tables.Records[0].DeviceSeq, e.Tables.Records[0].Device = 1, device(1)
	for i := 5; i < 7; i++ {
		e.Tables.Records[i].Source, e.Tables.Records[i].Judge = "http", 2
	}
	e.seal()
	return e
}

func counted(seq, team, slot, event, epoch int64, id string, ms int64) recordRow {
	return recordRow{
		ID: id, Competition: 1, Team: team, Judge: team, MS: ms, State: "counted", Slot: slot, Seq: seq, Event: event,
		Source: "ws", ReceivedAt: seq, Epoch: epoch,
	}
}

func held(seq, team, epoch int64, id string, ms int64, reason string) recordRow {
	return recordRow{
		ID: id, Competition: 1, Team: team, Judge: team, MS: ms, State: "held", Reason: reason, Seq: seq, Source: "ws",
		ReceivedAt: seq, Epoch: epoch,
	}
}

// seal computes the digests anew.
func (e *evidence) seal() {
	digest := make([]byte, 32)
	for i := range e.Tables.Batches {
		b := &e.Tables.Batches[i]
		rows := e.Tables.rowsOf(1)
		if b.First < 1 || b.Last > int64(len(rows)) {
			continue
		}
		digest = link5k(digest, 1, b.Epoch, rows[b.First-1:b.Last])
		b.Digest = digest
	}
	e.Tables.Competitions[0].Digest = digest
}

func TestVerdict_CleanHistoryPasses(t *testing.T) {
	t.Parallel()
	v := newVerdict(clean())
	if !v.ok() {
		t.Errorf("found %v: %v", v.found, v.texts)
	}
	want := figures{
		Messages: 12, Tries: 13, Acknowledged: 6, Refused: 5, Unknown: 1, Unavailable: 1,
		Counted: 5, Held: 2, Epochs: 2, Checked: 9, Sights: 8,
	}
	if diff := cmp.Diff(want, v.figures); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
}

// lies are errors planted in the evidence, and the check that must see each.
var lies = []struct {
	name string
	want check
	tell func(e *evidence)
}{
	{"an acknowledged record is gone", checkLost, func(e *evidence) { e.drop(2); e.seal() }},
	{"a time was changed and the chain made anew", checkAltered, func(e *evidence) { e.Tables.Records[1].MS++; e.seal() }},
	{"a record moved to another team", checkAltered, func(e *evidence) { e.Tables.Records[1].Team = 2; e.seal() }},
	{"a time was changed", checkChain, func(e *evidence) { e.Tables.Records[4].MS++ }},
	{"an unimportant field was changed", checkChain, func(e *evidence) { e.Tables.Records[3].ReceivedAt++ }},
	{"a record is counted twice", checkTwice, func(e *evidence) { e.Tables.Records[6].ID = idP; e.seal() }},
	{"a record that nobody sent", checkPhantom, func(e *evidence) {
		e.Sends[10].Records = e.Sends[10].Records[:1]
	}},
	{"a record with the evidence of another", checkPhantom, func(e *evidence) { e.Tables.Records[3].DeviceSeq = 4; e.seal() }},
	{"a record by a judge who may not", checkPhantom, func(e *evidence) { e.Tables.Records[3].Judge = 2; e.seal() }},
	{"a conflict about nothing", checkRefusal, func(e *evidence) { e.Sends[4].Records[0].ID = idD }},
	{"a conflict with the same record", checkRefusal, func(e *evidence) { e.Sends[4].Records[0].MS = 1000 }},
	{"complete with two records", checkRefusal, func(e *evidence) { e.Tables.Competitions[0].TeamSize = 5 }},
	{"a foreign team that is the judge's own", checkRefusal, func(e *evidence) { e.Sends[0].Records[0].Answer = wordForeign }},
	{"a foreign team acknowledged", checkRefusal, func(e *evidence) { e.Sends[6].Records[0].Answer = wordStored }},
	{"not running while it ran", checkRefusal, func(e *evidence) { e.Sends[7].Call, e.Sends[7].Return = 320, 330 }},
	{"an unknown refusal", checkRefusal, func(e *evidence) { e.Sends[9].Records[0].Answer = "valor_invalido" }},
	{"a refused mark that was not kept", checkHeld, func(e *evidence) { e.Tables.Records[2].MS = 4; e.seal() }},
	{"a held mark that was not refused", checkHeld, func(e *evidence) { e.Sends[7].Records[0].Answer = wordStored }},
	{"a held mark for another reason", checkHeld, func(e *evidence) { e.Tables.Records[4].Reason = wordConflict; e.seal() }},
	{"a place taken twice", checkSlots, func(e *evidence) { e.Tables.Records[1].Slot = 1; e.seal() }},
	{"a place too many", checkSlots, func(e *evidence) { e.Tables.Records[3].Slot = 4; e.seal() }},
	{"a record too many", checkSlots, func(e *evidence) { e.Tables.Competitions[0].TeamSize = 2 }},
	{"a gap in the records", checkNumbers, func(e *evidence) { e.Tables.Records[6].Seq = 8 }},
	{"a competition that counts further", checkNumbers, func(e *evidence) { e.Tables.Competitions[0].Seq = 8 }},
	{"a gap in the events", checkNumbers, func(e *evidence) { e.Tables.Records[5].Event, e.Tables.Records[6].Event = 8, 8; e.seal() }},
	{"an event of two teams", checkNumbers, func(e *evidence) { e.Tables.Records[3].Event = 7; e.seal() }},
	{"an event before its time", checkNumbers, func(e *evidence) { e.Tables.Records[3].Event = 3; e.seal() }},
	{"a batch that is missing", checkChain, func(e *evidence) { e.Tables.Batches = slices.Delete(e.Tables.Batches, 1, 2) }},
	{"the last batch is missing", checkChain, func(e *evidence) { e.Tables.Batches = e.Tables.Batches[:3] }},
	{"a digest of the competition", checkChain, func(e *evidence) { e.Tables.Competitions[0].Digest = make([]byte, 32) }},
	{"an owner that came back", checkFence, func(e *evidence) {
		e.Tables.Batches[3].Epoch, e.Tables.Records[5].Epoch, e.Tables.Records[6].Epoch = 1, 1, 1
		e.seal()
	}},
	{"a row of another owner", checkFence, func(e *evidence) { e.Tables.Records[1].Epoch = 2; e.seal() }},
	{"an owner that never was", checkFence, func(e *evidence) { e.Tables.Competitions[0].Epoch = 1 }},
	{"counted while it stood still", checkRunning, func(e *evidence) {
		e.Tables.Decisions[2].Event, e.Tables.Records[3].Event = 6, 5
		e.seal()
	}},
	{"held while it ran", checkRunning, func(e *evidence) {
		e.Tables.Records[4].Reason = wordNotRunning
		e.seal()
	}},
	{"a stop that nobody asked for", checkRunning, func(e *evidence) { e.Changes[1].Start = true }},
	{"a stop that is not stored", checkRunning, func(e *evidence) { e.Tables.Decisions = e.Tables.Decisions[:1] }},
	{"a number before an older record", checkOrder, func(e *evidence) { e.Sends[0].Call, e.Sends[0].Return = 500, 510 }},
	{"half of a POST", checkAtomic, func(e *evidence) {
		e.Tables.Records = e.Tables.Records[:6]
		e.seal()
	}},
	{"stored as new twice", checkLinear, func(e *evidence) { e.Sends[3].Records[0].Answer = wordStored }},
	{"complete before the last record", checkLinear, func(e *evidence) { e.Sends[9].Call, e.Sends[9].Return = 112, 115 }},
	{"a conflict before the record", checkLinear, func(e *evidence) { e.Sends[4].Call, e.Sends[4].Return = 50, 60 }},
	{"not running after it was stored", checkLinear, func(e *evidence) {
		e.Sends[8].Call, e.Sends[8].Return = 205, 215
	}},
	{"a viewer with a gap", checkViewer, func(e *evidence) { e.see(2, 3) }},
	{"a viewer with a repeat", checkViewer, func(e *evidence) {
		s := e.Viewings[0].Sights
		e.Viewings[0].Sights = slices.Insert(s, 3, s[2])
	}},
	{"a viewer with a wrong total", checkViewer, func(e *evidence) { e.Viewings[0].Sights[3].Totals = []total{{1, 2, 3001}} }},
	{"a viewer with a wrong kind", checkViewer, func(e *evidence) { e.Viewings[0].Sights[1].Kind = sightStopped }},
	{"a viewer that missed the end", checkViewer, func(e *evidence) { e.see(7, 8) }},
	{"a viewer of another history", checkViewer, func(e *evidence) { e.Viewings[0].Sights[4].Stream = 8 }},
	{"a viewer with a wrong snapshot", checkViewer, func(e *evidence) { e.Viewings[0].Sights[5].Totals = []total{{1, 1, 3000}} }},
	{"a viewer with a snapshot without a team", checkViewer, func(e *evidence) { e.Viewings[0].Sights[5].Totals = nil }},
	{"a viewer that went back", checkViewer, func(e *evidence) {
		e.Viewings[0].Sights[4].From, e.Viewings[0].Sights[5].Seq = 6, 5
	}},
	{"a viewer that is shown what is over", checkViewer, func(e *evidence) {
		e.Cluster = true
		e.Viewings[0].Sights[5].At = 330 + instant(freshFor) + 1
	}},
	{"a viewer that hears nothing", checkViewer, func(e *evidence) {
		e.Cluster = true
		e.Viewings[0].Sights[6].At = 330 + instant(freshFor) + 1
	}},
	{"a viewer whose node was frozen, and late after that", checkViewer, func(e *evidence) {
		e.Cluster = true
		e.Viewings[0].Sights[4].Node = "url"
		e.Viewings[0].Sights[6].At = 330 + instant(freshFor) + 101
		e.Blows = []blow{{fault: fault{Kind: nodeFreeze}, At: 400, Until: 500, Hits: []hit{{URL: "url"}}}}
	}},
	{"a complaint of a client", checkAnswer, func(e *evidence) { e.Complaint = []string{"out of order"} }},
}

func TestVerdict_SeesEveryLie(t *testing.T) {
	t.Parallel()
	for _, lie := range lies {
		t.Run(lie.name, func(t *testing.T) {
			t.Parallel()
			e := clean()
			lie.tell(e)
			if v := newVerdict(e); v.found[lie.want] == 0 {
				t.Errorf("%s found nothing; found %v", lie.want, v.texts)
			}
		})
	}
}

// TestVerdict_ViewersMayBeTold: what is old may be shown to whom is told, and to
// whom cannot be.
func TestVerdict_ViewersMayBeTold(t *testing.T) {
	t.Parallel()
	late := 330 + instant(freshFor)
	for name, change := range map[string]func(e *evidence){
		"in time": func(e *evidence) { e.Viewings[0].Sights[6].At = late },
		"told": func(e *evidence) {
			s := e.Viewings[0].Sights
			s[6].At, s[7].At = 5*late, 5*late
			e.Viewings[0].Sights = slices.Insert(s, 6, sight{Kind: sightStale, At: late}, sight{Kind: sightLive, At: 5*late - 1})
		},
		"gone": func(e *evidence) {
			s := e.Viewings[0].Sights
			e.Viewings[0].Sights = slices.Insert(s, 4, sight{Kind: sightGone, At: 200})
			for i := 5; i < len(s)+1; i++ {
				e.Viewings[0].Sights[i].At = late
			}
			e.Viewings[0].Sights[6].Seq, e.Viewings[0].Sights = 7, slices.Delete(e.Viewings[0].Sights, 7, 9)
			e.Viewings[0].Sights[6].Totals = []total{{1, 3, 6000}, {2, 2, 11000}}
		},
		"frozen": func(e *evidence) {
			e.Viewings[0].Sights[4].Node = "url"
			e.Viewings[0].Sights[6].At = late + 100
			e.Viewings[0].Sights[7].At = late + 100
			e.Blows = []blow{{fault: fault{Kind: nodeFreeze}, At: 400, Until: 500, Hits: []hit{{URL: "url"}}}}
		},
		"back": func(e *evidence) {
			e.Viewings[0].Sights[4].From, e.Viewings[0].Sights[5].Seq = 6, 5
		},
	} {
		e := clean()
		e.Cluster = true
		change(e)
		if v := newVerdict(e); !v.ok() {
			t.Errorf("%s: %v", name, v.texts)
		}
	}
}

// TestVerdict_NodesMayAskTwice: a mark may be held by the first owner and counted
// by the second, but only if the race stood still meanwhile.
func TestVerdict_NodesMayAskTwice(t *testing.T) {
	t.Parallel()
	e := clean()
	e.Cluster = true
	e.Sends[8].Call, e.Sends[7].Records[0].MS = 225, 9 // nothing was refused, one message lasted
	e.Sends = slices.Delete(e.Sends, 7, 8)
	if v := newVerdict(e); !v.ok() {
		t.Errorf("during a stop: %v", v.texts)
	}
	e.Sends[7].Call = 320
	if v := newVerdict(e); v.found[checkHeld] == 0 {
		t.Errorf("after the stop it was no finding; found %v", v.texts)
	}
}

// TestVerdict_ASecondOwnerMayStoreWhatTheFirstRefused: the judge heard the first
// answer of a message that was asked twice, and of the record when it was sent again.
func TestVerdict_ASecondOwnerMayStoreWhatTheFirstRefused(t *testing.T) {
	t.Parallel()
	for _, nodes := range []bool{true, false} {
		e := clean()
		e.Cluster = nodes
		e.Sends[7].Return = 315 // over the restart
		again := e.Sends[8]     // after another record has found the team complete
		again.Call, again.Return, again.Records[0].Answer = 400, 410, wordDuplicate
		if v := newVerdict(e); (v.found[checkLinear] == 0) != nodes {
			t.Errorf("nodes %v: found %v", nodes, v.texts)
		}
	}
}

// drop removes a row and closes the gap in the numbers, as a liar would.
func (e *evidence) drop(seq int64) {
	t := &e.Tables
	t.Records = slices.DeleteFunc(t.Records, func(r recordRow) bool { return r.Seq == seq })
	for i := range t.Records {
		if t.Records[i].Seq > seq {
			t.Records[i].Seq--
		}
	}
	for i := range t.Batches {
		if t.Batches[i].First > seq {
			t.Batches[i].First--
		}
		if t.Batches[i].Last >= seq {
			t.Batches[i].Last--
		}
	}
	t.Competitions[0].Seq--
}

// see makes the viewer miss what it saw from one place to another.
func (e *evidence) see(from, to int) {
	e.Viewings[0].Sights = slices.Delete(e.Viewings[0].Sights, from, to)
}

func TestVerdict_UndecidedIsNoSuccess(t *testing.T) {
	t.Parallel()
	v := newVerdict(clean())
	v.figures.Undecided = 1
	if v.checkUndecided(200); !v.ok() {
		t.Errorf("1 of 200 teams: %v", v.texts)
	}
	if v.checkUndecided(199); v.found[checkJudgment] == 0 {
		t.Error("1 of 199 undecided teams was no finding")
	}
}
