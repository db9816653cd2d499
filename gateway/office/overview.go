package office

import (
	"context"
	"fmt"
	"slices"

	"server5k/race"
)

// Overview sums up each competition that w sees, newest first, with three queries
// however many there are.
func (d *Desk) Overview(ctx context.Context, w Who) ([]Summary, error) {
	list, err := d.Competitions(ctx, w)
	if err != nil || len(list) == 0 {
		return []Summary{}, err
	}
	out := make([]Summary, len(list))
	at := make(map[race.CompetitionID]*Summary, len(list))
	ids := make([]race.CompetitionID, len(list))
	for i, c := range list {
		out[i].Competition, ids[i] = c, c.ID
		at[c.ID] = &out[i]
	}
	teams, err := d.Teams(ctx, w, race.TeamFilter{})
	if err != nil {
		return nil, err
	}
	counts, err := d.store.TeamCounts(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("count records: %w", err)
	}
	for _, t := range teams {
		if s := at[t.Competition]; s != nil { // else it is newer than the list
			s.add(counts[t.ID])
		}
	}
	return out, nil
}

// add counts a team in.
func (s *Summary) add(n race.TeamCount) {
	s.Teams++
	s.Counted += n.Counted
	s.Held += n.Held
	s.Findings += n.Held
	switch c := s.Competition; {
	case n.Counted >= c.TeamSize:
		s.Complete++
	case !c.Running && !c.FinishedAt.IsZero():
		s.Findings++
	}
}

// Readiness says for each team of a competition, by bib, whether its judge's
// device is there.
func (d *Desk) Readiness(ctx context.Context, w Who, id race.CompetitionID) ([]Post, error) {
	c, err := d.Competition(ctx, w, id)
	if err != nil {
		return nil, err
	}
	teams, err := d.store.Teams(ctx, race.TeamFilter{Competition: id})
	if err != nil {
		return nil, fmt.Errorf("list teams: %w", err)
	}
	counts, err := d.store.TeamCounts(ctx, []race.CompetitionID{id})
	if err != nil {
		return nil, fmt.Errorf("count records: %w", err)
	}
	judges, err := d.judgesByID(ctx)
	if err != nil {
		return nil, err
	}
	connected, err := d.races.Presence(ctx)
	if err != nil {
		return nil, fmt.Errorf("read presence: %w", err)
	}
	last := map[race.JudgeID]*race.Presence{}
	for i, p := range connected {
		if old := last[p.Judge]; old == nil || old.HeardAt.Before(p.HeardAt) {
			last[p.Judge] = &connected[i]
		}
	}
	now := d.now()
	out := make([]Post, len(teams))
	for i, t := range teams {
		p := Post{Team: t.Team, Judge: judges[t.Judge], Presence: last[t.Judge], Counted: counts[t.ID].Counted}
		quiet := p.Presence == nil || now.Sub(p.Presence.HeardAt) > SilentAfter
		p.Silent = c.Running && quiet && p.Counted < c.TeamSize
		out[i] = p
	}
	return out, nil
}

// judgesByID returns all judges.
func (d *Desk) judgesByID(ctx context.Context) (map[race.JudgeID]race.Judge, error) {
	list, err := d.store.Judges(ctx)
	if err != nil {
		return nil, fmt.Errorf("list judges: %w", err)
	}
	out := make(map[race.JudgeID]race.Judge, len(list))
	for j := range slices.Values(list) {
		out[j.ID] = j
	}
	return out, nil
}
