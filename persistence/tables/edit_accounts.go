package tables

import (
	"context"
	"fmt"
	"time"

	"server5k/race"
)

const (
	editJudge = `UPDATE judges SET username = $1, first_name = $2, last_name = $3, email = $4, active = $5, signed_out_at = $6,
password_hash = coalesce(nullif($7, ''), password_hash) WHERE id = $8`
	newJudge = `INSERT INTO judges (username, first_name, last_name, email, active, signed_out_at, password_hash, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`
	setJudgeCode = `INSERT INTO judge_codes (judge_id, digest, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (judge_id) DO UPDATE SET digest = excluded.digest, expires_at = excluded.expires_at`
	removeJudgeCode = `DELETE FROM judge_codes WHERE judge_id = $1`
	judgeInUseQuery = `SELECT EXISTS (SELECT 1 FROM time_records WHERE judge_id = $1)`
	timedQuery      = `SELECT DISTINCT competition_id FROM teams WHERE judge_id = $1 ORDER BY competition_id`
	toggledQuery    = `SELECT DISTINCT t.competition_id FROM teams t JOIN judges j ON j.id = t.judge_id
WHERE t.judge_id = $1 AND j.active <> $2 ORDER BY t.competition_id`
	dismissJudge       = `UPDATE teams SET judge_id = NULL WHERE judge_id = $1`
	removeJudge        = `DELETE FROM judges WHERE id = $1`
	judgeInUse         = "Hay registros del juez"
	grantedQuery       = `SELECT competition_id FROM grants WHERE organizer_id = $1 ORDER BY competition_id`
	removeGrants       = `DELETE FROM grants WHERE organizer_id = $1`
	removeOrganizer    = `DELETE FROM organizers WHERE id = $1`
	editOrganizerQuery = `UPDATE organizers SET username = $1, email = $2, superuser = $3, viewer = $4, active = $5, signed_out_at = $6,
password_hash = coalesce(nullif($7, ''), password_hash) WHERE id = $8`
	newOrganizer = `INSERT INTO organizers (username, email, superuser, viewer, active, signed_out_at, password_hash, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`
)

// Judge returns a judge and locks its row.
func (e *editor) Judge(ctx context.Context, id race.JudgeID) (race.Judge, error) {
	_, j, err := scanJudge(e.tx.QueryRowContext(ctx, judgeQuery+e.t.dialect.RowLock, id))
	return j, e.fail(err, constraints{}, "judge %d", id)
}

// PutJudge stores a judge; CreatedAt only of a new one. A change of Active ends
// the epochs of the competitions that the judge times.
func (e *editor) PutJudge(ctx context.Context, j race.Judge, passwordHash string) (race.JudgeID, error) {
	id, err := e.putJudge(ctx, j, passwordHash)
	return id, e.fail(err, constraints{taken: fmt.Sprintf("Ya hay un juez con el usuario %q", j.Username)}, "store judge %d", j.ID)
}

func (e *editor) putJudge(ctx context.Context, j race.Judge, passwordHash string) (race.JudgeID, error) {
	args := []any{j.Username, j.FirstName, j.LastName, j.Email, j.Active, toMicros(j.SignedOutAt), passwordHash}
	if j.ID == 0 {
		err := e.tx.QueryRowContext(ctx, newJudge, append(args, toMicros(j.CreatedAt))...).Scan(&j.ID)
		return j.ID, err
	}
	// The competitions before the judge, as whoever stores records locks them.
	changed, err := query(ctx, e.tx, scanOf[race.CompetitionID], toggledQuery, j.ID, j.Active)
	if err != nil {
		return j.ID, err
	}
	if err := e.raise(ctx, changed...); err != nil {
		return j.ID, err
	}
	return j.ID, e.one(ctx, editJudge, append(args, j.ID)...)
}

