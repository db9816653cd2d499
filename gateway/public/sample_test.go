package public

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"server5k/race"
)

const (
	sampleTeams = 72
	sampleID    = race.CompetitionID(3)
)

// start is when the sample race began; epoch is the clock of the tests.
var (
	start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	epoch = start.Add(31*time.Minute + 12*time.Second)
)

// memoryStore is a Store with what a test put in.
type memoryStore struct {
	mu       sync.Mutex // protects the fields
	evidence map[race.CompetitionID]race.Evidence
	versions map[int]race.Version
	err      error
	reads    int
	hold     chan struct{} // Evidence waits for it when it is there
}

func (s *memoryStore) Competitions(context.Context, race.JudgeID) ([]race.Competition, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []race.Competition
	for _, e := range s.evidence {
		out = append(out, e.Competition)
	}
	return out, s.err
}

func (s *memoryStore) Evidence(_ context.Context, id race.CompetitionID) (race.Evidence, error) {
	s.mu.Lock()
	s.reads++
	hold, err := s.hold, s.err
	e, ok := s.evidence[id]
	s.mu.Unlock()
	if hold != nil {
		<-hold
	}
	if err == nil && !ok {
		err = race.ErrNotFound
	}
	return e, err
}

func (s *memoryStore) Team(_ context.Context, id race.TeamID) (race.TeamRow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.evidence {
		for _, t := range e.Teams {
			if t.ID == id {
				return race.TeamRow{Team: t}, s.err
			}
		}
	}
	return race.TeamRow{}, race.ErrNotFound
}

func (s *memoryStore) Categories(context.Context) ([]race.CategoryRow, error) {
	return []race.CategoryRow{{Code: race.CategoryStudents, Name: "Estudiantes por Equipos"}, {Code: race.CategoryFaculties, Name: "Interfacultades por Equipos"}}, nil
}

func (s *memoryStore) Version(_ context.Context, _ race.CompetitionID, n int) (race.Version, error) {
	v, ok := s.versions[n]
	if !ok {
		return v, race.ErrNotFound
	}
	return v, nil
}

// put replaces the evidence of a competition.
func (s *memoryStore) put(e race.Evidence) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.evidence[e.Competition.ID] = e
}

func (s *memoryStore) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *memoryStore) readings() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// sample is a race under way: teams with 15 marks, fewer, or an absent runner, two
// teams with the same total, and two categories. It is the same every time.
func sample(teams int) race.Evidence {
	rnd := rand.New(rand.NewPCG(5, 6))
	e := race.Evidence{Competition: race.Competition{
		ID: sampleID, Name: "Carrera <5K> Ñandú", ScheduledAt: start, Active: true, Running: true, StartedAt: start,
		TeamSize: 15, Rounding: race.RoundRaw,
	}}
	for i := range teams {
		t := race.Team{ID: race.TeamID(100 + i), Competition: sampleID, Bib: i + 1, Name: fmt.Sprintf("Equipo %d «Íñigo & hijos»", i+1), Category: race.CategoryStudents}
		if i%6 == 1 {
			t.Category = race.CategoryFaculties
		}
		e.Teams = append(e.Teams, t)
		records := 15
		switch {
		case i == 3:
			records = 14
		case i%4 == 3:
			records = rnd.IntN(15)
		}
		base := rnd.IntN(240_000)
		for k := range records {
			ms := 1_000_000 + base + k*31_000 + rnd.IntN(20_000)
			if i < 2 { // the same total
				ms = 1_000_000 + k*20_000
			}
			if i == 5 && k == 7 {
				ms = 0
			}
			e.Records = append(e.Records, race.TimeRecord{Team: t.ID, Elapsed: time.Duration(ms) * time.Millisecond, State: race.StateCounted, Slot: k + 1})
		}
	}
	rnd.Shuffle(len(e.Records), func(i, j int) { e.Records[i], e.Records[j] = e.Records[j], e.Records[i] })
	for i := range e.Records {
		e.Records[i].Seq, e.Records[i].Event = int64(i+1), int64(i+2)
		e.Records[i].ID = race.NewRecordID()
	}
	return e
}

// fixture is Pages over a memory store, with a clock that the test moves.
type fixture struct {
	*Pages
	store *memoryStore
	mu    sync.Mutex // protects now
	now   time.Time
}

func setup(tb testing.TB) *fixture {
	tb.Helper()
	return setupWith(tb, nil)
}

func setupWith(tb testing.TB, seq func(race.CompetitionID) (int64, int64, bool)) *fixture {
	tb.Helper()
	f := &fixture{store: &memoryStore{evidence: map[race.CompetitionID]race.Evidence{}, versions: map[int]race.Version{}}, now: epoch}
	f.store.put(sample(sampleTeams))
	f.Pages = New(Config{Store: f.store, Seq: seq, Location: time.FixedZone("", -5*3600), Now: f.clock})
	return f
}

func (f *fixture) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fixture) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// answer is what came for a request.
type answer struct {
	status int
	body   string
	header *fasthttp.ResponseHeader
	taken  bool
}

// get asks for a page; headers come in pairs.
func (f *fixture) get(tb testing.TB, uri string, headers ...string) answer {
	tb.Helper()
	return f.ask(tb, fasthttp.MethodGet, uri, headers...)
}

func (f *fixture) ask(tb testing.TB, method, uri string, headers ...string) answer {
	tb.Helper()
	var ctx fasthttp.RequestCtx
	ctx.Request.Header.SetMethod(method)
	ctx.Request.SetRequestURI(uri)
	ctx.Request.Header.SetHost("race.example:8000")
	for i := 0; i+1 < len(headers); i += 2 {
		ctx.Request.Header.Set(headers[i], headers[i+1])
	}
	taken := f.Handler(&ctx)
	return answer{ctx.Response.StatusCode(), string(ctx.Response.Body()), &ctx.Response.Header, taken}
}
