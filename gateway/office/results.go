package office

import (
	"context"
	"fmt"

	"server5k/race"
)

// Evidence reads all that the results of a competition are made of.
func (d *Desk) Evidence(ctx context.Context, w Who, id race.CompetitionID) (race.Evidence, error) {
	if err := w.see(id); err != nil {
		return race.Evidence{}, err
	}
	return d.store.Evidence(ctx, id)
}

// Results computes the standings as they are now and compares them with what was
// published last.
func (d *Desk) Results(ctx context.Context, w Who, id race.CompetitionID) (Results, error) {
	e, err := d.Evidence(ctx, w, id)
	if err != nil {
		return Results{}, err
	}
	r := Results{Evidence: e, Standings: e.Standings(), Findings: e.Findings()}
	if e.Competition.Version == 0 {
		return r, nil
	}
	v, err := d.store.Version(ctx, id, e.Competition.Version)
	if err != nil {
		return Results{}, fmt.Errorf("read version %d: %w", e.Competition.Version, err)
	}
	_, now := e.Sheet().Encode()
	v.Sheet = nil
	r.Version, r.Official = &v, now == v.Digest
	r.Changed = !r.Official
	return r, nil
}

// Versions lists the official results by number, without their sheets.
func (d *Desk) Versions(ctx context.Context, w Who, id race.CompetitionID) ([]race.Version, error) {
	if err := w.see(id); err != nil {
		return nil, err
	}
	return d.store.Versions(ctx, id)
}

// Version reads official results as they were published. race.ErrNotFound.
func (d *Desk) Version(ctx context.Context, w Who, id race.CompetitionID, n int) (race.Version, race.Sheet, error) {
	if err := w.see(id); err != nil {
		return race.Version{}, race.Sheet{}, err
	}
	if n <= 0 {
		return race.Version{}, race.Sheet{}, race.ErrNotFound
	}
	v, err := d.store.Version(ctx, id, n)
	if err != nil {
		return race.Version{}, race.Sheet{}, err
	}
	s, err := race.DecodeSheet(v.Sheet)
	return v, s, err
}

// Difference says what changed between two versions; number 0 is how the results
// stand now.
func (d *Desk) Difference(ctx context.Context, w Who, id race.CompetitionID, from, to int) ([]race.Difference, error) {
	before, err := d.sheet(ctx, w, id, from)
	if err != nil {
		return nil, err
	}
	after, err := d.sheet(ctx, w, id, to)
	if err != nil {
		return nil, err
	}
	return race.Compare(before, after), nil
}

func (d *Desk) sheet(ctx context.Context, w Who, id race.CompetitionID, n int) (race.Sheet, error) {
	if n != 0 {
		_, s, err := d.Version(ctx, w, id, n)
		return s, err
	}
	e, err := d.Evidence(ctx, w, id)
	return e.Sheet(), err
}

// Audit lists what organizers did, newest first, and how many entries there are.
// Only a superuser sees what concerns no competition.
func (d *Desk) Audit(ctx context.Context, w Who, f race.AuditFilter) ([]race.AuditEntry, int, error) {
	if f.Competition != 0 {
		if err := w.see(f.Competition); err != nil {
			return nil, 0, err
		}
	}
	if !w.Superuser {
		f.Competitions = make([]race.CompetitionID, 0, len(w.Granted))
		for id := range w.Granted {
			f.Competitions = append(f.Competitions, id)
		}
	}
	return d.store.Audit(ctx, f)
}
