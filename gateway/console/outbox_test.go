package console

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mark is a mark of the outbox, as far as the tests look at it.
type mark struct {
	ID     string  `json:"id"`
	Number int     `json:"number"`
	At     float64 `json:"at"`
	Absent bool    `json:"absent"`
	State  string  `json:"state"`
	Code   string  `json:"code"`
	Truth  float64 `json:"truth"` // the server's instant of the tap, known to the world only
	Frozen *struct {
		Elapsed     int64    `json:"tiempo"`
		MarkedAt    float64  `json:"marcado_en"`
		Offset      *float64 `json:"desfase_ms"`
		Uncertainty *float64 `json:"incertidumbre_ms"`
	} `json:"frozen"`
	Taken *struct {
		State string `json:"state"`
	} `json:"taken"`
}

// report is what a world has come to.
type report struct {
	Faults       []string                   `json:"faults"`
	Lives        int                        `json:"lives"`
	Gun          float64                    `json:"gun"`
	Taps         []mark                     `json:"taps"`
	Marks        []mark                     `json:"marks"`
	Server       map[string]json.RawMessage `json:"server"`
	Voided       map[string]bool            `json:"voided"`
	Declared     []json.RawMessage          `json:"declared"`
	Declarations []struct {
		ID    string `json:"id"`
		State string `json:"state"`
	} `json:"declarations"`
}

// happenings of a random race, the likely ones more than once.
var happenings = []string{
	"tap", "tap", "twoTaps", "absent", "takeBack", "declare", "write", "write", "write", "written", "written", "written", "pump", "pump", "pump",
	"wait", "connect", "connect", "cut", "reload", "start", "stop", "setWall", "setWallAway", "sleep", "serve", "serve", "serve", "hear", "hear", "hear",
}

// TestOutbox_NothingLostNothingTwice plays random races in which network, disk,
// server and page fail at any time, and then lets everything work. Every tap that
// reached the disk is at the server once, with the content of its first sending,
// and the numbers have no gap.
func TestOutbox_NothingLostNothingTwice(t *testing.T) {
	t.Parallel()
	for seed := range uint64(16) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			e, rng := newEngine(t), rand.New(rand.NewPCG(seed, 5)) //nolint:gosec // a test that can be repeated
			if err := e.vm.Set("random", rng.Float64); err != nil {
				t.Fatal(err)
			}
			e.run("var world = new World(random)")
			for range 300 {
				e.run("world." + happenings[rng.IntN(len(happenings))] + "()")
			}
			if !eval[bool](e, "return world.settle()") {
				t.Fatal("never comes to rest")
			}
			check(t, eval[report](e, "return JSON.parse(world.report())"))
		})
	}
}

func check(t *testing.T, r report) {
	t.Helper()
	if len(r.Faults) > 0 {
		t.Errorf("%d faults, the first: %s", len(r.Faults), r.Faults[0])
	}
	known := map[string]mark{}
	for i, m := range r.Marks {
		known[m.ID] = m
		if m.Number != i+1 {
			t.Errorf("mark %d has number %d", i+1, m.Number)
		}
		if m.State != "confirmed" {
			t.Errorf("mark %d is %s (%s) at the end", m.Number, m.State, m.Code)
		}
		if m.Taken != nil && (m.Taken.State != "done" || !r.Voided[m.ID]) {
			t.Errorf("mark %d is not taken back: %v", m.Number, *m.Taken)
		}
		if m.Frozen == nil {
			t.Errorf("mark %d was confirmed unsent", m.Number)
			continue
		}
		accurate(t, m, r.Gun)
	}
	for _, tap := range r.Taps {
		if _, ok := known[tap.ID]; !ok {
			t.Errorf("tap %s reached the disk and is gone", tap.ID)
		}
	}
	if len(r.Server) != len(r.Marks) {
		t.Errorf("the server has %d marks of %d", len(r.Server), len(r.Marks))
	}
	for id := range r.Voided {
		if m := known[id]; m.Taken == nil {
			t.Errorf("mark %d was taken back by nobody", m.Number)
		}
	}
	for _, d := range r.Declarations {
		if d.State != "done" {
			t.Errorf("declaration %s is %s at the end", d.ID, d.State)
		}
	}
}

