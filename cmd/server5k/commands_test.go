package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

func TestMigrate_CreatesTheDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.must("migrate")
	b.must("migrate")
	if got := b.files("server5k.db"); len(got) != 1 {
		t.Errorf("files %v", got)
	}
}

func TestCreateSuperuser_FromEnvironment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.env["SUPERUSER_USERNAME"], b.env["SUPERUSER_PASSWORD"] = "admin", "una-clave-larga"
	b.must("createsuperuser", "--email", "admin@example.com")
	b.store(func(s persistence.Store) {
		credential, organizer, err := s.OrganizerCredential(t.Context(), "admin")
		if err != nil {
			t.Fatal(err)
		}
		if !organizer.Superuser || !organizer.Active || organizer.Email != "admin@example.com" {
			t.Errorf("got %+v", organizer)
		}
		if ok, _, err := newHasher(1).Verify(t.Context(), credential.Hash, "una-clave-larga"); !ok || err != nil {
			t.Errorf("password: %v %v", ok, err)
		}
	})
	if _, err := b.run("", "createsuperuser"); err == nil || !strings.Contains(err.Error(), "ya existe") {
		t.Errorf("second time: %v", err)
	}
}

func TestCreateSuperuser_NamesEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := setup(t).run("", "createsuperuser", "--email", "x", "--password", "corta")
	for _, want := range []string{"--username", "correo", "8 caracteres"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestPopulate_CreatesJudgesAndTeams(t *testing.T) {
	t.Parallel()
	b := setup(t)
	out := b.must("populate_data", "--jueces", "2", "--equipos-por-juez", "2", "--competencia", "Prueba")
	if want := "jueces 2, competencias 1, equipos 4"; !strings.Contains(out, want) {
		t.Errorf("printed %q, want %q", out, want)
	}
	b.store(func(s persistence.Store) {
		teams, err := s.Teams(t.Context(), race.TeamFilter{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, row := range teams {
			got = append(got, row.Name+" "+row.JudgeUsername+" "+string(row.Category))
		}
		want := "Equipo 1 juez1 estudiantes;Equipo 2 juez1 interfacultades;Equipo 3 juez2 estudiantes;Equipo 4 juez2 interfacultades"
		if strings.Join(got, ";") != want {
			t.Errorf("teams %q", got)
		}
		credential, _, err := s.JudgeCredential(t.Context(), "juez2")
		if err != nil {
			t.Fatal(err)
		}
		if ok, _, err := newHasher(1).Verify(t.Context(), credential.Hash, "juez2123"); !ok || err != nil {
			t.Errorf("password: %v %v", ok, err)
		}
	})
}

func TestPopulate_SecondCompetitionKeepsJudges(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.must("populate_data", "--jueces", "1")
	if _, err := b.run("", "populate_data", "--jueces", "1"); err == nil {
		t.Error("the same name was accepted twice")
	}
	b.must("populate_data", "--jueces", "2", "--competencia", "Otra", "--password", "clave-comun")
	b.store(func(s persistence.Store) {
		if got := len(b.competitions(s)); got != 2 {
			t.Errorf("%d competitions", got)
		}
		for name, password := range map[string]string{"juez1": "juez1123", "juez2": "clave-comun"} {
			credential, _, err := s.JudgeCredential(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if ok, _, _ := newHasher(1).Verify(t.Context(), credential.Hash, password); !ok {
				t.Errorf("%s does not have the password %s", name, password)
			}
		}
	})
	b.must("populate_data", "--jueces", "1", "--clear")
	b.store(func(s persistence.Store) {
		if got := len(b.competitions(s)); got != 1 {
			t.Errorf("%d competitions after --clear", got)
		}
	})
}

func TestPopulate_ProductionPasswordsAreInAPrivateFile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	out := b.must("populate_data", "--jueces", "1", "--production")
	files := b.files("credenciales-*.txt")
	if len(files) != 1 {
		t.Fatalf("files %v", files)
	}
	info, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode %v", mode)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	_, password, _ := strings.Cut(strings.TrimSpace(string(text)), "juez1\t")
	if len(password) != seedPasswordLength || strings.Contains(out, password) {
		t.Errorf("password %q, printed %q", password, out)
	}
	b.store(func(s persistence.Store) {
		credential, _, err := s.JudgeCredential(t.Context(), "juez1")
		if err != nil {
			t.Fatal(err)
		}
		if ok, _, _ := newHasher(1).Verify(t.Context(), credential.Hash, password); !ok {
			t.Error("the password in the file is another one")
		}
	})
}

func TestPopulate_RefusesSenselessNumbers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.run("", "populate_data", "--jueces", "0", "--equipos-por-juez", "101", "--competencia", " "); err == nil ||
		strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("got %v", err)
	}
	if _, err := b.run("", "populate_data", "--production", "--password", "x"); err == nil {
		t.Error("--production with --password was accepted")
	}
}

func TestImport_KeepsKeysAndTimes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if out := b.must("import", "--check", "testdata/dump.json"); !strings.Contains(out, "no se guardó nada") {
		t.Errorf("printed %q", out)
	}
	b.store(func(s persistence.Store) {
		if empty, err := s.Empty(t.Context()); !empty || err != nil {
			t.Fatalf("--check stored something: %v", err)
		}
	})
	out := b.must("import", "testdata/dump.json")
	for _, want := range []string{"organizadores 1, jueces 1, competencias 1, equipos 2, registros 3", "sessions.session 2", "vale el tiempo): 1"} {
		if !strings.Contains(out, want) {
			t.Errorf("printed %q, want %q", out, want)
		}
	}
	b.store(func(s persistence.Store) {
		c, err := s.Competition(t.Context(), 4)
		if err != nil {
			t.Fatal(err)
		}
		if want := at(t, "2026-02-07T12:31:02.123456Z"); !c.StartedAt.Equal(want) {
			t.Errorf("started %v, want %v", c.StartedAt, want)
		}
		records, err := s.TeamRecords(t.Context(), 21)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) != 2 || records[0].Elapsed != 20*time.Minute ||
			!records[1].ReceivedAt.Equal(at(t, "2026-02-07T12:55:00.654321Z")) {
			t.Errorf("records %+v", records)
		}
		team, err := s.Team(t.Context(), 22)
		if err != nil || team.Judge != 0 || team.JudgeUsername != "" {
			t.Errorf("team %+v, %v", team, err)
		}
		credential, _, err := s.JudgeCredential(t.Context(), "meta1")
		if err != nil || credential.Hash != "pbkdf2_sha256$600000$sal$b3Rybw==" || credential.ID != 11 {
			t.Errorf("credential %+v, %v", credential, err)
		}
	})
	if _, err := b.run("", "import", "testdata/dump.json"); err == nil {
		t.Error("the same dump was imported twice")
	}
}

