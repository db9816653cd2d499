package persistence

import (
	"context"
	"strings"
	"testing"
	"time"

	"server5k/race"
)

// sound is an archive of competition id with three records of one team, in two
// batches.
func sound(id race.CompetitionID) Archive {
	const n = 3
	a := Archive{
		Competition: race.Competition{ID: id, Name: "C", TeamSize: n, Rounding: race.RoundUpTotal},
		Epoch:       1, Stream: 1, Seq: int64(n), Event: 3,
		Teams:   []race.Team{{ID: 7, Competition: id, Name: "E", Bib: 1, Category: "a"}, {ID: 8, Competition: id, Name: "F", Bib: 2, Category: "a"}},
		Rulings: []race.Ruling{{ID: 1, Kind: "start", Event: 1}},
	}
	for i := range n {
		a.Records = append(a.Records, race.TimeRecord{
			ID: race.RecordID{byte(id), byte(i)}, Team: 7, Elapsed: time.Minute + time.Millisecond, State: race.StateCounted,
			Slot: i + 1, Seq: int64(i + 1), Event: int64(2 + min(i, 1)),
		})
	}
	a.chain()
	return a
}

// chain makes the links of a: over its first record and over the others.
func (a *Archive) chain() {
	one := race.NewLink(a.Competition.ID, 1, race.Digest{}, a.Records[:1])
	two := race.NewLink(a.Competition.ID, 1, one.Digest, a.Records[1:])
	a.Links, a.Digest = []race.Link{one, two}, two.Digest
}

func TestVerifier_PassesSoundArchives(t *testing.T) {
	t.Parallel()
	v := NewVerifier()
	for _, a := range []Archive{sound(1), sound(2), {Competition: race.Competition{ID: 3}}} {
		if got := v.Check(a); got != nil {
			t.Errorf("got %+v", got)
		}
	}
	if got := v.Check(sound(2)); len(got) != 1 || !strings.Contains(got[0].Text, "es también de otro registro") {
		t.Errorf("the same ids again: %+v", got)
	}
}

func TestVerifier_NumberTwice(t *testing.T) {
	t.Parallel()
	a := sound(1)
	a.Records[1].Seq = 1
	if got := NewVerifier().Check(a); len(got) == 0 || got[0].Text != "lote 1–1 dañado (época 1): sobra un registro con el número 1" {
		t.Errorf("got %+v", got)
	}
}

