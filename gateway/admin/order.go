package admin

import (
	"fmt"

	"github.com/google/uuid"

	"server5k/race"
)

// newKey makes the key that a form carries, so that sending it twice is one
// order.
func newKey() string { return uuid.NewString() }

// orderKey returns the key of an order of a form: the same for the same order of
// the same form, another for another order of it. What a form offers in several
// buttons are several orders.
func orderKey(form string, what ...any) (race.OrderKey, error) {
	base, err := uuid.Parse(form)
	if err != nil {
		return race.OrderKey{}, race.Errorf(race.CodeInvalidValue, "El formulario no tiene clave; vuelva a cargarlo.")
	}
	return race.OrderKey(uuid.NewSHA1(base, []byte(fmt.Sprintf("%q", what)))), nil
}
