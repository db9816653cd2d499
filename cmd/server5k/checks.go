package main

import (
	"context"
	"errors"

	"server5k/gateway"
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
