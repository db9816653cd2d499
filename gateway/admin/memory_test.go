package admin

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"server5k/gateway/auth"
	"server5k/race"
)

// memory is a database of the race office and the owner of its competitions, in
// maps. Its evidence and rulings are the real ones of package race.
type memory struct {
	mu         sync.Mutex // protects all below
	now        func() time.Time
	events     map[race.CompetitionID]race.Competition
	teams      map[race.TeamID]race.Team
	judges     map[race.JudgeID]race.Judge
	organizers map[race.OrganizerID]race.Organizer
	hashes     map[race.OrganizerID]string
	grants     map[race.OrganizerID][]race.CompetitionID
	categories map[race.Category]string
	records    map[race.CompetitionID][]race.TimeRecord
	rulings    map[race.CompetitionID][]race.Ruling
	versions   map[race.CompetitionID][]race.Version
	revoked    map[string]bool
	audit      []race.AuditEntry
	presence   []race.Presence
	closed     []race.JudgeID
	calls      int  // reads of the database
	busy       bool // the owner takes no marks
	next       int64
}

func newMemory(now func() time.Time) *memory {
	return &memory{
		now: now, next: 1000,
		events: map[race.CompetitionID]race.Competition{}, teams: map[race.TeamID]race.Team{}, judges: map[race.JudgeID]race.Judge{},
		organizers: map[race.OrganizerID]race.Organizer{}, hashes: map[race.OrganizerID]string{}, grants: map[race.OrganizerID][]race.CompetitionID{},
		categories: map[race.Category]string{}, records: map[race.CompetitionID][]race.TimeRecord{}, rulings: map[race.CompetitionID][]race.Ruling{},
		versions: map[race.CompetitionID][]race.Version{}, revoked: map[string]bool{},
	}
}

// read counts a call and locks; the caller unlocks.
func (m *memory) read() func() {
	m.mu.Lock()
	m.calls++
	return m.mu.Unlock
}

func lookUp[K comparable, V any](rows map[K]V, key K) (V, error) {
	v, ok := rows[key]
	if !ok {
		return v, race.ErrNotFound
	}
	return v, nil
}

