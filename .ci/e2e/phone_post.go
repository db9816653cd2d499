package e2e

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// Declare says how many marks the judge stands for at the post of a team, and returns
// how many of them the server has.
func (p *Phone) Declare(ctx context.Context, team int64, total int) (stored int, err error) {
	id := uuid.NewString()
	got, err := p.ask(ctx, id, "marcas_declaradas", map[string]any{
		"tipo": "declarar_marcas", "equipo_id": team, "total": total, "id_declaracion": id, "ref": id,
	})
	if err != nil {
		return 0, fmt.Errorf("declare %d marks of team %d: %w", total, team, err)
	}
	if got.TeamID != team || got.Total != total {
		return 0, fmt.Errorf("declare %d marks of team %d: the server heard %d of team %d", total, team, got.Total, got.TeamID)
	}
	return got.Stored, nil
}