func TestImport_BadDumpChangesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, tt := range badDumps() {
		file := filepath.Join(t.TempDir(), "dump.json")
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := b.run("", "import", file); err == nil {
			t.Errorf("%s was imported", name)
		}
	}
	b.store(func(s persistence.Store) {
		if empty, err := s.Empty(t.Context()); !empty || err != nil {
			t.Errorf("the database is not empty: %v", err)
		}
	})
}

func TestPurge_ExportsAsksAndDeletes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.must("import", "testdata/dump.json")
	if out := b.must("limpiar_registros", "--dias", "36500"); !strings.Contains(out, "No hay") {
		t.Errorf("printed %q", out)
	}
	if _, err := b.run("", "limpiar_registros", "--dias", "1"); err == nil || !strings.Contains(err.Error(), "no se borró nada") {
		t.Errorf("without an answer: %v", err)
	}
	b.store(func(s persistence.Store) {
		if _, err := s.Competition(t.Context(), 4); err != nil {
			t.Fatalf("deleted without an answer: %v", err)
		}
	})
	exports := b.files("export-4-*.jsonl")
	if len(exports) != 1 {
		t.Fatalf("exports %v", exports)
	}
	checkExport(t, exports[0])
	if _, err := b.run("", "import", exports[0]); err == nil || !strings.Contains(err.Error(), "base de datos nueva") {
		t.Errorf("import into the same database: %v", err)
	}
	if out := setup(t).must("import", exports[0]); !strings.Contains(out, "Verificado") {
		t.Errorf("import into an empty database printed %q", out)
	}
	if err := os.Remove(exports[0]); err != nil { // a second one may fall into the same second
		t.Fatal(err)
	}
	out, err := b.run("sí\n", "limpiar_registros", "--dias", "1")
	if err != nil || !strings.Contains(out, "competencias 1, equipos 2, registros 3") {
		t.Errorf("printed %q, %v", out, err)
	}
	b.store(func(s persistence.Store) {
		if teams, err := s.Teams(t.Context(), race.TeamFilter{Competition: 4}); len(teams) != 0 || err != nil {
			t.Errorf("teams %v, %v", teams, err)
		}
	})
}

