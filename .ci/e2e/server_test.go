package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// raceJudges is how many judges the largest races have.
const raceJudges = 72

func TestPhones_AllMarksAreAcknowledged(t *testing.T) {
	t.Parallel()
	server := StartServer(t, Options{Judges: raceJudges})
	phones := Phones(t, server, server.Judges)
	server.StartCompetition(1)
	phones.Await("competencia_iniciada")
	marks := phones.Mark()
	if got, want := len(marks), raceJudges*teamSize; got != want {
		t.Fatalf("%d marks, want %d", got, want)
	}
	var state struct {
		Total int `json:"total_registros"`
		List  []struct {
			ID      string `json:"id_registro"`
			Elapsed int64  `json:"tiempo"`
		} `json:"registros"`
	}
	server.Judge(server.Judges[0]).Must(http.MethodGet, "/api/equipos/1/registros/estado/", nil, &state)
	if state.Total != teamSize || len(state.List) != teamSize {
		t.Fatalf("the server has %+v", state)
	}
	for i, got := range state.List {
		if want := marks[i]; got.ID != want.ID || got.Elapsed != want.Elapsed.Milliseconds() {
			t.Errorf("record %d is %+v, want %+v", i, got, want)
		}
	}
}

func TestPhone_RefusalIsAnError(t *testing.T) {
	t.Parallel()
	server := StartServer(t, Options{Judges: 1})
	phone := Phones(t, server, server.Judges).Phones[0]
	ctx, cancel := context.WithTimeout(t.Context(), answerTimeout)
	defer cancel()
	_, err := phone.Mark(ctx, phone.Teams[0].ID, 20*time.Minute)
	if err == nil || !strings.Contains(err.Error(), "competencia_no_en_curso") {
		t.Errorf("got %v", err)
	}
}

func TestServer_ComesBackAtTheSameURL(t *testing.T) {
	t.Parallel()
	server := StartServer(t, Options{Demo: true, Env: []string{"TIME_ZONE=UTC"}})
	url := server.URL
	server.Kill()
	server.Start()
	if server.URL != url {
		t.Errorf("it was at %s and is at %s", url, server.URL)
	}
	server.Stop()
	server.Start()
	tab := StartBrowser(t).Tab(t)
	if status := tab.Open(server.URL + "/api/health/"); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	tab.WaitText("body", `"status":"ok"`)
}
