package office

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"server5k/race"
)

// earliest and latestAhead only catch a wrong year or unit.
var earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

const latestAhead = 20 * 365 * 24 * time.Hour

// Competitions lists those that w sees, newest first.
func (d *Desk) Competitions(ctx context.Context, w Who) ([]race.Competition, error) {
	all, err := d.store.Competitions(ctx, 0)
	if err != nil {
		return nil, fmt.Errorf("list competitions: %w", err)
	}
	return slices.DeleteFunc(all, func(c race.Competition) bool { return !w.Sees(c.ID) }), nil
}

// Competition reads one that w sees. race.ErrNotFound.
func (d *Desk) Competition(ctx context.Context, w Who, id race.CompetitionID) (race.Competition, error) {
	if err := w.see(id); err != nil {
		return race.Competition{}, err
	}
	return d.store.Competition(ctx, id)
}

// CreateCompetition makes one, which its creator may work on.
func (d *Desk) CreateCompetition(ctx context.Context, w Who, f CompetitionForm) (race.Competition, error) {
	if err := w.write(); err != nil {
		return race.Competition{}, err
	}
	var check checker
	check.required("name", f.Name == nil)
	check.required("datetime", f.ScheduledAt == nil)
	c := f.apply(&check, race.Competition{Active: true, TeamSize: race.DefaultTeamSize, Rounding: race.RoundRaw, Clock: race.ClockClient}, d.now())
	if err := check.err(); err != nil {
		return race.Competition{}, err
	}
	by := d.sign(w)
	err := d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		var err error
		c.ID, err = create(ctx, e, w, c)
		if err != nil {
			return err
		}
		return e.Note(ctx, note(by, "competition.create", c.ID, c.Name, changes(nil, competitionFields(c))))
	})
	return c, err
}

// create stores a new competition and grants it to its creator.
func create(ctx context.Context, e race.Editor, w Who, c race.Competition) (race.CompetitionID, error) {
	c.ID = 0
	id, err := e.PutCompetition(ctx, c)
	if err != nil || w.Superuser {
		return id, err
	}
	granted, err := e.Grants(ctx, w.ID)
	if err != nil {
		return 0, err
	}
	return id, e.SetGrants(ctx, w.ID, append(granted, id))
}

// UpdateCompetition changes one, also while it runs, but not then its team size
// (race.CodeAlreadyRuns).
func (d *Desk) UpdateCompetition(ctx context.Context, w Who, id race.CompetitionID, tag Tag, f CompetitionForm) (race.Competition, error) {
	if err := w.edit(id); err != nil {
		return race.Competition{}, err
	}
	by := d.sign(w)
	var after race.Competition
	err := d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		before, err := e.Competition(ctx, id)
		if err != nil {
			return err
		}
		if err := tag.check(before); err != nil {
			return err
		}
		var check checker
		after = f.apply(&check, before, by.At)
		if err := check.err(); err != nil {
			return err
		}
		switch {
		case after == before:
			return nil
		case after.TeamSize != before.TeamSize && before.Running:
			return refuse(race.CodeAlreadyRuns, Text{
				"El número de integrantes no puede cambiar mientras la competencia está en curso.", "The team size cannot change while the competition is running.",
			})
		}
		if _, err := e.PutCompetition(ctx, after); err != nil {
			return err
		}
		return e.Note(ctx, note(by, "competition.update", id, after.Name, changes(competitionFields(before), competitionFields(after))))
	})
	return after, err
}

