package client_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/gateway/apidoc"
	"server5k/gateway/apidoc/client"
	"server5k/gateway/apidoc/contract"
)

// TestClient_HasEveryOperation fails when the document changed and the client was
// not made anew.
func TestClient_HasEveryOperation(t *testing.T) {
	t.Parallel()
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(apidoc.OpenAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for path, item := range doc.Paths {
		for method, raw := range item {
			var o struct {
				ID   string `json:"operationId"`
				Tags []string
			}
			if method == "parameters" {
				continue
			}
			if err := json.Unmarshal(raw, &o); err != nil {
				t.Fatalf("%s %s: %v", method, path, err)
			}
			if o.Tags[0] != "sockets" && o.Tags[0] != "documentación" {
				want[strings.ToUpper(o.ID[:1])+o.ID[1:]] = true
			}
		}
	}
	got := map[string]bool{}
	calls := reflect.TypeFor[client.ClientInterface]()
	for i := range calls.NumMethod() {
		got[strings.TrimSuffix(calls.Method(i).Name, "WithBody")] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("operations (-document +client), run go generate ./gateway/apidoc/client:\n%s", diff)
	}
}

func TestClient_TalksAsTheContractSays(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		switch r.Method + " " + r.URL.String() {
		case "POST /api/equipos/7/registros/":
			want := `{"registros":[{"id_registro":"0b9d1c2e-7f3a-4c55-9a61-3f1f0c5e8a01","marcado_en":1764082799999.25,"tiempo":1234567}]}`
			if got := string(body); got != want {
				t.Errorf("sent %s, want %s", got, want)
			}
			w.WriteHeader(http.StatusCreated)
			write(t, w, `{"exito":true,"mensaje":"ok","equipo_id":7,"equipo_nombre":"A","equipo_dorsal":70,"total_guardados":1,`+
				`"registros":[{"indice":0,"id_registro":"0b9d1c2e-7f3a-4c55-9a61-3f1f0c5e8a01","tiempo":1234567,"duplicado":false}],"registros_fallidos":[]}`)
		case "GET /api/competencias/?is_active=true":
			write(t, w, `[{"id":1,"name":"C","datetime":"2026-11-25T10:00:00-05:00","is_active":true,"is_running":true,`+
				`"started_at":"2026-11-25T10:00:00.250000-05:00","finished_at":null}]`)
		default:
			t.Errorf("%s %s", r.Method, r.URL)
		}
	}))
	t.Cleanup(server.Close)
	rules, err := contract.New(server.Client().Transport)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.NewClientWithResponses(server.URL, client.WithHTTPClient(&http.Client{Transport: rules}))
	if err != nil {
		t.Fatal(err)
	}

	id, tap := "0b9d1c2e-7f3a-4c55-9a61-3f1f0c5e8a01", 1764082799999.25
	stored, err := c.SubmitRecordsWithResponse(t.Context(), 7, client.SubmitRequest{Records: []client.RecordInput{{RecordID: &id, Elapsed: 1234567, MarkedAt: &tap}}})
	if err != nil || stored.JSON201 == nil || stored.JSON201.Stored != 1 || stored.JSON201.Records[0].RecordID.String() != id {
		t.Fatalf("stored %+v, %v", stored, err)
	}
	active := "true"
	list, err := c.ListCompetitionsWithResponse(t.Context(), &client.ListCompetitionsParams{IsActive: &active})
	if err != nil || list.JSON200 == nil {
		t.Fatalf("listed %+v, %v", list, err)
	}
	rows, err := list.JSON200.AsCompetitions()
	if err != nil || len(rows) != 1 {
		t.Fatalf("listed %+v, %v", rows, err)
	}
	got := rows[0]
	if want := time.Date(2026, 11, 25, 15, 0, 0, 250_000_000, time.UTC); got.StartedAt == nil || !got.StartedAt.Equal(want) || got.FinishedAt != nil {
		t.Errorf("started %v, finished %v", got.StartedAt, got.FinishedAt)
	}
	if problems := rules.Problems(); len(problems) > 0 {
		t.Errorf("problems: %q", problems)
	}
}

func write(t *testing.T, w io.Writer, body string) {
	t.Helper()
	if _, err := io.WriteString(w, body); err != nil {
		t.Error(err)
	}
}