func TestPurge_KeepsADamagedCompetition(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.must("import", "testdata/dump.json")
	b.spoil(`UPDATE time_records SET elapsed_ms = elapsed_ms + 1 WHERE seq = 2`)
	_, err := b.run("", "limpiar_registros", "--dias", "1", "--si")
	if err == nil || !strings.Contains(err.Error(), "lote 1–3 dañado") {
		t.Errorf("got %v", err)
	}
	b.store(func(s persistence.Store) {
		if _, err := s.Competition(t.Context(), 4); err != nil {
			t.Errorf("the competition: %v", err)
		}
	})
	if left := b.files("export-*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func checkExport(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	accounts, archives, _, err := readExport(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(archives) != 1 || len(accounts.Organizers) != 0 || len(accounts.Judges) != 1 || accounts.Judges[0].PasswordHash != "" {
		t.Fatalf("accounts %+v, %d competitions", accounts, len(archives))
	}
	got := archives[0]
	if got.Competition.ID != 4 || len(got.Teams) != 2 || len(got.Records) != 3 {
		t.Errorf("export %+v", got)
	}
	if r := got.Records[1]; r.Elapsed != 1_234_567*time.Millisecond || r.Team != 21 || r.Slot != 2 {
		t.Errorf("record %+v", r)
	}
}

func TestSeedDemo_FillsOnlyAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store(func(s persistence.Store) {
		for range 2 {
			if err := seedDemo(t.Context(), s, plainHasher{}); err != nil {
				t.Fatal(err)
			}
		}
		competitions := b.competitions(s)
		teams, err := s.Teams(t.Context(), race.TeamFilter{})
		if err != nil {
			t.Fatal(err)
		}
		if len(competitions) != 1 || !competitions[0].Active || competitions[0].TeamSize != 15 || len(teams) != demoJudges {
			t.Errorf("competitions %+v, %d teams", competitions, len(teams))
		}
		credential, _, err := s.JudgeCredential(t.Context(), "juez6")
		if err != nil || credential.Hash != "juez6123" {
			t.Errorf("juez6 %+v, %v", credential, err)
		}
		if _, organizer, err := s.OrganizerCredential(t.Context(), "admin"); err != nil || !organizer.Superuser {
			t.Errorf("admin %+v, %v", organizer, err)
		}
	})
}

// plainHasher saves the time that hashing takes.
type plainHasher struct{}

func (plainHasher) Hash(_ context.Context, password string) (string, error) { return password, nil }

func TestAsk_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	cancel(gone)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = w.Close(), r.Close() })
	if _, err := ask(ctx, stdio{in: r, err: w}, ""); !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}
