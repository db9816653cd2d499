package main

import (
	"context"

	"server5k/gateway"
	"server5k/persistence"
)

// schemaChecks asks for the version of the tables where somebody else may change
// them while the server runs; the embedded database is this process's own.
func schemaChecks(store persistence.Store) []gateway.Check {
	s, ok := store.(interface {
		Current(ctx context.Context) error
	})
	if !ok {
		return nil
	}
	return []gateway.Check{{Name: "migrations", Test: s.Current}}
}
