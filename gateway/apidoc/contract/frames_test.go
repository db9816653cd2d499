package contract_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"server5k/gateway/apidoc"
	"server5k/gateway/apidoc/contract"
)

// goldenFrames reads the messages that the gateway's tests compare with; the
// first word of a name is the socket.
func goldenFrames(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("../../testdata/wire/*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	out := map[string][]byte{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(file), ".json")] = raw
	}
	return out
}

func socketOf(name string) contract.Socket {
	if strings.HasPrefix(name, "judge_") {
		return contract.Judge
	}
	return contract.Viewer
}

func TestFrame_GoldenFilesAreDocumented(t *testing.T) {
	t.Parallel()
	c := setup(t, nil)
	for name, raw := range goldenFrames(t) {
		if err := c.Frame(contract.FromServer, socketOf(name), raw); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFrame_OfGoldenClients: what the gateway's tests have clients say is what the
// document has them say.
func TestFrame_OfGoldenClients(t *testing.T) {
	t.Parallel()
	c := setup(t, nil)
	files, err := filepath.Glob("../../testdata/wire/client/*.json")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if err := c.Frame(contract.FromClient, socketOf(name), raw); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFrame_EveryKeyCounts takes each key away and adds one, for what the server
// sends is closed and has no key for nothing.
func TestFrame_EveryKeyCounts(t *testing.T) {
	t.Parallel()
	c := setup(t, nil)
	optional := []string{"ref", "reintentar_ms", "id_registro", "equipo_id"}
	for name, raw := range goldenFrames(t) {
		var message map[string]any
		if err := json.Unmarshal(raw, &message); err != nil {
			t.Fatal(err)
		}
		check := func(change func(map[string]any)) error {
			other := maps.Clone(message)
			change(other)
			frame, err := json.Marshal(other)
			if err != nil {
				t.Fatal(err)
			}
			return c.Frame(contract.FromServer, socketOf(name), frame)
		}
		for key := range message {
			if slices.Contains(optional, key) {
				continue
			}
			if err := check(func(m map[string]any) { delete(m, key) }); err == nil {
				t.Errorf("%s is good without %s", name, key)
			}
			if err := check(func(m map[string]any) { m[key] = []any{} }); err == nil && !strings.HasPrefix(key, "registros_") {
				t.Errorf("%s is good with a list as %s", name, key)
			}
		}
		if err := check(func(m map[string]any) { m["type"] = "x" }); err == nil {
			t.Errorf("%s is good with a key too many", name)
		}
	}
}

// TestFrame_EveryDocumentedMessageIsSent compares the document with the golden
// files: neither has a message that the other lacks.
func TestFrame_EveryDocumentedMessageIsSent(t *testing.T) {
	t.Parallel()
	var doc struct {
		Operations map[string]struct {
			Action   string
			Messages []struct {
				To string `json:"$ref"`
			}
		}
	}
	if err := json.Unmarshal(apidoc.AsyncAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	want, got := map[string]bool{}, map[string]bool{}
	for _, o := range doc.Operations {
		for _, m := range o.Messages {
			if o.Action == "send" {
				want[strings.TrimPrefix(m.To, "#/channels/")] = true
			}
		}
	}
	for name, raw := range goldenFrames(t) {
		var m struct {
			Tipo string `json:"tipo"`
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		got[string(socketOf(name))+"/messages/"+m.Tipo] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-document +golden files):\n%s", diff)
	}
}

func TestFrame_OfClients(t *testing.T) {
	t.Parallel()
	c := setup(t, nil)
	const id = `"0b9d1c2e-7f3a-4c55-9a61-3f1f0c5e8a01"`
	for _, tt := range []struct {
		name   string
		socket contract.Socket
		frame  string
		good   bool
	}{
		{"ping", contract.Judge, `{"tipo":"ping"}`, true},
		{"ping with a clock", contract.Judge, `{"tipo":"ping","t0":1764082799999.25,"ref":"a"}`, true},
		{"ping of a device", contract.Judge, `{"tipo":"ping","desfase_ms":-12.5,"incertidumbre_ms":3,"bateria":87,"app":"2.1.0","dispositivo":"Moto G"}`, true},
		{"ping of more than all", contract.Judge, `{"tipo":"ping","bateria":101}`, false},
		{"ping of the public", contract.Viewer, `{"tipo":"ping"}`, true},
		{"one time", contract.Judge, `{"tipo":"registrar_tiempo","equipo_id":7,"tiempo":1234567,"horas":0,"minutos":20,"segundos":34,"milisegundos":567,"id_registro":` + id + `}`, true},
		{"numbers as texts", contract.Judge, `{"tipo":"registrar_tiempo","equipo_id":"7","tiempo":"1234567","ref":null}`, true},
		{"an integral float", contract.Judge, `{"tipo":"registrar_tiempo","equipo_id":7,"tiempo":1234567.0}`, true},
		{"a fraction", contract.Judge, `{"tipo":"registrar_tiempo","equipo_id":7,"tiempo":1.5}`, false},
		{"no team", contract.Judge, `{"tipo":"registrar_tiempo","tiempo":1}`, false},
		{"a long ref", contract.Judge, `{"tipo":"ping","ref":"` + strings.Repeat("x", 65) + `"}`, false},
		{"a list", contract.Judge, `{"tipo":"registrar_tiempos","equipo_id":7,"registros":[{"tiempo":1}]}`, true},
		{"an empty list", contract.Judge, `{"tipo":"registrar_tiempos","equipo_id":7,"registros":[]}`, false},
		{"times of the public", contract.Viewer, `{"tipo":"registrar_tiempo","equipo_id":7,"tiempo":1}`, false},
		{"an answer", contract.Judge, `{"tipo":"pong","mensaje":"x"}`, false},
		{"no object", contract.Judge, `[]`, false},
		{"no json", contract.Judge, `{`, false},
	} {
		if err := c.Frame(contract.FromClient, tt.socket, []byte(tt.frame)); (err == nil) != tt.good {
			t.Errorf("%s: %v, want good %v", tt.name, err, tt.good)
		}
	}
}

func TestFrame_BadIdentifiersAndInstants(t *testing.T) {
	t.Parallel()
	c := setup(t, nil)
	raw := string(goldenFrames(t)["judge_tiempo_registrado"])
	for old, bad := range map[string]string{
		"0b9d1c2e-7f3a-4c55-9a61-3f1f0c5e8a01": "7", "2026-11-25T10:00:00-05:00": "2026-11-25 10:00", `"tiempo": 1234567`: `"tiempo": 86400001`,
	} {
		if err := c.Frame(contract.FromServer, contract.Judge, []byte(strings.ReplaceAll(raw, old, bad))); err == nil {
			t.Errorf("%s instead of %s is good", bad, old)
		}
	}
}
