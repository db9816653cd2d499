package office

import (
	"context"
	"log/slog"
	"time"

	"server5k/gateway/auth"
	"server5k/race"
)

// Store is what the office reads and changes of the database. A method that
// finds no row returns race.ErrNotFound.
type Store interface {
	Competition(ctx context.Context, id race.CompetitionID) (race.Competition, error)
	Competitions(ctx context.Context, judge race.JudgeID) ([]race.Competition, error)
	Team(ctx context.Context, id race.TeamID) (race.TeamRow, error)
	Teams(ctx context.Context, f race.TeamFilter) ([]race.TeamRow, error)
	TeamCounts(ctx context.Context, ids []race.CompetitionID) (map[race.TeamID]race.TeamCount, error)
	Judge(ctx context.Context, id race.JudgeID) (race.Judge, error)
	Judges(ctx context.Context) ([]race.Judge, error)
	JudgeByCode(ctx context.Context, code race.Digest, now time.Time) (race.Judge, error)
	Organizer(ctx context.Context, id race.OrganizerID) (race.Organizer, error)
	Organizers(ctx context.Context) ([]race.Organizer, error)
	Grants(ctx context.Context, organizer race.OrganizerID) ([]race.Grant, error)
	Categories(ctx context.Context) ([]race.CategoryRow, error)

	Evidence(ctx context.Context, id race.CompetitionID) (race.Evidence, error)
	Versions(ctx context.Context, id race.CompetitionID) ([]race.Version, error)
	Version(ctx context.Context, id race.CompetitionID, number int) (race.Version, error)
	Audit(ctx context.Context, f race.AuditFilter) ([]race.AuditEntry, int, error)
	Edit(ctx context.Context, f func(ctx context.Context, e race.Editor) error) error
}

// Races is the actor system that owns competitions.
type Races interface {
	// Submit stores marks, or refuses or holds them; see race.Reply. After an error
	// with race.CodeUnavailable the same request may be sent again.
	Submit(ctx context.Context, q race.Request, origin string) (race.Reply, error)
	StartCompetition(ctx context.Context, id race.CompetitionID, at time.Time, author string) (race.Competition, error)
	StopCompetition(ctx context.Context, id race.CompetitionID, at time.Time, author string) (race.Competition, error)
	// Rule has the owner carry out an order; the same key may be sent again.
	Rule(ctx context.Context, o race.Order) (race.Ruled, error)
	// Presence says which devices are connected, on all nodes that answer.
	Presence(ctx context.Context) ([]race.Presence, error)
	// CloseSessions ends the live sockets of a judge; it does not wait for them.
	CloseSessions(judge race.JudgeID)
}

// Config is what a Desk is made of. Store, Races and Hasher are required.
type Config struct {
	Store  Store
	Races  Races
	Hasher *auth.Hasher
	Now    func() time.Time
	Log    *slog.Logger
}

// Desk answers organizers. Its methods may be called from any goroutine. Each
// wants to know who asks and refuses what that one may not do: a competition
// that was not granted does not exist (race.ErrNotFound), a change by a viewer
// is race.CodeForbidden. What a person can mend in a form is an Invalid; a Tag
// that is not the current one race.CodeStale; everything else that can be
// refused is a race.Error, whose text TextOf gives in both languages.
type Desk struct {
	store  Store
	races  Races
	hasher *auth.Hasher
	now    func() time.Time
	log    *slog.Logger
}

// New returns a desk.
func New(cfg Config) *Desk {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Desk{
		store: cfg.Store, races: cfg.Races, hasher: cfg.Hasher, log: cfg.Log,
		now: func() time.Time { return cfg.Now().UTC().Truncate(time.Microsecond) }, // as it is stored
	}
}
