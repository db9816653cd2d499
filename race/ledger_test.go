package race_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"server5k/race"
)

var gun = time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)

// rid makes a readable record id.
func rid(n int) race.RecordID {
	var id race.RecordID
	id[6], id[8] = 0x40, 0x80
	binary.BigEndian.PutUint32(id[12:], uint32(n))
	return id
}

func mark(id, ms int) race.TimeRecord {
	return race.TimeRecord{ID: rid(id), Elapsed: time.Duration(ms) * time.Millisecond, ReceivedAt: gun, Source: race.SourceSocket}
}

func unnamed(id, ms int, after time.Duration) race.TimeRecord {
	r := mark(id, ms)
	r.Anonymous, r.ReceivedAt = true, gun.Add(after)
	return r
}

func ask(judge race.JudgeID, team race.TeamID, records ...race.TimeRecord) race.Request {
	return race.Request{Judge: judge, Team: team, Records: records}
}

// newRace has team n of judge n for 1 to 3, in a running competition 1.
func newRace() *race.Ledger {
	l := race.NewLedger(race.Competition{ID: 1, Active: true, Running: true, TeamSize: 15, Rounding: race.RoundRaw}, 0, 0)
	for n := 1; n <= 3; n++ {
		l.AddTeam(race.Team{ID: race.TeamID(n), Competition: 1, Judge: race.JudgeID(n), Bib: n}, 0)
	}
	return l
}

// codes writes an outcome as "ok", "dup" or its code, with "+held".
func codes(r race.Reply) []string {
	out := make([]string, len(r.Outcomes))
	for i, o := range r.Outcomes {
		switch {
		case o.Err != nil && o.Held:
			out[i] = string(race.CodeOf(o.Err)) + "+held"
		case o.Err != nil:
			out[i] = string(race.CodeOf(o.Err))
		case o.Duplicate:
			out[i] = "dup"
		default:
			out[i] = "ok"
		}
	}
	return out
}

func fill(n int) []race.TimeRecord {
	var out []race.TimeRecord
	for i := range n {
		out = append(out, mark(i+1, 1000*(i+1)))
	}
	return out
}

