package roster

import (
	"context"
	"fmt"

	"server5k/race"
)

// Writer stores what an import changes. All its calls belong to one
// transaction that the caller opened, and ends with the error of [Apply].
type Writer interface {
	// PutCategory adds a category, or names one.
	PutCategory(ctx context.Context, code race.Category, name string) error
	// PutJudge adds a judge whose ID is 0, with the time of now for a zero
	// CreatedAt, or changes another one; an empty hash keeps the password.
	PutJudge(ctx context.Context, judge race.Judge, passwordHash string) (race.JudgeID, error)
	// PutTeam adds a team whose ID is 0, or changes another one.
	PutTeam(ctx context.Context, team race.Team) (race.TeamID, error)
}

// Apply writes what a plan creates and updates: categories, then judges, then
// teams. It needs the encoded password hash of each judge that is created, by
// user name, and writes nothing without; hashes of others are not looked at.
// On an error the caller rolls back.
func Apply(ctx context.Context, tx Writer, plan Plan, hashes map[string]string) error {
	for _, step := range plan.Judges {
		if step.Outcome == Created && hashes[step.Judge.Username] == "" {
			return fmt.Errorf("import judge %q: no password hash", step.Judge.Username)
		}
	}
	for _, step := range plan.Categories {
		if !step.Outcome.writes() {
			continue
		}
		if err := tx.PutCategory(ctx, step.Category.Code, step.Category.Name); err != nil {
			return fmt.Errorf("import category %q: %w", step.Category.Code, err)
		}
	}
	ids, err := applyJudges(ctx, tx, plan.Judges, hashes)
	if err != nil {
		return err
	}
	for _, step := range plan.Teams {
		if !step.Outcome.writes() {
			continue
		}
		team := step.Team
		if id, found := ids[step.Judge]; found {
			team.Judge = id
		}
		if step.Judge != "" && team.Judge == 0 {
			return fmt.Errorf("import team with bib %d: judge %q is not in the plan", team.Bib, step.Judge)
		}
		if _, err := tx.PutTeam(ctx, team); err != nil {
			return fmt.Errorf("import team with bib %d: %w", team.Bib, err)
		}
	}
	return nil
}

// applyJudges returns the ids of the judges of the plan by user name.
func applyJudges(ctx context.Context, tx Writer, steps []JudgeStep, hashes map[string]string) (map[string]race.JudgeID, error) {
	ids := make(map[string]race.JudgeID, len(steps))
	for _, step := range steps {
		username := step.Judge.Username
		ids[username] = step.Judge.ID
		if !step.Outcome.writes() {
			continue
		}
		hash := ""
		if step.Outcome == Created {
			hash = hashes[username]
		}
		id, err := tx.PutJudge(ctx, step.Judge, hash)
		if err != nil {
			return nil, fmt.Errorf("import judge %q: %w", username, err)
		}
		ids[username] = id
	}
	return ids, nil
}
