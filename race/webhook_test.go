package race_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/race"
)

// told is evidence whose records and rulings have events, as a store numbers them:
// the start is event 1, record n event n+1, later rulings follow.
func told(t *testing.T, orders ...race.Order) race.Evidence {
	t.Helper()
	e := evidence()
	e.Rulings[0].Event = 1
	event := int64(1)
	for i := range e.Records {
		if r := &e.Records[i]; r.State == race.StateCounted {
			event++
			r.Event = event
		}
	}
	e.Rulings = append(e.Rulings, race.Ruling{ID: 2, Competition: 1, Kind: race.RulingStop, Event: event + 1, At: e.Competition.FinishedAt})
	event++
	for i, o := range orders {
		o.Key, o.At = race.OrderKey{0: 1, 15: byte(i)}, rulingGun.Add(2*time.Hour)
		var err error
		if e, _, err = ruled(e, o); err != nil {
			t.Fatalf("order %d: %v", i, err)
		}
		event++
		e.Rulings[len(e.Rulings)-1].Event = event
	}
	return e
}

func subjects(news []race.News) []string {
	var out []string
	for _, n := range news {
		out = append(out, fmt.Sprintf("%s@%d", n.Subject, n.Event))
	}
	return out
}

func TestEvidence_News(t *testing.T) {
	t.Parallel()
	race5 := []string{"start:1@1", "team:1:3@3", "team:2:5@5", "stop:7@7"}
	for _, c := range []struct {
		name   string
		orders []race.Order
		want   []string // after race5
	}{
		{"a race", nil, nil},
		{"a void is no news", []race.Order{{Kind: race.RulingVoid, Record: 2}}, nil},
		{
			"complete again by a held mark",
			[]race.Order{{Kind: race.RulingVoid, Record: 2}, {Kind: race.RulingInclude, Record: 6}},
			[]string{"team:1:9@9"},
		},
		{
			"complete by a record typed in",
			[]race.Order{{Kind: race.RulingAdd, Team: 3, Elapsed: 30 * time.Minute}},
			[]string{"team:3:8@8"},
		},
		{
			"complete by a move, and the other by undoing it",
			[]race.Order{{Kind: race.RulingMove, Record: 4, Team: 3}, {Kind: race.RulingUndo, Undoes: 3}},
			[]string{"team:3:8@8", "team:2:9@9"},
		},
		{
			"official twice",
			[]race.Order{
				{Kind: race.RulingOfficial, Override: true},
				{Kind: race.RulingPenalty, Team: 1, Amount: time.Second},
				{Kind: race.RulingOfficial, Override: true},
			},
			[]string{"official:1@8", "official:2@10"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := told(t, c.orders...)
			want := append(slices.Clone(race5), c.want...)
			if diff := cmp.Diff(want, subjects(e.News(0, 100))); diff != "" {
				t.Errorf("at once (-want +got):\n%s", diff)
			}
			// However it is cut, the same comes out.
			for cut := int64(1); cut < 12; cut++ {
				got := append(e.News(0, cut), e.News(cut, 100)...)
				if diff := cmp.Diff(want, subjects(got)); diff != "" {
					t.Errorf("cut after %d (-want +got):\n%s", cut, diff)
				}
			}
		})
	}
}

// A team is told as it stood when it became complete.
func TestEvidence_NewsOfATeamStandsAsItThenDid(t *testing.T) {
	t.Parallel()
	e := told(t, race.Order{Kind: race.RulingPenalty, Team: 1, Amount: time.Minute})
	for _, n := range e.News(0, 100) {
		if n.Kind != race.WebhookTeam || n.Team.Team.ID != 1 {
			continue
		}
		if got, want := fmt.Sprint(n.Team.Records, n.Team.Total, n.At.Sub(rulingGun)), "2 41m0s 21m0s"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		return
	}
	t.Error("the team was not told")
}

func TestEvidence_NewsLeavesImportsOut(t *testing.T) {
	t.Parallel()
	e := told(t)
	for i := range e.Records {
		e.Records[i].Source = race.SourceImport
	}
	if diff := cmp.Diff([]string{"start:1@1", "stop:7@7"}, subjects(e.News(0, 100))); diff != "" {
		t.Errorf("news (-want +got):\n%s", diff)
	}
}
