package admin

import (
	"context"
	"maps"
	"slices"
	"time"

	"server5k/race"
)

// Edit runs f on copies of the rows, which are kept when it returns nil.
func (m *memory) Edit(ctx context.Context, f func(ctx context.Context, e race.Editor) error) error {
	defer m.read()()
	e := &editor{m: m, events: maps.Clone(m.events), teams: maps.Clone(m.teams), judges: maps.Clone(m.judges), organizers: maps.Clone(m.organizers), grants: maps.Clone(m.grants), categories: maps.Clone(m.categories)}
	if err := f(ctx, e); err != nil {
		return err
	}
	m.events, m.teams, m.judges, m.organizers, m.grants, m.categories = e.events, e.teams, e.judges, e.organizers, e.grants, e.categories
	m.audit = append(m.audit, e.notes...)
	return nil
}

// editor implements race.Editor within Edit, which holds the lock.
type editor struct {
	m          *memory
	events     map[race.CompetitionID]race.Competition
	teams      map[race.TeamID]race.Team
	judges     map[race.JudgeID]race.Judge
	organizers map[race.OrganizerID]race.Organizer
	grants     map[race.OrganizerID][]race.CompetitionID
	categories map[race.Category]string
	notes      []race.AuditEntry
}

func (e *editor) id(given int64) int64 {
	if given != 0 {
		return given
	}
	e.m.next++
	return e.m.next
}

func (e *editor) Competition(_ context.Context, id race.CompetitionID) (race.Competition, error) {
	return lookUp(e.events, id)
}

func (e *editor) PutCompetition(_ context.Context, c race.Competition) (race.CompetitionID, error) {
	c.ID = race.CompetitionID(e.id(int64(c.ID)))
	e.events[c.ID] = c
	return c.ID, nil
}

func (e *editor) RemoveCompetition(_ context.Context, id race.CompetitionID) error {
	if len(e.m.records[id]) > 0 {
		return race.Errorf(race.CodeInUse, "La competencia tiene registros")
	}
	delete(e.events, id)
	return nil
}

func (e *editor) Team(_ context.Context, id race.TeamID) (race.Team, error) {
	return lookUp(e.teams, id)
}

func (e *editor) Teams(_ context.Context, id race.CompetitionID) ([]race.Team, error) {
	var out []race.Team
	for _, t := range sorted(e.teams) {
		if t.Competition == id {
			out = append(out, t)
		}
	}
	return out, nil
}

func (e *editor) PutTeam(_ context.Context, t race.Team) (race.TeamID, error) {
	for _, o := range e.teams {
		if o.Competition == t.Competition && o.Bib == t.Bib && o.ID != t.ID {
			return 0, race.Errorf(race.CodeTaken, "El dorsal ya existe")
		}
	}
	t.ID = race.TeamID(e.id(int64(t.ID)))
	e.teams[t.ID] = t
	return t.ID, nil
}

func (e *editor) RemoveTeam(_ context.Context, id race.TeamID) error {
	delete(e.teams, id)
	return nil
}

func (e *editor) Judge(_ context.Context, id race.JudgeID) (race.Judge, error) {
	return lookUp(e.judges, id)
}

func (e *editor) PutJudge(_ context.Context, j race.Judge, _ string) (race.JudgeID, error) {
	j.ID = race.JudgeID(e.id(int64(j.ID)))
	e.judges[j.ID] = j
	return j.ID, nil
}

func (e *editor) SetJudgeCode(context.Context, race.JudgeID, race.Digest, time.Time) error {
	return nil
}

func (e *editor) RemoveJudge(_ context.Context, id race.JudgeID) error {
	delete(e.judges, id)
	return nil
}

func (e *editor) Organizer(_ context.Context, id race.OrganizerID) (race.Organizer, error) {
	return lookUp(e.organizers, id)
}

func (e *editor) PutOrganizer(_ context.Context, o race.Organizer, hash string) (race.OrganizerID, error) {
	o.ID = race.OrganizerID(e.id(int64(o.ID)))
	e.organizers[o.ID] = o
	if hash != "" {
		e.m.hashes[o.ID] = hash
	}
	return o.ID, nil
}

func (e *editor) RemoveOrganizer(_ context.Context, id race.OrganizerID) error {
	delete(e.organizers, id)
	return nil
}

func (e *editor) Grants(_ context.Context, id race.OrganizerID) ([]race.CompetitionID, error) {
	return slices.Clone(e.grants[id]), nil
}

func (e *editor) SetGrants(_ context.Context, id race.OrganizerID, to []race.CompetitionID) error {
	e.grants[id] = to
	return nil
}

func (e *editor) Category(_ context.Context, code race.Category) (race.CategoryRow, error) {
	name, ok := e.categories[code]
	if !ok {
		return race.CategoryRow{}, race.ErrNotFound
	}
	return race.CategoryRow{Code: code, Name: name}, nil
}

func (e *editor) PutCategory(_ context.Context, c race.CategoryRow) error {
	e.categories[c.Code] = c.Name
	return nil
}

func (e *editor) RemoveCategory(_ context.Context, code race.Category) error {
	delete(e.categories, code)
	return nil
}

func (e *editor) Note(_ context.Context, a race.AuditEntry) error {
	e.notes = append(e.notes, a)
	return nil
}
