package main

import (
	"context"
	"errors"

	"server5k/gateway"
	"server5k/persistence"
)

// checks are what must be in order, beside the database, for this node to get
// requests.
func (p *parts) checks() []gateway.Check {
	checks := schemaChecks(p.store)
	if p.provider != nil {
		checks = append(checks, gateway.Check{Name: "redis", Test: func(context.Context) error {
			if h := p.provider.Health(); !h.Leased {
				return errors.Join(errors.New("the membership of this node has run out"), h.Err)
			}
			return nil
		}})
	}
	return checks
}

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