func TestLedger_Decide(t *testing.T) {
	t.Parallel()
	atomic := func(q race.Request) race.Request { q.Atomic = true; return q }
	stop := func(l *race.Ledger) {
		c := l.Competition()
		c.Running = false
		l.SetCompetition(c, l.Event())
	}
	for _, tc := range []struct {
		name   string
		before []race.Request
		change func(*race.Ledger)
		ask    race.Request
		want   []string
		stored int // records that the request stores, counted and held
	}{
		{name: "new", ask: ask(1, 1, mark(1, 1000), mark(2, 2000)), want: []string{"ok", "ok"}, stored: 2},
		{name: "same again", before: []race.Request{ask(1, 1, mark(1, 1000))}, ask: ask(1, 1, mark(1, 1000)), want: []string{"dup"}},
		{name: "same again after the stop", before: []race.Request{ask(1, 1, mark(1, 1000))}, change: stop, ask: ask(1, 1, mark(1, 1000)), want: []string{"dup"}},
		{name: "same again in a full team", before: []race.Request{ask(1, 1, fill(15)...)}, ask: ask(1, 1, mark(3, 3000)), want: []string{"dup"}},
		{name: "other time", before: []race.Request{ask(1, 1, mark(1, 1000))}, ask: ask(1, 1, mark(1, 1001)), want: []string{"conflicto"}},
		{name: "id of another team", before: []race.Request{ask(1, 1, mark(1, 1000))}, ask: ask(2, 2, mark(1, 1000)), want: []string{"conflicto"}},
		{name: "id twice in one request", ask: ask(1, 1, mark(1, 1000), mark(1, 1000), mark(1, 2000)), want: []string{"ok", "dup", "conflicto"}, stored: 1},
		{name: "foreign team", ask: ask(1, 2, mark(1, 1000)), want: []string{"equipo_ajeno"}},
		{name: "nobody's request", ask: ask(0, 2, mark(1, 1000)), want: []string{"equipo_ajeno"}},
		{name: "no such team", ask: ask(1, 9, mark(1, 1000)), want: []string{"equipo_inexistente"}},
		{name: "not running is held", change: stop, ask: ask(1, 1, mark(1, 1000)), want: []string{"competencia_no_en_curso+held"}, stored: 1},
		{name: "the 16th is held", before: []race.Request{ask(1, 1, fill(15)...)}, ask: ask(1, 1, mark(99, 9)), want: []string{"equipo_completo+held"}, stored: 1},
		{name: "the rest fits", before: []race.Request{ask(1, 1, fill(14)...)}, ask: ask(1, 1, mark(98, 8), mark(99, 9)), want: []string{"ok", "equipo_completo+held"}, stored: 2},
		{name: "all or nothing, full", before: []race.Request{ask(1, 1, fill(14)...)}, ask: atomic(ask(1, 1, mark(98, 8), mark(99, 9))), want: []string{"envio_rechazado+held", "equipo_completo+held"}, stored: 2},
		{name: "all or nothing, conflict", before: []race.Request{ask(1, 1, mark(1, 1000))}, ask: atomic(ask(1, 1, mark(2, 8), mark(1, 9))), want: []string{"envio_rechazado", "conflicto"}},
		{name: "all or nothing, conflict in the request", ask: atomic(ask(1, 1, mark(1, 9), mark(1, 9), mark(1, 8))), want: []string{"envio_rechazado", "envio_rechazado", "conflicto"}},
		{name: "all or nothing, repeat", before: []race.Request{ask(1, 1, fill(15)...)}, ask: atomic(ask(1, 1, fill(15)...)), want: []string{"dup", "dup", "dup", "dup", "dup", "dup", "dup", "dup", "dup", "dup", "dup", "dup", "dup", "dup", "dup"}},
		{name: "unnamed resend", before: []race.Request{ask(1, 1, unnamed(1, 1000, 0))}, ask: ask(1, 1, unnamed(2, 1000, 5*time.Minute)), want: []string{"dup"}},
		{name: "unnamed after the window", before: []race.Request{ask(1, 1, unnamed(1, 1000, 0))}, ask: ask(1, 1, unnamed(2, 1000, 5*time.Minute+time.Millisecond)), want: []string{"ok"}, stored: 1},
		{name: "unnamed in one message are two runners", ask: ask(1, 1, unnamed(1, 1000, 0), unnamed(2, 1000, 0)), want: []string{"ok", "ok"}, stored: 2},
		{name: "unnamed message again", before: []race.Request{ask(1, 1, unnamed(1, 1000, 0), unnamed(2, 1000, 0))}, ask: ask(1, 1, unnamed(3, 1000, 0), unnamed(4, 1000, 0), unnamed(5, 1000, 0)), want: []string{"dup", "dup", "ok"}, stored: 1},
		{name: "unnamed absences are two runners", before: []race.Request{ask(1, 1, unnamed(1, 0, 0))}, ask: ask(1, 1, unnamed(2, 0, 0)), want: []string{"ok"}, stored: 1},
		{name: "id of another competition", change: func(l *race.Ledger) { l.AddForeignID(rid(1)) }, ask: ask(1, 1, mark(1, 1000)), want: []string{"conflicto"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := newRace()
			l.Decide(tc.before)
			if tc.change != nil {
				tc.change(l)
			}
			d := l.Decide([]race.Request{tc.ask})
			got := codes(d.Replies[0])
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			if len(d.Store) != tc.stored {
				t.Errorf("stores %d records, want %d", len(d.Store), tc.stored)
			}
		})
	}
}

