package admin

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/gateway/site"
	"server5k/race"
)

// declared makes a judge of the tests declare.
func (b *bench) declared(team race.TeamID, total int, highest int64) {
	b.t.Helper()
	judge := b.db.teams[team].Judge
	_, err := b.db.Rule(b.t.Context(), race.Order{
		Competition: 1, Kind: race.RulingDeclare, Team: team, Judge: judge, Key: race.NewRecordID(), At: gun.Add(51 * time.Minute),
		Author: race.JudgeAuthor + b.db.judges[judge].Username, Declared: race.Declaration{Total: total, Device: fmt.Sprint("web-", team), Highest: highest},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// numbered gives each team a device of its own with numbers from 1.
func (b *bench) numbered() {
	next := map[race.TeamID]int64{}
	for i := range b.db.records[1] {
		r := &b.db.records[1][i]
		next[r.Team]++
		r.Mark.Device, r.Mark.DeviceSeq, r.Event = fmt.Sprint("web-", r.Team), next[r.Team], r.Seq
	}
}

func TestProof_SaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	const path = "/admin/competencias/1/puestos/"
	for name, c := range map[string]struct {
		change func(*bench)
		query  string
		want   []string
		not    []string
	}{
		"nothing declared": {
			func(*bench) {}, "",
			[]string{"Sin declarar", "Aún no declara; hay 3 guardadas.", "mayor número declarado 3 = mayor guardado 3. Faltan: ninguno.", "Sin marcas", "Comprobados: 0 de 3", "por atender: 3"},
			nil,
		},
		"all is here": {
			func(b *bench) { b.declared(11, 3, 3) }, "?estado=bien",
			[]string{"Comprobado", "juez juez1", "Comprobados: 1 de 3", "101 · Lobos"},
			[]string{"102 · Cóndores"},
		},
		"what is fine is left out": {func(b *bench) { b.declared(11, 3, 3) }, "?estado=atender", []string{"102 · Cóndores", "103 · Sin juez"}, []string{"101 · Lobos"}},
		"another number":           {func(b *bench) { b.declared(11, 4, 3) }, "", []string{"No coincide", "Declaró 4; hay 3 guardadas."}, nil},
		"a number that never came": {
			func(b *bench) { b.declared(11, 3, 5) }, "",
			[]string{"Faltan números", "mayor número declarado 5, mayor guardado 3.", "Faltan: 4, 5."},
			nil,
		},
		"the race is on": {func(b *bench) {
			r := b.db.events[1]
			r.Running, r.FinishedAt = true, time.Time{}
			b.db.events[1] = r
		}, "?estado=atender", []string{"Nada coincide con el filtro", "por atender: 0"}, []string{"Lobos"}},
		"before the gun": {func(b *bench) { b.db.events[1] = race.Competition{ID: 1, Name: "x", TeamSize: 3} }, "", []string{"Sin empezar"}, []string{"Por atender: 1"}},
		"a whole submission": {func(b *bench) {
			for i := range b.db.records[1] {
				b.db.records[1][i].Mark, b.db.records[1][i].Event = race.Mark{}, 7
			}
		}, "", []string{"Comprobado por envío", "ningún dispositivo que numere"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.numbered()
			c.change(b)
			a := b.get(viewer, path+c.query).want(t, http.StatusOK)
			text := plainText(a.body)
			for _, want := range c.want {
				if !strings.Contains(text, want) && !strings.Contains(a.body, want) {
					t.Errorf("no %q: %s", want, text)
				}
			}
			for _, not := range c.not {
				if strings.Contains(text, not) {
					t.Errorf("says %q", not)
				}
			}
			if strings.Contains(a.body, "/decision/") || strings.Contains(a.body, "/importar/") {
				t.Error("a viewer is offered a change")
			}
			fragment := b.do(request{method: http.MethodGet, path: path + c.query, who: chief, header: map[string]string{"HX-Request": "true"}}).want(t, http.StatusOK, `id="board"`)
			if strings.Contains(fragment.body, "<html") {
				t.Error("a fragment with a page around it")
			}
		})
	}
}

// plainText is what a page says.
func plainText(body string) string {
	return strings.NewReplacer(" .", ".", " :", ":").Replace(blank.ReplaceAllString(markup.ReplaceAllString(body, ""), " "))
}

func TestDeclare_OnPaper(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.numbered()
	page := b.get(chief, "/admin/competencias/1/decision/?tipo=declarar&equipo=12&volver=/admin/competencias/1/puestos/").want(t, http.StatusOK, "Marcas guardadas de este puesto: 3", "102 · Cóndores")
	send := func(total, reason string) answer {
		return b.post(chief, "/admin/competencias/1/decision/", "clave", page.hidden(t, "clave"), "tipo", "declarar", "equipo", "12", "total", total, "motivo", reason, "volver", "/admin/competencias/1/puestos/")
	}
	send("", "").want(t, http.StatusUnprocessableEntity, "Escriba un número entero de 0 a 1000", `href="#f-motivo"`)
	send("-1", "x").want(t, http.StatusUnprocessableEntity, `value="-1"`)
	send("1001", "x").want(t, http.StatusUnprocessableEntity, "de 0 a 1000")
	for range 2 { // sent twice is once
		if got := send("3", "hoja firmada").want(t, http.StatusSeeOther).location(); !strings.HasSuffix(got, "/puestos/?hecho=ruled") {
			t.Error(got)
		}
	}
	if n := len(b.db.rulings[1]); n != 1 || b.db.rulings[1][0].Declared != (race.Declaration{Total: 3}) {
		t.Fatalf("%d rulings: %+v", n, b.db.rulings[1])
	}
	b.get(chief, "/admin/competencias/1/puestos/").want(t, http.StatusOK, "en papel", "Comprobado")
	b.get(chief, "/admin/equipos/12/").want(t, http.StatusOK, "Declaró 3; hay 3 guardadas.")
	b.get(chief, "/admin/equipos/12/").want(t, http.StatusOK, "Marcas declaradas · 3 · en papel", "hoja firmada")
}

// TestReview_SettlesWhatJudgesSay: each of the newer findings says what to do, and
// one click does it.
func TestReview_SettlesWhatJudgesSay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.numbered()
	r := b.db.events[1]
	r.Clock = race.ClockCorrected
	b.db.events[1] = r
	b.db.records[1][0].Mark.ClockUncertainty = 0
	b.db.records[1][1].Mark.ClockOffset = time.Minute
	b.declared(12, 4, 5)
	page := b.get(chief, "/admin/competencias/1/revision/").want(
		t, http.StatusOK, `id="h-near-4-5"`, "El juez no ha declarado cuántas marcas hizo; hay 3 guardadas.", "El juez declaró 4 marcas y hay 3 guardadas.", "El dispositivo web-12 dio números que no están guardados: 4, 5.",
		"marcas sin un desfase medido: 1.", "posterior a la llegada de la marca", "Pregunte al juez cuántas marcas hizo", "El juez confirma 3", "/marcas/importar/",
	)
	if strings.Index(page.body, `id="h-undeclared-11-3"`) < strings.LastIndex(page.body, `id="h-near-4-5"`) {
		t.Error("what every team may have comes before what is about single marks")
	}
	english := b.do(request{method: http.MethodGet, path: "/admin/competencias/1/revision/", who: chief, lang: site.English})
	english.want(t, http.StatusOK, "The judge declared 4 marks and 3 are stored.", "The judge confirms 3")
	key := page.hidden(t, "clave")
	send := func(team, action, reason string) answer {
		return b.post(chief, "/admin/competencias/1/decision/", "clave", key, "equipo", team, "accion", action, "motivo", reason)
	}
	send("11", "declarar:total:3", "").want(t, http.StatusUnprocessableEntity, "Declarar las marcas", `value="3"`)
	send("11", "declarar:total:3", "por teléfono").want(t, http.StatusSeeOther)
	send("12", "declarar:total:3", "contó mal").want(t, http.StatusSeeOther)
	var got []string
	for _, r := range b.db.rulings[1] {
		got = append(got, fmt.Sprint(r.Kind, " ", r.Team, " ", r.Declared.Total, " ", r.Author))
	}
	if diff := cmp.Diff([]string{"declare 12 4 juez:juez2", "declare 11 3 bea", "declare 12 3 bea"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a := b.get(chief, "/admin/competencias/1/revision/").want(t, http.StatusOK)
	if strings.Contains(a.body, "El juez declaró") || strings.Contains(a.body, "El juez no ha declarado") {
		t.Error("what was declared is still to be reviewed")
	}
}

func TestAccept_AllOfAKind(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.numbered()
	page := b.get(chief, "/admin/competencias/1/revision/?tipo=undeclared").want(t, http.StatusOK, "Aceptar de una vez los 2 puntos que se muestran: Falta la declaración", `value="undeclared-11-3"`)
	key := page.hidden(t, "clave")
	send := func(kind, reason string, keys ...string) answer {
		form := []string{"clave", key, "tipo", kind, "motivo", reason}
		for _, k := range keys {
			form = append(form, "hallazgo", k)
		}
		return b.post(chief, "/admin/competencias/1/aceptar/", form...)
	}
	send("undeclared", "", "undeclared-11-3", "undeclared-12-3").want(t, http.StatusUnprocessableEntity, "Complete este campo", `href="#f-motivo"`)
	send("undeclared", "x").want(t, http.StatusUnprocessableEntity, "Elija de 1 a 50 puntos")
	send("undeclared", "x", "held-6").want(t, http.StatusUnprocessableEntity, "Elija de 1 a 50 puntos") // of another kind
	send("nada", "x", "held-6").want(t, http.StatusNotFound)
	send("undeclared", strings.Repeat("x", race.MaxReasonLength+1), "undeclared-11-3").want(t, http.StatusUnprocessableEntity, "como máximo 500 caracteres")
	if n := len(b.db.rulings[1]); n != 0 {
		t.Fatalf("%d rulings by what was refused", n)
	}
	for range 2 { // a double click is one
		send("undeclared", "jueces sin consola", "undeclared-11-3", "undeclared-12-3").want(t, http.StatusSeeOther)
	}
	var got []string
	for _, r := range b.db.rulings[1] {
		got = append(got, fmt.Sprint(r.Kind, " ", r.Finding, " ", r.Author, " ", r.Reason))
	}
	if diff := cmp.Diff([]string{"accept undeclared-11-3 bea jueces sin consola", "accept undeclared-12-3 bea jueces sin consola"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b.get(chief, "/admin/competencias/1/revision/").want(t, http.StatusOK, "Aceptados (2)", "jueces sin consola")
	// What changed meanwhile is not accepted unseen.
	key = newKey()
	send("undeclared", "x", "undeclared-13-7").want(t, http.StatusConflict, "Se aceptaron 0 puntos; otros 1")
}

// TestReadiness_SaysWhatIsStillOnThePhone: readiness and proof count what devices that are
// connected have just claimed.
func TestReadiness_SaysWhatIsStillOnThePhone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.numbered()
	b.declared(11, 3, 3)
	p := &b.db.presence[0]
	p.Device, p.Competition, p.Claimed, p.Pending = "web-11", 1, 5, 2
	b.get(viewer, "/admin/competencias/1/preparacion/").want(t, http.StatusOK, "2 en el teléfono", "Comprobar si llegaron todas las marcas")
	b.get(viewer, "/admin/competencias/1/puestos/").want(t, http.StatusOK, "mayor número declarado 5, mayor guardado 3.", "Faltan: 4, 5.")
}
