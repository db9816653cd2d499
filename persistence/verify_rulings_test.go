package persistence

import (
	"strings"
	"testing"
	"time"

	"server5k/race"
)

// ruledOn is sound(1), stopped, with a corrected gun, a void record that was
// reinstated by an undo, and two versions of official results.
func ruledOn() Archive {
	a := sound(1)
	at := time.Date(2026, 5, 3, 9, 0, 0, 0, time.UTC)
	a.Competition.StartedAt, a.Competition.FinishedAt, a.Event = at, at.Add(time.Hour), 11
	rule := func(r race.Ruling) {
		r.ID, r.Competition, r.At = race.RulingID(len(a.Rulings)+1), 1, at
		r.Event = int64(r.ID) + 2
		r.Key = race.OrderKey{9, byte(r.ID)}
		e := a.Evidence()
		a.Competition = e.Apply(r)
		a.Rulings = append(a.Rulings, r)
		if r.Kind == race.RulingOfficial {
			v := race.Version{Competition: 1, Number: r.Version, Ruling: r.ID, At: at}
			v.Sheet, v.Digest = a.Evidence().Sheet().Encode()
			a.Versions = append(a.Versions, v)
		}
	}
	rule(race.Ruling{Kind: race.RulingGun, Amount: time.Second})
	rule(race.Ruling{Kind: race.RulingVoid, Record: 2, Team: 7})
	rule(race.Ruling{Kind: race.RulingOfficial, Version: 1})
	rule(race.Ruling{Kind: race.RulingUndo, Undoes: 3, Record: 2, Team: 7})
	rule(race.Ruling{Kind: race.RulingOfficial, Version: 2})
	rule(race.Ruling{Kind: race.RulingDeclare, Team: 7, Declared: race.Declaration{Total: 3, Device: "web-1", Highest: 3}})
	return a
}

func TestVerifier_FindsWhatTheRulingsDoNotSay(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(a *Archive){
		"":                                          func(*Archive) {},
		"decisión 3: su registro 4 no exis":         func(a *Archive) { a.Rulings[2].Record = 4 },
		"decisión 3: su equipo 9 no está":           func(a *Archive) { a.Rulings[2].Team = 9 },
		"decisión 5: deshace la 6, que no":          func(a *Archive) { a.Rulings[4].Undoes = 6 },
		"decisión 2: está dos veces":                func(a *Archive) { a.Rulings[2].ID = 2 },
		"su clave es también de la 2":               func(a *Archive) { a.Rulings[2].Key = a.Rulings[1].Key },
		"la salida está corregida en 2s":            func(a *Archive) { a.Competition.GunShift = 2 * time.Second },
		"según las decisiones es 0s":                func(a *Archive) { a.Rulings[1].Amount = 0 },
		"hay 1 versiones oficiales":                 func(a *Archive) { a.Versions = a.Versions[:1] },
		"la última debe ser la 3":                   func(a *Archive) { a.Competition.Version = 3 },
		"2 versiones oficiales, 1 decisione":        func(a *Archive) { a.Rulings[5].Kind = race.RulingAccept },
		"decisión 7: declara 1001 marcas":           func(a *Archive) { a.Rulings[6].Declared.Total = race.MaxDeclared + 1 },
		"decisión 7: declara -1 marcas":             func(a *Archive) { a.Rulings[6].Declared.Total = -1 },
		"hasta la -2 de \"web-1\"":                  func(a *Archive) { a.Rulings[6].Declared.Highest = -2 },
		"decisión 7: declara 3 marcas del equipo 0": func(a *Archive) { a.Rulings[6].Team = 0 },
		"hasta la 3 de \"ñññ":                       func(a *Archive) { a.Rulings[6].Declared.Device = strings.Repeat("ñ", race.MaxDeviceLength+1) },
		"declara marcas y es de la clase":           func(a *Archive) { a.Rulings[6].Kind = race.RulingPenalty },
		"oficial 3: falta una anterior":             func(a *Archive) { a.Versions[1].Number = 3 },
		"oficial 1: no la publicó la deci":          func(a *Archive) { a.Versions[0].Ruling = 6 },
		"oficial 1: su contenido no es el":          func(a *Archive) { a.Versions[0].Sheet = a.Versions[1].Sheet },
		"oficial 2: su contenido no se ent": func(a *Archive) {
			v := &a.Versions[1]
			e := a.Evidence()
			e.Competition.ID = 2
			v.Sheet, v.Digest = e.Sheet().Encode()
		},
	} {
		a := ruledOn()
		change(&a)
		var texts []string
		for _, d := range NewVerifier().Check(a) {
			texts = append(texts, d.Text)
		}
		if got := strings.Join(texts, "; "); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The digest is that of the results with the rulings, and the recount is of the
// records as they were stored.
func TestVerifier_DigestHasTheRulings(t *testing.T) {
	t.Parallel()
	a := ruledOn()
	r, err := NewVerifier().Competition(t.Context(), &moving{archives: []Archive{a}, ahead: a}, 1)
	if err != nil || r.Damages != nil {
		t.Fatalf("got %+v, %v", r.Damages, err)
	}
	if want := race.StandingsDigest(a.Competition, a.Evidence().Standings()); r.Standings != want {
		t.Errorf("got %s, want %s", r.Standings, want)
	}
	if raw := race.StandingsDigest(a.Competition, race.Rank(a.Competition, a.Teams, a.Records)); r.Standings == raw {
		t.Error("the digest is that of the records alone")
	}
}
