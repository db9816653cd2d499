package main

import (
	"context"
	"fmt"

	"server5k/persistence"
	"server5k/race"
)

const (
	demoCompetition = "Carrera 5K de demostración"
	demoJudges      = 6
	demoOrganizer   = "admin"
	demoPassword    = "admin5k-demo" // of the organizer; refused without DEBUG
)

// seedDemo fills an empty database with a competition, its judges juez1 to
// juez6 (passwords juez1123 to juez6123), a team for each and an organizer. It
// does nothing when the database has anything.
func seedDemo(ctx context.Context, store persistence.Store, hasher passwordHasher) error {
	empty, err := store.Empty(ctx)
	if err != nil || !empty {
		return err
	}
	var seats []seat
	for n := 1; n <= demoJudges; n++ {
		seats = append(seats, newSeat(n, knownPassword(n)))
	}
	if err := hashSeats(ctx, hasher, seats, func() {}); err != nil {
		return err
	}
	hash, err := hasher.Hash(ctx, demoPassword)
	if err != nil {
		return err
	}
	dump, err := seedDump(ctx, store, demoCompetition, now(), seats, 1)
	if err != nil {
		return err
	}
	dump.Organizers = []persistence.OrganizerRow{{
		Organizer: race.Organizer{
			ID: 1, Username: demoOrganizer, Email: "admin@5k.local", Superuser: true, Active: true, CreatedAt: now(),
		},
		PasswordHash: hash,
	}}
	if _, err := store.Add(ctx, dump, false); err != nil {
		return fmt.Errorf("add demonstration data: %w", err)
	}
	return nil
}

// knownPassword is the development password of the n-th judge.
func knownPassword(n int) string { return fmt.Sprintf("juez%d123", n) }
