package main

import (
	"context"
	"testing"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// fillOffice does with competition 2 of fill what a race office does: it rules,
// publishes twice, lets a viewer see it and writes down what it did.
func fillOffice(t *testing.T, s persistence.Store) {
	t.Helper()
	o := own(t, s, 2)
	order := func(n int, o2 race.Order) race.RulingID {
		t.Helper()
		o2.Competition, o2.Epoch, o2.Author, o2.At, o2.Reason = 2, o.epoch, "directora", gunAt().Add(time.Duration(n)*time.Minute), `«reclamo» "ñ"`
		o2.Key = race.OrderKey{2, 9, byte(n)}
		r, err := s.Rule(t.Context(), o2)
		if err != nil {
			t.Fatalf("%s: %v", o2.Kind, err)
		}
		return r.Ruling.ID
	}
	order(1, race.Order{Kind: race.RulingGun, Amount: -1500 * time.Millisecond})
	penalty := order(2, race.Order{Kind: race.RulingPenalty, Team: 21, Amount: 10 * time.Second})
	order(3, race.Order{Kind: race.RulingOfficial, Override: true})
	order(4, race.Order{Kind: race.RulingUndo, Undoes: penalty})
	order(5, race.Order{Kind: race.RulingAdd, Team: 22, Elapsed: 25 * time.Minute})
	e, err := s.Evidence(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	order(6, race.Order{Kind: race.RulingAccept, Finding: e.Findings()[0].Key})
	order(7, race.Order{Kind: race.RulingOfficial, Override: true})
	err = s.Edit(t.Context(), func(ctx context.Context, e race.Editor) error {
		id, err := e.PutOrganizer(ctx, race.Organizer{Username: "veedor", Viewer: true, Active: true, CreatedAt: gunAt(), SignedOutAt: gunAt()}, "h")
		if err != nil {
			return err
		}
		if err := e.SetGrants(ctx, id, []race.CompetitionID{2}); err != nil {
			return err
		}
		for _, entry := range []race.AuditEntry{
			{At: gunAt(), Author: "directora", Action: "organizer.create", Subject: "veedor", Detail: `{"role":["","observador"]}`},
			{At: gunAt(), Author: "directora", Action: "competition.update", Competition: 2, Subject: "Segunda"},
		} {
			if err := e.Note(ctx, entry); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