// accurate compares a mark with when it was really made.
func accurate(t *testing.T, m mark, gun float64) {
	t.Helper()
	switch {
	case m.Absent:
		if m.Frozen.Elapsed != 0 {
			t.Errorf("absence %d has the time %d", m.Number, m.Frozen.Elapsed)
		}
	case m.Frozen.Elapsed < 1:
		t.Errorf("mark %d has the time %d", m.Number, m.Frozen.Elapsed)
	}
	if m.Frozen.Offset == nil || m.Frozen.Uncertainty == nil {
		t.Errorf("mark %d was sent without a clock on a line that measures at once", m.Number)
		return
	}
	corrected := m.Frozen.MarkedAt + *m.Frozen.Offset
	if off := corrected - m.Truth; off > *m.Frozen.Uncertainty+0.01 || -off > *m.Frozen.Uncertainty+0.01 {
		t.Errorf("mark %d is %.3f ms off, said ± %.3f", m.Number, off, *m.Frozen.Uncertainty)
	}
	if want := max(1, int64(corrected-gun+0.5)); !m.Absent && (m.Frozen.Elapsed-want > 1 || want-m.Frozen.Elapsed > 1) {
		t.Errorf("mark %d has the time %d, want %d", m.Number, m.Frozen.Elapsed, want)
	}
}

// outboxSetup makes an outbox with a sender whose messages are collected.
const outboxSetup = `
	var now = 1000, gun = 5000, sent = [], open = true, n = 0, measuring = false;
	var outbox = new Outbox({device: "web-00000001", newID: () => "id-" + ++n});
	var sender = new Sender({outbox, mono: () => now, transmit: (m) => open && sent.push(m) > 0,
		measuring: () => measuring, clockFor: () => ({offset: 10, uncertainty: 2}), gunOf: () => gun, changed: () => {}});
	var tap = (o) => outbox.tap(Object.assign({judge: 1, team: 7, competition: 3, at: 6000 + n, life: 1, absent: false}, o));
	var store = () => outbox.takeDirty().forEach((i) => outbox.wrote(i.id, i.rev));
	var go = () => { sender.pump(); store(); sender.pump(); };
	var take = () => sent.splice(0).map((m) => m.tipo + " " + (m.id_registro || m.total));`

func TestSender_Answers(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, script, want string }{
		{"a duplicate is a success", `sender.receive({tipo: "tiempo_registrado", duplicado: true, registro: {id_registro: "id-1"}})`, "confirmed"},
		{"not running is left to the organizer", `sender.receive({tipo: "error", codigo: "competencia_no_en_curso", ref: "id-1"})`, "kept"},
		{"a full team is left to the organizer", `sender.receive({tipo: "error", codigo: "equipo_completo", id_registro: "id-1"})`, "kept"},
		{"a conflict needs somebody", `sender.receive({tipo: "error", codigo: "conflicto", ref: "id-1"})`, "attention"},
		{"a value that is refused needs somebody", `sender.receive({tipo: "error", codigo: "valor_invalido", ref: "id-1"})`, "attention"},
		{"away is asked again", `sender.receive({tipo: "error", codigo: "no_disponible", ref: "id-1", reintentar_ms: 900})`, "sent"},
		{"an error of nobody changes nothing", `sender.receive({tipo: "error", codigo: "mensaje_invalido"})`, "sent"},
		{"what is stored stays so", `sender.receive({tipo: "tiempo_registrado", registro: {id_registro: "id-1"}}); sender.receive({tipo: "error", codigo: "conflicto", ref: "id-1"})`, "confirmed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			e.run(outboxSetup + "tap(); sender.opened(1); go();" + tt.script)
			if got := eval[string](e, "return statusOf(outbox.marks[0])"); got != tt.want {
				t.Errorf("status %s, want %s", got, tt.want)
			}
		})
	}
}

