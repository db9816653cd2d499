package gateway

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/race"
)

func TestDevices_ShowWhatAJudgeSends(t *testing.T) {
	t.Parallel()
	h, _ := newHandler()
	at := h.srv.cfg.Now()
	only := func() race.Presence {
		t.Helper()
		list := h.srv.cfg.Devices.List()
		if len(list) != 1 {
			t.Fatalf("%d devices", len(list))
		}
		return list[0]
	}
	want := race.Presence{Judge: 3, Node: "a", ConnectedAt: at, HeardAt: at, Battery: -1}
	if diff := cmp.Diff(want, only()); diff != "" {
		t.Error(diff)
	}
	h.srv.cfg.Now = func() time.Time { return at.Add(time.Minute) }
	h.OnText([]byte(`{"tipo":"ping","desfase_ms":-120.5,"incertidumbre_ms":9,"bateria":81,"dispositivo":"azul","app":"2.1"}`))
	want.HeardAt = at.Add(time.Minute)
	want.ClockOffset, want.ClockUncertainty = -120500*time.Microsecond, 9*time.Millisecond
	want.Battery, want.Device, want.App = 81, "azul", "2.1"
	if diff := cmp.Diff(want, only()); diff != "" {
		t.Error(diff)
	}
	h.OnText([]byte(`{"tipo":"ping","competencia_id":1,"secuencia":0,"pendientes":3,"desfase_ms":-120,"incertidumbre_ms":8}`))
	want.Competition, want.Pending = 1, 3
	want.ClockOffset, want.ClockUncertainty = -120*time.Millisecond, 8*time.Millisecond
	h.OnText([]byte(`{"tipo":"ping","competencia_id":1,"secuencia":7}`))
	want.Claimed, want.Pending = 7, 0
	if diff := cmp.Diff(want, only()); diff != "" {
		t.Error(diff)
	}
	for _, nonsense := range []string{
		`"secuencia":8`, `"competencia_id":1`, `"competencia_id":1,"secuencia":-1`, `"competencia_id":0,"secuencia":8`, `"competencia_id":1,"secuencia":1000001`,
		`"bateria":101`, `"bateria":"x"`, `"desfase_ms":"x"`, `"app":7`, `"dispositivo":[]`,
	} {
		h.OnText([]byte(`{"tipo":"ping",` + nonsense + `}`))
	}
	if diff := cmp.Diff(want, only()); diff != "" {
		t.Errorf("after nonsense: %s", diff)
	}
	h.OnText([]byte(`{"tipo":"registrar_tiempos","equipo_id":7,"registros":[{"tiempo":1,"secuencia":4,"desfase_ms":3,"incertidumbre_ms":2},{"tiempo":2}]}`))
	want.Received = 2
	want.ClockOffset, want.ClockUncertainty = 3*time.Millisecond, 2*time.Millisecond
	if diff := cmp.Diff(want, only()); diff != "" {
		t.Error(diff)
	}
	h.device.answered(race.Reply{}, errors.New("away"))
	h.device.answered(race.Reply{Outcomes: []race.Outcome{{}, {Err: errors.New("full")}}}, nil)
	want.Confirmed = 1
	if diff := cmp.Diff(want, only()); diff != "" {
		t.Error(diff)
	}
	if h.srv.cfg.Devices.remove(h.device); len(h.srv.cfg.Devices.List()) != 0 {
		t.Error("still there")
	}
}
