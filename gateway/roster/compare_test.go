package roster_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"server5k/gateway/roster"
	"server5k/race"
)

// stored is a server with two competitions, 5 being the one of the import.
func stored() roster.Existing {
	return roster.Existing{
		Competition: 5,
		Teams: []race.Team{
			{ID: 11, Competition: 5, Judge: 1, Name: "Ñandúes", Bib: 101, Category: race.CategoryStudents},
			{ID: 12, Competition: 5, Judge: 2, Name: "Viento Sur", Bib: 102, Category: race.CategoryFaculties},
			{ID: 13, Competition: 5, Name: "Nadie", Bib: 900, Category: race.CategoryStudents},
			{ID: 14, Competition: 6, Name: "De otra", Bib: 103, Category: race.CategoryStudents},
		},
		Judges: []race.Judge{
			{ID: 1, Username: "ana", FirstName: "Ana", LastName: "Paz", Email: "ana@example.org", Active: true},
			{ID: 2, Username: "beto", FirstName: "Beto"},
		},
		Categories: []roster.Category{
			{Code: race.CategoryStudents, Name: "Estudiantes por Equipos"},
			{Code: race.CategoryFaculties, Name: "Interfacultades por Equipos"},
		},
	}
}

// memory is a store that records the calls and keeps what they write.
type memory struct {
	state  roster.Existing
	hashes map[race.JudgeID]string
	calls  []string
	fail   string // the call that fails
	next   int64
}

func newMemory(state roster.Existing) *memory {
	state.Teams, state.Judges, state.Categories = slices.Clone(state.Teams), slices.Clone(state.Judges), slices.Clone(state.Categories)
	return &memory{state: state, hashes: map[race.JudgeID]string{}, next: 1000}
}

var errDown = errors.New("down")

func (m *memory) record(format string, args ...any) error {
	m.calls = append(m.calls, fmt.Sprintf(format, args...))
	if m.calls[len(m.calls)-1] == m.fail {
		return errDown
	}
	return nil
}

func (m *memory) PutCategory(_ context.Context, code race.Category, name string) error {
	for _, c := range m.state.Categories {
		if c.Code == code {
			return fmt.Errorf("category %q exists", code)
		}
	}
	m.state.Categories = append(m.state.Categories, roster.Category{Code: code, Name: name})
	return m.record("category %s %q", code, name)
}

func (m *memory) PutJudge(_ context.Context, j race.Judge, hash string) (race.JudgeID, error) {
	call := fmt.Sprintf("judge %d %s %q %q", j.ID, j.Username, j.FullName(), hash)
	if j.ID == 0 {
		m.next++
		j.ID = race.JudgeID(m.next)
		m.state.Judges = append(m.state.Judges, j)
	} else {
		m.state.Judges[slices.IndexFunc(m.state.Judges, func(o race.Judge) bool { return o.ID == j.ID })] = j
	}
	m.hashes[j.ID] = hash
	return j.ID, m.record("%s", call)
}

func (m *memory) PutTeam(_ context.Context, t race.Team) (race.TeamID, error) {
	call := fmt.Sprintf("team %d of %d: %d %q %s judge %d", t.ID, t.Competition, t.Bib, t.Name, t.Category, t.Judge)
	if t.ID == 0 {
		m.next++
		t.ID = race.TeamID(m.next)
		m.state.Teams = append(m.state.Teams, t)
	} else {
		m.state.Teams[slices.IndexFunc(m.state.Teams, func(o race.Team) bool { return o.ID == t.ID })] = t
	}
	return t.ID, m.record("%s", call)
}

const changes = "Dorsal;Equipo;Categoría;Juez;Nombre;Apellido;Contraseña\n" +
	"101;Los Ñandúes;INTERFACULTADES;carla;Carla;;secreta123\n" + // name, category and judge change
	"102;Viento Sur;interfacultades  por equipos;;;;\n" + // nothing changes
	"103;Águilas;Élite +40;ana;Anita;;otraclave1\n" + // new team and category, judge changes
	"104;Cóndores;elite +40;beto;;;\n" // new team

