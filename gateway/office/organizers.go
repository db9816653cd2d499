package office

import (
	"context"
	"fmt"
	"slices"

	"server5k/race"
)

// Organizers lists all by user name, for a superuser only.
func (d *Desk) Organizers(ctx context.Context, w Who) ([]Account, error) {
	if err := w.super(); err != nil {
		return nil, err
	}
	all, err := d.store.Organizers(ctx)
	if err != nil {
		return nil, fmt.Errorf("list organizers: %w", err)
	}
	grants, err := d.store.Grants(ctx, 0)
	if err != nil {
		return nil, fmt.Errorf("list grants: %w", err)
	}
	by := map[race.OrganizerID][]race.CompetitionID{}
	for _, g := range grants {
		by[g.Organizer] = append(by[g.Organizer], g.Competition)
	}
	out := make([]Account, len(all))
	for i, o := range all {
		out[i] = account(o, by[o.ID])
	}
	return out, nil
}

// Organizer reads one, for a superuser only.
func (d *Desk) Organizer(ctx context.Context, w Who, id race.OrganizerID) (Account, error) {
	if err := w.super(); err != nil {
		return Account{}, err
	}
	if id <= 0 {
		return Account{}, race.ErrNotFound
	}
	o, err := d.store.Organizer(ctx, id)
	if err != nil {
		return Account{}, err
	}
	grants, err := d.store.Grants(ctx, id)
	if err != nil {
		return Account{}, fmt.Errorf("list grants: %w", err)
	}
	ids := make([]race.CompetitionID, len(grants))
	for i, g := range grants {
		ids[i] = g.Competition
	}
	return account(o, ids), nil
}

func account(o race.Organizer, grants []race.CompetitionID) Account {
	grants = slices.Clone(grants)
	slices.Sort(grants)
	return Account{o, append([]race.CompetitionID{}, slices.Compact(grants)...)}
}

// CreateOrganizer makes an account, for a superuser only. race.CodeTaken for a
// user name.
func (d *Desk) CreateOrganizer(ctx context.Context, w Who, f OrganizerForm) (Account, error) {
	if err := w.super(); err != nil {
		return Account{}, err
	}
	by := d.sign(w)
	var check checker
	check.required("username", f.Username == nil)
	check.required("password", f.Password == nil)
	a := f.apply(&check, Account{race.Organizer{Active: true, CreatedAt: by.At}, []race.CompetitionID{}})
	hash, err := d.check(ctx, &check, f.Password)
	if err != nil {
		return Account{}, err
	}
	err = d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		a.ID = 0
		id, err := e.PutOrganizer(ctx, a.Organizer, hash)
		if err != nil {
			return taken(err, textTakenUsername)
		}
		a.ID = id
		if err := setGrants(ctx, e, a); err != nil {
			return err
		}
		return e.Note(ctx, note(by, "organizer.create", 0, a.Username, changes(nil, organizerFields(a).withPassword(true))))
	})
	return a, err
}

// UpdateOrganizer changes an account, for a superuser only. Nobody takes away the
// own rights, so that a superuser remains. A new password or the end of the
// account signs it out everywhere.
func (d *Desk) UpdateOrganizer(ctx context.Context, w Who, id race.OrganizerID, tag Tag, f OrganizerForm) (Account, error) {
	if err := w.super(); err != nil {
		return Account{}, err
	}
	var check checker
	hash, err := d.check(ctx, &check, f.Password)
	if err != nil {
		return Account{}, err
	}
	by := d.sign(w)
	var after Account
	err = d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		before, err := readAccount(ctx, e, id)
		if err != nil {
			return err
		}
		if err := tag.check(before); err != nil {
			return err
		}
		var check checker
		after = f.apply(&check, before)
		if err := check.err(); err != nil {
			return err
		}
		if id == w.ID && (!after.Superuser || !after.Active) {
			return refuseOwn()
		}
		if hash != "" || before.Active && !after.Active {
			after.SignedOutAt = by.At
		}
		if after.Organizer != before.Organizer {
			if _, err := e.PutOrganizer(ctx, after.Organizer, hash); err != nil {
				return taken(err, textTakenUsername)
			}
		}
		same := slices.Equal(after.Grants, before.Grants)
		if !same {
			if err := setGrants(ctx, e, after); err != nil {
				return err
			}
		}
		if same && after.Organizer == before.Organizer {
			return nil
		}
		return e.Note(ctx, note(by, "organizer.update", 0, after.Username, changes(organizerFields(before), organizerFields(after).withPassword(hash != ""))))
	})
	return after, err
}

// DeleteOrganizer removes an account, for a superuser only and not the own. What
// it did stays in the logs by its user name.
func (d *Desk) DeleteOrganizer(ctx context.Context, w Who, id race.OrganizerID, tag Tag) error {
	if err := w.super(); err != nil {
		return err
	}
	by := d.sign(w)
	return d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		a, err := readAccount(ctx, e, id)
		if err != nil {
			return err
		}
		if err := tag.check(a); err != nil {
			return err
		}
		if id == w.ID {
			return refuseOwn()
		}
		if err := e.RemoveOrganizer(ctx, id); err != nil {
			return inUse(err, Text{"El organizador no se puede eliminar; desactívelo.", "The organizer cannot be deleted; deactivate the account."})
		}
		return e.Note(ctx, note(by, "organizer.delete", 0, a.Username, changes(organizerFields(a), nil)))
	})
}

func refuseOwn() error {
	return refuse(race.CodeForbidden, Text{"Nadie puede quitarse sus propios permisos.", "Nobody can take away their own rights."})
}

func readAccount(ctx context.Context, e race.Editor, id race.OrganizerID) (Account, error) {
	if id <= 0 {
		return Account{}, race.ErrNotFound
	}
	o, err := e.Organizer(ctx, id)
	if err != nil {
		return Account{}, err
	}
	grants, err := e.Grants(ctx, id)
	return account(o, grants), err
}

// setGrants stores the grants of an account, whose competitions must exist.
func setGrants(ctx context.Context, e race.Editor, a Account) error {
	for _, id := range a.Grants {
		if _, err := e.Competition(ctx, id); err != nil {
			return absent(err, "competencias", textNoCompetition)
		}
	}
	return e.SetGrants(ctx, a.ID, a.Grants)
}

// apply returns a with what the form sets, but for the password.
func (f OrganizerForm) apply(check *checker, a Account) Account {
	check.username(f.Username, &a.Username)
	check.email(f.Email, &a.Email)
	if f.Active != nil {
		a.Active = *f.Active
	}
	if f.Role != nil {
		switch *f.Role {
		case race.RoleSuperuser, race.RoleOrganizer, race.RoleViewer:
			a.Superuser, a.Viewer = *f.Role == race.RoleSuperuser, *f.Role == race.RoleViewer
		default:
			check.add("rol", Text{"Debe ser superusuario, organizador u observador.", "It must be superusuario, organizador or observador."})
		}
	}
	if f.Grants != nil {
		a = account(a.Organizer, *f.Grants)
	}
	return a
}
