package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"server5k/persistence/postgres"
	"server5k/persistence/postgres/pgtest"
	"server5k/race"
)

// databases is the PostgreSQL server of all tests.
var databases = pgtest.Lazy{Migrate: func(ctx context.Context, url string) error {
	_, err := postgres.Migrate(ctx, url)
	return err
}}

func TestMain(m *testing.M) {
	code := databases.Run(m)
	if err := redisServer.Close(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	if problems := spoken().Problems(); len(problems) > 0 {
		_, _ = fmt.Fprintf(os.Stderr, "not as the documents of the API say:\n%s\n", strings.Join(problems, "\n"))
		code = max(code, 1)
	}
	os.Exit(code)
}

// onEachDatabase runs do with the options of testConfig for the embedded database
// and for PostgreSQL.
func onEachDatabase(t *testing.T, do func(t *testing.T, cfg *Config)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		do(t, testConfig(t, t.TempDir()))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		cfg := testConfig(t, t.TempDir())
		cfg.DatabaseURL = databases.Database(t)
		do(t, cfg)
	})
}

// PostgreSQL goes away in the middle of a race and comes back: meanwhile judges
// are told to try again, nothing is acknowledged, and afterwards the same records
// are stored once, without a restart of the server.
func TestPostgres_OutageAndRecovery(t *testing.T) {
	t.Parallel()
	pg, err := pgtest.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg := testConfig(t, t.TempDir())
	cfg.DatabaseURL = pg.URL("postgres")
	if _, err := postgres.Migrate(t.Context(), cfg.DatabaseURL); err != nil {
		t.Fatal(err)
	}
	addRace(t, cfg, raceDump(2))
	url, _ := serveConfig(t, cfg)
	changeRace(t, rest{url: url, token: rest{url: url}.login(t, "/api/token/", testAdmin)}, "iniciar", true)
	phone := rest{url: url, token: judgeToken(t, 2)}
	judge, err := rest{url: url, token: judgeToken(t, 1)}.dialJudge(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer judge.cut(false)
	send := func(ref string, id race.RecordID) message {
		t.Helper()
		if err := judge.send(oneRecord(ref, 1, sentRecord{ID: id.String(), Total: 1_234_567})); err != nil {
			t.Fatal(err)
		}
		for {
			m, err := judge.read()
			if err != nil {
				t.Fatal(err)
			}
			if m.Ref == ref {
				return m
			}
		}
	}
	before, during := race.NewRecordID(), race.NewRecordID()
	if m := send("before", before); m.Type != "tiempo_registrado" {
		t.Fatalf("before: %+v", m)
	}
	if err := pg.Crash(); err != nil {
		t.Fatal(err)
	}
	post := make(chan string, 1)
	go func() {
		status, err := phone.call(t.Context(), http.MethodPost, "/api/equipos/2/registros/", map[string]any{"registros": []sentRecord{{ID: race.NewRecordID().String(), Total: 1}}}, nil)
		post <- fmt.Sprint(status, err)
	}()
	if m := send("during", during); m.Type != "error" || m.Code != string(race.CodeUnavailable) {
		t.Errorf("during: %+v", m)
	}
	if got := <-post; got != fmt.Sprint(http.StatusServiceUnavailable, error(nil)) {
		t.Errorf("POST during: %s", got)
	}
	for path, want := range map[string]int{"/health/ready": http.StatusServiceUnavailable, "/health/live": http.StatusOK, "/api/equipos/": http.StatusServiceUnavailable} {
		if status, err := phone.call(t.Context(), http.MethodGet, path, nil, nil); err != nil || status != want {
			t.Errorf("%s during: %d %v, want %d", path, status, err, want)
		}
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 60*time.Second, errors.New("PostgreSQL did not come back"))
	defer cancel()
	if err := pg.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if status, err := phone.call(t.Context(), http.MethodGet, "/health/ready", nil, nil); err != nil || status != http.StatusOK {
		t.Errorf("ready after: %d %v", status, err)
	}
	for ref, id := range map[string]race.RecordID{"again": before, "after": during} {
		if m := send(ref, id); m.Type != "tiempo_registrado" {
			t.Errorf("%s: %+v", ref, m)
		}
	}
	store, err := openStore(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	a, err := store.Archive(ctx, 1)
	if err != nil || len(a.Records) != 2 || a.Records[0].ID != before || a.Records[1].ID != during {
		t.Errorf("stored %+v, %v", a.Records, err)
	}
}
