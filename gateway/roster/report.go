package roster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"server5k/gateway/sheets"
	"server5k/race"
)

// Counts says to how many of a kind what happens.
type Counts struct{ Created, Updated, Unchanged int }

func (c *Counts) add(o Outcome) {
	switch o {
	case Created:
		c.Created++
	case Updated:
		c.Updated++
	default:
		c.Unchanged++
	}
}

// Report tells people, row by row, what an import does or why it does not.
type Report struct {
	Categories, Judges, Teams Counts
	Kept                      int // teams that the file does not mention
	Errors, Warnings          int
	Lines                     []Line // by row; what is about no row comes last
}

// Line is one thing about one row.
type Line struct {
	Row     int // 0 for none
	Outcome Outcome
	Text    sheets.Phrase
}

// NewReport makes the report of a plan and the problems of the file it was
// made from. It has no password in it.
func NewReport(problems []Problem, plan Plan) Report {
	var r Report
	for _, p := range slices.Concat(problems, plan.Warnings) {
		r.problem(p)
	}
	for _, step := range plan.Categories {
		r.Categories.add(step.Outcome)
		r.add(step.Row, step.Outcome, categoryText(step))
	}
	for _, step := range plan.Judges {
		r.Judges.add(step.Outcome)
		r.add(step.Row, step.Outcome, stepText(step.Outcome, judgeNoun(step.Judge), step.Changes))
	}
	for _, step := range plan.Teams {
		r.Teams.add(step.Outcome)
		r.add(step.Row, step.Outcome, stepText(step.Outcome, teamNoun(step.Team), step.Changes))
	}
	for _, team := range plan.Kept {
		r.Kept++
		noun := teamNoun(team)
		r.add(0, Kept, sheets.Phrase{
			ES: noun.ES + " no está en el archivo y se queda como está",
			EN: noun.EN + " is not in the file and stays as it is",
		})
	}
	slices.SortStableFunc(r.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(last(a.Row), last(b.Row)), cmp.Compare(rank(a.Outcome), rank(b.Outcome)))
	})
	return r
}

// last puts row 0 behind all others.
func last(row int) uint { return uint(row) - 1 }

// rank puts problems before what is done.
func rank(o Outcome) int {
	switch o {
	case Failed:
		return 0
	case Warned:
		return 1
	default:
		return 2
	}
}

func (r *Report) add(row int, o Outcome, text sheets.Phrase) {
	r.Lines = append(r.Lines, Line{Row: row, Outcome: o, Text: text})
}

func (r *Report) problem(p Problem) {
	o := Failed
	if p.Warning {
		o = Warned
		r.Warnings++
	} else {
		r.Errors++
	}
	text, title := p.Text, p.Column.Title()
	if title.ES != "" {
		text = sheets.Phrase{ES: title.ES + ": " + text.ES, EN: title.EN + ": " + text.EN}
	}
	if p.Value != "" && p.Column != 0 && !strings.Contains(text.ES, "«"+p.Value+"»") {
		value := shorten(p.Value)
		text.ES += " («" + value + "»)"
		text.EN += " (“" + value + "”)"
	}
	r.add(p.Row, o, text)
}

// shorten keeps the beginning of a value that is long.
func shorten(value string) string {
	const enough = 40 // characters; its author knows it by them
	n := 0
	for i := range value {
		if n++; n > enough {
			return value[:i] + "…"
		}
	}
	return value
}

func categoryText(step CategoryStep) sheets.Phrase {
	noun := sheets.Phrasef("categoría «%s»", "category “%s”", step.Category.Name)
	if step.Outcome == Created {
		return sheets.Phrase{ES: noun.ES + " nueva", EN: "new " + noun.EN}
	}
	return stepText(step.Outcome, noun, nil)
}

func judgeNoun(j race.Judge) sheets.Phrase {
	noun := sheets.Phrasef("juez «%s»", "judge “%s”", j.Username)
	if name := j.FullName(); name != "" {
		noun = sheets.Phrase{ES: noun.ES + " (" + name + ")", EN: noun.EN + " (" + name + ")"}
	}
	return noun
}

func teamNoun(t race.Team) sheets.Phrase {
	return sheets.Phrasef("equipo %d «%s»", "team %d “%s”", t.Bib, t.Name)
}

// stepText says what happens to a thing.
func stepText(o Outcome, noun sheets.Phrase, changes []Change) sheets.Phrase {
	switch o {
	case Created:
		return sheets.Phrase{ES: noun.ES + " nuevo", EN: "new " + noun.EN}
	case Updated:
		var es, en []string
		for _, c := range changes {
			title := c.Column.Title()
			if c.Old == "" {
				es, en = append(es, title.ES+" «"+c.New+"»"), append(en, title.EN+" “"+c.New+"”")
				continue
			}
			es = append(es, fmt.Sprintf("%s «%s» → «%s»", title.ES, c.Old, c.New))
			en = append(en, fmt.Sprintf("%s “%s” → “%s”", title.EN, c.Old, c.New))
		}
		return sheets.Phrase{ES: noun.ES + " cambia: " + strings.Join(es, "; "), EN: noun.EN + " changes: " + strings.Join(en, "; ")}
	default:
		return sheets.Phrase{ES: noun.ES + " sin cambios", EN: noun.EN + " unchanged"}
	}
}

// Summary says the counts in one line.
func (r Report) Summary() sheets.Phrase {
	counts := func(c Counts) sheets.Phrase {
		return sheets.Phrasef("nuevos %d, con cambios %d, sin cambios %d", "new %d, changed %d, unchanged %d", c.Created, c.Updated, c.Unchanged)
	}
	teams, judges := counts(r.Teams), counts(r.Judges)
	return sheets.Phrase{
		ES: fmt.Sprintf("Equipos: %s, no mencionados %d. Jueces: %s. Categorías: nuevas %d, sin cambios %d. Errores: %d. Avisos: %d.",
			teams.ES, r.Kept, judges.ES, r.Categories.Created, r.Categories.Unchanged, r.Errors, r.Warnings),
		EN: fmt.Sprintf("Teams: %s, not mentioned %d. Judges: %s. Categories: new %d, unchanged %d. Errors: %d. Warnings: %d.",
			teams.EN, r.Kept, judges.EN, r.Categories.Created, r.Categories.Unchanged, r.Errors, r.Warnings),
	}
}
