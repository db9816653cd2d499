package gateway

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

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
		l.Publish(race.Event{Kind: race.TimesRecorded, Seq: seq, Stream: 77, Competition: comp, Total: race.TeamTotal{Team: team, Records: int(seq), Elapsed: time.Minute}})
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
			frames, seen := l.welcome(topic, tc.since)
			var got []string
			for _, f := range frames {
				var m struct {
					Type string `json:"tipo"`
					Seq  int64  `json:"sec"`
				}
				if err := json.Unmarshal(payload(t, f), &m); err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprint(m.Type, " ", m.Seq))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || seen != 14 {
				t.Errorf("seen %d, frames (-want +got):\n%s", seen, diff)
			}
		})
	}
}

func TestLive_ViewerMessages(t *testing.T) {
	t.Parallel()
	l, topic := newLive(t)
	frames, _ := l.welcome(topic, &resume{1, 1})
	for i, name := range []string{"viewer_conexion_establecida", "viewer_resincronizar", "viewer_instantanea"} {
		golden(t, name, payload(t, frames[i]))
	}
	golden(t, "viewer_pong", pongMessage{Type: "pong"})
}
