package e2e

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// Declare says how many marks the judge stands for at the post of a team, and returns
// how many of them the server has.
func (p *Phone) Declare(ctx context.Context, team int64, total int) (stored int, err error) {
	got, err := p.ask(ctx, "marcas_declaradas", map[string]any{
		"tipo": "declarar_marcas", "equipo_id": team, "total": total, "id_declaracion": uuid.NewString(),
	})
	if err != nil {
		return 0, fmt.Errorf("declare %d marks of team %d: %w", total, team, err)
	}
	if got.TeamID != team || got.Total != total {
		return 0, fmt.Errorf("declare %d marks of team %d: the server heard %d of team %d", total, team, got.Total, got.TeamID)
	}
	return got.Stored, nil
}

// ask sends a message and waits for its answer of a kind. A refusal is an error with
// the server's code.
func (p *Phone) ask(ctx context.Context, kind string, body map[string]any) (message, error) {
	ref := uuid.NewString()
	body["ref"] = ref
	answer, forget := p.expect(ref)
	defer forget()
	if err := p.write(body); err != nil {
		return message{}, err
	}
	select {
	case got := <-answer:
		if got.Type != kind {
			return got, fmt.Errorf("%s: %s: %s: %s", p.Username, got.Type, got.Code, got.Text)
		}
		return got, nil
	case <-p.ended:
		return message{}, p.reason()
	case <-ctx.Done():
		return message{}, fmt.Errorf("%s: no %s: %w", p.Username, kind, context.Cause(ctx))
	}
}
