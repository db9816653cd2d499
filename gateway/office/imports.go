package office

import (
	"context"
	"errors"
	"fmt"

	"server5k/gateway/auth"
	"server5k/gateway/roster"
	"server5k/gateway/sheets"
	"server5k/race"
)

// PlanImport says row by row what importing a file of teams, judges and
// categories would do to a competition. It changes nothing.
func (d *Desk) PlanImport(ctx context.Context, w Who, id race.CompetitionID, name string, file []byte) (roster.Report, error) {
	p, err := d.planImport(ctx, w, id, name, file)
	return p.report, err
}

// importPlan is a plan with what it was made from.
type importPlan struct {
	roster   roster.Roster
	existing roster.Existing
	problems []roster.Problem
	plan     roster.Plan
	report   roster.Report
}

func (d *Desk) planImport(ctx context.Context, w Who, id race.CompetitionID, name string, file []byte) (importPlan, error) {
	var p importPlan
	if err := w.edit(id); err != nil {
		return p, err
	}
	table, err := sheets.Read(name, file, sheets.DefaultLimits())
	if err != nil {
		var refused *sheets.Error
		if errors.As(err, &refused) {
			return p, Invalid{[]Fault{{"archivo", Text{refused.Text.ES, refused.Text.EN}}}}
		}
		return p, err
	}
	p.roster, p.problems = roster.Parse(table)
	if p.existing, err = d.existing(ctx, id); err != nil {
		return p, err
	}
	p.plan = roster.Compare(p.roster, p.existing)
	p.report = roster.NewReport(p.problems, p.plan)
	return p, nil
}

// existing reads what an import compares with.
func (d *Desk) existing(ctx context.Context, id race.CompetitionID) (roster.Existing, error) {
	out := roster.Existing{Competition: id}
	if _, err := d.store.Competition(ctx, id); err != nil {
		return out, err
	}
	rows, err := d.store.Teams(ctx, race.TeamFilter{Competition: id})
	if err != nil {
		return out, fmt.Errorf("list teams: %w", err)
	}
	for _, row := range rows {
		out.Teams = append(out.Teams, row.Team)
	}
	if out.Judges, err = d.store.Judges(ctx); err != nil {
		return out, fmt.Errorf("list judges: %w", err)
	}
	categories, err := d.store.Categories(ctx)
	if err != nil {
		return out, fmt.Errorf("list categories: %w", err)
	}
	for _, c := range categories {
		out.Categories = append(out.Categories, roster.Category{Code: c.Code, Name: c.Name})
	}
	return out, nil
}

// Import imports a file, all of it or nothing; done is false when the report has
// errors. A judge whose password the file does not give can log in only after
// Credentials or ResetPassword. race.CodeForbidden when it would change a judge
// that is not w's to change, race.CodeStale when what it changes was changed
// meanwhile.
func (d *Desk) Import(ctx context.Context, w Who, id race.CompetitionID, name string, file []byte) (r roster.Report, done bool, err error) {
	p, err := d.planImport(ctx, w, id, name, file)
	if err != nil || roster.Refused(p.problems) || p.report.Errors > 0 {
		return p.report, false, err
	}
	if !p.plan.Changes() {
		return p.report, true, nil
	}
	if err := d.mayImport(ctx, w, p.plan); err != nil {
		return p.report, false, err
	}
	hashes, err := d.hashes(ctx, p.plan)
	if err != nil {
		return p.report, false, err
	}
	by := d.sign(w)
	err = d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		existing := p.existing
		var err error
		if existing.Teams, err = e.Teams(ctx, id); err != nil {
			return err
		}
		plan := roster.Compare(p.roster, existing)
		if err := roster.Apply(ctx, importer{e, p.existing, by}, plan, hashes); err != nil {
			return err
		}
		n := p.report
		return e.Note(ctx, note(by, "competition.import", id, name, changes(nil, fields{
			"equipos":    fmt.Sprintf("+%d ~%d =%d", n.Teams.Created, n.Teams.Updated, n.Teams.Unchanged),
			"jueces":     fmt.Sprintf("+%d ~%d =%d", n.Judges.Created, n.Judges.Updated, n.Judges.Unchanged),
			"categorias": fmt.Sprintf("+%d =%d", n.Categories.Created, n.Categories.Unchanged),
		})))
	})
	return p.report, err == nil, err
}

// mayImport refuses to change judges that are not w's to change.
func (d *Desk) mayImport(ctx context.Context, w Who, plan roster.Plan) error {
	var changed []Credential
	for _, step := range plan.Judges {
		if step.Outcome == roster.Updated {
			changed = append(changed, Credential{Judge: step.Judge})
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return d.mayChangeAll(ctx, w, changed)
}

// hashes returns the password hashes of judges who are created, by user name.
// Those without a password share the hash of one that nobody knows, for hashing
// takes long.
func (d *Desk) hashes(ctx context.Context, plan roster.Plan) (map[string]string, error) {
	const unknown = 40
	out, locked := map[string]string{}, ""
	for _, step := range plan.Judges {
		if step.Outcome != roster.Created {
			continue
		}
		var err error
		switch {
		case step.Password != "":
			out[step.Judge.Username], err = d.hash(ctx, step.Password)
		case locked == "":
			locked, err = d.hash(ctx, auth.RandomPassword(unknown))
			out[step.Judge.Username] = locked
		default:
			out[step.Judge.Username] = locked
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// importer writes through an editor what an import changes.
type importer struct {
	e        race.Editor
	existing roster.Existing // that the plan was made from
	by       race.Signature
}

// PutCategory implements roster.Writer.
func (i importer) PutCategory(ctx context.Context, code race.Category, name string) error {
	return i.e.PutCategory(ctx, race.CategoryRow{Code: code, Name: name})
}

// PutJudge implements roster.Writer. A judge who was changed since the plan was
// made is not overwritten.
func (i importer) PutJudge(ctx context.Context, j race.Judge, hash string) (race.JudgeID, error) {
	if j.ID == 0 {
		j.CreatedAt = i.by.At
	} else {
		now, err := i.e.Judge(ctx, j.ID)
		if err != nil {
			return 0, err
		}
		for _, was := range i.existing.Judges {
			if was.ID == j.ID {
				if err := TagOf(was).check(now); err != nil {
					return 0, err
				}
			}
		}
	}
	id, err := i.e.PutJudge(ctx, j, hash)
	return id, taken(err, textTakenUsername)
}

// PutTeam implements roster.Writer.
func (i importer) PutTeam(ctx context.Context, t race.Team) (race.TeamID, error) {
	return putTeam(ctx, i.e, t)
}