func TestCompare(t *testing.T) {
	t.Parallel()
	got := roster.Compare(parse(t, changes), stored())
	ana := stored().Judges[0]
	ana.FirstName = "Anita"
	elite := race.Category("elite-40")
	want := roster.Plan{
		Categories: []roster.CategoryStep{
			{Outcome: roster.Unchanged, Row: 2, Category: stored().Categories[1]},
			{Outcome: roster.Created, Row: 4, Category: roster.Category{Code: elite, Name: "Élite +40"}},
		},
		Judges: []roster.JudgeStep{
			{Outcome: roster.Created, Row: 2, Judge: race.Judge{Username: "carla", FirstName: "Carla", Active: true}, Password: "secreta123"},
			{Outcome: roster.Updated, Row: 4, Judge: ana, Changes: []roster.Change{{Column: roster.ColumnFirstName, Old: "Ana", New: "Anita"}}},
			{Outcome: roster.Unchanged, Row: 5, Judge: stored().Judges[1]},
		},
		Teams: []roster.TeamStep{
			{
				Outcome: roster.Updated, Row: 2, Judge: "carla",
				Team: race.Team{ID: 11, Competition: 5, Name: "Los Ñandúes", Bib: 101, Category: race.CategoryFaculties},
				Changes: []roster.Change{
					{Column: roster.ColumnTeam, Old: "Ñandúes", New: "Los Ñandúes"},
					{Column: roster.ColumnCategory, Old: "Estudiantes por Equipos", New: "Interfacultades por Equipos"},
					{Column: roster.ColumnUsername, Old: "ana", New: "carla"},
				},
			},
			{Outcome: roster.Unchanged, Row: 3, Team: stored().Teams[1]},
			{Outcome: roster.Created, Row: 4, Judge: "ana", Team: race.Team{Competition: 5, Judge: 1, Name: "Águilas", Bib: 103, Category: elite}},
			{Outcome: roster.Created, Row: 5, Judge: "beto", Team: race.Team{Competition: 5, Judge: 2, Name: "Cóndores", Bib: 104, Category: elite}},
		},
		Kept: stored().Teams[2:3],
	}
	warnings := got.Warnings
	got.Warnings = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var texts []string
	for _, w := range warnings {
		texts = append(texts, fmt.Sprint(w.Row, " ", w.Text.ES))
	}
	wantTexts := []string{"4 el juez «ana» ya existe y conserva su contraseña", "5 el juez «beto» está inactivo y no puede entrar"}
	if diff := cmp.Diff(wantTexts, texts); diff != "" {
		t.Error(diff)
	}
}

func TestCompare_CategoryCodes(t *testing.T) {
	t.Parallel()
	existing := roster.Existing{Competition: 5, Categories: []roster.Category{{Code: "elite", Name: "Profesionales"}, {Code: "b", Name: "A"}, {Code: "a", Name: "C"}}}
	got := roster.Compare(parse(t, "bib,team,category\n1,x,¡Élite!\n2,x,(elite)\n3,x,エリート\n4,x,ELITE\n5,x,a\n6,x,M-40\n7,x,M+40\n"), existing)
	codes := map[string]race.Category{}
	for _, step := range got.Categories {
		codes[fmt.Sprint(step.Outcome, " ", step.Category.Name)] = step.Category.Code
	}
	want := map[string]race.Category{
		"created ¡Élite!": "elite-2", "created (elite)": "elite-3", "created エリート": "categoria",
		"unchanged Profesionales": "elite", "unchanged A": "b", "created M-40": "m-40", "created M+40": "m-40-2",
	}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Error(diff)
	}
}

