package office

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"server5k/race"
)

var (
	textNoCompetition = Text{"La competencia no existe.", "The competition does not exist."}
	textNoJudge       = Text{"El juez no existe.", "The judge does not exist."}
)

// Teams lists those of the competitions that w sees, by bib.
func (d *Desk) Teams(ctx context.Context, w Who, f race.TeamFilter) ([]race.TeamRow, error) {
	if f.Competition != 0 && !w.Sees(f.Competition) {
		return []race.TeamRow{}, nil
	}
	rows, err := d.store.Teams(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("list teams: %w", err)
	}
	return slices.DeleteFunc(rows, func(t race.TeamRow) bool { return !w.Sees(t.Competition) }), nil
}

// Team reads one of a competition that w sees. race.ErrNotFound.
func (d *Desk) Team(ctx context.Context, w Who, id race.TeamID) (race.TeamRow, error) {
	if id <= 0 {
		return race.TeamRow{}, race.ErrNotFound
	}
	row, err := d.store.Team(ctx, id)
	if err != nil {
		return race.TeamRow{}, err
	}
	return row, w.see(row.Competition)
}

// editTeam is Team for a change.
func (d *Desk) editTeam(ctx context.Context, w Who, id race.TeamID) (race.TeamRow, error) {
	row, err := d.Team(ctx, w, id)
	if err != nil {
		return row, err
	}
	return row, w.edit(row.Competition)
}

// CreateTeam makes a team. race.CodeTaken for a bib of the competition.
func (d *Desk) CreateTeam(ctx context.Context, w Who, f TeamForm) (race.TeamRow, error) {
	if err := w.write(); err != nil {
		return race.TeamRow{}, err
	}
	var check checker
	check.required("competition_id", f.Competition == nil)
	check.required("name", f.Name == nil)
	check.required("number", f.Bib == nil)
	check.required("category", f.Category == nil)
	t, err := d.team(ctx, &check, f, race.Team{})
	if err != nil {
		return race.TeamRow{}, err
	}
	if f.Competition != nil {
		if t.Competition = *f.Competition; w.edit(t.Competition) != nil {
			check.add("competition_id", textNoCompetition)
		}
	}
	if err := check.err(); err != nil {
		return race.TeamRow{}, err
	}
	by := d.sign(w)
	var id race.TeamID
	err = d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		if _, err := e.Competition(ctx, t.Competition); err != nil {
			return absent(err, "competition_id", textNoCompetition)
		}
		var err error
		if id, err = putTeam(ctx, e, t); err != nil {
			return err
		}
		return e.Note(ctx, note(by, "team.create", t.Competition, subjectOf(t), changes(nil, teamFields(t))))
	})
	if err != nil {
		return race.TeamRow{}, err
	}
	return d.store.Team(ctx, id)
}

// UpdateTeam changes a team. race.CodeTaken for a bib of the competition.
func (d *Desk) UpdateTeam(ctx context.Context, w Who, id race.TeamID, tag Tag, f TeamForm) (race.TeamRow, error) {
	row, err := d.editTeam(ctx, w, id)
	if err != nil {
		return race.TeamRow{}, err
	}
	if f.Competition != nil && *f.Competition != row.Competition {
		return race.TeamRow{}, Invalid{[]Fault{{"competition_id", Text{
			"Un equipo no puede pasar a otra competencia.", "A team cannot move to another competition.",
		}}}}
	}
	var check checker
	if _, err := d.team(ctx, &check, f, row.Team); err != nil {
		return race.TeamRow{}, err
	}
	if err := check.err(); err != nil {
		return race.TeamRow{}, err
	}
	by := d.sign(w)
	err = d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		before, err := e.Team(ctx, id)
		if err != nil {
			return err
		}
		if err := tag.check(before); err != nil {
			return err
		}
		after := f.apply(&checker{}, before) // was checked above
		if after == before {
			return nil
		}
		if _, err := putTeam(ctx, e, after); err != nil {
			return err
		}
		return e.Note(ctx, note(by, "team.update", after.Competition, subjectOf(after), changes(teamFields(before), teamFields(after))))
	})
	if err != nil {
		return race.TeamRow{}, err
	}
	return d.store.Team(ctx, id)
}

