package tables

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"server5k/persistence"
	"server5k/race"
)

// Text is put in order here, not in SQL: databases differ in how they sort it.
const (
	organizersQuery = `SELECT ` + organizerColumns + ` FROM organizers ORDER BY id`
	judgesQuery     = `SELECT ` + judgeColumns + ` FROM judges ORDER BY id`
	categoriesQuery = `SELECT code, name FROM categories`
	tokensQuery     = `SELECT id, expires_at FROM revoked_tokens`

	archiveTeamsQuery = `SELECT id, competition_id, judge_id, name, bib, category FROM teams
WHERE competition_id = $1 ORDER BY bib, id`
	archiveRecordsQuery = `SELECT ` + recordColumns + ` FROM time_records r WHERE r.competition_id = $1 ORDER BY r.seq`
	linksQuery          = `SELECT first_seq, last_seq, epoch, digest FROM batches WHERE competition_id = $1 ORDER BY first_seq`
)

// Accounts returns all accounts by id, categories by code, revoked tokens by id,
// grants by organizer and competition and the entries of the audit log that no
// archive has, as of one instant.
func (t *Tables) Accounts(ctx context.Context) (persistence.Accounts, error) {
	var a persistence.Accounts
	err := t.snapshot(ctx, func(tx *sql.Tx) (err error) {
		if a.Organizers, err = query(ctx, tx, scanOrganizerRow, organizersQuery); err != nil {
			return fmt.Errorf("organizers: %w", err)
		}
		if a.Judges, err = query(ctx, tx, scanJudgeRow, judgesQuery); err != nil {
			return fmt.Errorf("judges: %w", err)
		}
		if a.Categories, err = query(ctx, tx, scanCategory, categoriesQuery); err != nil {
			return fmt.Errorf("categories: %w", err)
		}
		if a.Revoked, err = query(ctx, tx, scanToken, tokensQuery); err != nil {
			return fmt.Errorf("revoked tokens: %w", err)
		}
		if a.Grants, err = query(ctx, tx, scanGrant, grantsQuery, 0); err != nil {
			return fmt.Errorf("grants: %w", err)
		}
		if a.Audit, err = query(ctx, tx, scanNote, otherNotesQuery); err != nil {
			return fmt.Errorf("audit log: %w", err)
		}
		return nil
	})
	if err != nil {
		return persistence.Accounts{}, named(err, "accounts")
	}
	slices.SortFunc(a.Categories, func(x, y race.CategoryRow) int { return cmp.Compare(x.Code, y.Code) })
	slices.SortFunc(a.Revoked, func(x, y persistence.RevokedToken) int { return cmp.Compare(x.ID, y.ID) })
	return a, nil
}

// Archive returns all that is stored of a competition, as of one instant.
func (t *Tables) Archive(ctx context.Context, id race.CompetitionID) (persistence.Archive, error) {
	var a persistence.Archive
	err := t.snapshot(ctx, func(tx *sql.Tx) error {
		o, err := ScanOwned(tx.QueryRowContext(ctx, OwnedQuery, id))
		if err != nil {
			return err
		}
		a.Competition, a.Epoch, a.Stream, a.Seq, a.Event = o.Competition, o.Epoch, o.Stream, o.Seq, o.Event
		a.Digest = o.Digest
		if a.Teams, err = query(ctx, tx, scanTeam, archiveTeamsQuery, id); err != nil {
			return fmt.Errorf("teams: %w", err)
		}
		if a.Records, err = query(ctx, tx, ScanRecord, archiveRecordsQuery, id); err != nil {
			return fmt.Errorf("records: %w", err)
		}
		if a.Rulings, err = query(ctx, tx, scanRuling, rulingsQuery, id); err != nil {
			return fmt.Errorf("decisions: %w", err)
		}
		if a.Versions, err = query(ctx, tx, scanVersion, archiveVersionsQuery, id); err != nil {
			return fmt.Errorf("versions: %w", err)
		}
		if a.Audit, err = query(ctx, tx, scanNote, notesQuery, id); err != nil {
			return fmt.Errorf("audit log: %w", err)
		}
		if a.Links, err = query(ctx, tx, scanLink, linksQuery, id); err != nil {
			return fmt.Errorf("links: %w", err)
		}
		return nil
	})
	if err != nil {
		return persistence.Archive{}, named(err, "archive competition %d", id)
	}
	return a, nil
}

// query reads all rows of a query.
func query[T any](ctx context.Context, tx *sql.Tx, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	return Collect(rows, err, scan)
}

func scanOrganizerRow(row Row) (persistence.OrganizerRow, error) {
	c, o, err := scanOrganizer(row)
	return persistence.OrganizerRow{Organizer: o, PasswordHash: c.Hash}, err
}

func scanJudgeRow(row Row) (persistence.JudgeRow, error) {
	c, j, err := scanJudge(row)
	return persistence.JudgeRow{Judge: j, PasswordHash: c.Hash}, err
}

func scanCategory(row Row) (race.CategoryRow, error) {
	var c race.CategoryRow
	err := row.Scan(&c.Code, &c.Name)
	return c, err
}

func scanToken(row Row) (persistence.RevokedToken, error) {
	var r persistence.RevokedToken
	var expires sql.NullInt64
	err := row.Scan(&r.ID, &expires)
	r.ExpiresAt = fromMicros(expires)
	return r, err
}

func scanTeam(row Row) (race.Team, error) {
	var t race.Team
	var judge sql.NullInt64
	err := row.Scan(&t.ID, &t.Competition, &judge, &t.Name, &t.Bib, &t.Category)
	t.Judge = race.JudgeID(judge.Int64)
	return t, err
}

func scanLink(row Row) (race.Link, error) {
	var l race.Link
	err := row.Scan(&l.FirstSeq, &l.LastSeq, &l.Epoch, digest{&l.Digest})
	return l, err
}
