package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"server5k/persistence"
	"server5k/race"
)

// damages are changes behind the program's back, to the database of fill, and
// what verify has to say of each.
var damages = []struct {
	name string
	sql  []string
	want []string
}{
	{
		"one millisecond",
		[]string{`UPDATE time_records SET elapsed_ms = elapsed_ms + 1 WHERE competition_id = 1 AND seq = 9`},
		[]string{"lote 8–11 dañado (época 2): el contenido difiere"},
	},
	{
		"one millisecond of a held mark",
		[]string{`UPDATE time_records SET elapsed_ms = elapsed_ms - 1 WHERE competition_id = 1 AND seq = 2`},
		[]string{"lote 1–2 dañado (época 2): el contenido difiere"},
	},
	{
		"record deleted",
		[]string{`DELETE FROM time_records WHERE competition_id = 1 AND seq = 5`},
		[]string{"lote 3–7 dañado (época 2): falta el registro 5"},
	},
	{
		"last record of a batch deleted",
		[]string{`DELETE FROM time_records WHERE competition_id = 1 AND seq = 21`},
		[]string{"lote 18–21 dañado (época 5): falta el registro 21"},
	},
	{
		"two swapped",
		[]string{
			`UPDATE time_records SET seq = 1000 WHERE competition_id = 1 AND seq = 4`,
			`UPDATE time_records SET seq = 4 WHERE competition_id = 1 AND seq = 10`,
			`UPDATE time_records SET seq = 10 WHERE competition_id = 1 AND seq = 1000`,
		},
		[]string{"lote 3–7 dañado (época 2): el contenido difiere"},
	},
	{
		"slot moved",
		[]string{`UPDATE time_records SET slot = 6 WHERE competition_id = 1 AND seq = 8`},
		[]string{"lote 8–11 dañado (época 2): el contenido difiere", "lote 18–21 dañado", "su puesto 6 del equipo 12 es también del registro 8"},
	},
	{
		"slot beyond the team",
		[]string{`UPDATE time_records SET slot = 7 WHERE competition_id = 1 AND seq = 8`},
		[]string{"lote 8–11 dañado (época 2): el contenido difiere", "su puesto 7 no está entre 1 y 6"},
	},
	{
		"held mark counts",
		[]string{`UPDATE time_records SET state = 'counted', slot = 6, event = 2 WHERE competition_id = 1 AND seq = 13`},
		[]string{"lote 12–14 dañado (época 3): el contenido difiere", "registro 13: su puesto 6 del equipo 11 es también del registro 12"},
	},
	{
		"event never given",
		[]string{`UPDATE time_records SET event = 99 WHERE competition_id = 1 AND seq = 3`},
		[]string{"lote 3–7 dañado (época 2): el contenido difiere", "registro 3: su evento 99 no está entre 1 y"},
	},
	{
		"decision with another's event",
		[]string{`UPDATE decisions SET event = 2 WHERE competition_id = 1`},
		[]string{"su evento 2 anunció otra cosa"},
	},
	{
		"batch deleted",
		[]string{`DELETE FROM batches WHERE competition_id = 1 AND first_seq = 8`},
		[]string{"lote 8–11 dañado: falta en la cadena, con registros"},
	},
	{
		"last batch deleted",
		[]string{`DELETE FROM batches WHERE competition_id = 1 AND first_seq = 18`},
		[]string{"lote 18–21 dañado: falta en la cadena, con registros"},
	},
	{
		"batch deleted with its records",
		[]string{
			`DELETE FROM batches WHERE competition_id = 1 AND first_seq = 18`,
			`DELETE FROM time_records WHERE competition_id = 1 AND seq >= 18`,
		},
		[]string{"lote 18–21 dañado: faltan el lote y sus registros"},
	},
	{
		"end cut off with its counter",
		[]string{
			`DELETE FROM batches WHERE competition_id = 1 AND first_seq = 18`,
			`DELETE FROM time_records WHERE competition_id = 1 AND seq >= 18`,
			`UPDATE competitions SET seq = 17 WHERE id = 1`,
		},
		[]string{"la huella de la competencia no es la de su último lote (15–17)"},
	},
	{
		"digest changed",
		[]string{`UPDATE batches SET digest = (SELECT b.digest FROM batches b WHERE b.competition_id = 2) WHERE competition_id = 1 AND first_seq = 3`},
		[]string{"lote 3–7 dañado (época 2): se cambió su huella; sus registros están intactos"},
	},
	{
		"last digest changed",
		[]string{`UPDATE batches SET digest = (SELECT b.digest FROM batches b WHERE b.competition_id = 2) WHERE competition_id = 1 AND first_seq = 18`},
		[]string{"lote 18–21 dañado (época 5): se cambió su huella; sus registros están intactos"},
	},
	{
		"epoch of a batch changed",
		[]string{`UPDATE batches SET epoch = 3 WHERE competition_id = 1 AND first_seq = 8`},
		[]string{"lote 8–11 dañado (época 3): el contenido difiere"},
	},
	{
		"counter too high",
		[]string{`UPDATE competitions SET seq = 22 WHERE id = 1`},
		[]string{"el contador dice 22 registros y la cadena termina en el 21"},
	},
	{
		"counter too low",
		[]string{`UPDATE competitions SET seq = 20 WHERE id = 1`},
		[]string{"el contador dice 20 registros y la cadena termina en el 21"},
	},
	{
		"record inserted",
		[]string{insertRecord("22", "11111111-1111-4111-8111-111111111111")},
		[]string{"sobra el registro 22: está fuera de todo lote"},
	},
	{
		"record inserted and counted",
		[]string{
			insertRecord("22", "11111111-1111-4111-8111-111111111111"),
			`UPDATE competitions SET seq = 22 WHERE id = 1`,
		},
		[]string{"lote 22–22 dañado: falta en la cadena, con registros"},
	},
	{
		"id of another record",
		[]string{`UPDATE time_records SET record_id = (SELECT r.record_id FROM time_records r WHERE r.competition_id = 1 AND r.seq = 3)
WHERE competition_id = 2 AND seq = 2`},
		[]string{"competencia 2 «Segunda»: lote 1–3 dañado (época 2): el contenido difiere", "registro 2: su id"},
	},
	{
		"team moved",
		[]string{`UPDATE teams SET competition_id = 2, bib = 9 WHERE id = 12`},
		[]string{"competencia 1", "lote 8–11 dañado (época 2): registro 8: su equipo 12 no está en la competencia"},
	},
}

