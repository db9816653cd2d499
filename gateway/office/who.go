package office

import (
	"context"
	"fmt"

	"server5k/race"
)

// Who is an organizer with the competitions that were granted.
type Who struct {
	race.Organizer
	Granted map[race.CompetitionID]bool // does not matter for a superuser
}

// Who reads what was granted to an organizer whose account is active.
func (d *Desk) Who(ctx context.Context, o race.Organizer) (Who, error) {
	w := Who{Organizer: o}
	if o.Superuser {
		return w, nil
	}
	grants, err := d.store.Grants(ctx, o.ID)
	if err != nil {
		return w, fmt.Errorf("read grants: %w", err)
	}
	w.Granted = make(map[race.CompetitionID]bool, len(grants))
	for _, g := range grants {
		w.Granted[g.Competition] = true
	}
	return w, nil
}

// Sees says whether w may read a competition. To everybody else it does not
// exist.
func (w Who) Sees(id race.CompetitionID) bool { return w.Superuser || w.Granted[id] }

// Edits says whether w may change a competition and all that belongs to it.
func (w Who) Edits(id race.CompetitionID) bool { return w.Writes() && w.Sees(id) }

// Writes says whether w may change anything at all.
func (w Who) Writes() bool { return w.Superuser || !w.Viewer }

// see returns race.ErrNotFound for a competition that w may not know of.
func (w Who) see(id race.CompetitionID) error {
	if id <= 0 || !w.Sees(id) {
		return race.ErrNotFound
	}
	return nil
}

// MayChange returns nil when w may change a competition and all that belongs to
// it, race.ErrNotFound when it does not exist for w, and race.CodeForbidden.
func (w Who) MayChange(id race.CompetitionID) error { return w.edit(id) }

// edit is see for a change.
func (w Who) edit(id race.CompetitionID) error {
	if err := w.see(id); err != nil {
		return err
	}
	return w.write()
}

// MayWrite returns nil when w may change anything at all, else race.CodeForbidden.
func (w Who) MayWrite() error { return w.write() }

func (w Who) write() error {
	if !w.Writes() {
		return refuse(race.CodeForbidden, Text{"Su cuenta solo permite ver, no cambiar.", "Your account may look but not change anything."})
	}
	return nil
}

func (w Who) super() error {
	if !w.Superuser {
		return refuse(race.CodeForbidden, Text{"Solo un superusuario puede hacerlo.", "Only a superuser may do this."})
	}
	return nil
}

// sign is what an audit entry says of who and when.
func (d *Desk) sign(w Who) race.Signature { return race.Signature{Author: w.Username, At: d.now()} }
