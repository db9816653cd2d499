package print_test

import (
	"fmt"
	"time"

	"server5k/gateway/print"
	"server5k/race"
)

var (
	guayaquil = time.FixedZone("-05", -5*3600)
	gun       = time.Date(2026, 11, 21, 13, 0, 0, 0, time.UTC) // 08:00 in Guayaquil
	printedAt = gun.Add(3 * time.Hour)
)

// field is a race of n teams with 15 records each. Team 3 has an absent runner,
// team 4 misses two records, team 5 was disqualified, team 6 has a penalty, and
// the gun was corrected by 2.35 s.
func field(n int, rounding race.Rounding) race.Evidence {
	e := race.Evidence{Competition: race.Competition{
		ID: 1, Name: "5K UNL por equipos «Ñandú Íñiguez» 2026", Active: true, StartedAt: gun, FinishedAt: gun.Add(time.Hour),
		GunShift: 2350 * time.Millisecond, TeamSize: 15, Rounding: rounding,
	}}
	names := []string{"Ñandú Íñiguez", "Los Halcones de Loja", "Žižkov Łódź", "Facultad de la Energía, las Industrias y los Recursos Naturales no Renovables", "Águilas", "Cóndores 🦅"}
	for i := 1; i <= n; i++ {
		t := race.Team{ID: race.TeamID(i), Competition: 1, Judge: race.JudgeID(i), Name: fmt.Sprintf("Equipo %d", i), Bib: 100 + i, Category: race.CategoryStudents}
		if i <= len(names) {
			t.Name = names[i-1]
		}
		if i%7 == 0 {
			t.Category = race.CategoryFaculties
		}
		e.Teams = append(e.Teams, t)
		for slot := 1; slot <= 15; slot++ {
			if i == 4 && slot > 13 {
				break
			}
			elapsed := 18*time.Minute + time.Duration(slot*47+(i*37)%101)*time.Second + time.Duration((i*131+slot*77)%1000)*time.Millisecond
			if i == 3 && slot == 15 {
				elapsed = 0
			}
			e.Records = append(e.Records, mark(int64(len(e.Records)+1), t, slot, elapsed))
		}
	}
	e.Rulings = []race.Ruling{
		{ID: 1, Competition: 1, Kind: race.RulingStart, Author: "ana", At: gun},
		{ID: 2, Competition: 1, Kind: race.RulingStop, Author: "ana", At: gun.Add(time.Hour)},
		{ID: 3, Competition: 1, Kind: race.RulingGun, Amount: 2350 * time.Millisecond, Author: "ana", At: gun.Add(61 * time.Minute), Reason: "El disparo salió tarde"},
		{ID: 4, Competition: 1, Kind: race.RulingPenalty, Team: 6, Amount: 30 * time.Second, Author: "josé", At: gun.Add(62 * time.Minute), Reason: "Relevo fuera de zona"},
		{ID: 5, Competition: 1, Kind: race.RulingDisqualify, Team: 5, Author: "josé", At: gun.Add(63 * time.Minute), Reason: "Corrió alguien que no estaba inscrito (art. 12)"},
	}
	return e
}

func mark(seq int64, t race.Team, slot int, elapsed time.Duration) race.TimeRecord {
	r := race.TimeRecord{
		Team: t.ID, Judge: t.Judge, Elapsed: elapsed, Source: race.SourceSocket, State: race.StateCounted, Slot: slot, Seq: seq,
		ReceivedAt: gun.Add(elapsed + 180*time.Millisecond),
		Mark: race.Mark{
			MarkedAt: gun.Add(elapsed), ClockOffset: -120 * time.Millisecond, ClockUncertainty: 35 * time.Millisecond,
			Device: "Pixel 7a", DeviceSeq: int64(slot),
		},
	}
	r.ID[0], r.ID[15] = byte(seq>>8), byte(seq)
	return r
}

// disputed is a race of 8 teams where much was ruled about team 1: a mark over the
// limit came, one was void and is not any more, one was moved here and one away.
func disputed() race.Evidence {
	e := field(8, race.RoundUpEach)
	team := e.Teams[0]
	held := mark(int64(len(e.Records)+1), team, 0, 27*time.Minute)
	held.State, held.Reason, held.Source = race.StateHeld, race.CodeTeamComplete, race.SourceHTTP
	typed := mark(held.Seq+1, team, 0, 26*time.Minute+500*time.Millisecond)
	typed.State, typed.Reason, typed.Source, typed.Judge, typed.Mark = race.StateHeld, race.CodeManual, race.SourceManual, 0, race.Mark{}
	typed.ReceivedAt = gun.Add(26 * time.Hour)
	e.Records = append(e.Records, held, typed)
	at := gun.Add(70 * time.Minute)
	rule := func(r race.Ruling) {
		r.ID, r.Competition, r.Author, r.At = race.RulingID(len(e.Rulings)+1), 1, "maria", at.Add(time.Duration(len(e.Rulings))*time.Minute)
		e.Rulings = append(e.Rulings, r)
	}
	rule(race.Ruling{Kind: race.RulingVoid, Team: 1, Record: 2, Reason: "Doble toque"})
	rule(race.Ruling{Kind: race.RulingUndo, Team: 1, Record: 2, Undoes: 6, Reason: "El video muestra a dos corredores"})
	rule(race.Ruling{Kind: race.RulingMove, Team: 2, Record: 15, Reason: "Era de los Halcones"})
	rule(race.Ruling{Kind: race.RulingMove, Team: 1, Record: 30, Reason: "Era de los Ñandú"})
	rule(race.Ruling{Kind: race.RulingVoid, Team: 1, Record: 1, Reason: "Marcó a un espectador"})
	rule(race.Ruling{Kind: race.RulingAdd, Team: 1, Record: typed.Seq, Reason: "Planilla de respaldo"})
	rule(race.Ruling{Kind: race.RulingAccept, Finding: fmt.Sprintf("held-%d", held.Seq), Reason: "Sobra"})
	rule(race.Ruling{Kind: race.RulingPenalty, Team: 2, Amount: time.Second, Reason: "No es de este equipo"})
	return e
}

// publish returns the results of e, official.
func publish(e race.Evidence) print.Results {
	s := e.Sheet()
	b, digest := s.Encode()
	return print.Results{Sheet: s, Version: &race.Version{
		Competition: 1, Number: 2, Author: "maria", At: gun.Add(2 * time.Hour), Digest: digest, Sheet: b,
	}, Latest: 2}
}

// cards are n judges with their teams.
func cards(n int) print.Credentials {
	out := print.Credentials{Competition: "5K UNL por equipos «Ñandú Íñiguez» 2026"}
	for i := 1; i <= n; i++ {
		c := print.Credential{
			Judge:    race.Judge{ID: race.JudgeID(i), Username: fmt.Sprintf("juez%02d", i), FirstName: "María José", LastName: "Íñiguez Ñato"},
			Password: "kf7mwx2hqn", LoginURL: fmt.Sprintf("https://carrera.unl.edu.ec/juez/#c=ABCDEFGHIJKLMNOP%04d", i),
		}
		for team := range i % 6 {
			c.Teams = append(c.Teams, race.Team{ID: race.TeamID(team + 1), Name: "Ñandú Íñiguez", Bib: 101 + team})
		}
		if i == 2 {
			c.Password, c.LoginURL = "", ""
		}
		out.Cards = append(out.Cards, c)
	}
	return out
}
