package office

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"server5k/gateway/auth"
	"server5k/race"
)

const (
	passwordLength = 10 // 57 bits, and short enough to type in the sun
	codeBytes      = 13 // of which codeLength characters are used, 100 bits
	codeLength     = 20
)

// Credentials gives the judges of a competition new passwords and codes, all of
// them or those that are named, and signs them out everywhere. What it returns,
// by team, exists nowhere else. Judges whose accounts are not active are left out.
func (d *Desk) Credentials(ctx context.Context, w Who, id race.CompetitionID, judges []race.JudgeID) ([]Credential, error) {
	if err := w.edit(id); err != nil {
		return nil, err
	}
	out, err := d.judgesOf(ctx, id, judges)
	if err != nil {
		return nil, err
	}
	if err := d.mayChangeAll(ctx, w, out); err != nil {
		return nil, err
	}
	hashes := make([]string, len(out))
	for i := range out {
		out[i].Password, out[i].Code = auth.RandomPassword(passwordLength), newCode()
		if hashes[i], err = d.hash(ctx, out[i].Password); err != nil {
			return nil, err
		}
	}
	by := d.sign(w)
	err = d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		names := make([]string, len(out))
		for i, c := range out {
			j, err := e.Judge(ctx, c.Judge.ID)
			if err != nil {
				return err
			}
			j.SignedOutAt = by.At
			if _, err := e.PutJudge(ctx, j, hashes[i]); err != nil {
				return err
			}
			if err := e.SetJudgeCode(ctx, j.ID, digestOf(c.Code), by.At.Add(CodeLifetime)); err != nil {
				return err
			}
			out[i].Judge, names[i] = j, j.Username
		}
		return e.Note(ctx, note(by, "judge.credentials", id, "", changes(nil, fields{"jueces": strings.Join(names, ", ")})))
	})
	if err != nil {
		return nil, err
	}
	for _, c := range out {
		d.races.CloseSessions(c.Judge.ID)
	}
	return out, nil
}

// judgesOf returns the active judges of a competition with their teams, in the
// order of the teams; only those that are named if any is.
func (d *Desk) judgesOf(ctx context.Context, id race.CompetitionID, only []race.JudgeID) ([]Credential, error) {
	teams, err := d.store.Teams(ctx, race.TeamFilter{Competition: id})
	if err != nil {
		return nil, fmt.Errorf("list teams: %w", err)
	}
	known, err := d.judgesByID(ctx)
	if err != nil {
		return nil, err
	}
	out, at := []Credential{}, map[race.JudgeID]int{}
	for _, t := range teams {
		j := known[t.Judge]
		if !j.Active || len(only) > 0 && !slices.Contains(only, j.ID) {
			continue
		}
		i, seen := at[j.ID]
		if !seen {
			i = len(out)
			at[j.ID], out = i, append(out, Credential{Judge: j})
		}
		out[i].Teams = append(out[i].Teams, t.Team)
	}
	for _, j := range only {
		if _, ok := at[j]; !ok {
			return nil, Invalid{[]Fault{{"jueces", Text{
				fmt.Sprintf("El juez %d no tiene equipos en esta competencia o no está activo.", j),
				fmt.Sprintf("The judge %d has no team in this competition or is not active.", j),
			}}}}
		}
	}
	return out, nil
}

// mayChangeAll is MayChangeJudge for many, with two queries.
func (d *Desk) mayChangeAll(ctx context.Context, w Who, list []Credential) error {
	if w.Superuser {
		return nil
	}
	all, err := d.store.Competitions(ctx, 0)
	if err != nil {
		return fmt.Errorf("list competitions: %w", err)
	}
	teams, err := d.store.Teams(ctx, race.TeamFilter{})
	if err != nil {
		return fmt.Errorf("list teams: %w", err)
	}
	byID := map[race.CompetitionID]race.Competition{}
	for _, c := range all {
		byID[c.ID] = c
	}
	of := map[race.JudgeID][]race.Competition{}
	for _, t := range teams {
		of[t.Judge] = append(of[t.Judge], byID[t.Competition])
	}
	for _, c := range list {
		if err := w.holds(of[c.Judge.ID]); err != nil {
			return err
		}
	}
	return nil
}

// ResetPassword gives a judge a new password and returns it; the code ends, and
// the judge is signed out everywhere.
func (d *Desk) ResetPassword(ctx context.Context, w Who, id race.JudgeID) (string, error) {
	if err := d.MayChangeJudge(ctx, w, id); err != nil {
		return "", err
	}
	password := auth.RandomPassword(passwordLength)
	hash, err := d.hash(ctx, password)
	if err != nil {
		return "", err
	}
	by := d.sign(w)
	err = d.store.Edit(ctx, func(ctx context.Context, e race.Editor) error {
		j, err := e.Judge(ctx, id)
		if err != nil {
			return err
		}
		j.SignedOutAt = by.At
		if _, err := e.PutJudge(ctx, j, hash); err != nil {
			return err
		}
		if err := e.SetJudgeCode(ctx, id, race.Digest{}, time.Time{}); err != nil {
			return err
		}
		return e.Note(ctx, note(by, "judge.reset", 0, j.Username, changes(nil, fields{}.withPassword(true))))
	})
	if err != nil {
		return "", err
	}
	d.races.CloseSessions(id)
	return password, nil
}

// LoginCode returns the judge of a code as it was printed; capitals, spaces and
// hyphens do not matter. race.ErrNotFound for one that is not good, or whose
// judge may not log in.
func (d *Desk) LoginCode(ctx context.Context, code string) (race.Judge, error) {
	code = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, strings.ToUpper(code))
	if len(code) != codeLength {
		return race.Judge{}, race.ErrNotFound
	}
	j, err := d.store.JudgeByCode(ctx, digestOf(code), d.now())
	if err == nil && !j.Active {
		err = race.ErrNotFound
	}
	if err != nil {
		return race.Judge{}, err
	}
	return j, nil
}

func newCode() string {
	var b [codeBytes]byte
	rand.Read(b[:]) // never fails: it ends the process instead
	return base32.StdEncoding.EncodeToString(b[:])[:codeLength]
}

func digestOf(code string) race.Digest { return sha256.Sum256([]byte(code)) }

func isNotFound(err error) bool { return errors.Is(err, race.ErrNotFound) }
