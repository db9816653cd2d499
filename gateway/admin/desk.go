package admin

import (
	"context"
	"time"

	"server5k/gateway/office"
	"server5k/race"
)

// Desk is what the panel needs of the race office; office.Desk is it.
type Desk interface {
	Who(ctx context.Context, o race.Organizer) (office.Who, error)
	EventDesk
	ResultDesk
	PeopleDesk
}

// EventDesk is the part that concerns competitions and their teams.
type EventDesk interface {
	Overview(ctx context.Context, w office.Who) ([]office.Summary, error)
	Competitions(ctx context.Context, w office.Who) ([]race.Competition, error)
	Competition(ctx context.Context, w office.Who, id race.CompetitionID) (race.Competition, error)
	CreateCompetition(ctx context.Context, w office.Who, f office.CompetitionForm) (race.Competition, error)
	UpdateCompetition(ctx context.Context, w office.Who, id race.CompetitionID, tag office.Tag, f office.CompetitionForm) (race.Competition, error)
	DeleteCompetition(ctx context.Context, w office.Who, id race.CompetitionID, tag office.Tag) error
	CopyCompetition(ctx context.Context, w office.Who, id race.CompetitionID, name string) (race.Competition, error)
	Start(ctx context.Context, w office.Who, id race.CompetitionID, at time.Time) (race.Competition, error)
	Stop(ctx context.Context, w office.Who, id race.CompetitionID) (race.Competition, error)
	Readiness(ctx context.Context, w office.Who, id race.CompetitionID) ([]office.Post, error)

	Teams(ctx context.Context, w office.Who, f race.TeamFilter) ([]race.TeamRow, error)
	Team(ctx context.Context, w office.Who, id race.TeamID) (race.TeamRow, error)
	CreateTeam(ctx context.Context, w office.Who, f office.TeamForm) (race.TeamRow, error)
	UpdateTeam(ctx context.Context, w office.Who, id race.TeamID, tag office.Tag, f office.TeamForm) (race.TeamRow, error)
	DeleteTeam(ctx context.Context, w office.Who, id race.TeamID, tag office.Tag) error
	AssignJudges(ctx context.Context, w office.Who, id race.CompetitionID, list []office.Assignment) error

	Categories(ctx context.Context, w office.Who) ([]race.CategoryRow, error)
	CreateCategory(ctx context.Context, w office.Who, f office.CategoryForm) (race.CategoryRow, error)
	UpdateCategory(ctx context.Context, w office.Who, code race.Category, tag office.Tag, f office.CategoryForm) (race.CategoryRow, error)
	DeleteCategory(ctx context.Context, w office.Who, code race.Category, tag office.Tag) error
}

// ResultDesk is the part that concerns marks, rulings and results.
type ResultDesk interface {
	Evidence(ctx context.Context, w office.Who, id race.CompetitionID) (race.Evidence, error)
	Results(ctx context.Context, w office.Who, id race.CompetitionID) (office.Results, error)
	Versions(ctx context.Context, w office.Who, id race.CompetitionID) ([]race.Version, error)
	Version(ctx context.Context, w office.Who, id race.CompetitionID, number int) (race.Version, race.Sheet, error)
	Difference(ctx context.Context, w office.Who, id race.CompetitionID, from, to int) ([]race.Difference, error)
	Rule(ctx context.Context, w office.Who, o race.Order) (race.Ruled, error)
	Posts(ctx context.Context, w office.Who, id race.CompetitionID) ([]office.PostProof, error)
	ImportMarks(ctx context.Context, w office.Who, id race.CompetitionID, f office.MarksFile) (office.Imported, error)
	Audit(ctx context.Context, w office.Who, f race.AuditFilter) ([]race.AuditEntry, int, error)
}

// PeopleDesk is the part that concerns accounts.
type PeopleDesk interface {
	Judges(ctx context.Context, w office.Who) ([]race.Judge, error)
	Judge(ctx context.Context, w office.Who, id race.JudgeID) (race.Judge, error)
	CreateJudge(ctx context.Context, w office.Who, f office.JudgeForm) (race.Judge, error)
	UpdateJudge(ctx context.Context, w office.Who, id race.JudgeID, tag office.Tag, f office.JudgeForm) (race.Judge, error)
	DeleteJudge(ctx context.Context, w office.Who, id race.JudgeID, tag office.Tag) error
	ResetPassword(ctx context.Context, w office.Who, id race.JudgeID) (string, error)
	Credentials(ctx context.Context, w office.Who, id race.CompetitionID, judges []race.JudgeID) ([]office.Credential, error)

	Organizers(ctx context.Context, w office.Who) ([]office.Account, error)
	Organizer(ctx context.Context, w office.Who, id race.OrganizerID) (office.Account, error)
	CreateOrganizer(ctx context.Context, w office.Who, f office.OrganizerForm) (office.Account, error)
	UpdateOrganizer(ctx context.Context, w office.Who, id race.OrganizerID, tag office.Tag, f office.OrganizerForm) (office.Account, error)
	DeleteOrganizer(ctx context.Context, w office.Who, id race.OrganizerID, tag office.Tag) error
}

var _ Desk = (*office.Desk)(nil)
