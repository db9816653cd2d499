package storetest

import (
	"errors"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

func activateFences(t *testing.T, s persistence.Store) {
	f := running(t, s)
	old := f.epoch[first]
	a := f.activate(first)
	if a.Epoch <= old {
		f.Errorf("epoch %d is not above %d", a.Epoch, old)
	}
	request := by(ana, teamAna, mark(1, time.Minute))
	_, _, err := f.Append(f.ctx, race.Batch{Competition: first, Epoch: old, Requests: []race.Request{request}})
	if !errors.Is(err, race.ErrFenced) {
		f.Errorf("append: got %v, want ErrFenced", err)
	}
	_, _, err = f.Transition(f.ctx, race.Transition{Competition: first, Epoch: old, At: gun()})
	if !errors.Is(err, race.ErrFenced) {
		f.Errorf("transition: got %v, want ErrFenced", err)
	}
	if err := f.Confirm(f.ctx, first, old); !errors.Is(err, race.ErrFenced) {
		f.Errorf("confirm: got %v, want ErrFenced", err)
	}
	f.ok(f.Confirm(f.ctx, first, a.Epoch))
	if err := f.Confirm(f.ctx, 999, 1); !errors.Is(err, race.ErrNotFound) {
		f.Errorf("confirm without a competition: got %v, want ErrNotFound", err)
	}
	f.equal("records", len(f.records(first)), 0)
	f.append(first, request)
	f.equal("records", len(f.records(first)), 1)
}

func activateLoads(t *testing.T, s persistence.Store) {
	f := running(t, s)
	f.append(first, by(ana, teamAna, marks(1, 2)...), by(beto, teamBeto, mark(9, 0)))
	a := f.activate(first)
	want := Dump()
	c := want.Competitions[0]
	c.Running, c.StartedAt = true, gun()
	carlas := want.Teams[2]
	carlas.Judge = 0
	f.equal("activation", a, race.Activation{
		Competition: c, Epoch: a.Epoch, Stream: a.Stream, Seq: 3, Event: 3,
		Teams: []race.Team{want.Teams[1], want.Teams[0], carlas, want.Teams[3]},
		Held:  map[race.TeamID]int{}, Records: f.records(first),
	})
	if a.Stream <= 0 || a.Stream >= 1<<53 {
		f.Errorf("stream %d is not a positive number of 53 bits", a.Stream)
	}
	f.equal("stream stays", f.activate(first).Stream, a.Stream)
}

func transitionCycle(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	_, _, err := f.Transition(f.ctx, race.Transition{Competition: first, Epoch: f.epoch[first], At: gun()})
	f.code("stop before the start", err, race.CodeNotRunning)

	c, event := f.transition(first, true, gun())
	want := Dump().Competitions[0]
	want.Running, want.StartedAt = true, gun()
	f.equal("started", c, want)
	f.equal("event", event, int64(1))
	_, _, err = f.Transition(f.ctx, race.Transition{Competition: first, Epoch: f.epoch[first], Start: true, At: gun()})
	f.code("start twice", err, race.CodeAlreadyRuns)
	f.append(first, by(ana, teamAna, mark(1, time.Minute)))

	end := gun().Add(time.Hour)
	c, event = f.transition(first, false, end)
	want.Running, want.FinishedAt = false, end
	f.equal("stopped", c, want)
	f.equal("event", event, int64(3))

	again := gun().Add(2 * time.Hour)
	c, _ = f.transition(first, true, again)
	want.Running, want.StartedAt, want.FinishedAt = true, again, time.Time{}
	f.equal("started again", c, want)
	c, err = f.Competition(f.ctx, first)
	f.ok(err)
	f.equal("stored", c, want)
	f.equal("records stay", len(f.records(first)), 1)
	f.equal("event of the next", f.append(first, by(ana, teamAna, mark(2, 0))).Event, int64(5))
}

func competitionLists(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	want := Dump().Competitions
	all, err := f.Competitions(f.ctx, 0)
	f.ok(err)
	f.equal("newest first", all, []race.Competition{want[1], want[0]})
	some, err := f.Competitions(f.ctx, beto)
	f.ok(err)
	f.equal("of a judge", some, want[:1])
}

func teamLists(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	ids := func(filter race.TeamFilter) []race.TeamID {
		teams, err := f.Teams(f.ctx, filter)
		f.ok(err)
		var out []race.TeamID
		for _, r := range teams {
			out = append(out, r.ID)
		}
		return out
	}
	f.equal("all", ids(race.TeamFilter{}), []race.TeamID{teamBeto, teamSecond, teamAna, teamCarla, teamNobody})
	f.equal("competition", ids(race.TeamFilter{Competition: second}), []race.TeamID{teamSecond})
	f.equal("judge", ids(race.TeamFilter{Judge: ana}), []race.TeamID{teamSecond, teamAna})
	f.equal("both", ids(race.TeamFilter{Judge: ana, Competition: first}), []race.TeamID{teamAna})
	one, err := f.Team(f.ctx, teamAna)
	f.ok(err)
	f.equal("one", one, race.TeamRow{Team: Dump().Teams[0], CompetitionName: "Primera", JudgeUsername: "ana"})
	one, err = f.Team(f.ctx, teamNobody)
	f.ok(err)
	f.equal("without judge", one, race.TeamRow{Team: Dump().Teams[3], CompetitionName: "Primera"})
}
