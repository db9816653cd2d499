package roster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"server5k/gateway/sheets"
	"server5k/race"
)

// Compare says what importing a roster would do to what is stored. A team is
// known by its bib, a judge by the exact user name, a category by its name or
// code, whatever its case, accents and spaces. Nothing is ever removed. It
// changes neither argument; what is stored should be read in the transaction
// that the plan is applied in.
func Compare(r Roster, e Existing) Plan {
	c := comparison{
		existing:   e,
		categories: map[string]Category{},
		codes:      map[string]bool{},
		names:      map[race.Category]string{},
		judges:     map[string]race.Judge{},
		lower:      map[string]string{},
		usernames:  map[race.JudgeID]string{},
	}
	c.index()
	for _, j := range r.Judges {
		c.judge(j)
	}
	c.compareTeams(r)
	return c.plan
}

// comparison is a plan that is being made.
type comparison struct {
	existing   Existing
	categories map[string]Category      // by folded name and code, with those of the plan
	codes      map[string]bool          // folded, in use
	names      map[race.Category]string // for people
	judges     map[string]race.Judge    // by user name
	lower      map[string]string        // user name by its lower case
	usernames  map[race.JudgeID]string
	plan       Plan
}

func (c *comparison) index() {
	for _, known := range c.existing.Categories {
		c.codes[fold(string(known.Code))] = true
		c.categories[fold(string(known.Code))] = known
		c.names[known.Code] = known.Name
	}
	// A name wins over the code of another category.
	for _, known := range c.existing.Categories {
		c.categories[fold(known.Name)] = known
	}
	for _, j := range c.existing.Judges {
		c.judges[j.Username] = j
		c.lower[strings.ToLower(j.Username)] = j.Username
		c.usernames[j.ID] = j.Username
	}
}

// judge plans one judge.
func (c *comparison) judge(j Judge) {
	old, found := c.judges[j.Username]
	if !found {
		if other, similar := c.lower[strings.ToLower(j.Username)]; similar {
			c.warn(j.Row, ColumnUsername, j.Username, caseText(j.Username, other))
		}
		c.plan.Judges = append(c.plan.Judges, JudgeStep{
			Outcome: Created, Row: j.Row, Password: j.Password,
			Judge: race.Judge{Username: j.Username, FirstName: j.FirstName, LastName: j.LastName, Email: j.Email, Active: true},
		})
		return
	}
	if j.Password != "" {
		c.warn(j.Row, ColumnPassword, "", sheets.Phrasef(
			"el juez «%s» ya existe y conserva su contraseña", "the judge “%s” exists and keeps the password", j.Username))
	}
	if !old.Active {
		c.warn(j.Row, ColumnUsername, j.Username, sheets.Phrasef(
			"el juez «%s» está inactivo y no puede entrar", "the judge “%s” is inactive and cannot log in", j.Username))
	}
	step := JudgeStep{Row: j.Row, Judge: old}
	step.Changes = change(step.Changes, ColumnFirstName, &step.Judge.FirstName, j.FirstName)
	step.Changes = change(step.Changes, ColumnLastName, &step.Judge.LastName, j.LastName)
	step.Changes = change(step.Changes, ColumnEmail, &step.Judge.Email, j.Email)
	step.Outcome = outcome(step.Changes)
	c.plan.Judges = append(c.plan.Judges, step)
}

func (c *comparison) warn(row int, column Column, value string, text sheets.Phrase) {
	c.plan.Warnings = append(c.plan.Warnings, Problem{Row: row, Column: column, Value: value, Warning: true, Text: text})
}

// change sets a field to what the file tells, and notes it; an empty value
// tells nothing.
func change(changes []Change, column Column, field *string, value string) []Change {
	if value == "" || value == *field {
		return changes
	}
	changes = append(changes, Change{column, *field, value})
	*field = value
	return changes
}

func outcome(changes []Change) Outcome {
	if len(changes) == 0 {
		return Unchanged
	}
	return Updated
}

func (c *comparison) compareTeams(r Roster) {
	stored := map[int]race.Team{}
	for _, t := range c.existing.Teams {
		if t.Competition == c.existing.Competition {
			stored[t.Bib] = t
		}
	}
	mentioned := map[int]bool{}
	for bib := range r.Bibs {
		mentioned[bib] = true
	}
	used := map[race.Category]bool{}
	for _, t := range r.Teams {
		mentioned[t.Bib] = true
		category := c.category(t.Row, t.Category, used)
		old, found := stored[t.Bib]
		c.team(t, category, old, found)
	}
	for bib, t := range stored {
		if !mentioned[bib] {
			c.plan.Kept = append(c.plan.Kept, t)
		}
	}
	slices.SortFunc(c.plan.Kept, func(a, b race.Team) int { return cmp.Compare(a.Bib, b.Bib) })
}

// team plans one team.
func (c *comparison) team(t Team, category Category, old race.Team, found bool) {
	step := TeamStep{Row: t.Row, Judge: t.Judge, Team: old}
	if !found {
		step.Team = race.Team{Competition: c.existing.Competition, Bib: t.Bib}
	}
	step.Changes = change(step.Changes, ColumnTeam, &step.Team.Name, t.Name)
	if step.Team.Category != category.Code {
		name, named := c.names[step.Team.Category]
		if !named {
			name = step.Team.Category.Label()
		}
		step.Changes = append(step.Changes, Change{ColumnCategory, name, category.Name})
		step.Team.Category = category.Code
	}
	username := c.usernames[step.Team.Judge]
	if username == "" && step.Team.Judge != 0 {
		username = fmt.Sprintf("#%d", step.Team.Judge) // not among those that the caller knows
	}
	if step.Changes = change(step.Changes, ColumnUsername, &username, t.Judge); t.Judge != "" {
		step.Team.Judge = c.judges[t.Judge].ID
	}
	step.Outcome = outcome(step.Changes)
	if !found {
		step.Outcome, step.Changes = Created, nil
	}
	c.plan.Teams = append(c.plan.Teams, step)
}

// category finds the category of a team or plans a new one, and plans a step
// for each that is used.
func (c *comparison) category(row int, name string, used map[race.Category]bool) Category {
	known, found := c.categories[fold(name)]
	if found && used[known.Code] {
		return known
	}
	step := CategoryStep{Outcome: Unchanged, Row: row, Category: known}
	if !found {
		step.Outcome = Created
		step.Category = Category{Code: c.newCode(name), Name: name}
		c.categories[fold(name)] = step.Category
		c.names[step.Category.Code] = name
	}
	used[step.Category.Code] = true
	c.plan.Categories = append(c.plan.Categories, step)
	return step.Category
}

// newCode makes a code of a name that no category has yet.
func (c *comparison) newCode(name string) race.Category {
	base := slug(name)
	code := base
	for n := 2; c.codes[fold(code)]; n++ {
		code = fmt.Sprintf("%s-%d", base, n)
	}
	c.codes[fold(code)] = true
	return race.Category(code)
}
