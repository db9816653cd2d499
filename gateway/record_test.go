package gateway

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"server5k/race"
)

var now = time.Date(2026, 11, 25, 15, 0, 0, 0, time.UTC)

const someID = "0b9d1c2e-7f3a-4c55-9a61-3f1f0c5e8a01"

func TestDecodeRecord(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, in string
		want     time.Duration
		code     race.Code
	}{
		{"total", `{"tiempo":1234567}`, 1234567 * time.Millisecond, ""},
		{"absent", `{"tiempo":0,"horas":0}`, 0, ""},
		{"integral float", `{"tiempo":5.0}`, 5 * time.Millisecond, ""},
		{"exponent", `{"tiempo":5e3}`, 5 * time.Second, ""},
		{"string", `{"tiempo":"1000"}`, time.Second, ""},
		{"components win", `{"tiempo":1,"minutos":"2"}`, 2 * time.Minute, ""},
		{"last key wins", `{"tiempo":1,"tiempo":2}`, 2 * time.Millisecond, ""},
		{"unknown fields", `{"tiempo":1,"foo":[{}],"TIEMPO":9}`, time.Millisecond, ""},
		{"fraction", `{"tiempo":1.5}`, 0, race.CodeInvalidValue},
		{"bool", `{"tiempo":true}`, 0, race.CodeInvalidValue},
		{"list", `{"tiempo":[1]}`, 0, race.CodeInvalidValue},
		{"huge", `{"tiempo":1e30}`, 0, race.CodeInvalidValue},
		{"huge integer", `{"tiempo":1000000000000000000000000000000}`, 0, race.CodeInvalidValue},
		{"2^63", `{"tiempo":9223372036854775808}`, 0, race.CodeInvalidValue},
		{"negative", `{"tiempo":-1}`, 0, race.CodeInvalidValue},
		{"not a number", `{"tiempo":NaN}`, 0, race.CodeInvalidValue},
		{"text", `{"tiempo":"abc"}`, 0, race.CodeInvalidValue},
		{"empty text", `{"tiempo":""}`, 0, race.CodeInvalidValue},
		{"missing", `{"minutos":1}`, 0, race.CodeMissingField},
		{"null", `{"tiempo":null}`, 0, race.CodeMissingField},
		{"null component", `{"tiempo":1,"horas":null}`, 0, race.CodeInvalidValue},
		{"60 seconds", `{"tiempo":1,"segundos":60}`, 0, race.CodeInvalidValue},
		{"no object", `5`, 0, race.CodeInvalidValue},
		{"bad id", `{"tiempo":1,"id_registro":"xyz"}`, 0, race.CodeInvalidValue},
		{"number as id", `{"tiempo":1,"id_registro":7}`, 0, race.CodeInvalidValue},
		{"negative uncertainty", `{"tiempo":1,"incertidumbre_ms":-1}`, 0, race.CodeInvalidValue},
		{"long device", `{"tiempo":1,"dispositivo":"` + strings.Repeat("ñ", 65) + `"}`, 0, race.CodeInvalidValue},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := decodeRecord(jsontext.Value(tc.in), race.SourceSocket, now)
			if code := race.CodeOf(err); code != tc.code {
				t.Fatalf("code %q (%v), want %q", code, err, tc.code)
			}
			if err == nil && got.Elapsed != tc.want {
				t.Errorf("elapsed %v, want %v", got.Elapsed, tc.want)
			}
		})
	}
}

func TestDecodeRecord_KeepsWhatTheDeviceSays(t *testing.T) {
	t.Parallel()
	in := `{"id_registro":"` + strings.ToUpper(someID) + `","tiempo":1,"marcado_en":1764082800123.5,"desfase_ms":-12.25,"incertidumbre_ms":3,"secuencia":7,"dispositivo":"Teléfono de Ana"}`
	got, err := decodeRecord(jsontext.Value(in), race.SourceHTTP, now)
	if err != nil {
		t.Fatal(err)
	}
	want := race.Mark{
		MarkedAt: time.UnixMicro(1764082800123500).UTC(), ClockOffset: -12250 * time.Microsecond,
		ClockUncertainty: 3 * time.Millisecond, Device: "Teléfono de Ana", DeviceSeq: 7,
	}
	if got.Mark != want || got.ID.String() != someID || got.Anonymous || got.Source != race.SourceHTTP {
		t.Errorf("got %+v", got)
	}
}

func TestDecodeRecord_MakesAnID(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`{"tiempo":1}`, `{"tiempo":1,"id_registro":null}`, `{"tiempo":1,"id_registro":""}`} {
		got, err := decodeRecord(jsontext.Value(in), race.SourceHTTP, now)
		if err != nil || !got.Anonymous || got.ID == (race.RecordID{}) {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
	}
}

func TestDecodeRecords_List(t *testing.T) {
	t.Parallel()
	item := `{"tiempo":1}`
	for _, tc := range []struct {
		name, in string
		n        int
		code     race.Code
	}{
		{"one", `[` + item + `]`, 1, ""},
		{"fifteen", `[` + strings.Repeat(item+",", 14) + item + `]`, 15, ""},
		{"sixteen", `[` + strings.Repeat(item+",", 15) + item + `]`, 0, race.CodeTooMany},
		{"none", `[]`, 0, race.CodeMissingField},
		{"null", `null`, 0, race.CodeMissingField},
		{"missing", ``, 0, race.CodeMissingField},
		{"object", `{"0":1}`, 0, race.CodeMissingField},
		{"text", `"abcdefghijklmno"`, 0, race.CodeMissingField},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := decodeRecords(jsontext.Value(tc.in), race.SourceHTTP, now)
			if len(got) != tc.n || race.CodeOf(err) != tc.code {
				t.Errorf("got %d, %v; want %d, %q", len(got), err, tc.n, tc.code)
			}
		})
	}
}

// FuzzDecodeRecords: whatever a client sends, a record that is taken obeys the
// rules, and nothing panics.
func FuzzDecodeRecords(f *testing.F) {
	for _, seed := range []string{
		`[{"tiempo":1}]`, `[{"tiempo":"1","horas":0,"minutos":1,"segundos":2,"milisegundos":3,"id_registro":"` + someID + `"}]`,
		`[5,null,"x",{},[],{"tiempo":1e308},{"tiempo":-0},{"tiempo":9223372036854775808}]`, `[{"tiempo":1,"marcado_en":1e300}]`, `{`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		items, err := decodeRecords(jsontext.Value(in), race.SourceSocket, now)
		if err == nil && (len(items) == 0 || len(items) > race.MaxTeamSize) {
			t.Fatalf("%d records", len(items))
		}
		for _, it := range items {
			switch code := race.CodeOf(it.err); {
			case it.err != nil && code != race.CodeInvalidValue && code != race.CodeMissingField:
				t.Fatalf("code %q", code)
			case it.err == nil && (it.rec.Elapsed < 0 || it.rec.Elapsed > race.MaxElapsed || it.rec.Elapsed%time.Millisecond != 0):
				t.Fatalf("elapsed %v", it.rec.Elapsed)
			}
		}
	})
}
