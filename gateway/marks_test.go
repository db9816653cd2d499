package gateway

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"server5k/gateway/office"
	"server5k/race"
)

// savedMarks is a file as the console saves it.
const savedMarks = `{"formato":"server5k-marcas-1","juez":"juez1","dispositivo":"web-3f9c2a71","exportado":"2026-11-25T17:00:00Z","equipos":[
	{"equipo_id":7,"dorsal":70,"registros":[
		{"id_registro":"` + someID + `","tiempo":1234567,"marcado_en":1764082800000,"desfase_ms":-420000,"incertidumbre_ms":12,"secuencia":1,"dispositivo":"web-3f9c2a71"},
		{"id_registro":"` + someDeclaration + `","tiempo":0,"secuencia":2,"dispositivo":"web-3f9c2a71","anulado":true},
		{"tiempo":5},{"id_registro":"` + someID + `"},7,
		{"id_registro":"` + someID + `","tiempo":null,"marcado_en":1764082800000,"desfase_ms":500}
	]},
	{"equipo_id":"8","dorsal":null,"registros":[]}
]}`

func TestReadMarks(t *testing.T) {
	t.Parallel()
	got, err := ReadMarks([]byte(savedMarks), now)
	if err != nil {
		t.Fatal(err)
	}
	device := race.Mark{Device: "web-3f9c2a71", DeviceSeq: 1}
	first := race.TimeRecord{ID: race.RecordID(uuid.MustParse(someID)), Elapsed: 1234567 * time.Millisecond, Source: race.SourceImport, ReceivedAt: now, Mark: device}
	first.Mark.MarkedAt, first.Mark.ClockOffset, first.Mark.ClockUncertainty = time.UnixMilli(1764082800000).UTC(), -7*time.Minute, 12*time.Millisecond
	second := race.TimeRecord{ID: race.RecordID(uuid.MustParse(someDeclaration)), Source: race.SourceImport, ReceivedAt: now, Mark: device}
	second.Mark.DeviceSeq = 2
	marks := got.Teams[0].Marks
	for i, want := range []office.FileMark{{Record: first}, {Record: second, Taken: true}} {
		if diff := cmp.Diff(want, marks[i]); diff != "" {
			t.Errorf("mark %d (-want +got):\n%s", i, diff)
		}
	}
	untimed := race.TimeRecord{ID: first.ID, Source: race.SourceImport, ReceivedAt: now}
	untimed.Mark.MarkedAt, untimed.Mark.ClockOffset = first.Mark.MarkedAt, 500*time.Millisecond
	if diff := cmp.Diff(office.FileMark{Record: untimed, Untimed: true}, marks[5]); diff != "" {
		t.Errorf("mark without a time (-want +got):\n%s", diff)
	}
	for i, want := range []race.Code{"", "", race.CodeMissingField, race.CodeMissingField, race.CodeInvalidValue, ""} {
		if code := race.CodeOf(marks[i].Err); code != want {
			t.Errorf("mark %d: %q, want %q", i, code, want)
		}
	}
	if got.Judge != "juez1" || got.Device != "web-3f9c2a71" || len(got.Teams) != 2 || got.Teams[1].Team != 8 || len(got.Teams[1].Marks) != 0 {
		t.Errorf("file %+v", got)
	}
}

func TestReadMarks_Refuses(t *testing.T) {
	t.Parallel()
	for in, field := range map[string]string{
		``: "formato", `[]`: "formato", `{`: "formato", `{"equipos":[]}`: "formato", `{"formato":"server5k-marcas-2","equipos":[]}`: "formato",
		`{"formato":"server5k-marcas-1","equipos":7}`:                                   "formato",
		`{"formato":"server5k-marcas-1","equipos":[7]}`:                                 "equipos",
		`{"formato":"server5k-marcas-1","equipos":[{"registros":[]}]}`:                  "equipos",
		`{"formato":"server5k-marcas-1","equipos":[{"equipo_id":1}]}`:                   "equipos",
		`{"formato":"server5k-marcas-1","equipos":[{"equipo_id":1,"registros":"x"}]}`:   "equipos",
		`{"formato":"server5k-marcas-1","equipos":[{"equipo_id":1.5,"registros":[]}]}`:  "equipos",
		`{"formato":"server5k-marcas-1","equipos":[{"equipo_id":1,"registros":null}]}`:  "equipos",
		strings.Replace(savedMarks, `"equipos":[`, `"equipos":[{"equipo_id":null},`, 1): "equipos",
	} {
		_, err := ReadMarks([]byte(in), now)
		invalid, ok := errors.AsType[office.Invalid](err)
		if !ok || len(invalid.Faults) != 1 || invalid.Faults[0].Field != field || invalid.Faults[0].Text.EN == "" {
			t.Errorf("%.60s: %v, want a fault of %s", in, err, field)
		}
	}
}

// FuzzReadMarks: whatever a file holds, each mark of it obeys the rules or says why
// not.
func FuzzReadMarks(f *testing.F) {
	f.Add([]byte(savedMarks))
	f.Add([]byte(`{"formato":"server5k-marcas-1","equipos":[{"equipo_id":1e3,"registros":[{"tiempo":1e400,"anulado":1},[],null]}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		file, err := ReadMarks(in, now)
		if err != nil {
			if _, ok := errors.AsType[office.Invalid](err); !ok {
				t.Fatal(err)
			}
			return
		}
		for _, team := range file.Teams {
			for _, m := range team.Marks {
				r := m.Record
				if m.Err != nil {
					if code := race.CodeOf(m.Err); code != race.CodeMissingField && code != race.CodeInvalidValue {
						t.Fatal(m.Err)
					}
					continue
				}
				if r.ID == (race.RecordID{}) || r.Anonymous || r.Elapsed < 0 || r.Elapsed > race.MaxElapsed || r.Source != race.SourceImport {
					t.Fatalf("%+v", r)
				}
			}
		}
	})
}

// TestFileLimit: only what takes a file takes more than a request of a judge.
func TestFileLimit(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{
		"/api/competencias/7/importar/": maxImportBytes, "/admin/competencias/7/importar/": maxImportBytes,
		"/api/competencias/7/marcas/": maxMarksBytes, "/api/competencias/7/marcas": maxMarksBytes,
		"/api/competencias/x/marcas/": 0, "/api/competencias/7/equipos/": 0, "/api/competencias/7/marcas/1/": 0, "/api/equipos/7/marcas/": 0, "/": 0,
	} {
		if got := fileLimit(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

// FuzzEventID: an id of a stream that was cut is read or is none of ours.
func FuzzEventID(f *testing.F) {
	for _, seed := range []string{"77-12", "-77-12", "77", "77-", "-", "", "0-0", "9223372036854775807-9223372036854775808"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if r := eventID(id); r != nil && (r.seq < 0 || r.stream == 0) {
			t.Fatalf("%q is %+v", id, *r)
		}
	})
}