func TestSender_Order(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, script string
		want         []string
	}{
		{"nothing before it is on disk", `tap(); sender.opened(1); sender.pump()`, nil},
		{"all that waits, in order", `tap(); tap(); sender.opened(1); go()`, []string{"registrar_tiempo id-1", "registrar_tiempo id-2"}},
		{"no more than a window", `for (let i = 0; i < 12; i++) tap(); sender.opened(1); go(); sent = sent.slice(6)`, []string{"registrar_tiempo id-7", "registrar_tiempo id-8"}},
		{"not before the start", `gun = null; tap(); sender.opened(1); go()`, nil},
		{"not those of another judge", `tap({judge: 2}); sender.opened(1); go()`, nil},
		{"again on the next connection", `tap(); sender.opened(1); go(); take(); sender.closed(); sender.opened(1); go()`, []string{"registrar_tiempo id-1"}},
		{
			"taken back once it is there", `tap(); outbox.takeBack(outbox.marks[0]); sender.opened(1); go(); take();
			sender.receive({tipo: "tiempo_registrado", registro: {id_registro: "id-1"}}); go()`, []string{"anular_registro id-1"},
		},
		{
			"what the server never had is not taken back", `tap(); outbox.takeBack(outbox.marks[0]); sender.opened(1); go(); take();
			sender.receive({tipo: "error", codigo: "valor_invalido", ref: "id-1"}); go()`, nil,
		},
		{"a declaration waits for the marks", `tap(); outbox.declare(1, 7, 3, 1, 0); sender.opened(1); go()`, []string{"registrar_tiempo id-1"}},
		{
			"and follows them", `tap(); outbox.declare(1, 7, 3, 4, 0); sender.opened(1); go(); take();
			sender.receive({tipo: "tiempo_registrado", registro: {id_registro: "id-1"}}); go()`, []string{"declarar_marcas 4"},
		},
		{
			"nothing while the server asks for a pause", `tap(); sender.opened(1); go(); take();
			sender.receive({tipo: "error", codigo: "no_disponible", ref: "id-1", reintentar_ms: 900}); now += 899; go()`, nil,
		},
		{
			"then the same", `tap(); sender.opened(1); go(); take();
			sender.receive({tipo: "error", codigo: "no_disponible", ref: "id-1", reintentar_ms: 900}); now += 900; go()`, []string{"registrar_tiempo id-1"},
		},
		{
			"all in flight when one was dropped", `tap(); tap(); sender.opened(1); go(); take();
			sender.receive({tipo: "error", codigo: "limite_de_velocidad"}); now += 1000; go()`, []string{"registrar_tiempo id-1", "registrar_tiempo id-2"},
		},
		{
			"what was refused when the race goes on from the same gun", `tap(); sender.opened(1); go(); take();
			sender.receive({tipo: "error", codigo: "competencia_no_en_curso", ref: "id-1"}); outbox.reopen(3, 5000); go()`, []string{"registrar_tiempo id-1"},
		},
		{
			"not from another gun, which would make its time wrong", `tap(); sender.opened(1); go(); take();
			sender.receive({tipo: "error", codigo: "competencia_no_en_curso", ref: "id-1"}); outbox.reopen(3, 5001); go()`, nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			e.run(outboxSetup + tt.script)
			if diff := cmp.Diff(tt.want, eval[[]string](e, "const s = take(); return s.length ? s : null")); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSender_WaitsForTheClock(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	e.run(outboxSetup + `measuring = true; sender.clockFor = () => null; tap(); sender.opened(1); go();`)
	if got := eval[int](e, "return sent.length"); got != 0 {
		t.Errorf("sent %d while the clock was being measured", got)
	}
	e.run("measuring = false; go()")
	want := `{"id_registro":"id-1","tiempo":1000,"marcado_en":6000,"secuencia":1,"dispositivo":"web-00000001"}`
	if got := eval[string](e, "return JSON.stringify(outbox.record(outbox.marks[0]))"); got != want {
		t.Errorf("record %s, want %s", got, want)
	}
}

func TestSender_ASilentServerIsNoticed(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	e.run(outboxSetup + `tap(); sender.opened(1); go(); now += ANSWER_MS`)
	if eval[bool](e, "return sender.stalled()") {
		t.Error("given up while the server may still answer")
	}
	if !eval[bool](e, "now += 1; return sender.stalled()") {
		t.Error("a message without an answer was not noticed")
	}
}
