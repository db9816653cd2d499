package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// Publish stops a competition, makes its results official and writes two entries
// into the audit log, for tests of what a driver promises beyond the contract.
func Publish(t *testing.T, s persistence.Store, id race.CompetitionID, epoch int64) {
	t.Helper()
	f := &fixture{T: t, Store: s, ctx: t.Context(), epoch: map[race.CompetitionID]int64{id: epoch}}
	f.transition(id, false, gun().Add(time.Hour))
	f.rule(1, race.Order{Competition: id, Kind: race.RulingOfficial, Override: true})
	f.edit(func(ctx context.Context, e race.Editor) error {
		return errors.Join(e.Note(ctx, race.AuditEntry{At: gun(), Author: "root", Action: "a", Competition: id}),
			e.Note(ctx, race.AuditEntry{At: gun(), Author: "root", Action: "b"}))
	})
}

func officeLists(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	want := Dump()
	judges, err := f.Judges(f.ctx)
	f.ok(err)
	f.equal("judges", judges, []race.Judge{want.Judges[0].Judge, want.Judges[1].Judge, want.Judges[2].Judge})
	organizers, err := f.Organizers(f.ctx)
	f.ok(err)
	f.equal("organizers", organizers, []race.Organizer{want.Organizers[0].Organizer, want.Organizers[1].Organizer})
	categories, err := f.Categories(f.ctx)
	f.ok(err)
	var codes []race.Category
	for _, c := range categories {
		codes = append(codes, c.Code)
	}
	f.equal("categories", codes, []race.Category{race.CategoryStudents, race.CategoryFaculties, "veteranos"})
}

func judgeCode(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	set := func(id race.JudgeID, code race.Digest, expires time.Time) {
		t.Helper()
		f.edit(func(ctx context.Context, e race.Editor) error { return e.SetJudgeCode(ctx, id, code, expires) })
	}
	find := func(code race.Digest, now time.Time) race.JudgeID {
		t.Helper()
		j, err := f.JudgeByCode(f.ctx, code, now)
		if !errors.Is(err, race.ErrNotFound) {
			f.ok(err)
		}
		return j.ID
	}
	one, two := race.Digest{1}, race.Digest{2}
	set(ana, one, gun())
	f.equal("good", find(one, gun().Add(-time.Microsecond)), ana)
	f.equal("over", find(one, gun()), race.JudgeID(0))
	f.equal("unknown", find(two, gun().Add(-time.Hour)), race.JudgeID(0))
	set(ana, two, gun())
	f.equal("replaced", find(one, gun().Add(-time.Hour)), race.JudgeID(0))
	f.equal("the new one", find(two, gun().Add(-time.Hour)), ana)
	set(ana, race.Digest{}, time.Time{})
	f.equal("taken away", find(two, gun().Add(-time.Hour)), race.JudgeID(0))
	set(carla, one, gun())
	f.edit(func(ctx context.Context, e race.Editor) error { return e.RemoveJudge(ctx, carla) })
	f.equal("of nobody", find(one, gun().Add(-time.Hour)), race.JudgeID(0))
}

func grantsReplaced(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	grants := func(id race.OrganizerID) []race.Grant {
		gs, err := f.Grants(f.ctx, id)
		f.ok(err)
		return gs
	}
	both := []race.Grant{{Competition: first, Organizer: 2}, {Competition: second, Organizer: 2}}
	f.equal("who came with the competitions", grants(0), both)
	f.equal("a superuser needs none", len(grants(1)), 0)
	f.edit(func(ctx context.Context, e race.Editor) error {
		return errors.Join(e.SetGrants(ctx, 2, []race.CompetitionID{second, second}), e.SetGrants(ctx, 1, []race.CompetitionID{first}))
	})
	f.equal("replaced", grants(2), both[1:])
	f.equal("all", grants(0), []race.Grant{{Competition: first, Organizer: 1}, both[1]})
	f.edit(func(ctx context.Context, e race.Editor) error {
		ids, err := e.Grants(ctx, 2)
		f.equal("in the edit", ids, []race.CompetitionID{second})
		return errors.Join(err, e.SetGrants(ctx, 2, nil))
	})
	f.equal("none", len(grants(2)), 0)
}

