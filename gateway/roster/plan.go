package roster

import "server5k/race"

// Outcome is what an import does with something, or says about it.
type Outcome uint8

// The outcomes; only the first two write.
const (
	Created Outcome = iota
	Updated
	Unchanged
	Kept // stored, and the file does not mention it
	Warned
	Failed
)

// String is a stable machine word, for style sheets and JSON.
func (o Outcome) String() string {
	switch o {
	case Created:
		return "created"
	case Updated:
		return "updated"
	case Unchanged:
		return "unchanged"
	case Kept:
		return "kept"
	case Warned:
		return "warning"
	case Failed:
		return "error"
	}
	return ""
}

// writes says whether the outcome is one that the database has to learn.
func (o Outcome) writes() bool { return o == Created || o == Updated }

// Category is a category with its name for people.
type Category struct {
	Code race.Category
	Name string
}

// Existing is what is stored before an import.
type Existing struct {
	Competition race.CompetitionID
	Teams       []race.Team  // those of other competitions do not count
	Judges      []race.Judge // all that a file may name
	Categories  []Category   // all of the server
}

// Plan is what an import comes to. Its steps stand in the order of the file.
type Plan struct {
	Categories []CategoryStep
	Judges     []JudgeStep
	Teams      []TeamStep
	Kept       []race.Team // teams of the competition that the file does not mention, by bib
	Warnings   []Problem
}

// Changes says whether applying the plan writes anything.
func (p Plan) Changes() bool {
	for _, s := range p.Categories {
		if s.Outcome.writes() {
			return true
		}
	}
	for _, s := range p.Judges {
		if s.Outcome.writes() {
			return true
		}
	}
	for _, s := range p.Teams {
		if s.Outcome.writes() {
			return true
		}
	}
	return false
}

// CategoryStep is a category that the file uses, created or unchanged.
type CategoryStep struct {
	Outcome  Outcome
	Row      int // the first that uses it
	Category Category
}

// JudgeStep is a judge as it will be. One that is created has the ID 0, no
// CreatedAt, and a Password if the file has one: the caller makes one
// otherwise, and hashes it for [Apply]. One that exists has none, for it keeps
// what it has.
type JudgeStep struct {
	Outcome  Outcome
	Row      int
	Judge    race.Judge
	Changes  []Change
	Password string // plain; never to be logged or shown
}

// TeamStep is a team as it will be; one that is created has the ID 0. Judge is
// the user name that the file gives, "" when it gives none; Team.Judge is 0
// until that judge has an ID.
type TeamStep struct {
	Outcome Outcome
	Row     int
	Team    race.Team
	Judge   string
	Changes []Change
}

// Change is a field that gets another value, both as people know them.
type Change struct {
	Column   Column
	Old, New string
}
