package storetest

import (
	"errors"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

func judgeCredential(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	_, err := f.Add(f.ctx, persistence.Dump{Judges: []persistence.JudgeRow{
		{Judge: race.Judge{ID: 9, Username: "ANA", Email: "x_y@example.org", Active: true}},
		{Judge: race.Judge{ID: 10, Username: "ana@example.org", Active: true}},
	}}, false)
	f.ok(err)
	for login, want := range map[string]race.JudgeID{
		"ana": ana, "ANA": 9, "carla": carla, // user names exactly, inactive ones too
		"ana@example.org": 10,                          // a user name goes before an e-mail
		"ANA@EXAMPLE.ORG": ana, "Ana@example.org": ana, // e-mails in any case, the lowest id
		"x_y@example.org": 9, "X_Y@Example.org": 9,
	} {
		c, j, err := f.JudgeCredential(f.ctx, login)
		f.ok(err)
		f.equal(login, []int64{int64(j.ID), c.ID}, []int64{int64(want), int64(want)})
	}
	for _, login := range []string{"", "Beto", "%", "a%", "ana@%", "xzy@example.org", "___", " ana", "ana' OR '1'='1"} {
		if _, _, err := f.JudgeCredential(f.ctx, login); !errors.Is(err, race.ErrNotFound) {
			f.Errorf("login %q: got %v, want ErrNotFound", login, err)
		}
	}
	f.ok(f.SetJudgePassword(f.ctx, carla, "new"))
	c, j, err := f.JudgeCredential(f.ctx, "carla")
	f.ok(err)
	f.equal("credential", c, race.Credential{ID: int64(carla), Hash: "new"})
	f.equal("judge", j, Dump().Judges[2].Judge)
	got, err := f.Judge(f.ctx, ana)
	f.ok(err)
	f.equal("judge by id", got, Dump().Judges[0].Judge)
}

func organizerCredential(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	for login, want := range map[string]int64{"root": 1, "staff": 2, "root@example.org": 1, "ROOT@example.org": 1} {
		c, o, err := f.OrganizerCredential(f.ctx, login)
		f.ok(err)
		f.equal(login, []int64{c.ID, int64(o.ID)}, []int64{want, want})
	}
	for _, login := range []string{"", "Root", "r%", "____", "ana"} {
		if _, _, err := f.OrganizerCredential(f.ctx, login); !errors.Is(err, race.ErrNotFound) {
			f.Errorf("login %q: got %v, want ErrNotFound", login, err)
		}
	}
	f.ok(f.SetOrganizerPassword(f.ctx, 1, "new"))
	c, o, err := f.OrganizerCredential(f.ctx, "root")
	f.ok(err)
	f.equal("credential", c, race.Credential{ID: 1, Hash: "new", Active: true})
	f.equal("organizer", o, Dump().Organizers[0].Organizer)
	got, err := f.Organizer(f.ctx, 2)
	f.ok(err)
	f.equal("organizer by id", got, Dump().Organizers[1].Organizer)
}

func tokenRevoked(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	revoked := func() bool {
		r, err := f.TokenRevoked(f.ctx, "token")
		f.ok(err)
		return r
	}
	f.equal("before", revoked(), false)
	for i, want := range []bool{true, false, false} {
		got, err := f.RevokeToken(f.ctx, "token", time.Now().Add(time.Duration(i+1)*time.Hour))
		f.ok(err)
		f.equal("first time", got, want)
	}
	f.equal("after", revoked(), true)
}

func missing(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	_, err := f.Activate(f.ctx, 99)
	errs := map[string]error{"Activate": err}
	_, _, errs["Append"] = f.Append(f.ctx, race.Batch{Competition: 99, Epoch: 1})
	_, _, errs["Transition"] = f.Transition(f.ctx, race.Transition{Competition: 99, Epoch: 1, Start: true, At: gun()})
	_, errs["Competition"] = f.Competition(f.ctx, 99)
	_, errs["Team"] = f.Team(f.ctx, 99)
	_, errs["Judge"] = f.Judge(f.ctx, 99)
	_, errs["Organizer"] = f.Organizer(f.ctx, 99)
	_, errs["Archive"] = f.Archive(f.ctx, 99)
	_, errs["Purge"] = f.Purge(f.ctx, 99)
	errs["SetJudgePassword"] = f.SetJudgePassword(f.ctx, 99, "x")
	errs["SetOrganizerPassword"] = f.SetOrganizerPassword(f.ctx, 99, "x")
	for name, err := range errs {
		if !errors.Is(err, race.ErrNotFound) {
			f.Errorf("%s: got %v, want ErrNotFound", name, err)
		}
	}
	f.ok(f.Ping(f.ctx))
}