// apply returns c with what the form sets.
func (f CompetitionForm) apply(check *checker, c race.Competition, now time.Time) race.Competition {
	check.line("name", f.Name, &c.Name, maxName, false)
	if f.ScheduledAt != nil {
		switch at := *f.ScheduledAt; {
		case at == nil:
			check.add("datetime", Text{"Este campo no puede ser nulo.", "This field may not be null."})
		case at.Before(earliest) || at.After(now.Add(latestAhead)):
			check.add("datetime", Text{"La fecha está fuera de rango.", "The date is out of range."})
		default:
			c.ScheduledAt = at.UTC().Truncate(time.Microsecond)
		}
	}
	if f.Active != nil {
		c.Active = *f.Active
	}
	if f.TeamSize != nil {
		if c.TeamSize = *f.TeamSize; c.TeamSize < 1 || c.TeamSize > race.MaxTeamSize {
			check.add("integrantes", Text{
				fmt.Sprintf("Debe estar entre 1 y %d.", race.MaxTeamSize), fmt.Sprintf("It must be 1 to %d.", race.MaxTeamSize),
			})
		}
	}
	if f.Rounding != nil {
		if c.Rounding = *f.Rounding; !c.Rounding.Valid() {
			check.add("politica_redondeo", Text{"Debe ser raw, up-each o up-total.", "It must be raw, up-each or up-total."})
		}
	}
	if f.Clock != nil {
		if c.Clock = *f.Clock; !c.Clock.Valid() {
			check.add("politica_reloj", Text{"Debe ser cliente o corregido.", "It must be cliente or corregido."})
		}
	}
	return c
}

// DeleteCompetition removes one that has neither records nor rulings, with its
// teams; race.CodeInUse otherwise.
func (d *Desk) DeleteCompetition(ctx context.Context, w Who, id race.CompetitionID, tag Tag) error {
	if err := w.edit(id); err != nil {
		return err
	}
	by := d.sign(w)
	return d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		c, err := e.Competition(ctx, id)
		if err != nil {
			return err
		}
		if err := tag.check(c); err != nil {
			return err
		}
		if err := e.RemoveCompetition(ctx, id); err != nil {
			return inUse(err, Text{
				"La competencia tiene registros o decisiones y no se puede eliminar; desactívela.", "The competition has records or rulings and cannot be deleted; deactivate it.",
			})
		}
		return e.Note(ctx, note(by, "competition.delete", id, c.Name, changes(competitionFields(c), nil)))
	})
}

// CopyCompetition makes a competition with the rules, teams and judges of
// another, without anything that happened in it.
func (d *Desk) CopyCompetition(ctx context.Context, w Who, id race.CompetitionID, name string) (race.Competition, error) {
	if err := w.edit(id); err != nil {
		return race.Competition{}, err
	}
	by := d.sign(w)
	var made race.Competition
	err := d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		from, err := e.Competition(ctx, id)
		if err != nil {
			return err
		}
		made = race.Competition{ScheduledAt: from.ScheduledAt, Active: true, TeamSize: from.TeamSize, Rounding: from.Rounding, Clock: from.Clock}
		var check checker
		check.line("name", &name, &made.Name, maxName, false)
		if err := check.err(); err != nil {
			return err
		}
		if made.ID, err = create(ctx, e, w, made); err != nil {
			return err
		}
		teams, err := e.Teams(ctx, id)
		if err != nil {
			return err
		}
		for _, t := range teams {
			t.ID, t.Competition = 0, made.ID
			if _, err := e.PutTeam(ctx, t); err != nil {
				return err
			}
		}
		return e.Note(ctx, note(by, "competition.copy", made.ID, made.Name, changes(nil, fields{"de": int64(id), "equipos": len(teams)})))
	})
	return made, err
}

// inUse gives a refusal to delete its text.
func inUse(err error, t Text) error {
	if race.CodeOf(err) == race.CodeInUse {
		return refuse(race.CodeInUse, t)
	}
	return err
}

// taken gives a refusal of a name or number that is not free its text.
func taken(err error, t Text) error {
	if race.CodeOf(err) == race.CodeTaken {
		return refuse(race.CodeTaken, t)
	}
	return err
}

// absent turns a row that is not there into a fault of the field that named it.
func absent(err error, field string, t Text) error {
	if errors.Is(err, race.ErrNotFound) {
		return Invalid{[]Fault{{field, t}}}
	}
	return err
}
