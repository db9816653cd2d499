package actors

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"server5k/proto/racepb"
	"server5k/race"
)

// crossing has every message that crosses nodes, with every field set, and what
// it is when it arrives.
func crossing() []struct{ sent, arrives any } {
	at := time.Date(2026, 11, 22, 8, 0, 0, 123_456_789, time.UTC)
	comp := race.Competition{
		ID: 7, Name: "Carrera Ñandú", ScheduledAt: at, Active: true, Running: true, StartedAt: at.Add(time.Hour), TeamSize: 15, Rounding: race.RoundUpEach,
		GunShift: -2350 * time.Millisecond, Version: 3, Clock: race.ClockCorrected,
	}
	team := race.Team{ID: 3, Competition: 7, Judge: 4, Name: "Íñiguez", Bib: 12, Category: race.CategoryFaculties}
	total := race.TeamTotal{
		Team: team, Records: 14, Elapsed: 5*time.Hour + time.Millisecond, Absent: 2, Status: race.StatusDisqualified, Concealed: true,
	}
	declared := race.Declaration{Total: 15, Device: "web-ñ", Highest: 17}
	rec := race.TimeRecord{
		ID: race.RecordID{1, 2, 3}, Team: 3, Judge: 4, Elapsed: 1234567 * time.Millisecond, ReceivedAt: at, Source: race.SourceHTTP, Anonymous: true,
		Mark: race.Mark{MarkedAt: at.Add(-time.Second), ClockOffset: -1500 * time.Microsecond, ClockUncertainty: time.Millisecond, Device: "teléfono", DeviceSeq: 9},
	}
	request := race.Request{Judge: 4, Team: 3, Atomic: true, Records: []race.TimeRecord{rec, {ID: race.RecordID{9}, Team: 3, Judge: 4, Source: race.SourceSocket}}}
	refusal := race.Errorf(race.CodeTeamComplete, "El equipo ya tiene sus tiempos")
	reply := race.Reply{Team: team, Err: refusal, Outcomes: []race.Outcome{
		{ID: rec.ID, Elapsed: rec.Elapsed, ReceivedAt: at, Duplicate: true},
		{ID: race.RecordID{9}, ReceivedAt: at, Err: refusal, Held: true},
	}}
	times := recordTimes{Request: request, Origin: "session-1", Key: 1 << 60}
	change := changeState{race.Transition{Competition: 7, Start: true, At: at, Author: "admin", Reason: "salida en falso"}}
	order := rule{Ticket: 1 << 61, Order: race.Order{
		Competition: 7, Key: race.RecordID{5}, Kind: race.RulingAdd, Team: 3, Record: 4, Elapsed: time.Minute, Amount: -time.Second, GunAt: at,
		Finding: "near-1-2", Undoes: 6, Override: true, Author: "admin", At: at, Reason: "sin señal",
		Declared: declared, RecordID: race.RecordID{6}, Judge: 4,
	}}
	ruling := race.Ruling{
		ID: 8, Competition: 7, Kind: race.RulingAdd, Event: 9, Team: 3, Record: 10, Amount: -time.Second, Finding: "near-1-2", Version: 2, Undoes: 6,
		Key: race.RecordID{5}, Author: "admin", At: at, Reason: "sin señal", Declared: declared,
	}
	added := race.TimeRecord{
		ID: race.RecordID{5}, Team: 3, Elapsed: time.Minute, ReceivedAt: at, Source: race.SourceManual,
		State: race.StateHeld, Reason: race.CodeManual, Seq: 10,
	}
	devices := presenceReply{[]race.Presence{{
		Judge: 4, Node: "a", ConnectedAt: at, HeardAt: at.Add(time.Second), ClockOffset: -time.Second, ClockUncertainty: time.Millisecond,
		Battery: 80, Device: "teléfono", App: "1.2", Received: 15, Confirmed: 14,
		Competition: 7, Claimed: 16, Pending: 1,
	}}}
	same := func(m any) struct{ sent, arrives any } { return struct{ sent, arrives any }{m, m} }
	passed := func(m any) struct{ sent, arrives any } {
		return struct{ sent, arrives any }{route{7, m}, routed{route{7, m}}}
	}
	return []struct{ sent, arrives any }{
		passed(times), passed(change), passed(subscribe{stream: 5, seq: 6}), passed(subscribe{}),
		same(recordTimesReply{Key: 8, Reply: reply}), same(recordTimesReply{Key: 8, Err: elsewhere()}),
		same(changeStateReply{Competition: comp}), same(changeStateReply{Err: unavailable()}),
		same(current{7}),
		same(snapshot{race.Snapshot{Competition: comp, Seq: 5, Stream: 6, Totals: []race.TeamTotal{total, {Team: team}}}}),
		same(event{race.Event{Kind: race.TimesRecorded, Seq: 5, Stream: 6, Competition: comp, At: at, Total: total, Origin: "session-1"}}),
		same(event{race.Event{Kind: race.CompetitionStopped, Seq: 5, Stream: 6, Competition: comp, At: at}}),
		passed(order), passed(rule{Order: race.Order{Competition: 7, Key: race.RecordID{5}}}), same(ruledReply{Ruled: race.Ruled{Ruling: ruling, Competition: comp, Record: added, Stored: 15}, Ticket: 9}),
		same(ruledReply{Ruled: race.Ruled{Ruling: ruling, Competition: comp, Repeated: true}}), same(ruledReply{Ticket: 9, Err: unavailable()}),
		same(askPresence{}), same(devices),
		same(subscriptionOver{7, true}), same(closeJudge{4}), same(ping{time.Second}), same(pong{time.Second}),
	}
}