func auditFilters(t *testing.T, s persistence.Store) {
	f := judged(t, s) // two rulings of root
	f.rule(1, race.Order{Kind: race.RulingDisqualify, Team: teamAna})
	f.edit(func(ctx context.Context, e race.Editor) error {
		var errs []error
		for i, n := range []race.AuditEntry{
			{Author: "root", Action: "team.update", Competition: first, Subject: "2 Rojos", Detail: `{"name":["a","b"]}`},
			{Author: "staff", Action: "team.create", Competition: second, Subject: "9 %"},
			{Author: "root", Action: "organizer.create", Subject: "olga"},
		} {
			n.At = orderAt(10 + i)
			errs = append(errs, e.Note(ctx, n))
		}
		return errors.Join(errs...)
	})
	list := func(filter race.AuditFilter) []string {
		t.Helper()
		entries, total, err := f.Audit(f.ctx, filter)
		f.ok(err)
		out := []string{fmt.Sprint(total)}
		for _, e := range entries {
			out = append(out, e.Action)
		}
		return out
	}
	for _, c := range []struct {
		name   string
		filter race.AuditFilter
		want   []string
	}{
		{"all", race.AuditFilter{}, []string{"6", "organizer.create", "team.create", "team.update", "ruling.disqualify", "ruling.stop", "ruling.start"}},
		{"competition", race.AuditFilter{Competition: second}, []string{"1", "team.create"}},
		{"none may be seen", race.AuditFilter{Competitions: []race.CompetitionID{}}, []string{"0"}},
		{"some may be seen", race.AuditFilter{Competitions: []race.CompetitionID{second, 99}}, []string{"1", "team.create"}},
		{"one of them", race.AuditFilter{Competition: first, Competitions: []race.CompetitionID{second}}, []string{"0"}},
		{"author", race.AuditFilter{Author: "staff"}, []string{"1", "team.create"}},
		{"prefix", race.AuditFilter{Action: "team."}, []string{"2", "team.create", "team.update"}},
		{"no pattern", race.AuditFilter{Action: "%"}, []string{"0"}},
		{"rulings", race.AuditFilter{Action: "ruling.st", Author: "root", Competitions: []race.CompetitionID{first}}, []string{"2", "ruling.stop", "ruling.start"}},
		{"page", race.AuditFilter{Offset: 1, Limit: 2}, []string{"6", "team.create", "team.update"}},
		{"beyond", race.AuditFilter{Offset: 9}, []string{"6"}},
	} {
		f.equal(c.name, list(c.filter), c.want)
	}
	entries, _, err := f.Audit(f.ctx, race.AuditFilter{Offset: 2, Limit: 2})
	f.ok(err)
	f.equal("two have ids", entries[0].ID > 0 && entries[1].ID == int64(entries[1].Ruling), true)
	r := f.evidence(first).Rulings[2]
	f.equal("entries", entries, []race.AuditEntry{
		{ID: entries[0].ID, At: orderAt(10), Author: "root", Action: "team.update", Competition: first, Subject: "2 Rojos", Detail: `{"name":["a","b"]}`},
		{ID: int64(r.ID), At: r.At, Author: "root", Action: "ruling.disqualify", Competition: first, Subject: "2 Rojos", Detail: "razón 1", Ruling: r.ID},
	})
}

func teamCounts(t *testing.T, s persistence.Store) {
	f := judged(t, s)
	counts := func(ids ...race.CompetitionID) map[race.TeamID]race.TeamCount {
		t.Helper()
		n, err := f.TeamCounts(f.ctx, ids)
		f.ok(err)
		return n
	}
	want := map[race.TeamID]race.TeamCount{
		teamAna: {Competition: first, Counted: 3, Held: 1}, teamBeto: {Competition: first, Counted: 1},
		teamCarla: {Competition: first}, teamNobody: {Competition: first},
	}
	f.equal("one", counts(first), want)
	want[teamSecond] = race.TeamCount{Competition: second}
	f.equal("both", counts(first, second), want)
	f.equal("none", len(counts()), 0)
	f.rule(1, race.Order{Kind: race.RulingVoid, Record: heldEarly})
	f.rule(2, race.Order{Kind: race.RulingAdd, Team: teamAna, Elapsed: time.Minute})
	f.equal("nothing waits any more", counts(first)[teamAna], race.TeamCount{Competition: first, Counted: 3})
}

// Two organizers change the same rows in another order at once; both succeed.
func editConcurrently(t *testing.T, s persistence.Store) {
	f := running(t, s)
	teams := map[race.TeamID]race.Team{}
	for _, team := range Dump().Teams {
		teams[team.ID] = team
	}
	errs := make(chan error, 2)
	var wg sync.WaitGroup
	for _, order := range [][]race.TeamID{{teamAna, teamSecond}, {teamSecond, teamAna}} {
		wg.Go(func() {
			var failed error
			for range 10 {
				err := f.Edit(f.ctx, func(ctx context.Context, e race.Editor) error {
					for _, id := range order {
						team, err := e.Team(ctx, id)
						if err != nil {
							return err
						}
						team.Name += "+"
						if _, err := e.PutTeam(ctx, team); err != nil {
							return err
						}
					}
					return nil
				})
				failed = errors.Join(failed, err)
			}
			errs <- failed
		})
	}
	wg.Wait()
	f.ok(errors.Join(<-errs, <-errs))
	for _, id := range []race.TeamID{teamAna, teamSecond} {
		row, err := f.Team(f.ctx, id)
		f.ok(err)
		f.equal("no change is lost", len(row.Name)-len(teams[id].Name), 20)
	}
}

