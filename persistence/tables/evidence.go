package tables

import (
	"context"
	"database/sql"
	"fmt"

	"server5k/race"
)

// Evidence reads all that the results of a competition are made of, as of one
// instant. Teams have their judges as assigned, even inactive ones.
func (t *Tables) Evidence(ctx context.Context, id race.CompetitionID) (race.Evidence, error) {
	var e race.Evidence
	err := t.snapshot(ctx, func(tx *sql.Tx) error {
		c, err := scanCompetition(tx.QueryRowContext(ctx, competitionQuery, id))
		if err != nil {
			return err
		}
		e, err = evidence(ctx, tx, c)
		return err
	})
	if err != nil {
		return race.Evidence{}, named(err, "evidence of competition %d", id)
	}
	return e, nil
}

// evidence adds to a competition what else its results are made of.
func evidence(ctx context.Context, tx *sql.Tx, c race.Competition) (race.Evidence, error) {
	e := race.Evidence{Competition: c}
	var err error
	if e.Teams, err = query(ctx, tx, scanTeam, archiveTeamsQuery, c.ID); err != nil {
		return e, fmt.Errorf("teams: %w", err)
	}
	if e.Records, err = query(ctx, tx, ScanRecord, archiveRecordsQuery, c.ID); err != nil {
		return e, fmt.Errorf("records: %w", err)
	}
	if e.Rulings, err = query(ctx, tx, scanRuling, rulingsQuery, c.ID); err != nil {
		return e, fmt.Errorf("decisions: %w", err)
	}
	return e, nil
}