func TestConvert_EveryMessageSurvives(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range crossing() {
		w := toWire(m.sent)
		if w == nil {
			t.Errorf("%T does not cross", m.sent)
			continue
		}
		seen[string(w.ProtoReflect().Descriptor().Name())] = true
		got, err := fromWire(sent(t, w))
		if err != nil {
			t.Errorf("%T: %v", m.sent, err)
			continue
		}
		if diff := cmp.Diff(m.arrives, got, cmp.AllowUnexported(
			routed{}, subscribe{}, current{}, subscriptionOver{}, closeJudge{}, ping{}, pong{}, presenceReply{},
		)); diff != "" {
			t.Errorf("%T (-sent +arrived):\n%s", m.sent, diff)
		}
	}
	parts := map[string]bool{
		"Fault": true, "Competition": true, "Team": true, "Record": true, "Outcome": true, "TeamTotal": true, "Ruling": true, "Declaration": true,
		"Presence": true,
	}
	messages := racepb.File_race_proto.Messages()
	for i := range messages.Len() {
		if name := string(messages.Get(i).Name()); !seen[name] && !parts[name] {
			t.Errorf("%s of race.proto is not tested", name)
		}
	}
}

// sent returns what the other node reads.
func sent(t *testing.T, m proto.Message) proto.Message {
	t.Helper()
	raw, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	out := m.ProtoReflect().New().Interface()
	if err := proto.Unmarshal(raw, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestConvert_RefusesNonsense(t *testing.T) {
	t.Parallel()
	id := make([]byte, 16)
	for name, m := range map[string]any{
		"no records":          &racepb.RecordTimes{},
		"too many records":    &racepb.RecordTimes{Records: make([]*racepb.Record, 16)},
		"short id":            &racepb.RecordTimes{Records: []*racepb.Record{{Id: id[:15]}}},
		"negative time":       &racepb.RecordTimes{Records: []*racepb.Record{{Id: id, ElapsedMs: -1}}},
		"more than a day":     &racepb.RecordTimes{Records: []*racepb.Record{{Id: id, ElapsedMs: 86_400_001}}},
		"order, short record": &racepb.Order{Key: id, RecordId: id[:15]},
		"order, short key":    &racepb.Order{Key: id[:15]},
		"ruling, no key":      &racepb.Ruled{},
		"record, no number":   &racepb.Ruled{Ruling: &racepb.Ruling{Key: id}, Record: &racepb.Record{Id: id}},
		"outcome, long id":    &racepb.RecordTimesReply{Outcomes: []*racepb.Outcome{{Id: append(id, 1)}}},
	} {
		if got, err := fromWire(m); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Nothing that another node sends makes a node panic, and what is understood is
// sent on as it came.
func FuzzFromWire(f *testing.F) {
	kinds := []func() proto.Message{
		func() proto.Message { return &racepb.RecordTimes{} }, func() proto.Message { return &racepb.RecordTimesReply{} },
		func() proto.Message { return &racepb.ChangeState{} }, func() proto.Message { return &racepb.ChangeStateReply{} },
		func() proto.Message { return &racepb.Snapshot{} }, func() proto.Message { return &racepb.Event{} },
		func() proto.Message { return &racepb.Order{} }, func() proto.Message { return &racepb.Ruled{} },
		func() proto.Message { return &racepb.PresenceReply{} },
	}
	for _, m := range crossing() {
		w := toWire(m.sent)
		raw, err := proto.Marshal(w)
		if err != nil {
			f.Fatal(err)
		}
		for k, kind := range kinds {
			if kind().ProtoReflect().Descriptor() == w.ProtoReflect().Descriptor() {
				f.Add(uint8(k), raw)
			}
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, raw []byte) {
		m := kinds[int(kind)%len(kinds)]()
		if proto.Unmarshal(raw, m) != nil {
			return
		}
		got, err := fromWire(m)
		if err != nil {
			return
		}
		if r, ok := got.(routed); ok {
			got = r.route
		}
		again, err := fromWire(toWire(got))
		if r, ok := again.(routed); ok {
			again = r.route
		}
		if err != nil || !cmp.Equal(got, again, cmp.AllowUnexported(subscribe{}, presenceReply{})) {
			t.Errorf("%+v became %+v, %v", got, again, err)
		}
	})
}
