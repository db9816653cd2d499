package main

import (
	"context"
	"errors"

	"server5k/gateway"
)

// checks are what must be in order, beside the database, for this node to get
// requests.
func (p *parts) checks() []gateway.Check {
	var checks []gateway.Check
	// The embedded database was brought to this version when it was opened, and
	// nobody else has it.
	if s, ok := p.store.(interface{ CheckVersion(context.Context) error }); ok {
		checks = append(checks, gateway.Check{Name: "migrations", Test: s.CheckVersion})
	}
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
