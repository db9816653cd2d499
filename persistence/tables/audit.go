package tables

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"

	"server5k/race"
)

const (
	noteColumns = `at, author, action, competition_id, subject, detail`

	insertNote = `INSERT INTO audit (` + noteColumns + `) VALUES ($1, $2, $3, $4, $5, $6)`
	notesQuery = `SELECT id, 0, ` + noteColumns + ` FROM audit WHERE competition_id = $1 ORDER BY id`
	// Those that no archive has.
	otherNotesQuery = `SELECT id, 0, ` + noteColumns + ` FROM audit a
WHERE NOT EXISTS (SELECT 1 FROM competitions c WHERE c.id = a.competition_id) ORDER BY id`

	// auditTable is all that organizers did, rulings included.
	auditTable = `(SELECT id, 0 AS ruling, ` + noteColumns + ` FROM audit
UNION ALL SELECT d.id, d.id, d.at, d.author, 'ruling.' || d.kind, d.competition_id,
coalesce((SELECT CAST(t.bib AS text) || ' ' || t.name FROM teams t WHERE t.id = d.team_id), ''), d.reason FROM decisions d) e`

	defaultAuditLimit = 100
)

// Audit lists what organizers did, rulings included, newest first, and how many
// there are in all.
func (t *Tables) Audit(ctx context.Context, f race.AuditFilter) ([]race.AuditEntry, int, error) {
	if f.Competitions != nil && len(f.Competitions) == 0 {
		return nil, 0, nil
	}
	where, args := auditFilter(f)
	n := len(args)
	var total int
	var entries []race.AuditEntry
	err := t.snapshot(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM `+auditTable+where, args...).Scan(&total)
		if err != nil {
			return fmt.Errorf("count: %w", err)
		}
		page := fmt.Sprintf(` ORDER BY at DESC, ruling DESC, id DESC LIMIT $%d OFFSET $%d`, n+1, n+2)
		entries, err = query(ctx, tx, scanNote, `SELECT id, ruling, `+noteColumns+` FROM `+auditTable+where+page,
			append(args, cmp.Or(f.Limit, defaultAuditLimit), f.Offset)...)
		return err
	})
	if err != nil {
		return nil, 0, named(err, "audit log")
	}
	return entries, total, nil
}

// auditFilter returns the condition on a row of auditTable, "" for none.
func auditFilter(f race.AuditFilter) (string, []any) {
	var conditions []string
	var args []any
	is := func(format string, v any) {
		args = append(args, v)
		conditions = append(conditions, fmt.Sprintf(format, len(args)))
	}
	if f.Competition != 0 {
		is(`competition_id = $%d`, f.Competition)
	}
	if f.Competitions != nil {
		in, ids := list(len(args), f.Competitions)
		conditions, args = append(conditions, `competition_id IN `+in), append(args, ids...)
	}
	if f.Author != "" {
		is(`author = $%d`, f.Author)
	}
	if f.Action != "" {
		// No LIKE: a prefix may have its wildcards.
		is(`substr(action, 1, length(CAST($%[1]d AS text))) = CAST($%[1]d AS text)`, f.Action)
	}
	if conditions == nil {
		return "", nil
	}
	return ` WHERE ` + strings.Join(conditions, ` AND `), args
}

// scanNote reads the id, the ruling and noteColumns.
func scanNote(row Row) (race.AuditEntry, error) {
	var e race.AuditEntry
	var at, competition sql.NullInt64
	err := row.Scan(&e.ID, &e.Ruling, &at, &e.Author, &e.Action, &competition, &e.Subject, &e.Detail)
	e.At, e.Competition = fromMicros(at), race.CompetitionID(competition.Int64)
	return e, err
}

// noteArgs are the values of noteColumns.
func noteArgs(e race.AuditEntry) []any {
	return []any{e.At.UnixMicro(), e.Author, e.Action, orNull(int64(e.Competition)), e.Subject, e.Detail}
}
