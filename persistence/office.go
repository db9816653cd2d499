package persistence

import (
	"context"
	"time"

	"server5k/race"
)

// Office is what the race office needs of a store. It is part of Store.
type Office interface {
	// Evidence reads all that the results of a competition are made of, as of one
	// instant.
	Evidence(ctx context.Context, id race.CompetitionID) (race.Evidence, error)
	// Rule carries out an order as the owner of the competition: in one
	// transaction it reads the evidence, has race.Evidence.Rule decide, stores the
	// ruling under the next event number, with the record that it adds (numbered,
	// linked), the competition as it is afterwards, and for race.RulingOfficial
	// the version. An order of a judge (race.Order.Judge) gets the judge's user name
	// as its author; a judge who is not active has no team. An order whose key is
	// known changes nothing and returns what it came to. The errors are those of
	// Evidence.Rule, race.ErrFenced and race.ErrNotFound; after any other the outcome
	// is unknown and the same order may be sent again.
	Rule(ctx context.Context, o race.Order) (race.Ruled, error)
	// Versions lists the official results by number, without their sheets.
	Versions(ctx context.Context, id race.CompetitionID) ([]race.Version, error)
	Version(ctx context.Context, id race.CompetitionID, number int) (race.Version, error)

	// Judges lists all by user name, then id.
	Judges(ctx context.Context) ([]race.Judge, error)
	// JudgeByCode finds the judge of a code that has not expired at now.
	// race.ErrNotFound.
	JudgeByCode(ctx context.Context, code race.Digest, now time.Time) (race.Judge, error)
	// Organizers lists all by user name, then id.
	Organizers(ctx context.Context) ([]race.Organizer, error)
	// Grants lists all grants, by organizer, then competition; with an organizer
	// only those of one.
	Grants(ctx context.Context, organizer race.OrganizerID) ([]race.Grant, error)
	// Categories lists all by code.
	Categories(ctx context.Context) ([]race.CategoryRow, error)
	// Edit runs f in one transaction, which is committed when f returns nil. f may
	// be called again when the database asks for it and must not keep its editor.
	Edit(ctx context.Context, f func(ctx context.Context, e race.Editor) error) error
	// Audit lists what organizers did, rulings included, newest first, and how many
	// there are in all.
	Audit(ctx context.Context, f race.AuditFilter) ([]race.AuditEntry, int, error)

	// TeamCounts returns, for each team of the competitions, how many records count and
	// how many are held without a ruling: what a dashboard shows, in one query.
	TeamCounts(ctx context.Context, ids []race.CompetitionID) (map[race.TeamID]race.TeamCount, error)
}
