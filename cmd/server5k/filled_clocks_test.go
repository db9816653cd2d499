package main

import (
	"context"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// fillClocks does with competition 1 of fill what judges do of themselves, lets the
// corrected clocks decide it, and hides a team and a runner.
func fillClocks(t *testing.T, s persistence.Store) {
	t.Helper()
	err := s.Edit(t.Context(), func(ctx context.Context, e race.Editor) error {
		c, err := e.Competition(ctx, 1)
		if err != nil {
			return err
		}
		c.Clock = race.ClockCorrected
		_, err = e.PutCompetition(ctx, c)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	o := own(t, s, 1)
	records, err := s.Records(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	held, err := s.Held(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	mine, tooMany := records[0], held[2]
	for n, order := range []race.Order{
		{Kind: race.RulingRetract, Judge: 1, Team: 11, RecordID: mine.ID, Key: race.KeyOf(race.RulingRetract, mine.ID)},
		{Kind: race.RulingInclude, Judge: 1, Team: 11, RecordID: tooMany.ID, Elapsed: tooMany.Elapsed, Key: race.KeyOf(race.RulingInclude, tooMany.ID)},
		{Kind: race.RulingDeclare, Judge: 1, Team: 11, Declared: race.Declaration{Total: 15, Device: `web-"ñ"<>`, Highest: 16}},
		{Kind: race.RulingDeclare, Judge: 2, Team: 12},
		{Kind: race.RulingConceal, Team: 14, Author: "directora"},
		{Kind: race.RulingConceal, Record: records[3].Seq, Author: "directora"},
	} {
		order.Competition, order.Epoch, order.At, order.Reason = 1, o.epoch, gunAt().Add(time.Duration(n)*time.Second), `«prueba» "ñ"`
		if order.Key == (race.OrderKey{}) {
			order.Key = race.OrderKey{1, 9, byte(n)}
		}
		if _, err := s.Rule(t.Context(), order); err != nil {
			t.Fatalf("%s: %v", order.Kind, err)
		}
	}
}
