package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// checkChain recomputes the hash chain of an archive: its links follow each
// other from 1 to Seq, and each has the digest of its records. What a store made
// must also pass the checks of a persistence.Verifier.
func checkChain(a persistence.Archive) error {
	var last race.Link
	for _, l := range a.Links {
		if l.FirstSeq != last.LastSeq+1 || l.LastSeq < l.FirstSeq || l.LastSeq > int64(len(a.Records)) {
			return fmt.Errorf("link %d to %d follows %d, there are %d records", l.FirstSeq, l.LastSeq, last.LastSeq, len(a.Records))
		}
		if want := race.NewLink(a.Competition.ID, l.Epoch, last.Digest, a.Records[l.FirstSeq-1:l.LastSeq]); l != want {
			return fmt.Errorf("got link %+v, want %+v", l, want)
		}
		last = l
	}
	if last.LastSeq != a.Seq || int64(len(a.Records)) != a.Seq {
		return fmt.Errorf("links end at %d, there are %d records and the last number is %d", last.LastSeq, len(a.Records), a.Seq)
	}
	if damages := persistence.NewVerifier().Check(a); len(damages) > 0 {
		return errors.New(damages[0].Text)
	}
	return nil
}

func (f *fixture) archive(id race.CompetitionID) persistence.Archive {
	f.Helper()
	a, err := f.Archive(f.ctx, id)
	f.ok(err)
	return a
}

// chain checks the hash chain of a competition and returns its links.
func (f *fixture) chain(id race.CompetitionID) []race.Link {
	f.Helper()
	a := f.archive(id)
	f.ok(checkChain(a))
	return a.Links
}

func chainCovers(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	f.equal("links of nothing", len(f.chain(first)), 0)
	f.append(first, by(ana, teamAna, mark(1, time.Minute)), by(beto, teamBeto, mark(2, time.Minute))) // held
	f.transition(first, true, gun())
	f.append(first, by(ana, teamAna, mark(1, time.Minute)), by(ana, teamAna, marks(100, 15)...)) // counted and held
	f.append(first, by(ana, teamAna, mark(1, time.Minute)), by(beto, teamAna, mark(3, 0)))       // nothing to store
	old := f.epoch[first]
	f.activate(first)
	f.append(first, by(beto, teamBeto, mark(3, time.Minute)))
	f.chain(first)
	full := marks(200, 2)
	for i := range full {
		full[i].Team, full[i].Judge, full[i].ReceivedAt = teamCarla, carla, full[i].ReceivedAt.Add(time.Nanosecond)
	}
	foreign := mark(300, time.Minute)
	foreign.Team = teamSecond
	_, err := f.Add(f.ctx, persistence.Dump{Records: append(full, foreign)}, false)
	f.ok(err)
	f.equal("links of the other", len(f.chain(second)), 1)
	added := f.epoch[first]
	f.activate(first)
	f.transition(first, false, gun().Add(time.Hour))
	f.append(first, by(beto, teamBeto, mark(4, time.Minute))) // held
	var got [][3]int64
	for _, l := range f.chain(first) {
		got = append(got, [3]int64{l.FirstSeq, l.LastSeq, l.Epoch})
	}
	f.equal("links", got, [][3]int64{{1, 2, old}, {3, 18, old}, {19, 19, added}, {20, 21, added}, {22, 22, f.epoch[first]}})
}

