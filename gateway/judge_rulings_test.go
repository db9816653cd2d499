package gateway

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"server5k/race"
)

// fromClient is a message of a client, testdata/wire/client/NAME.json.
func fromClient(tb testing.TB, name string) []byte {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "wire", "client", name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

const someDeclaration = "6f1c7a52-93f0-4d0e-8a55-0c4be2a0f9d3"

// TestJudgeRulings plays what a judge orders and compares the answer with its
// golden file.
func TestJudgeRulings(t *testing.T) {
	t.Parallel()
	id := race.RecordID(uuid.MustParse(someID))
	at := now.Add(1500 * time.Microsecond).Truncate(time.Microsecond)
	retract := race.Order{Kind: race.RulingRetract, Team: 7, RecordID: id, Key: race.KeyOf(race.RulingRetract, id), At: at}
	declared := race.Declaration{Total: 15, Device: "web-3f9c2a71", Highest: 15}
	declare := race.Order{Kind: race.RulingDeclare, Team: 7, Declared: declared, Key: race.OrderKey(uuid.MustParse(someDeclaration)), At: at}
	made := race.Ruled{Ruling: race.Ruling{Team: 7, Declared: declared}, Stored: 14}
	for _, tc := range []struct {
		name, in string
		order    race.Order
		ruled    race.Ruled
		err      error
	}{
		{"judge_registro_anulado", "judge_anular_registro", retract, race.Ruled{Ruling: race.Ruling{Team: 7}}, nil},
		{"judge_registro_anulado_duplicado", "judge_anular_registro", retract, race.Ruled{Ruling: race.Ruling{Team: 7}, Repeated: true}, nil},
		{"judge_error_registro_inexistente", "judge_anular_registro", retract, race.Ruled{}, race.Errorf(race.CodeNoRecord, "El registro no existe")},
		{
			"judge_error_decision_imposible", "judge_anular_registro", retract,
			race.Ruled{},
			race.Errorf(race.CodeRuling, "Pasó demasiado tiempo; pida la anulación al organizador"),
		},
		{"judge_error_anular_no_disponible", "judge_anular_registro", retract, race.Ruled{}, race.Errorf(race.CodeUnavailable, "%s", textBusy)},
		{"judge_error_anular_interno", "judge_anular_registro", retract, race.Ruled{}, errors.New("the disk is on fire")},
		{"judge_marcas_declaradas", "judge_declarar_marcas", declare, made, nil},
		{"judge_error_declarar_ajeno", "judge_declarar_marcas", declare, race.Ruled{}, race.Errorf(race.CodeForeignTeam, "El equipo 7 no está asignado a usted")},
		{"judge_error_declarar_clave", "judge_declarar_marcas", declare, race.Ruled{Ruling: race.Ruling{Team: 8, Declared: declared}}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h, s := newHandler()
			h.OnText(fromClient(t, tc.in))
			if len(s.tickets) != 1 || len(s.orders) != 1 {
				t.Fatalf("%d tickets, orders %+v", len(s.tickets), s.orders)
			}
			if diff := cmp.Diff(tc.order, s.orders[0]); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
			golden(t, tc.name, h.ruled(s.tickets[0], tc.ruled, tc.err))
		})
	}
}

// TestJudgeRulings_Mistakes: what cannot be read is no order.
func TestJudgeRulings_Mistakes(t *testing.T) {
	t.Parallel()
	retract, declare := string(fromClient(t, "judge_anular_registro")), string(fromClient(t, "judge_declarar_marcas"))
	for name, tc := range map[string]struct {
		in   string
		code race.Code
		text string
	}{
		"no team":              {strings.Replace(retract, `"equipo_id": 7,`, "", 1), race.CodeMissingField, "Falta el campo equipo_id"},
		"a team of letters":    {strings.Replace(declare, `"equipo_id": 7`, `"equipo_id": "x"`, 1), race.CodeInvalidValue, "equipo_id debe ser un número entero"},
		"no record":            {strings.Replace(retract, `"`+someID+`"`, "null", 1), race.CodeMissingField, "Falta el campo id_registro"},
		"a record of letters":  {strings.Replace(retract, someID, "x", 1), race.CodeInvalidValue, "id_registro debe ser un UUID"},
		"the record of nobody": {strings.Replace(retract, someID, uuid.Nil.String(), 1), race.CodeInvalidValue, "id_registro debe ser un UUID"},
		"a number as record":   {strings.Replace(retract, `"`+someID+`"`, "7", 1), race.CodeInvalidValue, "id_registro debe ser un UUID"},
		"no total":             {strings.Replace(declare, `"total": 15,`, "", 1), race.CodeMissingField, "Falta el campo total"},
		"less than none":       {strings.Replace(declare, `"total": 15`, `"total": -1`, 1), race.CodeInvalidValue, "total debe ser un número entero entre 0 y 1000"},
		"half a mark":          {strings.Replace(declare, `"total": 15`, `"total": 1.5`, 1), race.CodeInvalidValue, "total debe ser un número entero entre 0 y 1000"},
		"a crowd":              {strings.Replace(declare, `"total": 15`, `"total": 1001`, 1), race.CodeInvalidValue, "total debe ser un número entero entre 0 y 1000"},
		"a wild number":        {strings.Replace(declare, `"secuencia": 15`, `"secuencia": 1000001`, 1), race.CodeInvalidValue, "secuencia debe ser un número entero entre 0 y 1000000"},
		"a long device": {
			strings.Replace(declare, "web-3f9c2a71", strings.Repeat("ñ", 65), 1), race.CodeInvalidValue, "dispositivo debe ser un texto de hasta 64 caracteres",
		},
		"no declaration": {strings.Replace(declare, "id_declaracion", "id", 1), race.CodeMissingField, "Falta el campo id_declaracion"},
		"a list": {
			strings.Replace(declare, `"`+someDeclaration+`"`, "[]", 1), race.CodeInvalidValue, "id_declaracion debe ser un UUID",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, s := newHandler()
			h.OnText([]byte(tc.in))
			if len(s.tickets) != 1 || len(s.orders) != 0 {
				t.Fatalf("%d tickets, orders %+v", len(s.tickets), s.orders)
			}
			got, ok := h.answer(s.tickets[0], race.Reply{}, nil).(errorMessage)
			if !ok || got.Code != tc.code || got.Message != tc.text || got.Ref == "" {
				t.Errorf("answered %+v", got)
			}
		})
	}
}

// TestJudgeRulings_Optional: who numbers nothing can declare, too.
func TestJudgeRulings_Optional(t *testing.T) {
	t.Parallel()
	h, s := newHandler()
	h.OnText([]byte(`{"tipo":"declarar_marcas","equipo_id":"7","total":"0","secuencia":null,"id_declaracion":"` + someDeclaration + `"}`))
	if len(s.orders) != 1 || s.orders[0].Declared != (race.Declaration{}) {
		t.Errorf("orders %+v", s.orders)
	}
}
