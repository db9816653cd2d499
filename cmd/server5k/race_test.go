package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"server5k/persistence"
	"server5k/race"
)

const (
	raceJudges  = 72
	raceRecords = raceJudges * race.DefaultTeamSize
	raceViewers = 20
)

// TestRace_FullSizeWithCutsAndResends plays a whole race of the event's size over
// real sockets, on a network that drops connections.
func TestRace_FullSizeWithCutsAndResends(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, cfg *Config) {
		t.Helper()
		addRace(t, cfg, raceDump(raceJudges))
		url, stop := serveConfig(t, cfg)
		playRace(t, cfg, []string{url}, stop)
	})
}

// playRace plays the race of raceDump at servers that share the database of cfg;
// judges and viewers are spread over them.
func playRace(t *testing.T, cfg *Config, urls []string, stop func()) {
	t.Helper()
	admin := rest{url: urls[0], token: rest{url: urls[0]}.login(t, "/api/token/", testAdmin)}
	rng := rand.New(rand.NewPCG(42, 5000))

	var racers []*racer
	for n := range raceJudges {
		r := newRacer(t, rest{url: urls[n%len(urls)]}, race.JudgeID(n+1), raceJudges, rng.Uint64())
		if n == 0 { // one logs in as the phone does
			r.api.token = r.api.login(t, "/api/login/", "juez1")
		}
		if err := r.connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		racers = append(racers, r)
	}
	judged := make(chan struct{}) // closed when the judges are done
	var viewers []*viewer
	watching, ctx := errgroup.WithContext(t.Context())
	for n := range raceViewers {
		v := newViewer(urls[n%len(urls)], n, rng.Uint64())
		if err := v.connect(t.Context(), "?"); err != nil {
			t.Fatal(err)
		}
		watching.Go(func() error { return v.watch(ctx, judged) })
		viewers = append(viewers, v)
	}

	changeRace(t, admin, "iniciar", true)
	began := time.Now()
	each(t, racers, (*racer).run)
	took := time.Since(began)
	close(judged)
	changeRace(t, admin, "detener", false)
	each(t, racers, (*racer).afterStop)
	if err := watching.Wait(); err != nil {
		t.Fatal(err)
	}
	checkResults(t, admin, racers)
	stop()
	checkRace(t, cfg, racers, viewers)

	var n racerCounts
	for _, r := range racers {
		n.add(r.counts)
	}
	reconnects, resyncs := 0, 0
	for _, v := range viewers {
		reconnects, resyncs = reconnects+v.reconnects, resyncs+v.resyncs
	}
	if n.cuts == 0 || n.duplicates == 0 || n.conflicts == 0 || n.foreign == 0 || reconnects == 0 || resyncs == 0 {
		t.Errorf("the race was too quiet: %+v, %d reconnects, %d snapshots", n, reconnects, resyncs)
	}
	t.Logf("%d records in %v: %+v; viewers: %d reconnects, %d snapshots", raceRecords, took.Round(time.Millisecond), n, reconnects, resyncs)
}

// raceDump makes a competition with a judge for each team.
func raceDump(judges int) persistence.Dump {
	d := persistence.Dump{Competitions: []race.Competition{{
		ID: 1, Name: "Carrera 5K", ScheduledAt: now(), Active: true, TeamSize: race.DefaultTeamSize, Rounding: race.RoundRaw,
	}}}
	for n := 1; n <= judges; n++ {
		judge := newSeat(n, "").judge
		judge.ID = race.JudgeID(n)
		d.Judges = append(d.Judges, persistence.JudgeRow{Judge: judge})
		d.Teams = append(d.Teams, race.Team{
			ID: race.TeamID(n), Competition: 1, Judge: judge.ID, Name: fmt.Sprintf("Equipo %d", n), Bib: n, Category: alternate(n),
		})
	}
	return d
}

// changeRace starts or stops the race; the second time it is so already.
func changeRace(t *testing.T, admin rest, verb string, running bool) {
	t.Helper()
	var got struct {
		Running bool `json:"is_running"`
	}
	path := "/api/competencias/1/" + verb + "/"
	if status, err := admin.call(t.Context(), http.MethodPost, path, struct{}{}, &got); err != nil || status != http.StatusOK || got.Running != running {
		t.Fatalf("%s: %d %+v %v", path, status, got, err)
	}
	if status, err := admin.call(t.Context(), http.MethodPost, path, struct{}{}, nil); err != nil || status != http.StatusConflict {
		t.Fatalf("%s again: %d %v", path, status, err)
	}
}