// officeRestored is restoreEquals with all that the office keeps.
func officeRestored(t *testing.T, s, other persistence.Store) {
	f := judged(t, s)
	f.rule(1, race.Order{Kind: race.RulingGun, Amount: time.Second})
	void := f.rule(2, race.Order{Kind: race.RulingVoid, Record: 2}).Ruling.ID
	f.rule(3, race.Order{Kind: race.RulingUndo, Undoes: void})
	f.rule(4, race.Order{Kind: race.RulingAdd, Team: teamBeto, Elapsed: time.Hour})
	f.rule(5, race.Order{Kind: race.RulingAccept, Finding: f.evidence(first).Findings()[0].Key})
	f.rule(6, race.Order{Kind: race.RulingOfficial, Override: true})
	f.rule(8, race.Order{Kind: race.RulingDeclare, Judge: ana, Team: teamAna, Declared: race.Declaration{Total: 4, Device: "web-ñ", Highest: 4}})
	f.rule(9, race.Order{Kind: race.RulingConceal, Record: 3})
	f.edit(func(ctx context.Context, e race.Editor) error {
		_, err := e.PutOrganizer(ctx, race.Organizer{ID: 2, Username: "staff", Viewer: true, SignedOutAt: gun()}, "")
		return errors.Join(err, e.SetGrants(ctx, 2, []race.CompetitionID{second}),
			e.Note(ctx, race.AuditEntry{At: gun(), Author: "root", Action: "a", Competition: first}),
			e.Note(ctx, race.AuditEntry{At: gun(), Author: "root", Action: "b"}),
			e.Note(ctx, race.AuditEntry{At: gun(), Author: "root", Action: "c", Competition: 99}))
	})
	accounts, err := f.Accounts(f.ctx)
	f.ok(err)
	f.equal("entries of nothing", len(accounts.Audit), 2)
	g := &fixture{T: t, Store: other, ctx: f.ctx, epoch: map[race.CompetitionID]int64{}}
	_, err = g.Restore(f.ctx, accounts, f.archives(nil))
	f.ok(err)
	restored, err := g.Accounts(f.ctx)
	f.ok(err)
	f.equal("accounts", restored, accounts)
	for _, id := range []race.CompetitionID{first, second} {
		f.equal("archive", g.archive(id), f.archive(id))
		f.equal("activation", g.activate(id), f.activate(id))
		f.equal("results", g.evidence(id).Standings(), f.evidence(id).Standings())
	}
	f.equal("what an archive has", []int{len(g.archive(first).Rulings), len(g.archive(first).Versions), len(g.archive(first).Audit)}, []int{10, 1, 1})
	g.chain(first)
	g.rule(7, race.Order{Kind: race.RulingReopen})
	_, err = g.Rule(g.ctx, g.order(2, race.Order{Kind: race.RulingVoid, Record: 2}))
	f.ok(err)
	g.edit(func(ctx context.Context, e race.Editor) error {
		return e.Note(ctx, race.AuditEntry{At: gun(), Author: "root", Action: "d"})
	})
	g.chain(first)

	f.transition(second, true, gun())
	f.transition(second, false, gun().Add(time.Hour))
	n, err := f.Purge(f.ctx, first)
	f.ok(err)
	f.equal("purged", n, persistence.Counts{Competitions: 1, Teams: 4, Records: 6})
	after, err := f.Accounts(f.ctx)
	f.ok(err)
	f.equal("entries of nothing", after.Audit, accounts.Audit)
	_, err = f.Clear(f.ctx)
	f.ok(err)
}

// Old files have no grants: every organizer sees everything.
func restoreGrantsAll(t *testing.T, s, other persistence.Store) {
	f := setup(t, s)
	accounts, err := f.Accounts(f.ctx)
	f.ok(err)
	want := accounts.Grants
	accounts.Grants, accounts.GrantAll = nil, true
	_, err = other.Restore(f.ctx, accounts, f.archives(nil))
	f.ok(err)
	got, err := other.Grants(f.ctx, 0)
	f.ok(err)
	f.equal("grants", got, want)
}
