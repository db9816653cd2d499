package console

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func TestUUID7(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	e.run(`var n = 0, bytes = (k) => { const b = new Uint8Array(k); for (let i = 0; i < k; i++) b[i] = (n = (n * 75 + 74) % 65537) & 255; return b; }`)
	var all []string
	for i := range 200 {
		text := eval[string](e, fmt.Sprintf("return uuid7(%d.75, bytes)", 1_795_691_746_000+i))
		id, err := uuid.Parse(text)
		if err != nil || id.Version() != 7 || id.Variant() != uuid.RFC4122 || id.String() != text {
			t.Fatalf("%s is no UUID of version 7: %v", text, err)
		}
		sec, nsec := id.Time().UnixTime()
		if got := sec*1000 + nsec/1_000_000; got != int64(1_795_691_746_000+i) {
			t.Fatalf("%s is of %d", text, got)
		}
		all = append(all, text)
	}
	if !slices.IsSorted(all) {
		t.Error("ids do not sort as they were made")
	}
	if got, want := eval[string](e, `return deviceName(() => [0x3f, 0x9c, 0x02, 0xa7])`), "web-3f9c02a7"; got != want {
		t.Errorf("device %s, want %s", got, want)
	}
}

// exportSetup is an outbox with a sent mark, an absence, one that was taken back
// and one that has no start yet, of two teams.
const exportSetup = `
	var n = 0, outbox = new Outbox({device: "web-3f9c02a7", newID: () => "0199-" + ++n});
	[[7, 1000, false], [7, 2000, true], [9, 3000, false], [9, 4000, false]].forEach(([team, at, absent]) => outbox.tap({judge: 1, team, competition: 3, at, life: 1, absent}));
	outbox.freeze(outbox.marks[0], 400, {offset: 10.5, uncertainty: 2.25}); outbox.freeze(outbox.marks[1], 400, null); outbox.freeze(outbox.marks[2], 400, null);
	outbox.takeBack(outbox.marks[2]); outbox.confirm(outbox.marks[0]);
	var file = exportFile({outbox, judge: "ñandú", bibs: new Map([[7, 3]]), now: 1795691746000});`

func TestExport_File(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	e.run(exportSetup)
	want := `{"formato":"server5k-marcas-1","juez":"ñandú","dispositivo":"web-3f9c02a7","exportado":"2026-11-26T11:15:46.000Z","equipos":[` +
		`{"equipo_id":7,"dorsal":3,"registros":[` +
		`{"id_registro":"0199-1","tiempo":611,"marcado_en":1000,"desfase_ms":10.5,"incertidumbre_ms":2.25,"secuencia":1,"dispositivo":"web-3f9c02a7"},` +
		`{"id_registro":"0199-2","tiempo":0,"marcado_en":2000,"secuencia":2,"dispositivo":"web-3f9c02a7"}]},` +
		`{"equipo_id":9,"dorsal":null,"registros":[` +
		`{"id_registro":"0199-3","tiempo":2600,"marcado_en":3000,"secuencia":3,"dispositivo":"web-3f9c02a7","anulado":true},` +
		`{"id_registro":"0199-4","tiempo":null,"marcado_en":4000,"secuencia":4,"dispositivo":"web-3f9c02a7"}]}]}`
	if diff := cmp.Diff(want, eval[string](e, "return JSON.stringify(file)")); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

// TestExport_Frames reads the frames as another phone would, in any order.
func TestExport_Frames(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	e.run(exportSetup)
	frames := eval[[]string](e, "return exportFrames(file)")
	if len(frames) < 2 {
		t.Fatalf("%d frames of a file that needs more", len(frames))
	}
	parts := make([]string, len(frames))
	for i, f := range frames {
		fields := strings.SplitN(f, "|", 4)
		if len(fields) != 4 || fields[0] != "S5K1" || fields[1] != fmt.Sprint(i+1) || fields[2] != fmt.Sprint(len(frames)) {
			t.Fatalf("frame %d is %q", i+1, f)
		}
		if strings.ContainsFunc(f, func(r rune) bool { return r > 126 }) || len(f) > 300 {
			t.Errorf("frame %d cannot be read off a screen: %q", i+1, f)
		}
		parts[i] = fields[3]
	}
	var got, want any
	if err := json.Unmarshal([]byte(strings.Join(parts, "")), &got); err != nil {
		t.Fatalf("the parts are no JSON: %v", err)
	}
	want = eval[any](e, "return file")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what was read (-want +got):\n%s", diff)
	}
}

