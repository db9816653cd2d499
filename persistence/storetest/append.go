package storetest

import (
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

func appendStores(t *testing.T, s persistence.Store) {
	f := running(t, s)
	d := f.append(first, by(ana, teamAna, mark(1, 20*time.Minute)), by(beto, teamBeto, mark(2, 0)))
	f.equal("touched", d.Touched, []race.TeamID{teamAna, teamBeto})
	f.equal("stored", f.records(first), d.Store)
	f.equal("numbers", []int64{d.Store[0].Seq, d.Store[0].Event, d.Store[1].Seq, d.Store[1].Event, d.Seq, d.Event}, []int64{1, 2, 2, 3, 2, 3})

	again := mark(1, 20*time.Minute)
	again.ReceivedAt = gun().Add(time.Hour)
	d = f.append(first, by(ana, teamAna, again, mark(3, time.Hour)))
	f.equal("outcomes", d.Replies[0].Outcomes, []race.Outcome{
		{ID: recordID(1), Elapsed: 20 * time.Minute, ReceivedAt: mark(1, 0).ReceivedAt, Duplicate: true},
		{ID: recordID(3), Elapsed: time.Hour, ReceivedAt: mark(3, 0).ReceivedAt},
	})
	f.equal("records", len(f.records(first)), 3)
	team, err := f.TeamRecords(f.ctx, teamAna)
	f.ok(err)
	f.equal("slots", []int{team[0].Slot, team[1].Slot}, []int{1, 2})
}

func appendConflicts(t *testing.T, s persistence.Store) {
	f := running(t, s)
	f.append(first, by(ana, teamAna, mark(1, time.Minute)))
	d := f.append(first, by(ana, teamAna, mark(1, time.Hour)), by(beto, teamBeto, mark(1, time.Minute)),
		by(ana, teamAna, mark(2, time.Minute), mark(2, time.Hour)))
	f.code("other time", d.Replies[0].Outcomes[0].Err, race.CodeConflict)
	f.code("other team", d.Replies[1].Outcomes[0].Err, race.CodeConflict)
	f.code("first of two", d.Replies[2].Outcomes[0].Err, "")
	f.code("second of two", d.Replies[2].Outcomes[1].Err, race.CodeConflict)
	f.equal("records", len(f.records(first)), 2)
	f.equal("held", len(f.held(first)), 0)
}

func appendForeignID(t *testing.T, s persistence.Store) {
	f := running(t, s)
	f.append(first, by(ana, teamAna, mark(1, time.Minute)))
	d := f.append(second, by(ana, teamSecond, mark(1, time.Minute), mark(2, time.Minute)))
	f.code("same id", d.Replies[0].Outcomes[0].Err, race.CodeConflict)
	f.code("beside it", d.Replies[0].Outcomes[1].Err, "")
	f.equal("records", f.records(second), d.Store)
}

func appendRefusesTeams(t *testing.T, s persistence.Store) {
	f := running(t, s)
	d := f.append(first, by(ana, 99, mark(1, time.Minute)), by(ana, teamSecond, mark(2, time.Minute)),
		by(ana, teamBeto, mark(3, time.Minute)), by(ana, teamNobody, mark(4, time.Minute)), by(0, teamNobody, mark(5, time.Minute)))
	for i, want := range []race.Code{race.CodeNoSuchTeam, race.CodeNoSuchTeam, race.CodeForeignTeam, race.CodeForeignTeam, race.CodeForeignTeam} {
		f.code("reply", d.Replies[i].Err, want)
	}
	f.equal("stored", len(f.records(first))+len(f.held(first)), 0)
	f.equal("seq", d.Seq, int64(0))
}

func appendHolds(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	d := f.append(first, by(ana, teamAna, mark(1, time.Minute)))
	f.code("closed", d.Replies[0].Outcomes[0].Err, race.CodeNotRunning)
	f.equal("held", d.Replies[0].Outcomes[0].Held, true)
	f.transition(first, true, gun())
	d = f.append(first, by(ana, teamAna, marks(100, 15)...), by(ana, teamAna, mark(2, time.Minute)))
	f.code("16th", d.Replies[1].Outcomes[0].Err, race.CodeTeamComplete)

	want := []race.TimeRecord{mark(1, time.Minute), mark(2, time.Minute)}
	for i := range want {
		want[i].Team, want[i].Judge, want[i].State = teamAna, ana, race.StateHeld
	}
	want[0].Reason, want[0].Seq = race.CodeNotRunning, 1
	want[1].Reason, want[1].Seq = race.CodeTeamComplete, 17
	f.equal("held records", f.held(first), want)
	f.equal("counted", len(f.records(first)), 15)
	f.equal("held of the team", f.activate(first).Held, map[race.TeamID]int{teamAna: 2})
}

func appendHeldOnce(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	twice := by(ana, teamAna, mark(1, time.Minute))
	f.append(first, twice, twice, by(beto, teamBeto, mark(2, time.Minute)))
	d := f.append(first, by(beto, teamBeto, mark(3, time.Minute)), twice, by(ana, teamAna, mark(1, time.Hour)))
	f.equal("still held", d.Replies[1].Outcomes[0].Held, true)
	f.equal("seq", d.Seq, int64(4))
	var got []int64
	for _, r := range f.held(first) {
		got = append(got, r.Seq)
	}
	f.equal("seqs", got, []int64{1, 2, 3, 4})

	f.transition(first, true, gun())
	d = f.append(first, twice)
	f.code("counts once the race runs", d.Replies[0].Outcomes[0].Err, "")
	f.equal("seq", d.Store[0].Seq, int64(5))
}

func appendDuplicateLater(t *testing.T, s persistence.Store) {
	f := running(t, s)
	full := by(ana, teamSecond, marks(1, 3)...)
	f.append(second, full)
	for _, o := range f.append(second, full).Replies[0].Outcomes {
		f.equal("duplicate while full", o.Duplicate, true)
	}
	f.transition(second, false, gun().Add(time.Hour))
	for _, o := range f.append(second, full).Replies[0].Outcomes {
		f.equal("duplicate while closed", o.Duplicate, true)
	}
	f.equal("records", len(f.records(second)), 3)
	f.equal("held", len(f.held(second)), 0)
}

func appendAtomic(t *testing.T, s persistence.Store) {
	f := running(t, s)
	f.append(first, by(ana, teamAna, mark(1, time.Minute)))
	bad := by(ana, teamAna, mark(2, time.Minute), mark(1, time.Hour))
	bad.Atomic = true
	d := f.append(first, bad)
	f.code("reply", d.Replies[0].Err, race.CodeConflict)
	f.equal("records", len(f.records(first)), 1)
	f.equal("held", len(f.held(first)), 0)

	over := by(ana, teamSecond, marks(10, 4)...)
	over.Atomic = true
	d = f.append(second, over)
	f.code("reply", d.Replies[0].Err, race.CodeTeamComplete)
	f.equal("records", len(f.records(second)), 0)
	f.equal("held", len(f.held(second)), 4)
	good := by(ana, teamSecond, marks(10, 3)...)
	good.Atomic = true
	f.code("reply", f.append(second, good).Replies[0].Err, "")
	f.equal("records", len(f.records(second)), 3)
}

func appendAnonymous(t *testing.T, s persistence.Store) {
	f := running(t, s)
	send := func(n int, after, elapsed time.Duration) race.TimeRecord {
		r := mark(n, elapsed)
		r.Anonymous, r.ReceivedAt = true, gun().Add(after)
		return r
	}
	f.append(first, by(ana, teamAna, send(1, 0, time.Minute), send(2, 0, time.Minute), send(3, 0, 0)))
	d := f.append(first, by(ana, teamAna, send(4, time.Second, time.Minute), send(5, time.Second, time.Minute),
		send(6, time.Second, time.Minute), send(7, time.Second, 0)))
	var got []bool
	for _, o := range d.Replies[0].Outcomes {
		got = append(got, o.Duplicate)
	}
	f.equal("two resent, a third runner, a second absence", got, []bool{true, true, false, false})
	f.equal("id of the stored one", d.Replies[0].Outcomes[0].ID, recordID(1))
	d = f.append(first, by(ana, teamAna, send(8, time.Hour, time.Minute)))
	f.equal("long after", d.Replies[0].Outcomes[0].Duplicate, false)
	f.equal("records", len(f.records(first)), 6)
	f.equal("marked as anonymous", f.records(first)[0].Anonymous, true)
}

func appendKeepsFields(t *testing.T, s persistence.Store) {
	f := running(t, s)
	r := mark(1, race.MaxElapsed)
	r.ReceivedAt = gun().Add(1234567 * time.Nanosecond).In(time.FixedZone("", -5*3600))
	r.Source = race.SourceHTTP
	r.Mark = race.Mark{
		MarkedAt: gun().Add(time.Microsecond), ClockOffset: -1500 * time.Microsecond,
		ClockUncertainty: 20 * time.Millisecond, Device: "teléfono", DeviceSeq: 7,
	}
	d, teams, err := f.Append(f.ctx, race.Batch{Competition: first, Epoch: f.epoch[first], Requests: []race.Request{by(ana, teamAna, r)}})
	f.ok(err)
	f.equal("teams", teams, Dump().Teams[:1])
	r.Team, r.Judge, r.State, r.Slot, r.Seq, r.Event = teamAna, ana, race.StateCounted, 1, 1, 2
	r.ReceivedAt = r.ReceivedAt.Truncate(time.Microsecond)
	f.equal("stored", f.records(first), []race.TimeRecord{r})
	f.equal("decided", d.Store, []race.TimeRecord{r})
}

func appendNumbers(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	n := 0
	for round := range 12 {
		if round == 2 {
			f.transition(first, true, gun())
		}
		repeated := by(ana, teamAna, mark(1, time.Minute)) // held, later counted, later duplicate
		f.append(first, repeated, by(beto, teamBeto, marks(1000+n, 2)...), repeated)
		n += 2
	}
	all := append(f.records(first), f.held(first)...)
	seqs, events, slots := map[int64]bool{}, map[int64]bool{}, map[[2]int64]bool{}
	for _, r := range all {
		seqs[r.Seq] = true
		if r.State == race.StateCounted {
			events[r.Event] = true
			slots[[2]int64{int64(r.Team), int64(r.Slot)}] = true
		}
	}
	a := f.activate(first)
	f.equal("seqs", []int64{int64(len(seqs)), a.Seq}, []int64{int64(len(all)), int64(len(all))})
	for i := int64(1); i <= a.Seq; i++ {
		f.equal("seq is there", seqs[i], true)
	}
	f.equal("events, with the start", int64(len(events))+1, a.Event)
	f.equal("distinct slots", len(slots), len(f.records(first)))
}

func appendInactiveJudge(t *testing.T, s persistence.Store) {
	f := running(t, s)
	d, teams, err := f.Append(f.ctx, race.Batch{
		Competition: first, Epoch: f.epoch[first], Requests: []race.Request{by(carla, teamCarla, mark(1, time.Minute))},
	})
	f.ok(err)
	f.code("reply", d.Replies[0].Err, race.CodeForeignTeam)
	f.equal("judge of the team", teams[0].Judge, race.JudgeID(0))
}
