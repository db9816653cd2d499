package tables

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"iter"
	"sort"

	"server5k/persistence"
	"server5k/race"
)

const (
	restoreCategory = `INSERT INTO categories (code, name) VALUES ($1, $2) ON CONFLICT (code) DO UPDATE SET name = excluded.name`
	restoreToken    = `INSERT INTO revoked_tokens (id, expires_at) VALUES ($1, $2)
ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at`
	restoreCompetition = `INSERT INTO competitions (id, name, scheduled_at, active, running, started_at, finished_at, team_size, rounding,
stream, epoch, seq, event, digest, gun_shift_ms, version, clock_policy)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`
	restoreNote = `INSERT INTO audit (at, author, action, competition_id, subject, detail, id) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	grantAll    = `INSERT INTO grants (organizer_id, competition_id)
SELECT o.id, c.id FROM organizers o CROSS JOIN competitions c WHERE NOT o.superuser`
)

// Restore fills an empty database with exactly these rows, all or nothing: ids,
// numbers, epochs and the hash chain are those of the archives. A record gets the
// epoch of its link. It fails with race.CodeConflict when there is an organizer,
// a judge or a competition, with an error of the iterator, and with one that
// names the row when a row breaks a constraint. It takes one archive at a time,
// inside its transaction.
func (t *Tables) Restore(
	ctx context.Context, accounts persistence.Accounts, competitions iter.Seq2[persistence.Archive, error],
) (persistence.Counts, error) {
	var n persistence.Counts
	err := t.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		r := &restoring{inserter: inserter{t, tx}}
		if err := r.run(ctx, accounts, competitions); err != nil {
			return err
		}
		n = r.n
		return t.syncIDs(ctx, tx)
	})
	if err != nil {
		return persistence.Counts{}, named(err, "restore")
	}
	return n, nil
}

// restoring is one run of Restore.
type restoring struct {
	inserter
	n persistence.Counts
}

func (r *restoring) run(ctx context.Context, accounts persistence.Accounts, competitions iter.Seq2[persistence.Archive, error]) error {
	var empty bool
	if err := r.tx.QueryRowContext(ctx, emptyQuery).Scan(&empty); err != nil {
		return err
	}
	if !empty {
		return race.Errorf(race.CodeConflict,
			"La base de datos ya tiene organizadores, jueces o competencias: restaure en una base de datos nueva")
	}
	if err := r.accounts(ctx, accounts); err != nil {
		return err
	}
	for a, err := range competitions {
		if err != nil {
			return err
		}
		if err := r.competition(ctx, a); err != nil {
			return err
		}
	}
	return r.grants(ctx, accounts)
}

// grants adds what refers to the competitions.
func (r *restoring) grants(ctx context.Context, a persistence.Accounts) error {
	if a.GrantAll {
		if _, err := r.tx.ExecContext(ctx, grantAll); err != nil {
			return fmt.Errorf("grant all competitions: %w", err)
		}
		return nil
	}
	return insertEach(ctx, r.inserter, insertGrant, a.Grants, func(g race.Grant) (string, []any) {
		return fmt.Sprintf("el permiso del organizador %d para la competencia %d", g.Organizer, g.Competition),
			[]any{int64(g.Organizer), int64(g.Competition)}
	})
}

func (r *restoring) accounts(ctx context.Context, a persistence.Accounts) error {
	r.n.Organizers, r.n.Judges = len(a.Organizers), len(a.Judges)
	if err := insertEach(ctx, r.inserter, r.insertWithID("organizers", organizerInsert), a.Organizers, organizerArgs); err != nil {
		return err
	}
	if err := insertEach(ctx, r.inserter, r.insertWithID("judges", judgeInsert), a.Judges, judgeArgs); err != nil {
		return err
	}
	if err := insertEach(ctx, r.inserter, restoreCategory, a.Categories, func(c race.CategoryRow) (string, []any) {
		return fmt.Sprintf("la categoría %q", c.Code), []any{string(c.Code), c.Name}
	}); err != nil {
		return err
	}
	if err := insertEach(ctx, r.inserter, restoreNote, a.Audit, restoreNoteArgs); err != nil {
		return err
	}
	return insertEach(ctx, r.inserter, restoreToken, a.Revoked, func(k persistence.RevokedToken) (string, []any) {
		return "una sesión cerrada", []any{k.ID, k.ExpiresAt.UnixMicro()}
	})
}

func (r *restoring) competition(ctx context.Context, a persistence.Archive) error {
	id := a.Competition.ID
	if err := insertEach(ctx, r.inserter, restoreCompetition, []persistence.Archive{a}, restoreCompetitionArgs); err != nil {
		return err
	}
	if err := insertEach(ctx, r.inserter, r.insertWithID("teams", teamInsert), a.Teams, teamArgs); err != nil {
		return err
	}
	if err := checkLinked(a); err != nil {
		return err
	}
	if err := insertEach(ctx, r.inserter, InsertRecord, a.Records, func(rec race.TimeRecord) (string, []any) {
		return fmt.Sprintf("el registro %s del equipo %d", rec.ID, rec.Team), RecordArgs(id, linkOf(a.Links, rec.Seq).Epoch, rec)
	}); err != nil {
		return err
	}
	if err := insertEach(ctx, r.inserter, InsertLink, a.Links, func(l race.Link) (string, []any) {
		return fmt.Sprintf("el eslabón %d a %d de la competencia %d", l.FirstSeq, l.LastSeq, id), LinkArgs(id, l)
	}); err != nil {
		return err
	}
	r.n.Competitions++
	r.n.Teams += len(a.Teams)
	r.n.Records += len(a.Records)
	return r.office(ctx, a)
}

// office adds the rulings of a competition and what belongs to them.
func (r *restoring) office(ctx context.Context, a persistence.Archive) error {
	id := a.Competition.ID
	if err := insertEach(ctx, r.inserter, restoreRuling, a.Rulings, func(d race.Ruling) (string, []any) {
		d.Competition = id
		return fmt.Sprintf("la decisión %d de la competencia %d", d.ID, id), append(rulingArgs(d), int64(d.ID))
	}); err != nil {
		return err
	}
	if err := insertEach(ctx, r.inserter, insertVersion, a.Versions, func(v race.Version) (string, []any) {
		v.Competition = id
		return fmt.Sprintf("la versión %d de los resultados de la competencia %d", v.Number, id), versionArgs(v)
	}); err != nil {
		return err
	}
	return insertEach(ctx, r.inserter, restoreNote, a.Audit, restoreNoteArgs)
}

func restoreNoteArgs(e race.AuditEntry) (string, []any) {
	return fmt.Sprintf("la anotación %d", e.ID), append(noteArgs(e), e.ID)
}

func restoreCompetitionArgs(a persistence.Archive) (string, []any) {
	c := a.Competition
	return fmt.Sprintf("la competencia %d %q", c.ID, c.Name), []any{
		int64(c.ID), c.Name, toMicros(c.ScheduledAt), c.Active, c.Running, toMicros(c.StartedAt), toMicros(c.FinishedAt),
		c.TeamSize, string(c.Rounding), a.Stream, a.Epoch, a.Seq, a.Event, toDigest(a.Digest),
		c.GunShift.Milliseconds(), c.Version, string(cmp.Or(c.Clock, race.ClockClient)),
	}
}

// checkLinked refuses an archive with a record that no link covers: its epoch is
// not known and nothing proves it.
func checkLinked(a persistence.Archive) error {
	for _, rec := range a.Records {
		if l := linkOf(a.Links, rec.Seq); rec.Seq < l.FirstSeq || rec.Seq > l.LastSeq {
			return race.Errorf(race.CodeInvalidValue, "el registro %s de la competencia %d no está en la cadena", rec.ID, a.Competition.ID)
		}
	}
	return nil
}

// linkOf returns the first link that does not end before a number; zero if none.
func linkOf(links []race.Link, seq int64) race.Link {
	i := sort.Search(len(links), func(i int) bool { return links[i].LastSeq >= seq })
	if i == len(links) {
		return race.Link{}
	}
	return links[i]
}
