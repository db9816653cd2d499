package roster_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"server5k/gateway/roster"
	"server5k/gateway/sheets"
)

// table reads a CSV.
func table(tb testing.TB, data string) sheets.Table {
	tb.Helper()
	t, err := sheets.Read("equipos.csv", []byte(data), sheets.DefaultLimits())
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// parse reads a CSV that has no problems.
func parse(tb testing.TB, data string) roster.Roster {
	tb.Helper()
	r, problems := roster.Parse(table(tb, data))
	if len(problems) > 0 {
		tb.Fatalf("problems: %+v", problems)
	}
	return r
}

// spanish is what a Spanish Excel saves, without its mark.
const spanish = "Dorsal;Equipo;Categoría;Juez;Nombre;Apellido;Correo electrónico;Contraseña\r\n" +
	"101;Los Ñandúes;Estudiantes por Equipos;inigo;Íñigo;Íñiguez;inigo@example.com;secreta123\r\n" +
	"102;Viento Sur;interfacultades;inigo;;;;\r\n" +
	"103;Águilas;Egresados;;;;;\r\n"

func spanishRoster() roster.Roster {
	return roster.Roster{
		Teams: []roster.Team{
			{Row: 2, Bib: 101, Name: "Los Ñandúes", Category: "Estudiantes por Equipos", Judge: "inigo"},
			{Row: 3, Bib: 102, Name: "Viento Sur", Category: "interfacultades", Judge: "inigo"},
			{Row: 4, Bib: 103, Name: "Águilas", Category: "Egresados"},
		},
		Judges: []roster.Judge{
			{Row: 2, Username: "inigo", FirstName: "Íñigo", LastName: "Íñiguez", Email: "inigo@example.com", Password: "secreta123"},
		},
		Bibs: map[int]int{101: 2, 102: 3, 103: 4},
	}
}

func TestParse_FilesOfOffices(t *testing.T) {
	t.Parallel()
	windows, err := charmap.Windows1252.NewEncoder().String(spanish)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"Spanish Excel":   "\uFEFF" + spanish,
		"Windows-1252":    windows,
		"commas":          strings.ReplaceAll(spanish, ";", ","),
		"English headers": strings.Replace(spanish, "Dorsal;Equipo;Categoría;Juez;Nombre;Apellido;Correo electrónico;Contraseña", "BIB; team ;CATEGORY;Judge;First Name;last_name;E-mail;Password", 1),
		"spaces":          strings.ReplaceAll(spanish, "Los Ñandúes", "  Los\u00a0  Ñandúes "),
		"accents apart":   strings.ReplaceAll(spanish, "Águilas", "A\u0301guilas"),
		"zeros":           strings.ReplaceAll(spanish, "101;", "00101;"),
	}
	for name, file := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(spanishRoster(), parse(t, file)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A judge may time several teams, and each row may tell another part.
func TestParse_JudgeOfSeveralRows(t *testing.T) {
	t.Parallel()
	got := parse(t, "bib,team,category,judge,first name,last name,email\n"+
		"1,A,x,ana,Ana,,\n2,B,x,ana,,Paz,Ana@example.org\n3,C,x,ana,Ana,Paz,ana@example.org\n")
	want := []roster.Judge{{Row: 2, Username: "ana", FirstName: "Ana", LastName: "Paz", Email: "Ana@example.org"}}
	if diff := cmp.Diff(want, got.Judges); diff != "" {
		t.Error(diff)
	}
}

func TestParse_HeaderBelowTitles(t *testing.T) {
	t.Parallel()
	got := parse(t, "Carrera 5K;;\n;;\nDorsal;Equipo;Categoría\n7;A;x\n")
	want := []roster.Team{{Row: 4, Bib: 7, Name: "A", Category: "x"}}
	if diff := cmp.Diff(want, got.Teams); diff != "" {
		t.Error(diff)
	}
}

func TestParse_WithoutItsColumns(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		table sheets.Table
		want  []string
	}{
		"no table": {sheets.Table{}, []string{"falta la columna «Dorsal»", "falta la columna «Equipo»", "falta la columna «Categoría»"}},
		"one missing": {
			table(t, "Número;Equipo;Dorsal\n1;A;x\n"),
			[]string{"la columna «Número» no se conoce y no se importa", "falta la columna «Categoría»"},
		},
		"one twice": {table(t, "Dorsal;Equipo;Categoría;bib\n1;A;x;2\n"), []string{"las columnas 1 y 4 dicen lo mismo"}},
		"no rows":   {table(t, "Dorsal;Equipo;Categoría\n"), []string{"el archivo no tiene equipos debajo del encabezado"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, problems := roster.Parse(tt.table)
			var got []string
			for _, p := range problems {
				got = append(got, p.Text.ES)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if !roster.Refused(problems) || len(r.Teams) > 0 {
				t.Errorf("not refused: %+v", r)
			}
		})
	}
}

func TestParse_PasswordIsInNoProblem(t *testing.T) {
	t.Parallel()
	_, problems := roster.Parse(table(t, "bib,team,category,judge,password\n1,A,x,ana,secret1\n2,B,x,ana,longenough1\n3,C,x,ana,longenough2\n"))
	if len(problems) != 2 {
		t.Fatalf("problems: %+v", problems)
	}
	for _, line := range roster.NewReport(problems, roster.Plan{}).Lines {
		if strings.Contains(line.Text.ES+line.Text.EN, "secret1") || strings.Contains(line.Text.ES+line.Text.EN, "longenough") {
			t.Errorf("line %q", line.Text.ES)
		}
	}
}

func TestTemplate_CanBeImported(t *testing.T) {
	t.Parallel()
	for _, language := range []sheets.Language{sheets.Spanish, sheets.English} {
		var csv, xlsx bytes.Buffer
		if err := sheets.WriteCSV(&csv, roster.Template(language), ';'); err != nil {
			t.Fatal(err)
		}
		if err := sheets.WriteXLSX(&xlsx, roster.Template(language)); err != nil {
			t.Fatal(err)
		}
		one, two := parse(t, csv.String()), parse(t, xlsx.String())
		if diff := cmp.Diff(one, two); diff != "" {
			t.Error(diff)
		}
		if len(one.Teams) != 2 || len(one.Judges) != 1 {
			t.Errorf("template: %+v", one)
		}
		if plan := roster.Compare(one, stored()); len(plan.Categories) != 2 || plan.Categories[0].Outcome != roster.Unchanged || plan.Categories[1].Outcome != roster.Unchanged {
			t.Errorf("categories: %+v", plan.Categories)
		}
	}
}
