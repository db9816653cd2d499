package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// TestOffice_RulingsAndOfficialResults plays what an organizer does after a race,
// from the review to the second official version.
func TestOffice_RulingsAndOfficialResults(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, cfg *Config) {
		t.Helper()
		ruleAndPublish(t, setupOfficeOn(t, cfg))
	})
}

func ruleAndPublish(t *testing.T, b *officeBench) {
	t.Helper()
	ids := b.run(1_200_000, 1_300_000)
	late := b.judge[1].do("POST", "/api/equipos/1/registros/", map[string]any{"registros": []any{map[string]any{"tiempo": 1_250_000}}})
	if late.status != http.StatusBadRequest {
		t.Fatalf("a third record: %d %s", late.status, late.body)
	}
	official := func(status int, in map[string]any) (got struct {
		Number int    `json:"numero"`
		Digest string `json:"sha256"`
		Code   string `json:"codigo"`
	},
	) {
		b.ana.must(status, "POST", "/api/competencias/1/resultados/oficial/", in, &got)
		return got
	}
	if got := official(http.StatusConflict, map[string]any{}); got.Code != "competencia_en_curso" {
		t.Errorf("official while it runs: %+v", got)
	}
	b.ana.must(http.StatusOK, "POST", "/api/competencias/1/detener/", struct{}{}, nil)

	// The mark that was held waits for a decision; all three are the judge's.
	b.declare(3)
	var found []struct {
		Key     string  `json:"clave"`
		Kind    string  `json:"tipo"`
		Records []int64 `json:"registros"`
	}
	b.vera.must(http.StatusOK, "GET", "/api/competencias/1/revision/?abiertos=true", nil, &found)
	if len(found) != 1 || found[0].Kind != "retenido" {
		t.Fatalf("to be reviewed: %+v", found)
	}
	if got := official(http.StatusConflict, map[string]any{}); got.Code != "revision_pendiente" {
		t.Errorf("official with an open finding: %+v", got)
	}
	held := found[0].Records[0]
	full := b.ana.do("POST", "/api/competencias/1/decisiones/", map[string]any{"tipo": "incluir", "registro": held})
	if full.status != http.StatusConflict {
		t.Errorf("including a third record: %d %s", full.status, full.body)
	}
	void := b.rule(http.StatusCreated, map[string]any{"tipo": "anular", "id_registro": ids[1], "motivo": "doble toque"})
	b.rule(http.StatusCreated, map[string]any{"tipo": "incluir", "registro": held})
	if got := b.results().Results[0].Times; !slices.Equal(got, []int64{1_200_000, 1_250_000}) {
		t.Errorf("after including: %v", got)
	}

	// The gun moves every time by exactly as much, and back.
	b.ana.must(http.StatusOK, "POST", "/api/competencias/1/salida/", map[string]any{"ajuste_ms": 1500, "motivo": "disparo tardío"}, nil)
	b.rule(http.StatusCreated, map[string]any{"tipo": "penalizar", "equipo_id": 1, "penalizacion_ms": 10_000, "motivo": "regla 5"})
	if got := b.results().Results[0]; !slices.Equal(got.Times, []int64{1_198_500, 1_248_500}) || got.Total != 1_198_500+1_248_500+10_000 || got.Penalty != 10_000 {
		t.Errorf("with a later gun and a penalty: %+v", got)
	}

	first := official(http.StatusCreated, map[string]any{})
	if got := b.results(); got.State != "oficial" || got.Changed || got.Version == nil || got.Version.Digest != first.Digest || first.Number != 1 {
		t.Errorf("published: %+v, %+v", first, got)
	}
	// Taking a ruling back afterwards is seen, and the version stays as it was.
	b.ana.must(http.StatusOK, "PATCH", "/api/registros/"+ids[0]+"/", map[string]any{"estado": "anulado", "motivo": "no era"}, nil)
	b.rule(http.StatusCreated, map[string]any{"tipo": "deshacer", "decision_id": void.Ruling.ID, "motivo": "sí era"})
	if got := b.results(); got.State != "provisional" || !got.Changed || got.Version.Number != 1 {
		t.Errorf("after a change: %+v", got)
	}
	if second := official(http.StatusCreated, map[string]any{}); second.Number != 2 || second.Digest == first.Digest {
		t.Errorf("published again: %+v", second)
	}
	var diff struct {
		Changes []struct {
			Before, After *struct {
				Times []int64 `json:"registros"`
			}
		} `json:"cambios"`
	}
	b.vera.must(http.StatusOK, "GET", "/api/competencias/1/resultados/diferencias/?desde=1&hasta=2", nil, &diff)
	if len(diff.Changes) != 1 {
		t.Fatalf("what changed: %+v", diff)
	}
	var versions []struct {
		Number int `json:"numero"`
	}
	b.vera.must(http.StatusOK, "GET", "/api/competencias/1/resultados/versiones/", nil, &versions)
	if len(versions) != 2 {
		t.Errorf("versions: %+v", versions)
	}
	b.checkEvents(t)
}

