package tables

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"server5k/race"
)

const (
	judgeColumns     = `id, username, first_name, last_name, email, active, created_at, signed_out_at, password_hash`
	organizerColumns = `id, username, email, superuser, viewer, active, created_at, signed_out_at, password_hash`

	judgeQuery           = `SELECT ` + judgeColumns + ` FROM judges WHERE id = $1`
	judgeByNameQuery     = `SELECT ` + judgeColumns + ` FROM judges WHERE username = $1`
	judgeByEmailQuery    = `SELECT ` + judgeColumns + ` FROM judges WHERE email <> '' AND lower(email) = lower(CAST($1 AS text)) ORDER BY id LIMIT 1`
	organizerQuery       = `SELECT ` + organizerColumns + ` FROM organizers WHERE id = $1`
	organizerByNameQuery = `SELECT ` + organizerColumns + ` FROM organizers WHERE username = $1`
	organizerByMailQuery = `SELECT ` + organizerColumns + ` FROM organizers WHERE email <> '' AND lower(email) = lower(CAST($1 AS text)) ORDER BY id LIMIT 1`

	judgePasswordQuery     = `UPDATE judges SET password_hash = $1 WHERE id = $2`
	organizerPasswordQuery = `UPDATE organizers SET password_hash = $1 WHERE id = $2`

	revokeQuery  = `INSERT INTO revoked_tokens (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`
	expireQuery  = `DELETE FROM revoked_tokens WHERE expires_at < $1`
	revokedQuery = `SELECT EXISTS (SELECT 1 FROM revoked_tokens WHERE id = $1)`
)

// expiredFor is how long a revoked token is remembered beyond its end, far more
// than two clocks differ.
const expiredFor = 24 * time.Hour

// Judge returns a judge, active or not.
func (t *Tables) Judge(ctx context.Context, id race.JudgeID) (race.Judge, error) {
	_, j, err := scanJudge(t.reader.QueryRowContext(ctx, judgeQuery, id))
	return j, named(err, "judge %d", id)
}

// JudgeCredential finds by user name, exactly, or else by e-mail; of an e-mail
// the case of the letters a to z is ignored and the lowest id wins. Inactive
// judges are found too.
func (t *Tables) JudgeCredential(ctx context.Context, login string) (race.Credential, race.Judge, error) {
	c, j, err := scanJudge(t.reader.QueryRowContext(ctx, judgeByNameQuery, login))
	if errors.Is(err, sql.ErrNoRows) {
		c, j, err = scanJudge(t.reader.QueryRowContext(ctx, judgeByEmailQuery, login))
	}
	return c, j, named(err, "credential of judge")
}

// SetJudgePassword replaces the password hash of a judge.
func (t *Tables) SetJudgePassword(ctx context.Context, id race.JudgeID, hash string) error {
	return named(t.updateOne(ctx, judgePasswordQuery, hash, id), "set password of judge %d", id)
}

// Organizer returns an organizer, active or not.
func (t *Tables) Organizer(ctx context.Context, id race.OrganizerID) (race.Organizer, error) {
	_, o, err := scanOrganizer(t.reader.QueryRowContext(ctx, organizerQuery, id))
	return o, named(err, "organizer %d", id)
}

// OrganizerCredential finds an organizer as JudgeCredential finds a judge.
func (t *Tables) OrganizerCredential(ctx context.Context, login string) (race.Credential, race.Organizer, error) {
	c, o, err := scanOrganizer(t.reader.QueryRowContext(ctx, organizerByNameQuery, login))
	if errors.Is(err, sql.ErrNoRows) {
		c, o, err = scanOrganizer(t.reader.QueryRowContext(ctx, organizerByMailQuery, login))
	}
	return c, o, named(err, "credential of organizer")
}

// SetOrganizerPassword replaces the password hash of an organizer.
func (t *Tables) SetOrganizerPassword(ctx context.Context, id race.OrganizerID, hash string) error {
	return named(t.updateOne(ctx, organizerPasswordQuery, hash, id), "set password of organizer %d", id)
}

// RevokeToken makes a token id invalid until it expires; true the first time.
// It forgets tokens that expired long ago.
func (t *Tables) RevokeToken(ctx context.Context, id string, expires time.Time) (bool, error) {
	var first bool
	err := t.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, expireQuery, time.Now().Add(-expiredFor).UnixMicro()); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, revokeQuery, id, expires.UnixMicro())
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		first = n == 1
		return err
	})
	return first && err == nil, named(err, "revoke token")
}

// TokenRevoked says whether a token id was revoked.
func (t *Tables) TokenRevoked(ctx context.Context, id string) (bool, error) {
	var revoked bool
	err := t.reader.QueryRowContext(ctx, revokedQuery, id).Scan(&revoked)
	return revoked, named(err, "revoked token")
}

// updateOne runs a query that changes one row; sql.ErrNoRows if it changed none.
func (t *Tables) updateOne(ctx context.Context, query string, args ...any) error {
	return t.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, sql.ErrNoRows)
		}
		return nil
	})
}

func scanJudge(row Row) (race.Credential, race.Judge, error) {
	var j race.Judge
	var hash string
	var created, signedOut sql.NullInt64
	if err := row.Scan(&j.ID, &j.Username, &j.FirstName, &j.LastName, &j.Email, &j.Active, &created, &signedOut, &hash); err != nil {
		return race.Credential{}, race.Judge{}, err
	}
	j.CreatedAt, j.SignedOutAt = fromMicros(created), fromMicros(signedOut)
	return race.Credential{ID: int64(j.ID), Hash: hash, Active: j.Active}, j, nil
}

func scanOrganizer(row Row) (race.Credential, race.Organizer, error) {
	var o race.Organizer
	var hash string
	var created, signedOut sql.NullInt64
	if err := row.Scan(&o.ID, &o.Username, &o.Email, &o.Superuser, &o.Viewer, &o.Active, &created, &signedOut, &hash); err != nil {
		return race.Credential{}, race.Organizer{}, err
	}
	o.CreatedAt, o.SignedOutAt = fromMicros(created), fromMicros(signedOut)
	return race.Credential{ID: int64(o.ID), Hash: hash, Active: o.Active}, o, nil
}
