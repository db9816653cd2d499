package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
)

// answered sends a message and returns the answer to it, past what is told to all.
func (s *socket) answered(t *testing.T, message any) message {
	t.Helper()
	if err := s.send(message); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := s.read()
		if err != nil {
			t.Fatal(err)
		}
		switch m.Type {
		case "competencia_iniciada", "competencia_detenida", "registros_actualizados":
		default:
			return m
		}
	}
}

// retraction and declaration are about the team of judge 1.
func retraction(id string) map[string]any {
	return map[string]any{"tipo": "anular_registro", "ref": "r", "equipo_id": 1, "id_registro": id}
}

func declaration(total int, key string) map[string]any {
	return map[string]any{
		"tipo": "declarar_marcas", "ref": "d", "equipo_id": 1, "total": total, "dispositivo": "web-1", "secuencia": total + 1, "id_declaracion": key,
	}
}

// TestJudge_TakesBackAndDeclares plays a judge with a team of two who taps once too
// often, takes a mark back, and stands for the rest.
func TestJudge_TakesBackAndDeclares(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, cfg *Config) {
		t.Helper()
		takeBackAndDeclare(t, setupOfficeOn(t, cfg))
	})
}

func takeBackAndDeclare(t *testing.T, b *officeBench) {
	t.Helper()
	b.ana.must(http.StatusOK, "POST", "/api/competencias/1/iniciar/", map[string]any{"started_at": now().Add(-time.Hour)}, nil)
	b.beto.must(http.StatusOK, "POST", "/api/competencias/2/iniciar/", map[string]any{}, nil)
	judge, err := rest{url: b.url, token: b.judge[1].token}.dialJudge(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer judge.cut(false)
	other, err := rest{url: b.url, token: b.judge[2].token}.dialJudge(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer other.cut(false)
	mark := func(n int, id string) map[string]any {
		return map[string]any{
			"tipo": "registrar_tiempo", "equipo_id": 1, "id_registro": id, "tiempo": 1_200_000 + 10_000*n, "dispositivo": "web-1", "secuencia": n,
		}
	}
	ids := []string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
	for n, id := range ids[:2] {
		if m := judge.answered(t, mark(n+1, id)); m.Type != "tiempo_registrado" {
			t.Fatalf("mark %d: %+v", n+1, m)
		}
	}
	if m := judge.answered(t, mark(3, ids[2])); m.Code != "equipo_completo" {
		t.Fatalf("one too many: %+v", m)
	}
	// What is another judge's cannot be touched, and nothing is told of it.
	for name, message := range map[string]any{"take back": retraction(ids[0]), "declare": declaration(2, uuid.NewString())} {
		if m := other.answered(t, message); m.Code != "equipo_ajeno" {
			t.Errorf("%s of another judge: %+v", name, m)
		}
	}
	if m := judge.answered(t, retraction(uuid.NewString())); m.Code != "registro_inexistente" {
		t.Errorf("take back nothing: %+v", m)
	}
	for _, duplicate := range []bool{false, true} {
		if m := judge.answered(t, retraction(ids[1])); m.Type != "registro_anulado" || m.Duplicate != duplicate || m.ID != ids[1] || m.Ref != "r" {
			t.Fatalf("take back: %+v", m)
		}
	}
	for _, duplicate := range []bool{false, true} { // the place is free for the one that came too many
		if m := judge.answered(t, mark(3, ids[2])); m.Type != "tiempo_registrado" || m.Duplicate != duplicate {
			t.Fatalf("the mark instead: %+v", m)
		}
	}
	key := uuid.NewString()
	for range 2 {
		if m := judge.answered(t, declaration(2, key)); m.Type != "marcas_declaradas" || m.Total != 2 || m.Stored != 2 || m.Ref != "d" {
			t.Fatalf("declare: %+v", m)
		}
	}
	var own struct {
		Counting int `json:"cuentan"`
		Stored   int `json:"guardadas"`
		Marks    []struct {
			ID    string `json:"id_registro"`
			State string `json:"estado"`
		} `json:"marcas"`
		Declaration *struct{ Total int } `json:"declaracion"`
	}
	b.judge[1].must(http.StatusOK, "GET", "/api/equipos/1/puesto/", nil, &own)
	states := map[string]string{}
	for _, m := range own.Marks {
		states[m.ID] = m.State
	}
	if own.Counting != 2 || own.Stored != 2 || own.Declaration == nil || own.Declaration.Total != 2 ||
		states[ids[0]] != "cuenta" || states[ids[1]] != "anulada" || states[ids[2]] != "cuenta" {
		t.Errorf("own post: %+v", own)
	}
	b.judge[2].must(http.StatusForbidden, "GET", "/api/equipos/1/puesto/", nil, nil)

	// A device that says it gave number 5 has two that are nowhere.
	if m := judge.answered(t, map[string]any{"tipo": "ping", "dispositivo": "web-1", "competencia_id": 1, "secuencia": 5, "pendientes": 2}); m.Type != "pong" {
		t.Fatalf("ping: %+v", m)
	}
	type proof struct {
		Judge    *string `json:"juez"`
		Declared *int    `json:"declaradas"`
		Complete bool    `json:"completo"`
		Devices  []struct {
			Claimed int     `json:"mayor_declarada"`
			Missing []int64 `json:"faltan"`
		} `json:"dispositivos"`
	}
	read := func() proof {
		var proofs []proof
		b.vera.must(http.StatusOK, "GET", "/api/competencias/1/puestos/", nil, &proofs)
		if len(proofs) != 1 || len(proofs[0].Devices) != 1 {
			t.Fatalf("posts: %+v", proofs)
		}
		return proofs[0]
	}
	if got := read(); got.Complete || got.Devices[0].Claimed != 5 || fmt.Sprint(got.Devices[0].Missing) != "[4 5]" || *got.Judge != "juez1" || *got.Declared != 2 {
		t.Errorf("with a claim: %+v", got)
	}
	judge.cut(false)
	eventually(t, func() bool { return read().Complete })
	b.ana.must(http.StatusOK, "POST", "/api/competencias/1/detener/", struct{}{}, nil)
	b.ana.must(http.StatusCreated, "POST", "/api/competencias/1/resultados/oficial/", struct{}{}, nil)
	again, err := rest{url: b.url, token: b.judge[1].token}.dialJudge(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer again.cut(false)
	if m := again.answered(t, retraction(ids[0])); m.Code != "decision_imposible" || m.ID != ids[0] {
		t.Errorf("take back what is official: %+v", m)
	}
}

// eventually waits until something holds.
func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.After(replyTimeout); !holds(); {
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatal("it never came to be")
		}
	}
}