// DeleteTeam removes a team that has no records; race.CodeInUse otherwise.
func (d *Desk) DeleteTeam(ctx context.Context, w Who, id race.TeamID, tag Tag) error {
	if _, err := d.editTeam(ctx, w, id); err != nil {
		return err
	}
	by := d.sign(w)
	return d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		t, err := e.Team(ctx, id)
		if err != nil {
			return err
		}
		if err := tag.check(t); err != nil {
			return err
		}
		if err := e.RemoveTeam(ctx, id); err != nil {
			return inUse(err, Text{"El equipo tiene registros o decisiones y no se puede eliminar.", "The team has records or rulings and cannot be deleted."})
		}
		return e.Note(ctx, note(by, "team.delete", t.Competition, subjectOf(t), changes(teamFields(t), nil)))
	})
}

// AssignJudges gives teams of a competition to judges, all or none. Faults name
// the place in the list, such as "asignaciones[3]".
func (d *Desk) AssignJudges(ctx context.Context, w Who, id race.CompetitionID, list []Assignment) error {
	if err := w.edit(id); err != nil {
		return err
	}
	judges, err := d.store.Judges(ctx)
	if err != nil {
		return fmt.Errorf("list judges: %w", err)
	}
	known := map[race.JudgeID]string{0: ""}
	for _, j := range judges {
		known[j.ID] = j.Username
	}
	by := d.sign(w)
	return d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		teams, err := e.Teams(ctx, id)
		if err != nil {
			return err
		}
		byID := make(map[race.TeamID]race.Team, len(teams))
		for _, t := range teams {
			byID[t.ID] = t
		}
		var check checker
		before, after := fields{}, fields{}
		for i, a := range list {
			place := "asignaciones[" + strconv.Itoa(i) + "]"
			t, ok := byID[a.Team]
			name, judge := known[a.Judge]
			switch {
			case !ok:
				check.add(place, Text{"El equipo no es de esta competencia.", "The team is not of this competition."})
			case !judge:
				check.add(place, textNoJudge)
			case t.Judge != a.Judge:
				before[subjectOf(t)], after[subjectOf(t)] = known[t.Judge], name
				t.Judge = a.Judge
				byID[t.ID] = t
				if _, err := e.PutTeam(ctx, t); err != nil {
					return err
				}
			}
		}
		if err := check.err(); err != nil || len(after) == 0 {
			return err
		}
		return e.Note(ctx, note(by, "competition.assign", id, "", changes(before, after)))
	})
}

// team returns t with what the form sets, after checks that need the store.
func (d *Desk) team(ctx context.Context, check *checker, f TeamForm, t race.Team) (race.Team, error) {
	t = f.apply(check, t)
	if f.Category == nil {
		return t, nil
	}
	known, err := d.store.Categories(ctx)
	if err != nil {
		return t, fmt.Errorf("list categories: %w", err)
	}
	if !slices.ContainsFunc(known, func(c race.CategoryRow) bool { return c.Code == *f.Category }) {
		check.add("category", Text{"La categoría no existe.", "The category does not exist."})
	}
	return t, nil
}

// apply returns t with what the form sets.
func (f TeamForm) apply(check *checker, t race.Team) race.Team {
	check.line("name", f.Name, &t.Name, maxName, false)
	if f.Bib != nil {
		if t.Bib = *f.Bib; t.Bib < 1 || t.Bib > maxBib {
			check.add("number", Text{fmt.Sprintf("Debe estar entre 1 y %d.", maxBib), fmt.Sprintf("It must be 1 to %d.", maxBib)})
		}
	}
	if f.Category != nil {
		t.Category = *f.Category
	}
	if f.Judge != nil {
		t.Judge = *f.Judge
	}
	return t
}

// putTeam stores a team whose judge exists.
func putTeam(ctx context.Context, e race.Editor, t race.Team) (race.TeamID, error) {
	if t.Judge != 0 {
		if _, err := e.Judge(ctx, t.Judge); err != nil {
			return 0, absent(err, "juez_id", textNoJudge)
		}
	}
	id, err := e.PutTeam(ctx, t)
	return id, taken(err, Text{
		fmt.Sprintf("Ya hay un equipo con el dorsal %d en la competencia.", t.Bib), fmt.Sprintf("There is a team with number %d in the competition.", t.Bib),
	})
}

// subjectOf names a team in the audit log.
func subjectOf(t race.Team) string { return strconv.Itoa(t.Bib) + " " + t.Name }