func insertRecord(seq, id string) string {
	return `INSERT INTO time_records (record_id, competition_id, team_id, judge_id, elapsed_ms, state, slot, seq, event, source,
anonymous, received_at, epoch)
SELECT '` + id + `', competition_id, 13, judge_id, elapsed_ms, state, 2, ` + seq + `, event, source, anonymous, received_at, epoch
FROM time_records WHERE competition_id = 1 AND seq = 17`
}

func TestVerify_FindsDamage(t *testing.T) {
	t.Parallel()
	for name, setup := range bothDatabases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.store(func(s persistence.Store) { fill(t, s) })
			for _, d := range damages {
				t.Run(d.name, func(t *testing.T) {
					copied := b.copy(t)
					copied.spoil(d.sql...)
					out, err := copied.run("", "verify")
					if err == nil || !strings.Contains(err.Error(), "hay daños en 1 de 2 competencias") {
						t.Errorf("got %v", err)
					}
					for _, want := range d.want {
						if !strings.Contains(out, want) {
							t.Errorf("printed %q, want %q", out, want)
						}
					}
				})
			}
		})
	}
}

func TestVerify_PassesWhatTheProgramStored(t *testing.T) {
	t.Parallel()
	for name, setup := range bothDatabases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			if out := b.must("verify"); !strings.Contains(out, "Todo bien: competencias 0") {
				t.Errorf("printed %q", out)
			}
			b.store(func(s persistence.Store) { fill(t, s) })
			out := b.must("verify")
			for _, want := range []string{
				`competencia 1 «Vuelta "Ñandú" \ <5K>»: bien (21 registros en 6 lotes, resultados `,
				"competencia 2 «Segunda»: bien (3 registros en 1 lotes, resultados ", "Todo bien: competencias 2",
			} {
				if !strings.Contains(out, want) {
					t.Errorf("printed %q, want %q", out, want)
				}
			}
		})
	}
}

func TestVerify_JSON(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store(func(s persistence.Store) { fill(t, s) })
	b.spoil(damages[0].sql...)
	out, err := b.run("", "verify", "--json")
	if err == nil {
		t.Error("no error")
	}
	var got struct {
		Intact       bool       `json:"bien"`
		Competitions []verified `json:"competencias"`
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	if got.Intact || len(got.Competitions) != 2 || !got.Competitions[1].Intact {
		t.Fatalf("got %+v", got)
	}
	if d := got.Competitions[0].Damages; len(d) != 1 || d[0].First != 8 || d[0].Last != 11 {
		t.Errorf("damages %+v", d)
	}
}

// A judge writes all the time that verify and export read.
func TestVerifyAndExport_BesideAWriter(t *testing.T) {
	t.Parallel()
	for name, setup := range bothDatabases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.store(func(s persistence.Store) {
				fill(t, s)
				id := manyTeams(t, s)
				o := own(t, s, id)
				o.transition(true)
				ctx, stop := context.WithCancel(t.Context())
				written := make(chan int, 1)
				go func() { // ends with stop
					n := 0
					for ; ctx.Err() == nil && n < 10*200*6; n += 6 { // first counted, then held ones
						if err := o.try(1, race.TeamID(1001+n/6%200), o.make(6)...); err != nil {
							t.Error(err)
							break
						}
					}
					written <- n
				}()
				for range 3 {
					if out := b.must("verify"); !strings.Contains(out, "Todo bien: competencias 3") {
						t.Errorf("printed %q", out)
					}
					file := filepath.Join(t.TempDir(), "vivo.jsonl")
					b.must("export", "--all", file)
					b.must("import", "--check", file)
				}
				stop()
				if n := <-written; n < 12 {
					t.Errorf("only %d records were written meanwhile", n)
				}
			})
		})
	}
}

// manyTeams adds a competition with 200 teams, numbered from 1001, of judge 1.
func manyTeams(t *testing.T, s persistence.Store) race.CompetitionID {
	t.Helper()
	d := persistence.Dump{Competitions: []race.Competition{{ID: 3, Name: "Grande", Active: true, TeamSize: 6, Rounding: race.RoundRaw}}}
	for i := range 200 {
		d.Teams = append(d.Teams, race.Team{
			ID: race.TeamID(1001 + i), Competition: 3, Judge: 1, Name: "Equipo", Bib: i + 1, Category: race.CategoryStudents,
		})
	}
	if _, err := s.Add(t.Context(), d, false); err != nil {
		t.Fatal(err)
	}
	return 3
}
