package race_test

import (
	"encoding/hex"
	"testing"
	"time"

	"server5k/race"
)

func chained() []race.TimeRecord {
	at := time.Date(2026, 5, 3, 9, 0, 0, 0, time.UTC)
	return []race.TimeRecord{{
		ID: race.RecordID{1}, Team: 2, Judge: 3, Elapsed: 20 * time.Minute, ReceivedAt: at, Source: race.SourceSocket,
		Mark:  race.Mark{MarkedAt: at, ClockOffset: time.Millisecond, ClockUncertainty: time.Millisecond, Device: "a", DeviceSeq: 4},
		State: race.StateCounted, Slot: 1, Seq: 7, Event: 8,
	}, {
		ID: race.RecordID{2}, Team: 2, Judge: 3, Elapsed: time.Minute, ReceivedAt: at, Source: race.SourceHTTP, Anonymous: true,
		State: race.StateHeld, Reason: race.CodeTeamComplete, Seq: 8,
	}}
}

// The digest is stored for ever: other code must come to the same one.
func TestNewLink_Stable(t *testing.T) {
	t.Parallel()
	l := race.NewLink(5, 6, race.Digest{9}, chained())
	const want = "220d2594cc6784ddc7d74f4a9472b3f921429f711d766badb6f65e18862ce70b"
	if got := hex.EncodeToString(l.Digest[:]); got != want || l.FirstSeq != 7 || l.LastSeq != 8 || l.Epoch != 6 {
		t.Errorf("got %s, %+v, want %s", got, l, want)
	}
}

func TestNewLink_EveryFieldCounts(t *testing.T) {
	t.Parallel()
	seen := map[race.Digest]int{race.NewLink(5, 6, race.Digest{9}, chained()).Digest: -1}
	add := func(i int, l race.Link) {
		t.Helper()
		if other, ok := seen[l.Digest]; ok {
			t.Errorf("change %d has the digest of %d", i, other)
		}
		seen[l.Digest] = i
	}
	for i, change := range []func(r *race.TimeRecord){
		func(r *race.TimeRecord) { r.ID[15]++ },
		func(r *race.TimeRecord) { r.Team++ },
		func(r *race.TimeRecord) { r.Judge++ },
		func(r *race.TimeRecord) { r.Elapsed += time.Millisecond },
		func(r *race.TimeRecord) { r.ReceivedAt = r.ReceivedAt.Add(time.Microsecond) },
		func(r *race.TimeRecord) { r.Source = race.SourceImport },
		func(r *race.TimeRecord) { r.Anonymous = !r.Anonymous },
		func(r *race.TimeRecord) { r.Mark.MarkedAt = time.Time{} },
		func(r *race.TimeRecord) { r.Mark.ClockOffset = 0 },
		func(r *race.TimeRecord) { r.Mark.ClockUncertainty = 0 },
		func(r *race.TimeRecord) { r.Mark.Device = "b" },
		func(r *race.TimeRecord) { r.Mark.DeviceSeq++ },
		func(r *race.TimeRecord) { r.State = race.StateHeld },
		func(r *race.TimeRecord) { r.Reason = race.CodeNotRunning },
		func(r *race.TimeRecord) { r.Slot++ },
		func(r *race.TimeRecord) { r.Event++ },
		func(r *race.TimeRecord) { r.Seq-- },
	} {
		records := chained()
		change(&records[0])
		add(i, race.NewLink(5, 6, race.Digest{9}, records))
	}
	add(100, race.NewLink(4, 6, race.Digest{9}, chained()))
	add(101, race.NewLink(5, 7, race.Digest{9}, chained()))
	add(102, race.NewLink(5, 6, race.Digest{}, chained()))
	add(103, race.NewLink(5, 6, race.Digest{9}, chained()[:1]))
}