// TestExport_FrameFitsACode draws a full frame with the generator that pages load.
func TestExport_FrameFitsACode(t *testing.T) {
	t.Parallel()
	vm := goja.New()
	v, err := vm.RunString(string(read("lib/qrcode.js")) + string(read("static/export.js")) + `; const c = qrcode(0, "L"); c.addData("S5K1|12|34|" + "x".repeat(FRAME_CHARS), "Byte"); c.make(); c.getModuleCount()`)
	if err != nil {
		t.Fatal(err)
	}
	if n := v.ToInteger(); n < 21 || n > 65 {
		t.Errorf("%d modules on a side: too fine for a phone of 360 px", n)
	}
}

func TestPost(t *testing.T) {
	t.Parallel()
	const setup = `
	var n = 0, outbox = new Outbox({device: "web-1", newID: () => "own-" + ++n});
	var tap = (at) => { const m = outbox.tap({judge: 1, team: 7, competition: 3, at, life: 1, absent: false}); outbox.freeze(m, 0, {offset: 1000, uncertainty: 1}); return m; };
	var post = (marcas) => ({integrantes: 4, marcas, competencia: {started_at: "1970-01-01T00:00:00Z"}});
	var other = (id, tiempo, estado) => ({id_registro: id, tiempo, estado, recibido: "1970-01-01T00:00:09Z"});
	var look = (p) => [p.marked, p.confirmed, p.kept, p.voided, p.pending, p.others, p.size]; `
	tests := []struct {
		name, script string
		want         []any
	}{
		{"alone and without network", `tap(1); tap(2); return look(postOf(outbox.marks, null))`, []any{2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 15.0}},
		{"a relief goes on at the count of the team", `tap(9000); return look(postOf(outbox.marks, post([other("a", 5000, "cuenta"), other("b", 6000, "cuenta"), other("c", 7000, "anulada")])))`, []any{3.0, 2.0, 0.0, 1.0, 1.0, 3.0, 4.0}},
		{"own marks are counted once", `outbox.confirm(tap(9000)); return look(postOf(outbox.marks, post([other("own-1", 10000, "cuenta")])))`, []any{1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 4.0}},
		{"what the organizer voided is voided", `outbox.confirm(tap(9000)); return look(postOf(outbox.marks, post([other("own-1", 10000, "anulada")])))`, []any{0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 4.0}},
		{"what the organizer included counts", `outbox.refuse(tap(9000), "equipo_completo"); return look(postOf(outbox.marks, post([other("own-1", 10000, "cuenta")])))`, []any{1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 4.0}},
		{"in the order of the instants of the server", `tap(3000); tap(6000); return postOf(outbox.marks, post([other("a", 5000, "cuenta")])).rows.map((r) => r.id)`, []any{"own-1", "a", "own-2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			e.run(setup)
			if diff := cmp.Diff(tt.want, eval[[]any](e, tt.script)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestInstantOf(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	for _, tt := range []struct {
		name       string
		stamp, now float64
		want       float64
	}{
		{"the finger came down before the handler ran", 990, 1000, 990},
		{"the clock of events is coarser", 1000.1, 1000, 1000},
		{"another timeline", 1.8e12, 1000, 1000},
		{"no time at all", 0, 90000, 90000},
	} {
		if got := eval[float64](e, fmt.Sprintf("return instantOf({timeStamp: %f}, %f)", tt.stamp, tt.now)); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