// checkEvents reads what happened: numbers ascend and nothing is told twice.
func (b *officeBench) checkEvents(t *testing.T) {
	t.Helper()
	var events []struct {
		Number int64  `json:"evento"`
		Kind   string `json:"tipo"`
	}
	b.vera.must(http.StatusOK, "GET", "/api/competencias/1/eventos/", nil, &events)
	var numbers []int64
	for _, e := range events {
		numbers = append(numbers, e.Number)
	}
	if !slices.IsSorted(numbers) || len(slices.Compact(slices.Clone(numbers))) != len(numbers) || len(numbers) < 12 {
		t.Errorf("events: %v", numbers)
	}
	for i := 1; i < len(numbers); i++ {
		if numbers[i] != numbers[i-1]+1 {
			t.Errorf("events have a gap after %d: %v", numbers[i-1], numbers)
			break
		}
	}
	before := len(events)
	b.vera.must(http.StatusOK, "GET", fmt.Sprintf("/api/competencias/1/eventos/?desde=%d", numbers[2]), nil, &events)
	if len(events) != before-3 {
		t.Errorf("events after the third: %d of %d", len(events), before)
	}
}

// TestOffice_SameOrderAgainIsTheSame: the answer may be lost on its way.
func TestOffice_SameOrderAgainIsTheSame(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	b.run(1_200_000)
	order := map[string]any{"clave": uuid.NewString(), "tipo": "agregar", "equipo_id": 1, "tiempo": 1_234_567, "motivo": "hoja de papel"}
	first, again := b.rule(http.StatusCreated, order), b.rule(http.StatusOK, order)
	if first.Ruling.ID != again.Ruling.ID || first.Repeated || !again.Repeated || first.Ruling.Author != "ana" {
		t.Errorf("the same order: %+v, then %+v", first, again)
	}
	delete(order, "clave")
	var byHeader [2]struct {
		Ruling struct {
			ID int64 `json:"id"`
		} `json:"decision"`
	}
	penalty := map[string]any{"tipo": "penalizar", "equipo_id": 1, "penalizacion_ms": 1000, "motivo": "x"}
	key := uuid.NewString()
	b.ana.must(http.StatusCreated, "POST", "/api/competencias/1/decisiones/", penalty, &byHeader[0], "Idempotency-Key", key)
	b.ana.must(http.StatusOK, "POST", "/api/competencias/1/decisiones/", penalty, &byHeader[1], "Idempotency-Key", key)
	if byHeader[0] != byHeader[1] {
		t.Errorf("the same key in the header: %+v", byHeader)
	}
	other := b.ana.do("POST", "/api/competencias/1/decisiones/", map[string]any{"clave": key, "tipo": "descalificar", "equipo_id": 1, "motivo": "x"})
	if other.status != http.StatusConflict {
		t.Errorf("the key for another order: %d %s", other.status, other.body)
	}
}

// TestOffice_TwoAtOnceLoseNoDecision has two organizers rule at the same time.
func TestOffice_TwoAtOnceLoseNoDecision(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, cfg *Config) {
		t.Helper()
		ruleAtOnce(t, setupOfficeOn(t, cfg))
	})
}

