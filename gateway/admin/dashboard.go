package admin

import (
	"context"
	"net/http"

	"server5k/gateway/office"
)

// dashboardPage is what the first page shows.
type dashboardPage struct {
	Events   []eventCard
	Archived []eventCard
}

// eventCard is a competition with what to do next.
type eventCard struct {
	office.Summary
	Next step
}

// step is what an organizer does next: the key of its text, and where.
type step struct{ Key, Path string }

// dashboard answers GET /admin/.
func dashboard(ctx context.Context, c *call) error {
	all, err := c.p.cfg.Desk.Overview(ctx, c.who)
	if err != nil {
		return err
	}
	var page dashboardPage
	for _, s := range all {
		card := eventCard{s, nextStep(s)}
		if s.Competition.Active {
			page.Events = append(page.Events, card)
		} else {
			page.Archived = append(page.Archived, card)
		}
	}
	return c.page(http.StatusOK, "dashboard", c.say("dashboard.title"), page)
}

// nextStep says where a competition stands.
func nextStep(s office.Summary) step {
	switch r := s.Competition; {
	case s.Teams == 0:
		return step{"step.teams", "intercambio/"}
	case r.Running:
		return step{"step.watch", "preparacion/"}
	case r.StartedAt.IsZero():
		return step{"step.ready", "preparacion/"}
	case s.Findings > 0:
		return step{"step.review", "revision/"}
	case r.Version == 0:
		return step{"step.official", "resultados/"}
	default:
		return step{"step.done", "resultados/"}
	}
}