// SetJudgeCode gives a judge a code to log in with, or takes it away.
func (e *editor) SetJudgeCode(ctx context.Context, id race.JudgeID, code race.Digest, expires time.Time) error {
	_, err := scanOf[int64](e.tx.QueryRowContext(ctx, `SELECT id FROM judges WHERE id = $1`+e.t.dialect.RowLock, id))
	switch {
	case err != nil:
	case code == race.Digest{}:
		_, err = e.tx.ExecContext(ctx, removeJudgeCode, id)
	default:
		_, err = e.tx.ExecContext(ctx, setJudgeCode, id, code[:], expires.UnixMicro())
	}
	return e.fail(err, constraints{taken: "El código ya es de otro juez"}, "set code of judge %d", id)
}

// RemoveJudge removes a judge who has no records from the teams and altogether.
func (e *editor) RemoveJudge(ctx context.Context, id race.JudgeID) error {
	return e.fail(e.removeJudge(ctx, id), constraints{inUse: judgeInUse}, "remove judge %d", id)
}

func (e *editor) removeJudge(ctx context.Context, id race.JudgeID) error {
	timed, err := query(ctx, e.tx, scanOf[race.CompetitionID], timedQuery, id)
	if err != nil {
		return err
	}
	if err := e.raise(ctx, timed...); err != nil {
		return err
	}
	switch used, err := e.exists(ctx, judgeInUseQuery, id); {
	case err != nil:
		return err
	case used:
		return race.Errorf(race.CodeInUse, judgeInUse)
	}
	if _, err := e.tx.ExecContext(ctx, dismissJudge, id); err != nil {
		return err
	}
	return e.one(ctx, removeJudge, id)
}

// Organizer returns an organizer and locks its row.
func (e *editor) Organizer(ctx context.Context, id race.OrganizerID) (race.Organizer, error) {
	_, o, err := scanOrganizer(e.tx.QueryRowContext(ctx, organizerQuery+e.t.dialect.RowLock, id))
	return o, e.fail(err, constraints{}, "organizer %d", id)
}

// PutOrganizer stores an organizer; CreatedAt only of a new one and an empty hash
// keeps the password.
func (e *editor) PutOrganizer(ctx context.Context, o race.Organizer, passwordHash string) (race.OrganizerID, error) {
	args := []any{o.Username, o.Email, o.Superuser, o.Viewer, o.Active, toMicros(o.SignedOutAt), passwordHash}
	var err error
	if o.ID == 0 {
		err = e.tx.QueryRowContext(ctx, newOrganizer, append(args, toMicros(o.CreatedAt))...).Scan(&o.ID)
	} else {
		err = e.one(ctx, editOrganizerQuery, append(args, o.ID)...)
	}
	return o.ID, e.fail(err, constraints{taken: fmt.Sprintf("Ya hay un organizador con el usuario %q", o.Username)}, "store organizer %d", o.ID)
}

// RemoveOrganizer removes an organizer with the grants; what the organizer did
// stays under the user name.
func (e *editor) RemoveOrganizer(ctx context.Context, id race.OrganizerID) error {
	return e.fail(e.one(ctx, removeOrganizer, id), constraints{}, "remove organizer %d", id)
}

// Grants returns the competitions of an organizer by id.
func (e *editor) Grants(ctx context.Context, id race.OrganizerID) ([]race.CompetitionID, error) {
	ids, err := query(ctx, e.tx, scanOf[race.CompetitionID], grantedQuery, id)
	return ids, e.fail(err, constraints{}, "grants of organizer %d", id)
}

// SetGrants replaces the competitions of an organizer.
func (e *editor) SetGrants(ctx context.Context, id race.OrganizerID, to []race.CompetitionID) error {
	_, err := e.tx.ExecContext(ctx, removeGrants, id)
	for _, c := range to {
		if err != nil {
			break
		}
		_, err = e.tx.ExecContext(ctx, insertGrant+` ON CONFLICT DO NOTHING`, id, c)
	}
	return e.fail(err, constraints{missing: "El organizador o una de sus competencias no existe"}, "set grants of organizer %d", id)
}

// scanOf reads one column.
func scanOf[T any](row Row) (T, error) {
	var v T
	err := row.Scan(&v)
	return v, err
}