// filled has a running competition and a stopped one, with records of every
// kind, decisions and a revoked token.
func filled(t *testing.T, s persistence.Store) *fixture {
	t.Helper()
	f := setup(t, s)
	f.append(first, by(ana, teamAna, mark(1, time.Minute)))
	f.transition(first, true, gun())
	f.transition(second, true, gun())
	anonymous := mark(2, time.Minute)
	anonymous.Anonymous = true
	evidence := mark(3, race.MaxElapsed)
	evidence.Mark = race.Mark{
		MarkedAt: gun().Add(time.Microsecond), ClockOffset: -1500 * time.Microsecond,
		ClockUncertainty: 20 * time.Millisecond, Device: "teléfono", DeviceSeq: 7,
	}
	f.append(first, by(ana, teamAna, anonymous, mark(1, time.Minute)), by(beto, teamBeto, evidence))
	f.append(second, by(ana, teamSecond, marks(10, 5)...))
	f.append(first, by(ana, teamAna, mark(4, 0)))
	f.transition(second, false, gun().Add(time.Hour))
	_, err := f.RevokeToken(f.ctx, "token", gun().Add(24*time.Hour))
	f.ok(err)
	return f
}

func archiveHasEverything(t *testing.T, s persistence.Store) {
	f := filled(t, s)
	accounts, err := f.Accounts(f.ctx)
	f.ok(err)
	want := Dump()
	f.equal("accounts", accounts, persistence.Accounts{
		Organizers: want.Organizers,
		Judges:     want.Judges,
		Categories: []race.CategoryRow{
			{Code: race.CategoryStudents, Name: "Estudiantes por Equipos"},
			{Code: race.CategoryFaculties, Name: "Interfacultades por Equipos"},
			{Code: "veteranos", Name: "veteranos"},
		},
		Revoked: []persistence.RevokedToken{{ID: "token", ExpiresAt: gun().Add(24 * time.Hour)}},
		Grants:  []race.Grant{{Competition: first, Organizer: 2}, {Competition: second, Organizer: 2}},
	})
	a := f.archive(second)
	c := want.Competitions[1]
	c.StartedAt, c.FinishedAt = gun(), gun().Add(time.Hour)
	f.equal("competition", a.Competition, c)
	f.equal("teams", a.Teams, want.Teams[4:])
	records := append(f.records(second), f.held(second)...)
	slices.SortFunc(records, func(x, y race.TimeRecord) int { return cmp.Compare(x.Seq, y.Seq) })
	f.equal("records", a.Records, records)
	f.equal("numbers", []int64{a.Seq, a.Event, a.Epoch}, []int64{5, 3, f.epoch[second]})
	f.ok(checkChain(a))
	for i := range a.Rulings {
		f.equal("ruling has an id", a.Rulings[i].ID > 0, true)
		a.Rulings[i].ID = 0
	}
	f.equal("rulings", a.Rulings, []race.Ruling{
		{Competition: second, Kind: race.RulingStart, Event: 1, Author: "root", At: gun(), Reason: "test"},
		{Competition: second, Kind: race.RulingStop, Event: 3, Author: "root", At: gun().Add(time.Hour), Reason: "test"},
	})
	f.equal("stream", a.Stream, f.activate(second).Stream)
	f.equal("teams by bib, as assigned", f.archive(first).Teams, []race.Team{want.Teams[1], want.Teams[0], want.Teams[2], want.Teams[3]})
	f.equal("counted and held", len(f.archive(first).Records), 5)
}

// archives yields the competitions of a store one after the other, then err if
// there is one.
func (f *fixture) archives(err error) iter.Seq2[persistence.Archive, error] {
	return func(yield func(persistence.Archive, error) bool) {
		for _, id := range []race.CompetitionID{first, second} {
			if !yield(f.Archive(f.ctx, id)) {
				return
			}
		}
		if err != nil {
			yield(persistence.Archive{}, err)
		}
	}
}

