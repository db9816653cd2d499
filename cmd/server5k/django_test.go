package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/persistence"
	"server5k/race"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return v.UTC()
}

func recordID(t *testing.T, s string) race.RecordID {
	t.Helper()
	id, err := race.ParseRecordID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestDecodeDump_Golden(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/dump.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	got, report, err := decodeDump(f)
	if err != nil {
		t.Fatal(err)
	}
	record := func(n string, team race.TeamID, judge race.JudgeID, ms int64, received string, slot int) race.TimeRecord {
		return race.TimeRecord{
			ID: recordID(t, "5b0c1f7e-1111-4aaa-8bbb-00000000000"+n), Team: team, Judge: judge,
			Elapsed: time.Duration(ms) * time.Millisecond, ReceivedAt: at(t, received),
			Source: race.SourceImport, State: race.StateCounted, Slot: slot,
		}
	}
	want := persistence.Dump{
		Organizers: []persistence.OrganizerRow{{
			Organizer: race.Organizer{
				ID: 7, Username: "directora", Email: "directora@example.com", Superuser: true, Active: true,
				CreatedAt: at(t, "2026-01-02T03:04:05.678901Z"),
			},
			PasswordHash: "pbkdf2_sha256$600000$sal$aGFzaA==",
		}},
		Judges: []persistence.JudgeRow{{
			Judge: race.Judge{
				ID: 11, Username: "meta1", FirstName: "Íñigo", LastName: "Ñauta", Email: "meta1@example.com", Active: true,
				CreatedAt: at(t, "2026-01-05T10:00:00.000001Z"),
			},
			PasswordHash: "pbkdf2_sha256$600000$sal$b3Rybw==",
		}},
		Competitions: []race.Competition{{
			ID: 4, Name: "Vuelta al Estero", ScheduledAt: at(t, "2026-02-07T12:30:00Z"), Active: true,
			StartedAt: at(t, "2026-02-07T12:31:02.123456Z"), FinishedAt: at(t, "2026-02-07T13:45:00Z"),
			TeamSize: 15, Rounding: race.RoundRaw,
		}},
		Teams: []race.Team{
			{ID: 21, Competition: 4, Judge: 11, Name: `Águilas "A"`, Bib: 3, Category: race.CategoryStudents},
			{ID: 22, Competition: 4, Name: "Sin juez", Bib: 4, Category: race.CategoryFaculties},
		},
		Records: []race.TimeRecord{
			record("1", 21, 11, 1_200_000, "2026-02-07T12:54:00Z", 1),
			record("2", 21, 11, 1_234_567, "2026-02-07T12:55:00.654321Z", 2),
			record("3", 22, 0, 0, "2026-02-07T12:56:00Z", 1),
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	wantReport := dumpReport{
		Skipped:    map[string]int{"contenttypes.contenttype": 1, "sessions.session": 2, "auth.permission": 1, "auth.user sin permisos": 1},
		Mismatched: 1,
	}
	if diff := cmp.Diff(wantReport, report); diff != "" {
		t.Error(diff)
	}
}

// badDumps are dumps with one mistake each and what the error must name.
func badDumps() map[string]struct{ text, want string } {
	const (
		competition = `{"model":"app.competencia","pk":1,"fields":{"name":"C","datetime":"2026-01-01T00:00:00Z","is_active":true,"is_running":false}}`
		judge       = `{"model":"app.juez","pk":2,"fields":{"username":"j","is_active":true,"created_at":"2026-01-01T00:00:00Z"}}`
		team        = `{"model":"app.equipo","pk":3,"fields":{"name":"E","category":"estudiantes","number":1,"judge":2,"competition":1}}`
	)
	list := func(rows ...string) string { return "[" + strings.Join(rows, ",") + "]" }
	swap := strings.NewReplacer
	record := func(pk, fields string) string {
		return list(competition, judge, team, `{"model":"app.registrotiempo","pk":`+pk+`,"fields":{"created_at":"2026-01-01T00:00:00Z",`+fields+`}}`)
	}
	const id = `"5b0c1f7e-1111-4aaa-8bbb-000000000001"`
	return map[string]struct{ text, want string }{
		"not a list":         {`{}`, "lista JSON"},
		"empty":              {``, "lista JSON"},
		"cut":                {`[` + competition, "incompleto"},
		"cut after row":      {`[` + competition + `,`, "objeto 2"},
		"trailing":           {list(competition) + `[]`, "después del final"},
		"unknown app model":  {list(`{"model":"app.pulsera","pk":9,"fields":{}}`), "app.pulsera 9"},
		"unknown app":        {list(`{"model":"tienda.pedido","pk":9,"fields":{}}`), "tienda.pedido 9"},
		"type of a field":    {list(swap(`"number":1`, `"number":"uno"`).Replace(team)), "app.equipo 3"},
		"fraction":           {list(swap(`"number":1`, `"number":1.5`).Replace(team)), "app.equipo 3"},
		"type of a key":      {list(swap(`"pk":1`, `"pk":"x"`).Replace(competition)), "app.competencia x"},
		"negative key":       {list(swap(`"pk":1`, `"pk":-1`).Replace(competition)), "app.competencia -1"},
		"no key":             {list(swap(`"pk":1,`, ``).Replace(competition)), "app.competencia"},
		"no fields":          {list(`{"model":"app.juez","pk":2}`), "app.juez 2"},
		"missing field":      {list(swap(`"is_active":true,`, ``).Replace(judge)), "app.juez 2: falta is_active"},
		"running, no start":  {list(swap(`"is_running":false`, `"is_running":true`).Replace(competition)), "app.competencia 1"},
		"bad instant":        {list(swap(`2026-01-01T00:00:00Z`, `ayer`).Replace(competition)), "app.competencia 1"},
		"twice":              {list(competition, competition), "app.competencia 1: está dos veces"},
		"no such judge":      {list(competition, team), "app.equipo 3: no existe app.juez 2"},
		"no such race":       {list(judge, team), "app.equipo 3: no existe app.competencia 1"},
		"no such team":       {record(id, `"team":99,"time":1`), "no existe app.equipo 99"},
		"record key":         {record(`5`, `"team":3,"time":1`), "app.registrotiempo 5"},
		"record key no UUID": {record(`"abc"`, `"team":3,"time":1`), "app.registrotiempo abc"},
		"time too long":      {record(id, `"team":3,"time":86400001`), "app.registrotiempo 5b0c1f7e"},
		"time negative":      {record(id, `"team":3,"time":-1`), "app.registrotiempo 5b0c1f7e"},
		"time missing":       {record(id, `"team":3`), "falta time"},
	}
}

func TestDecodeDump_BadInputNamesTheRow(t *testing.T) {
	t.Parallel()
	for name, tt := range badDumps() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dump, _, err := decodeDump(strings.NewReader(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if diff := cmp.Diff(persistence.Dump{}, dump); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeDump_SixteenthRecordIsRefused(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	b.WriteString(`[{"model":"app.competencia","pk":1,"fields":{"name":"C","datetime":"2026-01-01T00:00:00Z","is_active":true,"is_running":false}},
		{"model":"app.equipo","pk":3,"fields":{"name":"E","category":"estudiantes","number":1,"judge":null,"competition":1}}`)
	for range 16 {
		b.WriteString(`,{"model":"app.registrotiempo","pk":"` + race.NewRecordID().String() +
			`","fields":{"team":3,"time":1,"created_at":"2026-01-01T00:00:00Z"}}`)
	}
	b.WriteString(`]`)
	if _, _, err := decodeDump(&b); err == nil || !strings.Contains(err.Error(), "más de 15") {
		t.Errorf("got %v", err)
	}
}

func FuzzDecodeDump(f *testing.F) {
	golden, err := os.ReadFile("testdata/dump.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	for _, tt := range badDumps() {
		f.Add([]byte(tt.text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dump, _, err := decodeDump(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, r := range dump.Records {
			if r.Elapsed < 0 || r.Elapsed > race.MaxElapsed || r.Slot < 1 || r.Slot > race.DefaultTeamSize {
				t.Errorf("accepted %+v", r)
			}
		}
		for _, team := range dump.Teams {
			if team.ID < 1 || team.Competition < 1 || team.Judge < 0 || team.Name == "" {
				t.Errorf("accepted %+v", team)
			}
		}
	})
}