func TestCompare_UsernamesCountCase(t *testing.T) {
	t.Parallel()
	r, problems := roster.Parse(table(t, "bib,team,category,judge\n1,x,estudiantes,Ana\n2,y,estudiantes,ANA\n"))
	if len(problems) != 1 || !problems[0].Warning {
		t.Errorf("problems: %+v", problems)
	}
	plan := roster.Compare(r, stored())
	if len(plan.Warnings) != 2 || plan.Judges[0].Outcome != roster.Created {
		t.Errorf("plan: %+v", plan)
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	m := newMemory(stored())
	plan := roster.Compare(parse(t, changes), m.state)
	if err := roster.Apply(t.Context(), m, plan, map[string]string{"carla": "hash", "ana": "not used"}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`category elite-40 "Élite +40"`,
		`judge 0 carla "Carla" "hash"`,
		`judge 1 ana "Anita Paz" ""`,
		`team 11 of 5: 101 "Los Ñandúes" interfacultades judge 1001`,
		`team 0 of 5: 103 "Águilas" elite-40 judge 1`,
		`team 0 of 5: 104 "Cóndores" elite-40 judge 2`,
	}
	if diff := cmp.Diff(want, m.calls); diff != "" {
		t.Error(diff)
	}
}

func TestApply_StopsAtTheFirstError(t *testing.T) {
	t.Parallel()
	calls := []string{
		`category elite-40 "Élite +40"`, `judge 0 carla "Carla" "hash"`, `team 11 of 5: 101 "Los Ñandúes" interfacultades judge 1001`,
	}
	for _, fail := range calls {
		m := newMemory(stored())
		m.fail = fail
		err := roster.Apply(t.Context(), m, roster.Compare(parse(t, changes), m.state), map[string]string{"carla": "hash"})
		if !errors.Is(err, errDown) || m.calls[len(m.calls)-1] != fail {
			t.Errorf("%s: %v after %q", fail, err, m.calls)
		}
	}
}

func TestApply_WritesNothingItCannotFinish(t *testing.T) {
	t.Parallel()
	m := newMemory(stored())
	if err := roster.Apply(t.Context(), m, roster.Compare(parse(t, changes), m.state), nil); err == nil || len(m.calls) > 0 {
		t.Errorf("without a hash: %v after %q", err, m.calls)
	}
	plan := roster.Plan{Teams: []roster.TeamStep{{Outcome: roster.Created, Team: race.Team{Bib: 1}, Judge: "nobody"}}}
	if err := roster.Apply(t.Context(), m, plan, nil); err == nil || len(m.calls) > 0 {
		t.Errorf("without a judge: %v after %q", err, m.calls)
	}
}

// The same file again changes nothing, whatever was stored before.
func TestCompare_AgainChangesNothing(t *testing.T) {
	t.Parallel()
	names := []string{"Ñandúes", "Nandues", "B", "C c"}
	categories := []string{"Estudiantes por Equipos", "ESTUDIANTES", "Élite", "elite", "(élite)", "エ", "Élite-2", "interfacultades"}
	users := []string{"", "ana", "Ana", "beto", "carla", "zoe@x"}
	rapid.Check(t, func(t *rapid.T) {
		var r roster.Roster
		judges := map[string]bool{}
		for i, bib := range rapid.SliceOfNDistinct(rapid.SampledFrom([]int{101, 102, 103, 900, 7}), 1, 5, rapid.ID).Draw(t, "bibs") {
			team := roster.Team{
				Row: i + 2, Bib: bib,
				Name:     rapid.SampledFrom(names).Draw(t, "name"),
				Category: rapid.SampledFrom(categories).Draw(t, "category"),
				Judge:    rapid.SampledFrom(users).Draw(t, "judge"),
			}
			r.Teams = append(r.Teams, team)
			if team.Judge != "" {
				judges[team.Judge] = true
			}
		}
		hashes := map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(judges)) {
			hashes[name] = "hash of " + name
			r.Judges = append(r.Judges, roster.Judge{
				Row: 2, Username: name,
				FirstName: rapid.SampledFrom([]string{"", "Íñigo"}).Draw(t, "first"),
				Email:     rapid.SampledFrom([]string{"", "x@example.org"}).Draw(t, "email"),
				Password:  rapid.SampledFrom([]string{"", "secreta123"}).Draw(t, "password"),
			})
		}
		m := newMemory(stored())
		first := roster.Compare(r, m.state)
		if err := roster.Apply(context.Background(), m, first, hashes); err != nil {
			t.Fatal(err)
		}
		if first.Changes() != (len(m.calls) > 0) {
			t.Fatalf("the plan changes %t, calls %q", first.Changes(), m.calls)
		}
		again := roster.Compare(r, m.state)
		if again.Changes() {
			t.Fatalf("second plan: %+v", again)
		}
		if diff := cmp.Diff(first.Kept, again.Kept); diff != "" {
			t.Fatal(diff)
		}
	})
}
