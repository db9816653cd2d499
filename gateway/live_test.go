package gateway

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"server5k/gateway/ws"
	"server5k/race"
)

// newLive has competition 1 after event 10 of stream 77.
func newLive(t *testing.T) (*Live, *topic) {
	t.Helper()
	l := NewLive(quito, slog.New(slog.DiscardHandler))
	t.Cleanup(l.Close)
	l.SetWatch(func(race.CompetitionID) {})
	l.Reset(race.Snapshot{Competition: comp, Seq: 10, Stream: 77, Totals: []race.TeamTotal{{Team: team, Records: 1, Elapsed: time.Second}}})
	for seq := int64(11); seq <= 14; seq++ {
		l.Publish(race.Event{Kind: race.TimesRecorded, Seq: seq, Stream: 77, Competition: comp, Total: race.TeamTotal{Team: team, Records: int(seq), Elapsed: time.Minute, Status: race.StatusIncomplete}})
	}
	return l, l.topic(1)
}

// TestLive_Resume: who comes back gets exactly what is missing, or is told to
// start anew from a snapshot; never a gap in silence.
func TestLive_Resume(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		since *resume
		want  []string
	}{
		{"first visit", nil, []string{"conexion_establecida 14"}},
		{"nothing missed", &resume{14, 77}, []string{"conexion_establecida 14"}},
		{"two missed", &resume{12, 77}, []string{"conexion_establecida 14", "registros_actualizados 13", "registros_actualizados 14"}},
		{"all that is kept", &resume{10, 0}, []string{"conexion_establecida 14", "registros_actualizados 11", "registros_actualizados 12", "registros_actualizados 13", "registros_actualizados 14"}},
		{"too long ago", &resume{9, 77}, []string{"conexion_establecida 14", "resincronizar 14", "instantanea 14"}},
		{"the future", &resume{15, 77}, []string{"conexion_establecida 14", "resincronizar 14", "instantanea 14"}},
		{"another history", &resume{14, 78}, []string{"conexion_establecida 14", "resincronizar 14", "instantanea 14"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l, topic := newLive(t)
			var got []string
			for _, sent := range l.welcome(topic, tc.since, false) {
				var m struct {
					Type string `json:"tipo"`
					Seq  int64  `json:"sec"`
				}
				if err := json.Unmarshal(sent.json, &m); err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprint(m.Type, " ", m.Seq))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLive_ViewerMessages(t *testing.T) {
	t.Parallel()
	l, topic := newLive(t)
	sent := l.welcome(topic, &resume{1, 1}, false)
	for i, name := range []string{"viewer_conexion_establecida", "viewer_resincronizar", "viewer_instantanea"} {
		golden(t, name, payload(t, sent[i].frame()))
	}
	golden(t, "viewer_pong", pongMessage{Type: "pong"})
	clock := pongMessage{Type: "pong"}
	clock.clock(jsontext.Value("1764082799999.25"), preciseMS(now), now.Add(time.Millisecond))
	golden(t, "viewer_pong_clock", clock)
}

// TestLive_Concealed: what the public must not see is in no snapshot, and nobody
// who comes back is sent what was said of it before.
func TestLive_Concealed(t *testing.T) {
	t.Parallel()
	l, topic := newLive(t)
	other := race.Team{ID: 8, Competition: 1, Name: "Otro", Bib: 80}
	l.Publish(race.Event{Kind: race.TimesRecorded, Seq: 15, Stream: 77, Competition: comp, Total: race.TeamTotal{Team: other, Records: 1}})
	l.Reset(race.Snapshot{Competition: comp, Seq: 16, Stream: 77, Totals: []race.TeamTotal{{Team: team, Records: 14, Concealed: true}, {Team: other, Records: 1}}})
	l.Publish(race.Event{Kind: race.TimesRecorded, Seq: 17, Stream: 77, Competition: comp, Total: race.TeamTotal{Team: team, Records: 15, Concealed: true}})
	for _, stream := range []bool{false, true} {
		for from := int64(10); from <= 17; from++ {
			sent := string(concat(l.welcome(topic, &resume{from, 77}, stream), stream))
			if strings.Contains(sent, team.Name) || strings.Contains(sent, `"equipo_id":7`) {
				t.Errorf("from %d, stream %v: %s", from, stream, sent)
			}
			if again := from < 16; strings.Contains(sent, "instantanea") != again || strings.Contains(sent, "sin_cambios") != (from == 16) {
				t.Errorf("from %d, stream %v: %s", from, stream, sent)
			}
		}
	}
}

// TestLive_Amended: rules that change without an event change totals; everybody is
// told, and who was away too.
func TestLive_Amended(t *testing.T) {
	t.Parallel()
	n := startStreaming(t, Config{}, nil)
	here := n.watch(t)
	n.live.Reset(snapshotAt(14))
	here.want(t, "resincronizar 14", "instantanea 14")
	n.live.Publish(eventAt(15))
	here.want(t, "registros_actualizados 15")
	topic := n.live.topic(1)
	for from, want := range map[int64]int{14: 3, 15: 1} {
		if got := n.live.welcome(topic, &resume{from, 77}, false); len(got) != want {
			t.Errorf("from %d: %d messages, want %d", from, len(got), want)
		}
	}
	if seq, stream, live := n.live.Seq(1); seq != 15 || stream != 77 || !live {
		t.Errorf("newest event %d of %d, live %v", seq, stream, live)
	}
	if seq, stream, live := n.live.Seq(2); seq != 0 || stream != 0 || live {
		t.Errorf("of nothing: %d of %d, live %v", seq, stream, live)
	}
}

// TestViewer_Pong: whoever asks for it learns the server's clock.
func TestViewer_Pong(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"tipo":"ping"}`:                    `{"tipo":"pong"}`,
		`{"tipo":"ping","t0":"x"}`:           `{"tipo":"pong"}`,
		string(fromClient(t, "viewer_ping")): `{"tipo":"pong","t0":1764082799999.25,"t1":1795618800000,"t2":1795618800001}`,
		`{"tipo":"otra","t0":1}`:             "",
	} {
		var got []byte
		later := now
		h := &viewerHandler{sub: &subscriber{conn: hears(func(f ws.Frame) { got = payload(t, f) })}, now: func() time.Time {
			at := later
			later = later.Add(time.Millisecond)
			return at
		}}
		if h.OnText([]byte(in)); string(got) != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// hears is a connection to a test.
type hears func(ws.Frame)

// Send implements connection.
func (h hears) Send(f ws.Frame) bool { h(f); return true }
