package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// edit runs a successful edit.
func (f *fixture) edit(do func(ctx context.Context, e race.Editor) error) {
	f.Helper()
	f.ok(f.Edit(f.ctx, do))
}

func editPuts(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	want := race.Competition{Name: "Nueva", ScheduledAt: gun(), TeamSize: 4, Rounding: race.RoundUpTotal, Clock: race.ClockCorrected}
	team := race.Team{Judge: ana, Name: "Ñandú Íñiguez", Bib: 7, Category: "elite"}
	judge := race.Judge{Username: "dora", FirstName: "Dora", LastName: "Ñ", Email: "d@example.org", Active: true, CreatedAt: gun(), SignedOutAt: gun()}
	organizer := race.Organizer{Username: "olga", Email: "o@example.org", Viewer: true, Active: true, CreatedAt: gun(), SignedOutAt: gun()}
	f.edit(func(ctx context.Context, e race.Editor) (err error) {
		steps := []func() error{
			func() error { return e.PutCategory(ctx, race.CategoryRow{Code: "elite", Name: "Élite"}) },
			func() error { want.ID, err = e.PutCompetition(ctx, want); return err },
			func() error { team.Competition = want.ID; team.ID, err = e.PutTeam(ctx, team); return err },
			func() error { judge.ID, err = e.PutJudge(ctx, judge, "hash"); return err },
			func() error { organizer.ID, err = e.PutOrganizer(ctx, organizer, "hash"); return err },
		}
		for _, step := range steps {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	changed := want
	changed.Name, changed.Active, changed.TeamSize, changed.Running, changed.Version, changed.GunShift = "Otra", true, 5, true, 3, time.Second
	changed.Clock = race.ClockClient
	team.Name, team.Judge = "Ñandúes", 0
	judge.Username, judge.Active, judge.CreatedAt = "dorita", false, gun()
	organizer.Viewer, organizer.Superuser = false, true
	f.edit(func(ctx context.Context, e race.Editor) error {
		_, err := e.PutCompetition(ctx, changed)
		_, err2 := e.PutTeam(ctx, team)
		_, err3 := e.PutJudge(ctx, judge, "")
		_, err4 := e.PutOrganizer(ctx, organizer, "other")
		return errors.Join(err, err2, err3, err4, e.PutCategory(ctx, race.CategoryRow{Code: "elite", Name: "Elite"}))
	})
	changed.Running, changed.Version, changed.GunShift = false, 0, 0 // never written
	f.edit(func(ctx context.Context, e race.Editor) error {
		c, err := e.Competition(ctx, want.ID)
		f.ok(err)
		f.equal("competition", c, changed)
		category, err := e.Category(ctx, "elite")
		f.ok(err)
		f.equal("category", category, race.CategoryRow{Code: "elite", Name: "Elite"})
		if _, err := e.Category(ctx, "none"); !errors.Is(err, race.ErrNotFound) {
			t.Errorf("no category: %v", err)
		}
		got, err := e.Team(ctx, team.ID)
		f.ok(err)
		f.equal("team", got, team)
		teams, err := e.Teams(ctx, want.ID)
		f.ok(err)
		f.equal("teams", teams, []race.Team{team})
		j, err := e.Judge(ctx, judge.ID)
		f.ok(err)
		f.equal("judge", j, judge)
		o, err := e.Organizer(ctx, organizer.ID)
		f.ok(err)
		f.equal("organizer", o, organizer)
		return nil
	})
	credential, _, err := f.JudgeCredential(f.ctx, "dorita")
	f.ok(err)
	f.equal("the password stays", credential.Hash, "hash")
	credential, _, err = f.OrganizerCredential(f.ctx, "olga")
	f.ok(err)
	f.equal("a new password", credential.Hash, "other")
	categories, err := f.Categories(f.ctx)
	f.ok(err)
	f.equal("category", categories[0], race.CategoryRow{Code: "elite", Name: "Elite"})
	f.activate(want.ID)
}

// Each edit fails with a code and a text, and nothing that came before it in the
// same transaction stays, even when its caller overlooks the error.
func editFailsWhole(t *testing.T, s persistence.Store) {
	f := judged(t, s)
	f.edit(func(ctx context.Context, e race.Editor) error {
		_, err := e.PutJudge(ctx, race.Judge{Username: "idle", Active: true}, "h")
		return err
	})
	before := f.archive(first)
	for name, c := range map[string]struct {
		do   func(ctx context.Context, e race.Editor) error
		code race.Code
		text string
	}{
		"judge taken": {func(ctx context.Context, e race.Editor) error {
			_, err := e.PutJudge(ctx, race.Judge{Username: "ana"}, "")
			return err
		}, race.CodeTaken, `"ana"`},
		"renamed to one taken": {func(ctx context.Context, e race.Editor) error {
			_, err := e.PutJudge(ctx, race.Judge{ID: ana, Username: "beto"}, "")
			return err
		}, race.CodeTaken, `"beto"`},
		"organizer taken": {func(ctx context.Context, e race.Editor) error {
			_, err := e.PutOrganizer(ctx, race.Organizer{Username: "staff"}, "")
			return err
		}, race.CodeTaken, `"staff"`},
		"bib taken": {func(ctx context.Context, e race.Editor) error {
			_, err := e.PutTeam(ctx, race.Team{Competition: first, Name: "x", Bib: 2, Category: race.CategoryStudents})
			return err
		}, race.CodeTaken, "dorsal 2"},
		"no category": {func(ctx context.Context, e race.Editor) error {
			_, err := e.PutTeam(ctx, race.Team{Competition: first, Name: "x", Bib: 9, Category: "nada"})
			return err
		}, race.CodeInvalidValue, "no existe"},
		"no competition": {func(ctx context.Context, e race.Editor) error {
			_, err := e.PutTeam(ctx, race.Team{Competition: 99, Name: "x", Bib: 9, Category: race.CategoryStudents})
			return err
		}, race.CodeInvalidValue, "no existe"},
		"no name": {func(ctx context.Context, e race.Editor) error {
			_, err := e.PutCompetition(ctx, race.Competition{})
			return err
		}, race.CodeInvalidValue, "no se admite"},
		"competition in use": {func(ctx context.Context, e race.Editor) error { return e.RemoveCompetition(ctx, first) }, race.CodeInUse, "registros"},
		"team in use":        {func(ctx context.Context, e race.Editor) error { return e.RemoveTeam(ctx, teamAna) }, race.CodeInUse, "registros"},
		"team moves with its records": {func(ctx context.Context, e race.Editor) error {
			_, err := e.PutTeam(ctx, race.Team{ID: teamAna, Competition: second, Name: "x", Bib: 9, Category: race.CategoryStudents})
			return err
		}, race.CodeInUse, "registros"},
		"judge in use":    {func(ctx context.Context, e race.Editor) error { return e.RemoveJudge(ctx, ana) }, race.CodeInUse, "registros"},
		"category in use": {func(ctx context.Context, e race.Editor) error { return e.RemoveCategory(ctx, "veteranos") }, race.CodeInUse, `"veteranos"`},
		"grant of nothing": {func(ctx context.Context, e race.Editor) error {
			return e.SetGrants(ctx, 2, []race.CompetitionID{first, 99})
		}, race.CodeInvalidValue, "no existe"},
		"own error": {func(context.Context, race.Editor) error {
			return race.Errorf(race.CodeStale, "otro la cambió")
		}, race.CodeStale, "otro la cambió"},
	} {
		for _, overlooked := range []bool{false, true} {
			err := f.Edit(f.ctx, func(ctx context.Context, e race.Editor) error {
				_, err := e.PutTeam(ctx, race.Team{ID: teamNobody, Competition: first, Name: "cambiado", Bib: 44, Category: "veteranos"})
				f.ok(err)
				f.ok(e.Note(ctx, race.AuditEntry{At: gun(), Author: "root", Action: "team.update", Competition: first}))
				if err := c.do(ctx, e); !overlooked || name == "own error" {
					return err
				}
				return nil
			})
			f.code(name, err, c.code)
			if err != nil && !strings.Contains(err.Error(), c.text) {
				f.Errorf("%s: %q does not say %q", name, err, c.text)
			}
		}
	}
	f.equal("nothing is stored", f.archive(first), before)
	grants, err := f.Grants(f.ctx, 2)
	f.ok(err)
	f.equal("grants", len(grants), 2)
}

func editMissing(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	for name, do := range map[string]func(ctx context.Context, e race.Editor) error{
		"Competition": func(ctx context.Context, e race.Editor) error { _, err := e.Competition(ctx, 99); return err },
		"PutCompetition": func(ctx context.Context, e race.Editor) error {
			_, err := e.PutCompetition(ctx, race.Competition{ID: 99, Name: "x"})
			return err
		},
		"RemoveCompetition": func(ctx context.Context, e race.Editor) error { return e.RemoveCompetition(ctx, 99) },
		"Team":              func(ctx context.Context, e race.Editor) error { _, err := e.Team(ctx, 99); return err },
		"PutTeam": func(ctx context.Context, e race.Editor) error {
			_, err := e.PutTeam(ctx, race.Team{ID: 99, Competition: first, Name: "x"})
			return err
		},
		"RemoveTeam": func(ctx context.Context, e race.Editor) error { return e.RemoveTeam(ctx, 99) },
		"Judge":      func(ctx context.Context, e race.Editor) error { _, err := e.Judge(ctx, 99); return err },
		"PutJudge": func(ctx context.Context, e race.Editor) error {
			_, err := e.PutJudge(ctx, race.Judge{ID: 99, Username: "x"}, "")
			return err
		},
		"SetJudgeCode": func(ctx context.Context, e race.Editor) error { return e.SetJudgeCode(ctx, 99, race.Digest{1}, gun()) },
		"RemoveJudge":  func(ctx context.Context, e race.Editor) error { return e.RemoveJudge(ctx, 99) },
		"Organizer":    func(ctx context.Context, e race.Editor) error { _, err := e.Organizer(ctx, 99); return err },
		"PutOrganizer": func(ctx context.Context, e race.Editor) error {
			_, err := e.PutOrganizer(ctx, race.Organizer{ID: 99, Username: "x"}, "")
			return err
		},
		"RemoveOrganizer": func(ctx context.Context, e race.Editor) error { return e.RemoveOrganizer(ctx, 99) },
		"RemoveCategory":  func(ctx context.Context, e race.Editor) error { return e.RemoveCategory(ctx, "nada") },
	} {
		if err := f.Edit(f.ctx, do); !errors.Is(err, race.ErrNotFound) {
			f.Errorf("%s: got %v, want ErrNotFound", name, err)
		}
	}
	_, err := f.Evidence(f.ctx, 99)
	if !errors.Is(err, race.ErrNotFound) {
		f.Errorf("evidence: got %v, want ErrNotFound", err)
	}
}

// What an owner knows in memory ends its epoch when it changes.
func editEndsEpochs(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	rojos, solos := Dump().Teams[0], Dump().Teams[3]
	for name, c := range map[string]struct {
		do   func(ctx context.Context, e race.Editor) error
		ends []race.CompetitionID
	}{
		"competition": {func(ctx context.Context, e race.Editor) error {
			_, err := e.PutCompetition(ctx, Dump().Competitions[0])
			return err
		}, []race.CompetitionID{first}},
		"team renamed": {func(ctx context.Context, e race.Editor) error {
			rojos.Name += "!"
			_, err := e.PutTeam(ctx, rojos)
			return err
		}, []race.CompetitionID{first}},
		"team added": {func(ctx context.Context, e race.Editor) error {
			id, err := e.PutTeam(ctx, race.Team{Competition: second, Name: "x", Bib: 9, Category: race.CategoryStudents})
			return errors.Join(err, e.RemoveTeam(ctx, id))
		}, []race.CompetitionID{second}},
		"team moved": {func(ctx context.Context, e race.Editor) error {
			solos.Competition = first + second - solos.Competition
			_, err := e.PutTeam(ctx, solos)
			return err
		}, []race.CompetitionID{first, second}},
		"judge of the first": {func(ctx context.Context, e race.Editor) error {
			_, err := e.PutJudge(ctx, race.Judge{ID: beto, Username: "beto"}, "")
			return err
		}, []race.CompetitionID{first}},
		"judge removed": {func(ctx context.Context, e race.Editor) error { return e.RemoveJudge(ctx, carla) }, []race.CompetitionID{first}},
		"judge renamed": {func(ctx context.Context, e race.Editor) error {
			_, err := e.PutJudge(ctx, race.Judge{ID: ana, Username: "anita", Active: true}, "")
			return err
		}, nil},
		"a look": {func(ctx context.Context, e race.Editor) error {
			_, err := e.Teams(ctx, first)
			_, err2 := e.Competition(ctx, first)
			return errors.Join(err, err2)
		}, nil},
	} {
		f.activate(first)
		f.activate(second)
		f.edit(c.do)
		for _, id := range []race.CompetitionID{first, second} {
			ended := errors.Is(f.Confirm(f.ctx, id, f.epoch[id]), race.ErrFenced)
			f.equal(name+" ends the epoch", ended, slices.Contains(c.ends, id))
		}
	}
	teams, err := f.Teams(f.ctx, race.TeamFilter{Judge: carla})
	f.ok(err)
	f.equal("teams of the judge who is gone", len(teams), 0)
}

func editRemoves(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	f.edit(func(ctx context.Context, e race.Editor) error {
		return errors.Join(
			e.RemoveTeam(ctx, teamNobody), e.RemoveCategory(ctx, "veteranos"), e.RemoveJudge(ctx, ana),
			e.RemoveCompetition(ctx, second), e.RemoveOrganizer(ctx, 1),
			e.Note(ctx, race.AuditEntry{At: gun(), Author: "root", Action: "competition.delete", Competition: second, Subject: "Segunda"}),
		)
	})
	_, err := f.Competition(f.ctx, second)
	_, err2 := f.Judge(f.ctx, ana)
	_, err3 := f.Team(f.ctx, teamSecond)
	for _, err := range []error{err, err2, err3} {
		if !errors.Is(err, race.ErrNotFound) {
			f.Errorf("got %v, want ErrNotFound", err)
		}
	}
	accounts, err := f.Accounts(f.ctx)
	f.ok(err)
	f.equal("grants", accounts.Grants, []race.Grant{{Competition: first, Organizer: 2}})
	f.equal("what happened to it stays", []any{len(accounts.Audit), accounts.Audit[0].Action}, []any{1, "competition.delete"})
}
