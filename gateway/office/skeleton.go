package office

import (
	"context"
	"errors"
	"time"

	"server5k/race"
)

var errLater = errors.New("not there yet")

func (d *Desk) Competitions(ctx context.Context, w Who) ([]race.Competition, error) { return nil, errLater }
func (d *Desk) Competition(ctx context.Context, w Who, id race.CompetitionID) (race.Competition, error) {
	return race.Competition{}, errLater
}
func (d *Desk) Teams(ctx context.Context, w Who, f race.TeamFilter) ([]race.TeamRow, error) {
	return nil, errLater
}
func (d *Desk) Team(ctx context.Context, w Who, id race.TeamID) (race.TeamRow, error) {
	return race.TeamRow{}, errLater
}
func (d *Desk) Judges(ctx context.Context, w Who) ([]race.Judge, error) { return nil, errLater }
func (d *Desk) Judge(ctx context.Context, w Who, id race.JudgeID) (race.Judge, error) {
	return race.Judge{}, errLater
}
func (d *Desk) Organizers(ctx context.Context, w Who) ([]Account, error) { return nil, errLater }
func (d *Desk) Organizer(ctx context.Context, w Who, id race.OrganizerID) (Account, error) {
	return Account{}, errLater
}
func (d *Desk) Categories(ctx context.Context, w Who) ([]race.CategoryRow, error) { return nil, errLater }
func (d *Desk) Evidence(ctx context.Context, w Who, id race.CompetitionID) (race.Evidence, error) {
	return race.Evidence{}, errLater
}
func (d *Desk) Results(ctx context.Context, w Who, id race.CompetitionID) (Results, error) {
	return Results{}, errLater
}
func (d *Desk) Versions(ctx context.Context, w Who, id race.CompetitionID) ([]race.Version, error) {
	return nil, errLater
}
func (d *Desk) Version(ctx context.Context, w Who, id race.CompetitionID, n int) (race.Version, race.Sheet, error) {
	return race.Version{}, race.Sheet{}, errLater
}
func (d *Desk) Difference(ctx context.Context, w Who, id race.CompetitionID, from, to int) ([]race.Difference, error) {
	return nil, errLater
}
func (d *Desk) Overview(ctx context.Context, w Who) ([]Summary, error) { return nil, errLater }
func (d *Desk) Readiness(ctx context.Context, w Who, id race.CompetitionID) ([]Post, error) {
	return nil, errLater
}
func (d *Desk) Audit(ctx context.Context, w Who, f race.AuditFilter) ([]race.AuditEntry, int, error) {
	return nil, 0, errLater
}
func (d *Desk) CreateCompetition(ctx context.Context, w Who, f CompetitionForm) (race.Competition, error) {
	return race.Competition{}, errLater
}
func (d *Desk) UpdateCompetition(ctx context.Context, w Who, id race.CompetitionID, tag Tag, f CompetitionForm) (race.Competition, error) {
	return race.Competition{}, errLater
}
func (d *Desk) DeleteCompetition(ctx context.Context, w Who, id race.CompetitionID, tag Tag) error {
	return errLater
}
func (d *Desk) CopyCompetition(ctx context.Context, w Who, id race.CompetitionID, name string) (race.Competition, error) {
	return race.Competition{}, errLater
}
func (d *Desk) CreateTeam(ctx context.Context, w Who, f TeamForm) (race.TeamRow, error) {
	return race.TeamRow{}, errLater
}
func (d *Desk) UpdateTeam(ctx context.Context, w Who, id race.TeamID, tag Tag, f TeamForm) (race.TeamRow, error) {
	return race.TeamRow{}, errLater
}
func (d *Desk) DeleteTeam(ctx context.Context, w Who, id race.TeamID, tag Tag) error { return errLater }
func (d *Desk) AssignJudges(ctx context.Context, w Who, id race.CompetitionID, list []Assignment) error {
	return errLater
}
func (d *Desk) CreateJudge(ctx context.Context, w Who, f JudgeForm) (race.Judge, error) {
	return race.Judge{}, errLater
}
func (d *Desk) UpdateJudge(ctx context.Context, w Who, id race.JudgeID, tag Tag, f JudgeForm) (race.Judge, error) {
	return race.Judge{}, errLater
}
func (d *Desk) DeleteJudge(ctx context.Context, w Who, id race.JudgeID, tag Tag) error { return errLater }
func (d *Desk) CreateOrganizer(ctx context.Context, w Who, f OrganizerForm) (Account, error) {
	return Account{}, errLater
}
func (d *Desk) UpdateOrganizer(ctx context.Context, w Who, id race.OrganizerID, tag Tag, f OrganizerForm) (Account, error) {
	return Account{}, errLater
}
func (d *Desk) DeleteOrganizer(ctx context.Context, w Who, id race.OrganizerID, tag Tag) error {
	return errLater
}
func (d *Desk) CreateCategory(ctx context.Context, w Who, f CategoryForm) (race.CategoryRow, error) {
	return race.CategoryRow{}, errLater
}
func (d *Desk) UpdateCategory(ctx context.Context, w Who, code race.Category, tag Tag, f CategoryForm) (race.CategoryRow, error) {
	return race.CategoryRow{}, errLater
}
func (d *Desk) DeleteCategory(ctx context.Context, w Who, code race.Category, tag Tag) error {
	return errLater
}
func (d *Desk) Start(ctx context.Context, w Who, id race.CompetitionID, at time.Time) (race.Competition, error) {
	return race.Competition{}, errLater
}
func (d *Desk) Stop(ctx context.Context, w Who, id race.CompetitionID) (race.Competition, error) {
	return race.Competition{}, errLater
}
func (d *Desk) Rule(ctx context.Context, w Who, o race.Order) (race.Ruled, error) {
	return race.Ruled{}, errLater
}
func (d *Desk) Credentials(ctx context.Context, w Who, id race.CompetitionID, judges []race.JudgeID) ([]Credential, error) {
	return nil, errLater
}
func (d *Desk) ResetPassword(ctx context.Context, w Who, id race.JudgeID) (string, error) {
	return "", errLater
}
func (d *Desk) LoginCode(ctx context.Context, code string) (race.Judge, error) {
	return race.Judge{}, errLater
}
