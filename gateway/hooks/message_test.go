package hooks

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/race"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestMessage_Golden keeps what receivers get.
func TestMessage_Golden(t *testing.T) {
	t.Parallel()
	store := newMemory()
	oneRace(t, store)
	store.ruling(race.RulingStart)
	store.finish()
	store.finish()
	store.ruling(race.RulingStop)
	store.ruling(race.RulingOfficial)
	e := store.evidence[1]
	for _, n := range e.News(0, 5) {
		t.Run(string(n.Kind), func(t *testing.T) {
			t.Parallel()
			var version *race.Version
			if n.Kind == race.WebhookOfficial {
				v, err := store.Version(t.Context(), 1, n.Ruling.Version)
				if err != nil {
					t.Fatal(err)
				}
				version = &v
			}
			m, err := newMessage(race.DeliveryID{15: 9}, e.Competition, n, version, start.Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			body, err := m.encode()
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := json.Indent(&got, body, "", "  "); err != nil {
				t.Fatal(err)
			}
			got.WriteByte('\n')
			path := filepath.Join("testdata", "message", string(n.Kind)+".json")
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// However large a field is, a message has room.
func TestMessage_IsBounded(t *testing.T) {
	t.Parallel()
	sheet := race.Sheet{Format: "server5k-results-1"}
	for n := range 2000 {
		sheet.Lines = append(sheet.Lines, race.SheetLine{Place: n + 1, Name: strings.Repeat("Ñ<", 500), Team: race.TeamID(n + 1)})
	}
	v := race.Version{Number: 2, Reason: strings.Repeat("\x00", 10_000)}
	v.Sheet, v.Digest = sheet.Encode()
	c := race.Competition{ID: 1, Name: strings.Repeat("&", 100_000)}
	m, err := newMessage(race.DeliveryID{}, c, race.News{Kind: race.WebhookOfficial}, &v, start)
	if err != nil {
		t.Fatal(err)
	}
	body, err := m.encode()
	if err != nil {
		t.Fatal(err)
	}
	var got message
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if len(body) > race.MaxDeliveryBody || len(body) < race.MaxDeliveryBody/2 || !got.Official.Cut || got.Official.Before != 1 || got.Official.Lines[0].Place != 1 {
		t.Errorf("%d bytes, %d lines", len(body), len(got.Official.Lines))
	}
}

func TestMessage_BrokenSheet(t *testing.T) {
	t.Parallel()
	if _, err := newMessage(race.DeliveryID{}, race.Competition{}, race.News{}, &race.Version{Sheet: []byte("{}")}, start); err == nil {
		t.Error("a sheet of another format was taken")
	}
}