func ruleAtOnce(t *testing.T, b *officeBench) {
	t.Helper()
	const each = 40
	b.run(1_200_000)
	var rulers sync.WaitGroup
	errs := make(chan error, 2*each)
	for _, who := range []client{b.ana, b.super} {
		rulers.Go(func() {
			for range each {
				a, err := who.try(t.Context(), "POST", "/api/competencias/1/decisiones/", map[string]any{
					"tipo": "penalizar", "equipo_id": 1, "penalizacion_ms": 1, "motivo": "a la vez",
				})
				if err == nil && a.status != http.StatusCreated {
					err = fmt.Errorf("%d %s", a.status, a.body)
				}
				errs <- err
			}
		})
	}
	rulers.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if got := b.results().Results[0].Penalty; got != 2*each {
		t.Errorf("penalties of %d ms were stored, want %d", got, 2*each)
	}
	authors := map[string]int{}
	var rulings []struct {
		Kind   string `json:"tipo"`
		Author string `json:"autor"`
	}
	b.vera.must(http.StatusOK, "GET", "/api/competencias/1/decisiones/", nil, &rulings)
	for _, r := range rulings {
		if r.Kind == "penalizar" {
			authors[r.Author]++
		}
	}
	if diff := cmp.Diff(map[string]int{"ana": each, testAdmin: each}, authors); diff != "" {
		t.Errorf("who ruled (-want +got):\n%s", diff)
	}
}

// TestOffice_RecordsAsRulings: what is done to a record is a decision about it.
func TestOffice_RecordsAsRulings(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	ids := b.run(1_200_000)
	path := "/api/registros/" + ids[0] + "/"
	var got struct {
		State   string `json:"estado"`
		TeamID  int64  `json:"equipo_id"`
		Marked  int64  `json:"equipo_marcado"`
		Rulings []struct {
			Kind   string `json:"tipo"`
			Reason string `json:"motivo"`
			Holds  bool   `json:"vigente"`
		} `json:"decisiones"`
	}
	b.ana.must(http.StatusCreated, "POST", "/api/equipos/", map[string]any{"competition_id": 1, "name": "Otro", "number": 102, "category": "estudiantes"}, nil)
	b.ana.must(http.StatusBadRequest, "DELETE", path, struct{}{}, nil)
	b.ana.must(http.StatusOK, "DELETE", path, map[string]any{"motivo": "doble toque"}, &got)
	if got.State != "anulado" || len(got.Rulings) != 1 || got.Rulings[0].Reason != "doble toque" {
		t.Errorf("deleted: %+v", got)
	}
	b.ana.must(http.StatusOK, "PATCH", path, map[string]any{"estado": "contado", "equipo_id": 3, "motivo": "del otro equipo"}, &got)
	if got.State != "contado" || got.TeamID != 3 || got.Marked != 1 || len(got.Rulings) != 3 {
		t.Errorf("moved and reinstated: %+v", got)
	}
	b.ana.must(http.StatusOK, "PATCH", path, map[string]any{"estado": "contado", "equipo_id": 3, "motivo": "otra vez"}, &got)
	if len(got.Rulings) != 3 {
		t.Errorf("what is so already is no decision: %+v", got)
	}
	var list []struct {
		ID string `json:"id_registro"`
	}
	for query, want := range map[string]int{"?estado=contado": 1, "?estado=anulado": 0, "?equipo=3": 1, "?equipo=2": 0, "?estado=movido": 1, "?juez=1": 1, "?buscar=" + ids[0][:13]: 1} {
		if b.vera.must(http.StatusOK, "GET", "/api/competencias/1/registros/"+query, nil, &list); len(list) != want {
			t.Errorf("%s: %d records, want %d", query, len(list), want)
		}
	}
	if b.beto.must(http.StatusOK, "GET", "/api/registros/", nil, &list); len(list) != 0 {
		t.Errorf("another organizer sees %d records", len(list))
	}
}