// each runs do for all judges at once.
func each(t *testing.T, racers []*racer, do func(*racer, context.Context) error) {
	t.Helper()
	g, ctx := errgroup.WithContext(t.Context())
	for _, r := range racers {
		g.Go(func() error {
			if err := do(r, ctx); err != nil {
				return fmt.Errorf("judge %d: %w", r.id, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// checkResults compares the ranking with what the judges were acknowledged.
func checkResults(t *testing.T, admin rest, racers []*racer) {
	t.Helper()
	var results struct {
		Lines []resultLine `json:"resultados"`
	}
	if status, err := admin.call(t.Context(), http.MethodGet, "/api/competencias/1/resultados/", nil, &results); err != nil || status != http.StatusOK {
		t.Fatalf("results: %d %v", status, err)
	}
	if diff := gocmp.Diff(expectedResults(racers), results.Lines); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

// resultLine is one line of the ranking.
type resultLine struct {
	Place         *int          `json:"puesto"`
	CategoryPlace *int          `json:"puesto_categoria"`
	Status        string        `json:"estado"`
	TeamID        race.TeamID   `json:"equipo_id"`
	Bib           int           `json:"dorsal"`
	Category      race.Category `json:"categoria"`
	Records       int           `json:"total_registros"`
	Absent        int           `json:"ausentes"`
	Total         int64         `json:"tiempo_total"`
	Average       int64         `json:"promedio"`
	Best          int64         `json:"mejor"`
	Times         []int64       `json:"registros"`
}

// expectedResults ranks what the judges were acknowledged: by the sum, a team
// with an absent runner last and without a place.
func expectedResults(racers []*racer) []resultLine {
	var out []resultLine
	for _, r := range racers {
		l := resultLine{Status: "clasificado", TeamID: r.team, Bib: int(r.team), Category: alternate(int(r.team)), Records: len(r.acked)}
		for _, ms := range r.acked {
			l.Times = append(l.Times, ms)
			l.Total += ms
			if ms == 0 {
				l.Absent, l.Status = l.Absent+1, "descalificado"
			}
		}
		slices.Sort(l.Times)
		l.Times = append(l.Times[l.Absent:], make([]int64, l.Absent)...)
		ran := int64(l.Records - l.Absent)
		l.Best, l.Average = l.Times[0], (2*l.Total+ran)/(2*ran)
		out = append(out, l)
	}
	place := func(l resultLine, same func(resultLine) bool) *int {
		if l.Absent > 0 {
			return nil
		}
		n := 1
		for _, other := range out {
			if other.Absent == 0 && other.Total < l.Total && same(other) {
				n++
			}
		}
		return &n
	}
	for i, l := range out {
		out[i].Place = place(l, func(resultLine) bool { return true })
		out[i].CategoryPlace = place(l, func(other resultLine) bool { return other.Category == l.Category })
	}
	slices.SortFunc(out, func(a, b resultLine) int {
		if (a.Absent > 0) != (b.Absent > 0) {
			return cmp.Compare(min(a.Absent, 1), min(b.Absent, 1))
		}
		if a.Absent == 0 && a.Total != b.Total {
			return cmp.Compare(a.Total, b.Total)
		}
		return cmp.Compare(a.Bib, b.Bib)
	})
	return out
}

// checkRace compares the store with what the judges were told and the viewers
// saw.
func checkRace(t *testing.T, cfg *Config, racers []*racer, viewers []*viewer) {
	t.Helper()
	var records, held []race.TimeRecord
	err := withStore(t.Context(), cfg, func(s persistence.Store) (err error) {
		if records, err = s.Records(t.Context(), 1); err != nil {
			return err
		}
		held, err = s.Held(t.Context(), 1)
		return err
	})
	if want := len(racers) * race.DefaultTeamSize; err != nil || len(records) != want || len(held) != 0 {
		t.Errorf("%d records, %d held, %v; want %d, 0", len(records), len(held), err, want)
	}
	stored, totals := map[race.TeamID]map[string]int64{}, map[race.TeamID]viewedTotal{}
	slots := map[race.TeamID]map[int]bool{}
	for i, r := range records {
		if r.Seq != int64(i+1) {
			t.Errorf("record %d has the number %d", i+1, r.Seq)
		}
		if stored[r.Team] == nil {
			stored[r.Team], slots[r.Team] = map[string]int64{}, map[int]bool{}
		}
		stored[r.Team][r.ID.String()] = r.Elapsed.Milliseconds()
		slots[r.Team][r.Slot] = true
		total := totals[r.Team]
		totals[r.Team] = viewedTotal{r.Team, total.Records + 1, total.Total + r.Elapsed.Milliseconds()}
	}
	for _, r := range racers {
		if diff := gocmp.Diff(r.acked, stored[r.team]); diff != "" || len(r.acked) != race.DefaultTeamSize {
			t.Errorf("team %d: acknowledged -, stored +:\n%s", r.team, diff)
		}
		for slot := 1; slot <= race.DefaultTeamSize; slot++ {
			if !slots[r.team][slot] {
				t.Errorf("team %d: slot %d is empty", r.team, slot)
			}
		}
	}
	for _, v := range viewers {
		if diff := gocmp.Diff(totals, v.totals); diff != "" {
			t.Errorf("viewer %d (-stored +seen):\n%s", v.n, diff)
		}
	}
}
