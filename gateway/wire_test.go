package gateway

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	gobwas "github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"server5k/gateway/ws"
	"server5k/race"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a message with testdata/wire/NAME.json.
func golden(t *testing.T, name string, message any) {
	t.Helper()
	got, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	v := jsontext.Value(got)
	if err := v.Indent(jsontext.WithIndent("  ")); err != nil {
		t.Fatal(err)
	}
	got = append(v, '\n')
	path := filepath.Join("testdata", "wire", name+".json")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// payload takes a message out of its frame.
func payload(t *testing.T, f ws.Frame) jsontext.Value {
	t.Helper()
	r := bytes.NewReader(f)
	h, err := gobwas.ReadHeader(r)
	if err != nil || h.OpCode != gobwas.OpText || h.Masked || h.Length != int64(r.Len()) {
		t.Fatalf("frame %v, %v", h, err)
	}
	return jsontext.Value(f[len(f)-r.Len():])
}

// fakeSession keeps what the handler asks of its session.
type fakeSession struct {
	tickets  []any
	requests []race.Request
	orders   []race.Order
}

func (s *fakeSession) ID() string { return "session-1" }

func (s *fakeSession) Submit(ticket any, q race.Request) {
	s.tickets, s.requests = append(s.tickets, ticket), append(s.requests, q)
}

func (s *fakeSession) Rule(ticket any, o race.Order) {
	s.tickets, s.orders = append(s.tickets, ticket), append(s.orders, o)
}
func (s *fakeSession) Echo(ticket any) { s.tickets = append(s.tickets, ticket) }
func (s *fakeSession) Close()          {}

var (
	quito = time.FixedZone("", -5*60*60)
	team  = race.Team{ID: 7, Competition: 1, Judge: 3, Name: `Ñandú "A" <b>`, Bib: 70, Category: race.CategoryStudents}
	comp  = race.Competition{ID: 1, Name: "Carrera", Active: true, Running: true, StartedAt: now.Add(250 * time.Millisecond), TeamSize: 15}
	over  = race.Competition{ID: 1, Name: "Carrera", Active: true, StartedAt: now, FinishedAt: now.Add(time.Hour), TeamSize: 15}
)

func newHandler() (*judgeHandler, *fakeSession) {
	s := &fakeSession{}
	srv := &Server{
		cfg:     Config{Devices: NewDevices("a"), Location: quito, Now: func() time.Time { return now.Add(1500 * time.Microsecond) }},
		retryIn: func() time.Duration { return 2 * time.Second },
	}
	return &judgeHandler{srv: srv, judge: 3, session: s, device: srv.cfg.Devices.add(3, srv.cfg.Now())}, s
}

// TestJudgeMessages plays each message of a judge and compares the answer, given
// what the owner of the competition replies, with its golden file.
func TestJudgeMessages(t *testing.T) {
	t.Parallel()
	id, err := race.ParseRecordID(someID)
	if err != nil {
		t.Fatal(err)
	}
	stored := race.Outcome{ID: id, Elapsed: 1234567 * time.Millisecond, ReceivedAt: now}
	again := stored
	again.Duplicate = true
	full := race.Outcome{ID: id, Err: race.Errorf(race.CodeTeamComplete, "El equipo ya tiene sus 15 registros. No se permiten más")}
	reply := func(o ...race.Outcome) race.Reply { return race.Reply{Team: team, Outcomes: o} }
	single := `{"tipo":"registrar_tiempo","ref":"r1","equipo_id":7,"tiempo":1234567,"id_registro":"` + someID + `"}`
	item := `{"tiempo":1234567,"id_registro":"` + someID + `"}`
	batch := `{"tipo":"registrar_tiempos","equipo_id":"7","registros":[` + item + `,5,` + item + `]}`
	unavailable := race.Errorf(race.CodeUnavailable, "Servicio no disponible en este momento, reintente")
	for _, tc := range []struct {
		name, in string
		reply    race.Reply
		err      error
		submits  int // records
	}{
		{name: "judge_pong", in: `{"tipo":"ping"}`},
		{name: "judge_pong_clock", in: `{"tipo":"ping","t0":1764082799999.25,"ref":"reloj"}`},
		{name: "judge_tiempo_registrado", in: single, reply: reply(stored), submits: 1},
		{name: "judge_tiempo_registrado_duplicado", in: single, reply: reply(again), submits: 1},
		{name: "judge_error_equipo_completo", in: single, reply: reply(full), submits: 1},
		{name: "judge_error_no_disponible", in: single, err: unavailable, submits: 1},
		{name: "judge_error_falta_tiempo", in: `{"tipo":"registrar_tiempo","equipo_id":7}`},
		{name: "judge_error_falta_equipo", in: `{"tipo":"registrar_tiempo","tiempo":7}`},
		{name: "judge_error_equipo_invalido", in: `{"tipo":"registrar_tiempos","equipo_id":1.5,"registros":[{}]}`},
		{name: "judge_error_mensaje", in: `[1]`},
		{name: "judge_error_tipo", in: `{"tipo":"borrar","ref":"x"}`},
		{name: "judge_error_lista", in: `{"tipo":"registrar_tiempos","equipo_id":7,"registros":[]}`},
		{name: "judge_batch", in: batch, reply: reply(stored, again), submits: 2},
		{name: "judge_batch_rechazado", in: batch, reply: reply(full, full), submits: 2},
		{name: "judge_batch_no_disponible", in: batch, err: unavailable, submits: 2},
		{name: "judge_batch_todo_malo", in: `{"tipo":"registrar_tiempos","equipo_id":7,"registros":[{"tiempo":-1},null]}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h, s := newHandler()
			h.OnText([]byte(tc.in))
			records := 0
			for _, q := range s.requests {
				if records += len(q.Records); q.Judge != 3 || q.Team != 7 {
					t.Errorf("request for judge %d, team %d", q.Judge, q.Team)
				}
			}
			if len(s.tickets) != 1 || records != tc.submits {
				t.Fatalf("%d tickets, %d records; want 1, %d", len(s.tickets), records, tc.submits)
			}
			golden(t, tc.name, h.answer(s.tickets[0], tc.reply, tc.err))
		})
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	s := stamp{quito}
	total := race.Event{Kind: race.TimesRecorded, Seq: 12, Stream: 77, Competition: comp, Total: race.TeamTotal{
		Team: team, Records: 2, Absent: 1, Elapsed: 2469134 * time.Millisecond, Status: race.StatusIncomplete,
	}}
	hidden := total
	hidden.Total.Concealed = true
	started := race.Event{Kind: race.CompetitionStarted, Seq: 1, Stream: 77, Competition: comp}
	stopped := race.Event{Kind: race.CompetitionStopped, Seq: 13, Stream: 77, Competition: over}
	for name, f := range map[string]ws.Frame{
		"judge_registros_actualizados":  s.judgeFrame(total),
		"viewer_sin_cambios":            s.viewerMessage(hidden).frame(),
		"judge_competencia_iniciada":    s.judgeFrame(started),
		"judge_competencia_detenida":    s.judgeFrame(stopped),
		"viewer_registros_actualizados": s.viewerMessage(total).frame(),
		"viewer_competencia_iniciada":   s.viewerMessage(started).frame(),
		"viewer_competencia_detenida":   s.viewerMessage(stopped).frame(),
	} {
		golden(t, name, payload(t, f))
	}
	if diff := cmp.Diff(string(s.judgeFrame(total)), string(s.judgeFrame(hidden))); diff != "" {
		t.Errorf("judges see their own (-shown +concealed):\n%s", diff)
	}
	golden(t, "judge_conexion_establecida", s.judgeWelcome([]race.Competition{comp, over}, now))
}

// FuzzJudgeMessage: whatever a judge sends gets exactly one answer, and what is
// submitted obeys the rules.
func FuzzJudgeMessage(f *testing.F) {
	for _, seed := range []string{
		`{"tipo":"ping","t0":1}`, `{"tipo":"registrar_tiempo","equipo_id":7,"tiempo":1}`, `{"tipo":"registrar_tiempos","equipo_id":7,"registros":[{"tiempo":1},5]}`,
		string(fromClient(f, "judge_anular_registro")), string(fromClient(f, "judge_declarar_marcas")), string(fromClient(f, "judge_ping")),
		`{"tipo":"declarar_marcas","equipo_id":7,"total":1e3,"secuencia":-1,"id_declaracion":""}`,
		`{"tipo":5,"ref":[]}`, `null`, `{"tipo":"ping","tipo":"x"}`, "\xef\xbb\xbf{}", `{"tipo":"registrar_tiempo","equipo_id":1e400,"tiempo":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		h, s := newHandler()
		h.OnText(in)
		if len(s.tickets) != 1 {
			t.Fatalf("%d answers", len(s.tickets))
		}
		var reply race.Reply
		for _, q := range s.requests {
			if len(q.Records) == 0 || len(q.Records) > race.MaxTeamSize {
				t.Fatalf("%d records", len(q.Records))
			}
			reply = race.Refuse(q, team, race.Errorf(race.CodeConflict, "x"))
		}
		answer := func() any { return h.answer(s.tickets[0], reply, nil) }
		for _, o := range s.orders {
			if d := o.Declared; o.Key == (race.OrderKey{}) || o.At.IsZero() || d.Total < 0 || d.Total > race.MaxDeclared || d.Highest < 0 || d.Highest > race.MaxDeviceSeq {
				t.Fatalf("order %+v", o)
			}
			answer = func() any { return h.ruled(s.tickets[0], race.Ruled{Ruling: race.Ruling{Team: o.Team}}, nil) }
		}
		if _, err := json.Marshal(answer()); err != nil {
			t.Fatal(err)
		}
	})
}