func sorted[K ~int64, V any](rows map[K]V) []V {
	keys := make([]K, 0, len(rows))
	for k := range rows {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make([]V, len(keys))
	for i, k := range keys {
		out[i] = rows[k]
	}
	return out
}

func (m *memory) Competition(_ context.Context, id race.CompetitionID) (race.Competition, error) {
	defer m.read()()
	return lookUp(m.events, id)
}

func (m *memory) Competitions(_ context.Context, judge race.JudgeID) ([]race.Competition, error) {
	defer m.read()()
	all := sorted(m.events)
	if judge == 0 {
		return all, nil
	}
	return slices.DeleteFunc(all, func(c race.Competition) bool {
		for _, t := range m.teams {
			if t.Competition == c.ID && t.Judge == judge {
				return false
			}
		}
		return true
	}), nil
}

func (m *memory) row(t race.Team) race.TeamRow {
	return race.TeamRow{Team: t, CompetitionName: m.events[t.Competition].Name, JudgeUsername: m.judges[t.Judge].Username}
}

func (m *memory) Team(_ context.Context, id race.TeamID) (race.TeamRow, error) {
	defer m.read()()
	t, err := lookUp(m.teams, id)
	return m.row(t), err
}

func (m *memory) Teams(_ context.Context, f race.TeamFilter) ([]race.TeamRow, error) {
	defer m.read()()
	var out []race.TeamRow
	for _, t := range sorted(m.teams) {
		if (f.Competition == 0 || t.Competition == f.Competition) && (f.Judge == 0 || t.Judge == f.Judge) {
			out = append(out, m.row(t))
		}
	}
	return out, nil
}

func (m *memory) TeamCounts(_ context.Context, ids []race.CompetitionID) (map[race.TeamID]race.TeamCount, error) {
	defer m.read()()
	out := map[race.TeamID]race.TeamCount{}
	for _, id := range ids {
		for _, r := range m.records[id] {
			n := out[r.Team]
			n.Competition = id
			if r.State == race.StateCounted {
				n.Counted++
			} else {
				n.Held++
			}
			out[r.Team] = n
		}
	}
	return out, nil
}

func (m *memory) Judge(_ context.Context, id race.JudgeID) (race.Judge, error) {
	defer m.read()()
	return lookUp(m.judges, id)
}

func (m *memory) Judges(context.Context) ([]race.Judge, error) {
	defer m.read()()
	return sorted(m.judges), nil
}

func (m *memory) JudgeByCode(context.Context, race.Digest, time.Time) (race.Judge, error) {
	return race.Judge{}, race.ErrNotFound
}

func (m *memory) Organizer(_ context.Context, id race.OrganizerID) (race.Organizer, error) {
	defer m.read()()
	return lookUp(m.organizers, id)
}

func (m *memory) Organizers(context.Context) ([]race.Organizer, error) {
	defer m.read()()
	return sorted(m.organizers), nil
}

func (m *memory) Grants(_ context.Context, id race.OrganizerID) ([]race.Grant, error) {
	defer m.read()()
	var out []race.Grant
	for o, all := range m.grants {
		for _, c := range all {
			if id == 0 || o == id {
				out = append(out, race.Grant{Competition: c, Organizer: o})
			}
		}
	}
	return out, nil
}

func (m *memory) Categories(context.Context) ([]race.CategoryRow, error) {
	defer m.read()()
	var out []race.CategoryRow
	for code, name := range m.categories {
		out = append(out, race.CategoryRow{Code: code, Name: name})
	}
	slices.SortFunc(out, func(a, b race.CategoryRow) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return out, nil
}

// evidence needs the lock.
func (m *memory) evidence(id race.CompetitionID) (race.Evidence, error) {
	c, err := lookUp(m.events, id)
	e := race.Evidence{Competition: c, Records: slices.Clone(m.records[id]), Rulings: slices.Clone(m.rulings[id])}
	for _, t := range sorted(m.teams) {
		if t.Competition == id {
			e.Teams = append(e.Teams, t)
		}
	}
	return e, err
}

func (m *memory) Evidence(_ context.Context, id race.CompetitionID) (race.Evidence, error) {
	defer m.read()()
	return m.evidence(id)
}

func (m *memory) Versions(_ context.Context, id race.CompetitionID) ([]race.Version, error) {
	defer m.read()()
	out := slices.Clone(m.versions[id])
	for i := range out {
		out[i].Sheet = nil
	}
	return out, nil
}

func (m *memory) Version(_ context.Context, id race.CompetitionID, n int) (race.Version, error) {
	defer m.read()()
	if n < 1 || n > len(m.versions[id]) {
		return race.Version{}, race.ErrNotFound
	}
	return m.versions[id][n-1], nil
}

func (m *memory) Audit(_ context.Context, f race.AuditFilter) ([]race.AuditEntry, int, error) {
	defer m.read()()
	var out []race.AuditEntry
	for _, e := range slices.Backward(m.audit) {
		if strings.HasPrefix(e.Action, f.Action) && (f.Competition == 0 || e.Competition == f.Competition) && (f.Author == "" || e.Author == f.Author) {
			out = append(out, e)
		}
	}
	n := len(out)
	out = out[min(f.Offset, n):]
	return out[:min(len(out), f.Limit)], n, nil
}

func (m *memory) OrganizerCredential(_ context.Context, login string) (race.Credential, race.Organizer, error) {
	defer m.read()()
	for _, o := range m.organizers {
		if o.Username == login {
			return race.Credential{ID: int64(o.ID), Hash: m.hashes[o.ID], Active: o.Active}, o, nil
		}
	}
	return race.Credential{}, race.Organizer{}, race.ErrNotFound
}

func (m *memory) SetOrganizerPassword(_ context.Context, id race.OrganizerID, hash string) error {
	defer m.read()()
	m.hashes[id] = hash
	return nil
}

func (m *memory) RevokeToken(_ context.Context, id string, _ time.Time) (bool, error) {
	defer m.read()()
	first := !m.revoked[id]
	m.revoked[id] = true
	return first, nil
}

func (m *memory) TokenRevoked(_ context.Context, id string) (bool, error) {
	defer m.read()()
	return m.revoked[id], nil
}

// StartCompetition and the methods below are those of the owner.
func (m *memory) StartCompetition(_ context.Context, id race.CompetitionID, at time.Time, author string) (race.Competition, error) {
	defer m.read()()
	c, err := m.events[id].Start(at)
	if err == nil {
		m.events[id] = c
		m.add(race.Ruling{Competition: id, Kind: race.RulingStart, Author: author, At: at})
	}
	return c, err
}

func (m *memory) StopCompetition(_ context.Context, id race.CompetitionID, at time.Time, author string) (race.Competition, error) {
	defer m.read()()
	c, err := m.events[id].Stop(at)
	if err == nil {
		m.events[id] = c
		m.add(race.Ruling{Competition: id, Kind: race.RulingStop, Author: author, At: at})
	}
	return c, err
}

// add numbers a ruling; it needs the lock.
func (m *memory) add(r race.Ruling) race.Ruling {
	m.next++
	r.ID = race.RulingID(m.next)
	m.rulings[r.Competition] = append(m.rulings[r.Competition], r)
	return r
}

// Submit decides as the owner does, on a ledger that is made anew.
func (m *memory) Submit(_ context.Context, q race.Request, _ string) (race.Reply, error) {
	defer m.read()()
	if m.busy {
		return race.Reply{}, race.Errorf(race.CodeUnavailable, "Servicio no disponible en este momento, reintente")
	}
	id := m.teams[q.Team].Competition
	all := m.records[id]
	ledger := race.NewLedger(m.events[id], int64(len(all)), int64(len(all)))
	ledger.AddTeam(m.teams[q.Team], 0)
	for _, r := range all {
		if r.State == race.StateCounted && r.Team == q.Team {
			ledger.AddRecord(r)
		} else if r.State == race.StateHeld {
			ledger.AddHeld(r.HeldMark())
		}
	}
	d := ledger.Decide([]race.Request{q})
	m.records[id] = append(all, d.Store...)
	return d.Replies[0], nil
}

func (m *memory) Rule(_ context.Context, o race.Order) (race.Ruled, error) {
	defer m.read()()
	e, err := m.evidence(o.Competition)
	if err != nil {
		return race.Ruled{}, err
	}
	r, rec, err := e.Rule(o)
	if err != nil {
		return race.Ruled{}, err
	}
	if r.ID != 0 {
		return race.Ruled{Ruling: r, Competition: e.Competition, Repeated: true}, nil
	}
	out := race.Ruled{}
	if rec != nil {
		rec.Seq = int64(len(m.records[o.Competition]) + 1)
		m.records[o.Competition] = append(m.records[o.Competition], *rec)
		r.Record, out.Record = rec.Seq, *rec
	}
	out.Ruling, out.Competition = m.add(r), e.Apply(r)
	m.events[o.Competition] = out.Competition
	if r.Kind == race.RulingOfficial {
		sheet, digest := e.Sheet().Encode()
		m.versions[o.Competition] = append(m.versions[o.Competition], race.Version{
			Competition: o.Competition, Number: r.Version, Ruling: out.Ruling.ID, Author: r.Author, At: r.At, Reason: r.Reason, Digest: digest, Sheet: sheet,
		})
	}
	return out, nil
}

func (m *memory) Presence(context.Context) ([]race.Presence, error) {
	defer m.read()()
	return m.presence, nil
}

func (m *memory) CloseSessions(id race.JudgeID) {
	defer m.read()()
	m.closed = append(m.closed, id)
}

// testHasher is quick enough for tests: one hash at a time.
func testHasher() *auth.Hasher { return auth.NewHasher(2, 64) }