func restoreEquals(t *testing.T, s, other persistence.Store) {
	f := filled(t, s)
	g := &fixture{T: t, Store: other, ctx: f.ctx, epoch: map[race.CompetitionID]int64{}}
	accounts, err := f.Accounts(f.ctx)
	f.ok(err)
	accounts.Categories[0].Name = "Otro nombre"
	n, err := g.Restore(f.ctx, accounts, f.archives(nil))
	f.ok(err)
	f.equal("counts", n, persistence.Counts{Organizers: 2, Judges: 3, Competitions: 2, Teams: 5, Records: 10})
	restored, err := g.Accounts(f.ctx)
	f.ok(err)
	f.equal("accounts", restored, accounts)
	for _, id := range []race.CompetitionID{first, second} {
		f.equal("archive", g.archive(id), f.archive(id))
		f.equal("activation", g.activate(id), f.activate(id))
	}

	next := by(beto, teamBeto, mark(50, time.Minute))
	f.equal("decision", g.append(first, next), f.append(first, next))
	f.equal("archive", g.archive(first), f.archive(first))
	f.chain(first)
	f.transition(first, false, gun().Add(time.Hour))
	g.transition(first, false, gun().Add(time.Hour))
	rulings := g.archive(first).Rulings
	f.equal("ids of rulings go on", rulings[1].ID > rulings[0].ID, true)
	_, err = g.Add(f.ctx, persistence.Dump{
		Judges:       []persistence.JudgeRow{{Judge: race.Judge{Username: "new"}}},
		Competitions: []race.Competition{{Name: "Nueva"}},
		Teams:        []race.Team{{Competition: first, Name: "Nuevos", Bib: 9, Category: race.CategoryStudents}},
	}, false)
	f.ok(err)
	_, j, err := g.JudgeCredential(f.ctx, "new")
	f.ok(err)
	f.equal("ids of judges go on", j.ID > carla, true)
}

func restoreRefuses(t *testing.T, s persistence.Store) {
	f := setup(t, s)
	accounts, err := f.Accounts(f.ctx)
	f.ok(err)
	before := f.archive(first)
	_, err = f.Restore(f.ctx, accounts, f.archives(nil))
	f.code("competitions", err, race.CodeConflict)
	f.equal("archive", f.archive(first), before)
	_, err = f.Clear(f.ctx)
	f.ok(err)
	_, err = f.Restore(f.ctx, accounts, f.archives(nil))
	f.code("organizers only", err, race.CodeConflict)
}

func restoreFailsWhole(t *testing.T, s, other persistence.Store) {
	f := filled(t, s)
	g := &fixture{T: t, Store: other, ctx: f.ctx}
	accounts, err := f.Accounts(f.ctx)
	f.ok(err)
	broken := errors.New("the file ends here")
	_, err = g.Restore(f.ctx, accounts, f.archives(broken))
	if !errors.Is(err, broken) {
		f.Errorf("got %v, want the error of the iterator", err)
	}
	f.equal("empty", g.empty(), true)
	for name, c := range map[string]struct {
		change func(*persistence.Archive)
		code   race.Code
	}{
		"Rojos":                {func(a *persistence.Archive) { a.Teams[1].Judge = 99 }, race.CodeInvalidValue},
		"Primera":              {func(a *persistence.Archive) { a.Stream = 0 }, race.CodeInvalidValue},
		recordID(4).String():   {func(a *persistence.Archive) { a.Links = a.Links[:len(a.Links)-1] }, race.CodeInvalidValue},
		recordID(2).String():   {func(a *persistence.Archive) { a.Records[1].Elapsed = -time.Minute }, race.CodeInvalidValue},
		"eslabón 1":            {func(a *persistence.Archive) { a.Links = append(a.Links, a.Links[0]) }, race.CodeConflict},
		"la decisión":          {func(a *persistence.Archive) { a.Rulings[0].Kind = "" }, race.CodeInvalidValue},
		"dorsal 1 de la compe": {func(a *persistence.Archive) { a.Teams[1].Bib = 1 }, race.CodeConflict},
	} {
		a := f.archive(first)
		c.change(&a)
		_, err := g.Restore(f.ctx, accounts, func(yield func(persistence.Archive, error) bool) { yield(a, nil) })
		f.code(name, err, c.code)
		if err != nil && !strings.Contains(err.Error(), name) {
			f.Errorf("%q does not name %q", err, name)
		}
	}
	f.equal("empty", g.empty(), true)
	_, err = g.Restore(f.ctx, accounts, f.archives(nil))
	f.ok(err)
}
