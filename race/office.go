package race

import (
	"context"
	"time"
)

// What the race office keeps beside the evidence: accounts, entries and who did
// what.

// Signature is who changes something, and when.
type Signature struct {
	Author string // user name of the organizer
	At     time.Time
}

// AuditEntry is one line of the log of what organizers did.
type AuditEntry struct {
	ID          int64
	At          time.Time
	Author      string
	Action      string        // such as "team.update"; a ruling's is "ruling." and its kind
	Competition CompetitionID // 0 when it is about none
	Subject     string        // what it is about, for people, such as "101 Ñandú"
	Detail      string        // JSON object: what changed, {"name":["old","new"]}; of a ruling its reason
	Ruling      RulingID      // 0 unless it is one
}

// AuditFilter narrows the log; zero fields do not. The log comes newest first.
type AuditFilter struct {
	Competition   CompetitionID
	Competitions  []CompetitionID // only these, nil any; empty none
	Author        string
	Action        string // a prefix
	Offset, Limit int    // Limit 0: 100
}

// CategoryRow is a category with its name for people.
type CategoryRow struct {
	Code Category
	Name string
}

// Grant lets an organizer work on a competition, or a viewer see it.
type Grant struct {
	Competition CompetitionID
	Organizer   OrganizerID
}

// Editor changes the rows of the race office within one transaction: all of it
// happens or nothing. It is good until the function that it was given to returns.
// A row that is read through it is locked until then. A method that finds no row
// returns ErrNotFound; a name or number that is taken CodeTaken; a row that
// others depend on CodeInUse.
type Editor interface {
	Competition(ctx context.Context, id CompetitionID) (Competition, error)
	// PutCompetition stores a competition; ID 0 makes one and grants it to nobody.
	// The state of the race (Running, StartedAt, FinishedAt, GunShift, Version) is
	// never written. It ends the epoch of the owner.
	PutCompetition(ctx context.Context, c Competition) (CompetitionID, error)
	// RemoveCompetition fails with CodeInUse when there is a record or ruling.
	// It takes the teams, grants and webhooks along.
	RemoveCompetition(ctx context.Context, id CompetitionID) error

	Team(ctx context.Context, id TeamID) (Team, error)
	Teams(ctx context.Context, id CompetitionID) ([]Team, error)
	PutTeam(ctx context.Context, t Team) (TeamID, error)
	RemoveTeam(ctx context.Context, id TeamID) error

	Judge(ctx context.Context, id JudgeID) (Judge, error)
	// PutJudge stores a judge; an empty hash keeps the password.
	PutJudge(ctx context.Context, j Judge, passwordHash string) (JudgeID, error)
	// SetJudgeCode gives a judge a code to log in with instead of any older one; a
	// zero digest takes it away. Only its digest is stored.
	SetJudgeCode(ctx context.Context, id JudgeID, code Digest, expires time.Time) error
	// RemoveJudge fails with CodeInUse when there is a record of the judge; the
	// judge's teams are left without one.
	RemoveJudge(ctx context.Context, id JudgeID) error

	Organizer(ctx context.Context, id OrganizerID) (Organizer, error)
	PutOrganizer(ctx context.Context, o Organizer, passwordHash string) (OrganizerID, error)
	RemoveOrganizer(ctx context.Context, id OrganizerID) error
	// Grants returns the competitions of an organizer; SetGrants replaces them.
	Grants(ctx context.Context, id OrganizerID) ([]CompetitionID, error)
	SetGrants(ctx context.Context, id OrganizerID, to []CompetitionID) error

	Category(ctx context.Context, code Category) (CategoryRow, error)
	PutCategory(ctx context.Context, c CategoryRow) error
	RemoveCategory(ctx context.Context, code Category) error

	// Note adds to the audit log; ID and Ruling do not matter.
	Note(ctx context.Context, e AuditEntry) error
}

// Presence is what a node knows of a judge's device that is connected to it.
type Presence struct {
	Judge            JudgeID
	Node             string
	ConnectedAt      time.Time
	HeardAt          time.Time // of the last message, heartbeats included
	ClockOffset      time.Duration
	ClockUncertainty time.Duration // 0: the device has not measured its clock
	Battery          int           // percent, -1 unknown
	Device           string
	App              string
	Received         int64 // records that came over this connection
	Confirmed        int64 // of them, acknowledged as stored
	// What the last heartbeat said of a competition, zero without: the highest number
	// that the device gave a mark there, and how many marks it has not confirmed yet.
	Competition CompetitionID
	Claimed     int64
	Pending     int
}

// TeamCount is how many records a team has: those that were counted when they
// were stored, and the held ones that no ruling has named.
type TeamCount struct {
	Competition CompetitionID
	Counted     int
	Held        int
}
