package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// importedMarks is the answer to a file of saved marks.
type importedMarks struct {
	Received  int `json:"recibidos"`
	Stored    int `json:"guardados"`
	Duplicate int `json:"duplicados"`
	Held      int `json:"retenidos"`
	Failed    []struct {
		Code string `json:"codigo"`
	} `json:"fallidos"`
}

// TestMarks_OfAPhoneWithoutNetwork: what a judge's phone saved comes in through an
// organizer, is the same mark when the phone sends it after all, and leaves nothing
// to be proven.
func TestMarks_OfAPhoneWithoutNetwork(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	b.run()
	const path = "/api/competencias/1/marcas/"
	ids := []string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
	mark := func(n int, taken bool) map[string]any {
		return map[string]any{"id_registro": ids[n], "tiempo": 1_200_000 + 20_000*n, "secuencia": n + 1, "dispositivo": "web-1", "anulado": taken}
	}
	file := func(marks ...any) map[string]any {
		return map[string]any{
			"formato": "server5k-marcas-1", "juez": "otro", "dispositivo": "web-1", "equipos": []any{map[string]any{"equipo_id": 1, "registros": marks}},
		}
	}
	saved := file(mark(0, false), mark(1, true), mark(2, false))
	for _, want := range []importedMarks{{Received: 3, Stored: 3}, {Received: 3, Duplicate: 3}} {
		var got importedMarks
		b.ana.must(http.StatusOK, "POST", path, saved, &got)
		want.Failed = got.Failed[:0]
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("imported (-want +got):\n%s", diff)
		}
	}
	judge, err := rest{url: b.url, token: b.judge[1].token}.dialJudge(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer judge.cut(false)
	again := mark(2, false)
	again["tipo"], again["equipo_id"] = "registrar_tiempo", 1
	if m := judge.answered(t, again); m.Type != "tiempo_registrado" || !m.Duplicate {
		t.Errorf("sent after all: %+v", m)
	}
	if m := judge.answered(t, retraction(ids[1])); m.Type != "registro_anulado" || !m.Duplicate {
		t.Errorf("taken back after all: %+v", m)
	}
	if m := judge.answered(t, declaration(2, uuid.NewString())); m.Type != "marcas_declaradas" || m.Stored != 2 {
		t.Errorf("declared: %+v", m)
	}
	if got := b.results().Results[0].Times; cmp.Diff([]int64{1_200_000, 1_240_000}, got) != "" {
		t.Errorf("times %v", got)
	}
	var log []struct {
		Author  string `json:"autor"`
		Action  string `json:"accion"`
		Subject string `json:"objeto"`
	}
	b.ana.must(http.StatusOK, "GET", "/api/auditoria/?accion=marks", nil, &log)
	if len(log) != 2 || log[0].Author != "ana" || log[0].Action != "marks.import" || log[0].Subject != "otro web-1" {
		t.Errorf("audit %+v", log)
	}

	// A file may be larger than what a judge sends, and only an organizer's.
	var many []any
	for range 700 {
		many = append(many, map[string]any{"tiempo": 1, "dispositivo": strings.Repeat("x", 64), "secuencia": 1})
	}
	var got importedMarks
	b.ana.must(http.StatusOK, "POST", path, file(many...), &got)
	if got.Received != 700 || len(got.Failed) != 700 || got.Failed[0].Code != "campo_faltante" {
		t.Errorf("a large file: %d received, %d failed", got.Received, len(got.Failed))
	}
	tooLarge := func(c client) {
		t.Helper()
		// It is refused before it is read, and the answer may be lost in what is not.
		if a, err := c.try(t.Context(), "POST", path, file(many...)); err == nil && a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("too large: %d %.200s", a.status, a.body)
		}
	}
	tooLarge(b.judge[1])
	for range 13_000 {
		many = append(many, map[string]any{"tiempo": 1, "dispositivo": strings.Repeat("x", 64)})
	}
	tooLarge(b.ana)
	b.beto.must(http.StatusNotFound, "POST", path, saved, nil)
	b.vera.must(http.StatusForbidden, "POST", path, saved, nil)
}
