package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"server5k/race"
)

// hookMessage is what a receiver of webhooks takes note of.
type hookMessage struct {
	Kind   string `json:"tipo"`
	signed bool
}

// TestWebhooks_TellARace: a receiver in the own network is told, once and signed,
// of the start, of a team that is complete, of the stop and of the official results;
// without the options it is not.
func TestWebhooks_TellARace(t *testing.T) {
	t.Parallel()
	told := make(chan hookMessage, 16)
	secret := make(chan string, 1) // the receiver puts it back
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		key := <-secret
		secret <- key
		var m hookMessage
		if err != nil || json.Unmarshal(raw, &m) != nil {
			return
		}
		m.signed = signedWith(key, r.Header.Get("X-Server5K-Signature"), raw)
		told <- m
	}))
	t.Cleanup(receiver.Close)
	cfg := testConfig(t, t.TempDir())
	cfg.WebhooksAllowHTTP, cfg.private = true, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	addRace(t, cfg, raceDump(1))
	url, _ := serveConfig(t, cfg)
	admin := rest{url: url}
	admin.token = admin.login(t, "/api/token/", testAdmin)
	var made struct {
		Secret string `json:"secreto"`
	}
	body := map[string]any{
		"competencia_id": 1, "url": receiver.URL + "/aviso?clave=x",
		"tipos": []string{"competencia.iniciada", "competencia.detenida", "equipo.completo", "resultados.oficiales"},
	}
	if status, err := admin.call(t.Context(), http.MethodPost, "/api/webhooks/", body, &made); err != nil || status != http.StatusCreated || made.Secret == "" {
		t.Fatalf("create: %d %v", status, err)
	}
	secret <- made.Secret

	changeRace(t, admin, "iniciar", true)
	judge := rest{url: url, token: judgeToken(t, 1)}
	var records []sentRecord
	for i := range race.DefaultTeamSize {
		records = append(records, sentRecord{ID: race.NewRecordID().String(), Total: int64(20*60_000 + i*5_000)})
	}
	if status, err := judge.call(t.Context(), http.MethodPost, "/api/equipos/1/registros/", map[string]any{"registros": records}, nil); err != nil || status != http.StatusCreated {
		t.Fatalf("records: %d %v", status, err)
	}
	changeRace(t, admin, "detener", false)
	official := map[string]any{"forzar": true, "motivo": "prueba"}
	if status, err := admin.call(t.Context(), http.MethodPost, "/api/competencias/1/resultados/oficial/", official, nil); err != nil || status != http.StatusCreated {
		t.Fatalf("official: %d %v", status, err)
	}
	want := map[string]int{"competencia.iniciada": 1, "equipo.completo": 1, "competencia.detenida": 1, "resultados.oficiales": 1}
	for range want {
		select {
		case m := <-told:
			if want[m.Kind]--; want[m.Kind] != 0 || !m.signed {
				t.Errorf("told %+v", m)
			}
		case <-time.After(replyTimeout):
			t.Fatalf("not told: %v", want)
		}
	}

	other := testConfig(t, t.TempDir())
	addRace(t, other, raceDump(1))
	closed, _ := serveConfig(t, other)
	careful := rest{url: closed}
	careful.token = careful.login(t, "/api/token/", testAdmin)
	if status, err := careful.call(t.Context(), http.MethodPost, "/api/webhooks/", body, nil); err != nil || status != http.StatusBadRequest {
		t.Errorf("without the options: %d %v", status, err)
	}
}

// signedWith checks a signature as a receiver does.
func signedWith(secret, header string, body []byte) bool {
	at, sum, found := strings.Cut(strings.TrimPrefix(header, "t="), ",v1=")
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%s.%s", at, body) // never fails
	return found && hmac.Equal([]byte(sum), []byte(hex.EncodeToString(mac.Sum(nil))))
}
