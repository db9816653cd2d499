package office

import (
	"context"
	"fmt"
	"slices"
	"time"

	"server5k/race"
)

// Judges lists them by user name. Whoever writes sees all, for they are shared; a
// viewer those who time a team that the viewer sees.
func (d *Desk) Judges(ctx context.Context, w Who) ([]race.Judge, error) {
	all, err := d.store.Judges(ctx)
	if err != nil {
		return nil, fmt.Errorf("list judges: %w", err)
	}
	if w.Writes() {
		return all, nil
	}
	rows, err := d.Teams(ctx, w, race.TeamFilter{})
	if err != nil {
		return nil, err
	}
	theirs := map[race.JudgeID]bool{}
	for _, t := range rows {
		theirs[t.Judge] = true
	}
	return slices.DeleteFunc(all, func(j race.Judge) bool { return !theirs[j.ID] }), nil
}

// Judge reads one of those that Judges lists. race.ErrNotFound.
func (d *Desk) Judge(ctx context.Context, w Who, id race.JudgeID) (race.Judge, error) {
	if id <= 0 {
		return race.Judge{}, race.ErrNotFound
	}
	j, err := d.store.Judge(ctx, id)
	if err != nil || w.Writes() {
		return j, err
	}
	rows, err := d.Teams(ctx, w, race.TeamFilter{Judge: id})
	if err == nil && len(rows) == 0 {
		err = race.ErrNotFound
	}
	if err != nil {
		return race.Judge{}, err
	}
	return j, nil
}

// MayChangeJudge returns nil when w may change, reset or remove a judge: a
// superuser any, an organizer one who times no team, or a team of a granted
// competition and none of an active competition of others, whose race a reset
// would disturb.
func (d *Desk) MayChangeJudge(ctx context.Context, w Who, id race.JudgeID) error {
	if _, err := d.Judge(ctx, w, id); err != nil {
		return err
	}
	if err := w.write(); err != nil || w.Superuser {
		return err
	}
	list, err := d.store.Competitions(ctx, id)
	if err != nil {
		return fmt.Errorf("list competitions of judge: %w", err)
	}
	return w.holds(list)
}

// holds says whether a judge of these competitions is w's to change.
func (w Who) holds(list []race.Competition) error {
	if w.Superuser || len(list) == 0 {
		return nil
	}
	own := false
	for _, c := range list {
		if w.Edits(c.ID) {
			own = true
		} else if c.Active {
			own = false
			break
		}
	}
	if !own {
		return refuse(race.CodeForbidden, Text{
			"El juez trabaja en la competencia de otro organizador.", "The judge works in the competition of another organizer.",
		})
	}
	return nil
}

// CreateJudge makes a judge. race.CodeTaken for a user name.
func (d *Desk) CreateJudge(ctx context.Context, w Who, f JudgeForm) (race.Judge, error) {
	if err := w.write(); err != nil {
		return race.Judge{}, err
	}
	by := d.sign(w)
	var check checker
	check.required("username", f.Username == nil)
	j := f.apply(&check, race.Judge{Active: true, CreatedAt: by.At})
	hash, err := d.check(ctx, &check, f.Password)
	if err != nil {
		return race.Judge{}, err
	}
	err = d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		j.ID = 0
		id, err := e.PutJudge(ctx, j, hash)
		if err != nil {
			return taken(err, textTakenUsername)
		}
		j.ID = id
		return e.Note(ctx, note(by, "judge.create", 0, j.Username, changes(nil, judgeFields(j).withPassword(hash != ""))))
	})
	return j, err
}

// UpdateJudge changes a judge. A new password or the end of the account signs the
// judge out everywhere and ends the code.
func (d *Desk) UpdateJudge(ctx context.Context, w Who, id race.JudgeID, tag Tag, f JudgeForm) (race.Judge, error) {
	if err := d.MayChangeJudge(ctx, w, id); err != nil {
		return race.Judge{}, err
	}
	var check checker
	hash, err := d.check(ctx, &check, f.Password)
	if err != nil {
		return race.Judge{}, err
	}
	by := d.sign(w)
	var after race.Judge
	var out bool
	err = d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		before, err := e.Judge(ctx, id)
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
		if out = hash != "" || before.Active && !after.Active; out {
			after.SignedOutAt = by.At
			if err := e.SetJudgeCode(ctx, id, race.Digest{}, time.Time{}); err != nil {
				return err
			}
		}
		if after == before {
			return nil
		}
		if _, err := e.PutJudge(ctx, after, hash); err != nil {
			return taken(err, textTakenUsername)
		}
		return e.Note(ctx, note(by, "judge.update", 0, after.Username, changes(judgeFields(before), judgeFields(after).withPassword(hash != ""))))
	})
	if err == nil && out {
		d.races.CloseSessions(id)
	}
	return after, err
}

// apply returns j with what the form sets, but for the password.
func (f JudgeForm) apply(check *checker, j race.Judge) race.Judge {
	check.username(f.Username, &j.Username)
	check.line("first_name", f.FirstName, &j.FirstName, maxUsername, true)
	check.line("last_name", f.LastName, &j.LastName, maxUsername, true)
	check.email(f.Email, &j.Email)
	if f.Active != nil {
		j.Active = *f.Active
	}
	return j
}

// DeleteJudge removes a judge who has no records, race.CodeInUse otherwise; the
// judge's teams are left without one.
func (d *Desk) DeleteJudge(ctx context.Context, w Who, id race.JudgeID, tag Tag) error {
	if err := d.MayChangeJudge(ctx, w, id); err != nil {
		return err
	}
	by := d.sign(w)
	err := d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		j, err := e.Judge(ctx, id)
		if err != nil {
			return err
		}
		if err := tag.check(j); err != nil {
			return err
		}
		if err := e.RemoveJudge(ctx, id); err != nil {
			return inUse(err, Text{"El juez tiene registros y no se puede eliminar; desactívelo.", "The judge has records and cannot be deleted; deactivate the account."})
		}
		return e.Note(ctx, note(by, "judge.delete", 0, j.Username, changes(judgeFields(j), nil)))
	})
	if err == nil {
		d.races.CloseSessions(id)
	}
	return err
}

var textTakenUsername = Text{"Ya existe una cuenta con ese nombre de usuario.", "There is an account with that user name."}

// check ends the checks of a form and hashes its password; "" without one. It
// does so before a transaction, for hashing takes long.
func (d *Desk) check(ctx context.Context, check *checker, password *string) (hash string, err error) {
	check.password(password)
	if err := check.err(); err != nil || password == nil {
		return "", err
	}
	return d.hash(ctx, *password)
}

func (d *Desk) hash(ctx context.Context, password string) (string, error) {
	hash, err := d.hasher.Hash(ctx, password)
	if err != nil { // too many at once, or it took too long
		return "", &race.Error{Code: race.CodeUnavailable, Text: "Servicio no disponible en este momento, reintente", Cause: err}
	}
	return hash, nil
}