// What a chain that was made anew does not show, the other checks must find.
func TestVerifier_FindsDamageUnderANewChain(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(a *Archive){
		"lote 2–3 dañado (época 1): registro 3: su puesto 1 del equipo 7 es también del registro 1": func(a *Archive) { a.Records[2].Slot = 1 },
		"registro 3: su puesto 4 no está entre 1 y 3":                                               func(a *Archive) { a.Records[2].Slot = 4 },
		"registro 1: está retenido y ocupa el puesto 1":                                             func(a *Archive) { a.Records[0].State = race.StateHeld },
		"registro 1: su estado \"void\" no existe":                                                  func(a *Archive) { a.Records[0].State = "void" },
		"registro 3: su evento 4 no está entre 1 y 3":                                               func(a *Archive) { a.Records[2].Event = 4 },
		"registro 3: su evento 3 es del equipo 7":                                                   func(a *Archive) { a.Records[2].Team = 8 },
		"registro 2: su equipo 9 no está en la competencia":                                         func(a *Archive) { a.Records[1].Team = 9 },
		"registro 3: su id": func(a *Archive) { a.Records[2].ID = a.Records[0].ID },
		"está retenido y tiene el evento 2": func(a *Archive) {
			a.Records[0].State, a.Records[0].Slot = race.StateHeld, 0
		},
		"decisión 1: su evento 4 no está":           func(a *Archive) { a.Rulings[0].Event = 4 },
		"decisión 1: su evento 3 anunció otra cosa": func(a *Archive) { a.Rulings[0].Event = 3 },
		"el equipo 8 es de la competencia 2":        func(a *Archive) { a.Teams[1].Competition = 2 },
	} {
		a := sound(1)
		change(&a)
		a.chain()
		var texts []string
		for _, d := range NewVerifier().Check(a) {
			texts = append(texts, d.Text)
		}
		if got := strings.Join(texts, "; "); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCheckStandings_FindsEveryDifference(t *testing.T) {
	t.Parallel()
	a := sound(1)
	teams := []race.TeamRow{{Team: a.Teams[0]}, {Team: a.Teams[1]}}
	for want, change := range map[string]func(s []race.Standing) []race.Standing{
		"":                           func(s []race.Standing) []race.Standing { return s },
		"tienen 1 equipos y hay 2":   func(s []race.Standing) []race.Standing { return s[:1] },
		"equipo 99 de los":           func(s []race.Standing) []race.Standing { s[1].Team.ID = 99; return s },
		"tiene 4 registros":          func(s []race.Standing) []race.Standing { s[0].Records++; return s },
		"y 1 ausentes":               func(s []race.Standing) []race.Standing { s[0].Absent++; return s },
		"el recuento da 181000 ms":   func(s []race.Standing) []race.Standing { s[0].Total -= time.Millisecond; return s },
		"debe estar clasificado":     func(s []race.Standing) []race.Standing { s[0].Status = race.StatusIncomplete; return s },
		"está incompleto y tiene":    func(s []race.Standing) []race.Standing { s[1].CategoryPlace = 2; return s },
		"está completo y no tiene l": func(s []race.Standing) []race.Standing { s[0].Place = 0; return s },
	} {
		standings := change(race.Rank(a.Competition, a.Teams, a.Records))
		got := ""
		if d := checkStandings(a.Competition, standings, teams, a.Records); d != nil {
			got = d.Text
		}
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The recount follows the clock policy by itself: it agrees with the results under
// both, and sees results that follow the other one.
func TestCheckStandings_FollowsTheClockPolicy(t *testing.T) {
	t.Parallel()
	gun := time.Date(2026, 5, 3, 9, 0, 0, 250_000, time.UTC)
	corrected := func(at, offset, uncertainty time.Duration) race.Mark {
		return race.Mark{MarkedAt: gun.Add(at), ClockOffset: offset, ClockUncertainty: uncertainty}
	}
	for name, c := range map[string]struct {
		mark  race.Mark
		total int64 // of the first record, under ClockCorrected
	}{
		"measured":         {corrected(2*time.Minute, -420*time.Second, time.Millisecond), 60_001},
		"fast phone":       {corrected(2*time.Minute, -50*time.Second, time.Millisecond), 70_000},
		"half a ms":        {corrected(time.Minute+1500*time.Microsecond, 0, time.Microsecond), 60_002},
		"just below":       {corrected(time.Minute+1499*time.Microsecond, 0, time.Microsecond), 60_001},
		"at the gun":       {corrected(499*time.Microsecond, 0, time.Millisecond), 60_001},
		"after the gun":    {corrected(500*time.Microsecond, 0, time.Millisecond), 1},
		"a day":            {corrected(25*time.Hour, -time.Hour, time.Millisecond), 86_400_000},
		"more than a day":  {corrected(25*time.Hour, time.Millisecond-time.Hour, time.Millisecond), 60_001},
		"not measured":     {corrected(2*time.Minute, time.Second, 0), 60_001},
		"no instant":       {race.Mark{ClockOffset: time.Second, ClockUncertainty: time.Second}, 60_001},
		"whole, corrected": {corrected(time.Minute, time.Second, time.Second), 61_000},
	} {
		a := sound(1)
		a.Competition.StartedAt, a.Competition.Rounding = gun, race.RoundRaw
		a.Records[0].Mark = c.mark
		a.Records[1].Elapsed = 0 // an absent runner has no time whatever the clock says
		a.Records[1].Mark = c.mark
		teams := []race.TeamRow{{Team: a.Teams[0]}, {Team: a.Teams[1]}}
		for _, policy := range []race.ClockPolicy{"", race.ClockClient, race.ClockCorrected} {
			a.Competition.Clock = policy
			standings := race.Rank(a.Competition, a.Teams, a.Records)
			want := int64(2 * 60_001)
			if policy == race.ClockCorrected {
				want = c.total + 60_001
			}
			if d := checkStandings(a.Competition, standings, teams, a.Records); d != nil || clocked(a.Competition, a.Records[0])+60_001 != want {
				t.Errorf("%s, %q: %v, %d ms", name, policy, d, clocked(a.Competition, a.Records[0]))
			}
			other := a.Competition
			if other.Clock = race.ClockCorrected; policy == race.ClockCorrected {
				other.Clock = race.ClockClient
			}
			if d := checkStandings(other, standings, teams, a.Records); (d == nil) != (c.total == 60_001) {
				t.Errorf("%s: results under %q pass for those under %q: %v", name, policy, other.Clock, d)
			}
		}
	}
}

// moving is a store whose second way is ahead of the first for some readings.
type moving struct {
	Store
	archives []Archive // the last one stays
	ahead    Archive
}

func (m *moving) Archive(context.Context, race.CompetitionID) (Archive, error) {
	a := m.archives[0]
	if len(m.archives) > 1 {
		m.archives = m.archives[1:]
	}
	return a, nil
}

func (m *moving) Teams(context.Context, race.TeamFilter) ([]race.TeamRow, error) {
	var rows []race.TeamRow
	for _, t := range m.ahead.Teams {
		rows = append(rows, race.TeamRow{Team: t})
	}
	return rows, nil
}

func (m *moving) Records(context.Context, race.CompetitionID) ([]race.TimeRecord, error) {
	return m.ahead.Records, nil
}

func TestVerifier_ReadsAgainWhatMoved(t *testing.T) {
	t.Parallel()
	old, now := sound(1), sound(1)
	now.Epoch++ // Add has fenced the owner
	now.Teams = append(now.Teams, race.Team{ID: 9, Competition: 1, Bib: 3})
	r, err := NewVerifier().Competition(t.Context(), &moving{archives: []Archive{old, now}, ahead: now}, 1)
	if err != nil || r.Damages != nil || len(r.Archive.Teams) != 3 {
		t.Errorf("got %+v, %v", r, err)
	}
	r, err = NewVerifier().Competition(t.Context(), &moving{archives: []Archive{old}, ahead: now}, 1)
	if err != nil || len(r.Damages) != 1 {
		t.Errorf("a lasting difference: got %+v, %v", r, err)
	}
	var restless []Archive
	for range 2 * maxReadings {
		old.Epoch++
		restless = append(restless, old)
	}
	if _, err := NewVerifier().Competition(t.Context(), &moving{archives: restless, ahead: now}, 1); race.CodeOf(err) != race.CodeUnavailable {
		t.Errorf("got %v", err)
	}
}

// Records that were stored between the two readings are no difference.
func TestVerifier_IgnoresWhatCameLater(t *testing.T) {
	t.Parallel()
	a := sound(1)
	ahead := a
	ahead.Records = append(ahead.Records[:3:3], race.TimeRecord{Team: 8, Seq: 4, Slot: 1, Elapsed: time.Minute, State: race.StateCounted})
	r, err := NewVerifier().Competition(t.Context(), &moving{archives: []Archive{a}, ahead: ahead}, 1)
	if err != nil || r.Damages != nil {
		t.Errorf("got %+v, %v", r, err)
	}
}