// TestLedger_Invariants plays random batches: whatever comes, no team has more
// counted records than slots, a slot or an id is used once, numbers have no gap,
// what is acknowledged stays as it was acknowledged, and a repeat is a duplicate.
func TestLedger_Invariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newRace()
		stored := map[race.RecordID]race.TimeRecord{}
		acked := map[race.RecordID]time.Duration{}
		perTeam := map[race.TeamID]map[int]bool{}
		var seq, event int64
		for range rapid.IntRange(1, 12).Draw(t, "batches") {
			batch := rapid.SliceOfN(rapid.Custom(drawRequest), 1, 6).Draw(t, "batch")
			c := l.Competition()
			c.Running = rapid.Bool().Draw(t, "running") || rapid.Bool().Draw(t, "really")
			l.SetCompetition(c, l.Event())
			d := l.Decide(batch)
			for _, rec := range d.Store {
				if seq++; rec.Seq != seq {
					t.Fatalf("seq %d after %d", rec.Seq, seq-1)
				}
				if rec.State != race.StateCounted {
					continue
				}
				if _, ok := stored[rec.ID]; ok {
					t.Fatalf("id %v stored twice", rec.ID)
				}
				stored[rec.ID] = rec
				if perTeam[rec.Team] == nil {
					perTeam[rec.Team] = map[int]bool{}
				}
				if rec.Slot < 1 || rec.Slot > 15 || perTeam[rec.Team][rec.Slot] {
					t.Fatalf("slot %d of team %d", rec.Slot, rec.Team)
				}
				perTeam[rec.Team][rec.Slot] = true
			}
			if d.Event-event != int64(len(d.Touched)) {
				t.Fatalf("%d events for %d teams", d.Event-event, len(d.Touched))
			}
			event = d.Event
			for _, r := range d.Replies {
				for _, o := range r.Outcomes {
					if !o.Stored() {
						continue
					}
					if rec, ok := stored[o.ID]; !ok || rec.Elapsed != o.Elapsed {
						t.Fatalf("acknowledged %v but stored %v", o, rec)
					}
					if e, ok := acked[o.ID]; ok && e != o.Elapsed {
						t.Fatalf("%v acknowledged with two times", o.ID)
					}
					acked[o.ID] = o.Elapsed
				}
			}
		}
		for _, rec := range stored {
			if r, ok := l.Known(ask(rec.Judge, rec.Team, rec)); !ok || !r.Outcomes[0].Duplicate {
				t.Fatalf("a repeat of %v is no duplicate", rec)
			}
		}
	})
}

func drawRequest(t *rapid.T) race.Request {
	q := race.Request{
		Judge:  race.JudgeID(rapid.IntRange(1, 3).Draw(t, "judge")),
		Atomic: rapid.Bool().Draw(t, "atomic"),
	}
	q.Team = race.TeamID(q.Judge)
	if rapid.IntRange(0, 9).Draw(t, "foreign") == 0 {
		q.Team = race.TeamID(rapid.IntRange(1, 4).Draw(t, "team"))
	}
	for range rapid.IntRange(1, 8).Draw(t, "records") {
		r := mark(rapid.IntRange(1, 60).Draw(t, "id"), rapid.IntRange(0, 5).Draw(t, "ms"))
		r.Anonymous = rapid.IntRange(0, 4).Draw(t, "anonymous") == 0
		if r.Anonymous {
			r.ID = race.NewRecordID()
		}
		q.Records = append(q.Records, r)
	}
	return q
}

