package storetest

import (
	"strings"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

func (f *fixture) empty() bool {
	f.Helper()
	empty, err := f.Empty(f.ctx)
	f.ok(err)
	return empty
}

func addDryRun(t *testing.T, s persistence.Store) {
	f := &fixture{T: t, Store: s, ctx: t.Context()}
	want := persistence.Counts{Organizers: 2, Judges: 3, Competitions: 2, Teams: 5}
	n, err := f.Add(f.ctx, Dump(), true)
	f.ok(err)
	f.equal("counts", n, want)
	f.equal("empty", f.empty(), true)
	n, err = f.Add(f.ctx, Dump(), false)
	f.ok(err)
	f.equal("counts", n, want)
	f.equal("empty", f.empty(), false)
	_, err = f.Add(f.ctx, Dump(), true)
	f.code("dry run of what exists", err, race.CodeConflict)
}

func addTwice(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	d := persistence.Dump{
		Judges: []persistence.JudgeRow{{Judge: race.Judge{Username: "new"}}},
		Teams:  []race.Team{{Competition: first, Name: "Rojos", Bib: 2, Category: race.CategoryStudents}},
	}
	_, err := f.Add(f.ctx, d, false)
	f.code("bib exists", err, race.CodeConflict)
	if err != nil && !strings.Contains(err.Error(), "Rojos") {
		f.Errorf("%q does not name the row", err)
	}
	if _, _, err := f.JudgeCredential(f.ctx, "new"); err == nil {
		f.Error("half of the dump was stored")
	}
	d.Teams[0].Bib = 5
	_, err = f.Add(f.ctx, d, false)
	f.ok(err)
	_, j, err := f.JudgeCredential(f.ctx, "new")
	f.ok(err)
	if j.ID <= carla {
		f.Errorf("id %d was given before", j.ID)
	}
}

func addMixedIDs(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	judge := func(id race.JudgeID, name string) persistence.JudgeRow {
		return persistence.JudgeRow{Judge: race.Judge{ID: id, Username: name}}
	}
	_, err := f.Add(f.ctx, persistence.Dump{Judges: []persistence.JudgeRow{judge(0, "x"), judge(4, "y"), judge(0, "z")}}, false)
	f.ok(err)
	seen := map[race.JudgeID]bool{}
	for _, name := range []string{"x", "y", "z"} {
		_, j, err := f.JudgeCredential(f.ctx, name)
		f.ok(err)
		f.equal(name+": id", []bool{j.ID > carla, j.ID == 4, seen[j.ID]}, []bool{true, name == "y", false})
		seen[j.ID] = true
	}
}

func addRecords(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	record := func(n int, team race.TeamID, after, elapsed time.Duration) race.TimeRecord {
		return race.TimeRecord{ID: recordID(n), Team: team, Judge: ana, Elapsed: elapsed, ReceivedAt: gun().Add(after), Source: race.SourceImport}
	}
	n, err := f.Add(f.ctx, persistence.Dump{Records: []race.TimeRecord{
		record(1, teamAna, time.Hour, 3*time.Minute), record(2, teamBeto, time.Hour, 2*time.Minute),
		record(3, teamAna, time.Minute, time.Minute), record(4, teamSecond, 0, time.Minute),
	}}, false)
	f.ok(err)
	f.equal("counts", n, persistence.Counts{Records: 4})
	want := []race.TimeRecord{
		record(3, teamAna, time.Minute, time.Minute), record(2, teamBeto, time.Hour, 2*time.Minute), record(1, teamAna, time.Hour, 3*time.Minute),
	}
	for i := range want {
		want[i].State, want[i].Seq, want[i].Slot, want[i].Event = race.StateCounted, int64(i+1), 1, 1
	}
	want[1].Event, want[2].Slot = 2, 2
	f.equal("records", f.records(first), want)
	a := f.activate(first)
	f.equal("numbers", []int64{a.Seq, a.Event}, []int64{3, 2})
	f.transition(first, true, gun())
	f.equal("slot of the next", f.append(first, by(ana, teamAna, mark(9, 0))).Store[0].Slot, 3)
}

func addBadRow(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	team := race.Team{ID: 77, Competition: 99, Name: "Perdidos", Bib: 1, Category: race.CategoryStudents}
	full := marks(1, 4)
	for i := range full {
		full[i].Team = teamSecond
	}
	twin := persistence.OrganizerRow{Organizer: race.Organizer{Username: "root"}}
	for _, c := range []struct {
		dump persistence.Dump
		code race.Code
		name string
	}{
		{persistence.Dump{Teams: []race.Team{team}}, race.CodeInvalidValue, "Perdidos"},
		{persistence.Dump{Organizers: []persistence.OrganizerRow{twin}}, race.CodeConflict, "root"},
		{persistence.Dump{Competitions: []race.Competition{{Name: "Larga", TeamSize: 16}}}, race.CodeInvalidValue, "Larga"},
		{persistence.Dump{Records: []race.TimeRecord{{ID: recordID(1), Team: 99}}}, race.CodeNoSuchTeam, recordID(1).String()},
		{persistence.Dump{Records: full}, race.CodeTeamComplete, full[3].ID.String()},
		{persistence.Dump{Records: append(full[:1:1], full[0])}, race.CodeConflict, full[0].ID.String()},
	} {
		_, err := f.Add(f.ctx, c.dump, false)
		f.code(c.name, err, c.code)
		if err != nil && !strings.Contains(err.Error(), c.name) {
			f.Errorf("%q does not name %q", err, c.name)
		}
	}
	f.equal("records", len(f.records(second)), 0)
}

func clearAll(t *testing.T, s persistence.Store) {
	f := running(t, s)
	f.append(first, by(ana, teamAna, marks(1, 2)...))
	f.transition(second, false, gun().Add(time.Hour))
	_, err := f.Clear(f.ctx)
	f.code("while one runs", err, race.CodeAlreadyRuns)
	f.equal("records", len(f.records(first)), 2)

	f.transition(first, false, gun().Add(time.Hour))
	n, err := f.Clear(f.ctx)
	f.ok(err)
	f.equal("counts", n, persistence.Counts{Judges: 3, Competitions: 2, Teams: 5, Records: 2})
	f.equal("empty", f.empty(), false)
	_, err = f.Organizer(f.ctx, 1)
	f.ok(err)
	all, err := f.Competitions(f.ctx, 0)
	f.ok(err)
	f.equal("competitions", len(all), 0)
	d := Dump()
	d.Organizers = nil
	_, err = f.Add(f.ctx, d, false)
	f.ok(err)
}

func purgeFinished(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	_, err := f.Purge(f.ctx, first)
	f.code("never started", err, race.CodeInvalidValue)
	f.transition(first, true, gun())
	f.transition(second, true, gun())
	f.append(first, by(ana, teamAna, marks(1, 2)...))
	f.append(second, by(ana, teamSecond, mark(9, 0)))
	_, err = f.Purge(f.ctx, first)
	f.code("running", err, race.CodeAlreadyRuns)
	end := gun().Add(time.Hour)
	c, _ := f.transition(first, false, end)
	finished := func(before time.Time) []race.Competition {
		cs, err := f.Finished(f.ctx, before)
		f.ok(err)
		return cs
	}
	f.equal("finished before its end", len(finished(end)), 0)
	f.equal("finished", finished(end.Add(time.Second)), []race.Competition{c})

	n, err := f.Purge(f.ctx, first)
	f.ok(err)
	f.equal("counts", n, persistence.Counts{Competitions: 1, Teams: 4, Records: 2})
	f.equal("finished", len(finished(end.Add(time.Second))), 0)
	f.equal("records of the other", len(f.records(second)), 1)
	f.equal("its records", len(f.records(first)), 0)
	_, err = f.Judge(f.ctx, ana)
	f.ok(err)
}