// A refused mark is kept once, however often it comes, and its sender is told
// each time that it is kept, also when there is no room for more.
func TestLedger_RepeatedHeldMarkIsKeptOnce(t *testing.T) {
	t.Parallel()
	l := race.NewLedger(race.Competition{ID: 1, TeamSize: 15}, 7, 3)
	l.AddTeam(race.Team{ID: 1, Competition: 1, Judge: 1}, race.MaxHeldPerTeam-2)
	l.AddHeld(race.HeldMark{Team: 1, ID: rid(1), Elapsed: 60 * time.Millisecond})
	l.AddHeld(race.HeldMark{Team: 2, ID: rid(2), Elapsed: 60 * time.Millisecond})
	const held, refused = string(race.CodeNotRunning + "+held"), string(race.CodeNotRunning)
	for _, c := range []struct {
		name  string
		q     race.Request
		codes []string
		seqs  []int64
	}{
		{"kept before", ask(1, 1, mark(1, 60)), []string{held}, nil},
		{"other team's mark, twice at once", ask(1, 1, mark(2, 60), mark(2, 60)), []string{held, held}, []int64{8}},
		{"again", ask(1, 1, mark(2, 60)), []string{held}, nil},
		{"other time, all or nothing", race.Request{Judge: 1, Team: 1, Records: []race.TimeRecord{mark(1, 61), mark(1, 60)}, Atomic: true}, []string{held, held}, []int64{9}},
		{"no room, but kept", ask(1, 1, mark(3, 60), mark(1, 60)), []string{refused, held}, nil},
	} {
		d := l.Decide([]race.Request{c.q})
		var seqs []int64
		for _, r := range d.Store {
			seqs = append(seqs, r.Seq)
		}
		if diff := cmp.Diff(c.codes, codes(d.Replies[0])); diff != "" {
			t.Errorf("%s: outcomes (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.seqs, seqs); diff != "" {
			t.Errorf("%s: stored (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestLedger_IncludedMarksAreStored: a held mark that a ruling counts is stored like
// any other, alone or among new ones, and its id belongs to it.
func TestLedger_IncludedMarksAreStored(t *testing.T) {
	t.Parallel()
	included := race.TimeRecord{ID: race.RecordID{7}, Team: 1, Elapsed: 20 * time.Minute, State: race.StateHeld}
	send := func(atomic bool, judge race.JudgeID, team race.TeamID, records ...race.TimeRecord) race.Decision {
		l := race.NewLedger(race.Competition{ID: 1, TeamSize: 3, Running: true}, 0, 0)
		l.AddTeam(race.Team{ID: 1, Competition: 1, Judge: 1}, 1)
		l.AddTeam(race.Team{ID: 2, Competition: 1, Judge: 2}, 0)
		l.Adjust(map[race.TeamID]race.Adjustment{1: {Included: []race.TimeRecord{included}}})
		return l.Decide([]race.Request{{Judge: judge, Team: team, Records: records, Atomic: atomic}})
	}
	fresh := race.TimeRecord{ID: race.RecordID{8}, Elapsed: 21 * time.Minute}
	other := race.TimeRecord{ID: included.ID, Elapsed: 22 * time.Minute}
	for _, atomic := range []bool{false, true} {
		d := send(atomic, 1, 1, included, fresh)
		if len(d.Store) != 1 || d.Store[0].ID != fresh.ID || !d.Replies[0].Outcomes[0].Duplicate || d.Replies[0].Err != nil {
			t.Errorf("atomic %v: %+v", atomic, d)
		}
		if d = send(atomic, 1, 1, other); len(d.Store) != 0 || race.CodeOf(d.Replies[0].Outcomes[0].Err) != race.CodeConflict {
			t.Errorf("another time, atomic %v: %+v", atomic, d)
		}
		if d = send(atomic, 2, 2, included); len(d.Store) != 0 || race.CodeOf(d.Replies[0].Outcomes[0].Err) != race.CodeConflict {
			t.Errorf("another team, atomic %v: %+v", atomic, d)
		}
		d = send(atomic, 1, 1, included, other)
		if first := d.Replies[0].Outcomes[0]; len(d.Store) != 0 || !first.Stored() || race.CodeOf(d.Replies[0].Outcomes[1].Err) != race.CodeConflict {
			t.Errorf("beside a bad one, atomic %v: %+v", atomic, d)
		}
	}
}
