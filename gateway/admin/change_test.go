package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/gateway/export"
	"server5k/gateway/office"
	"server5k/gateway/site"
	"server5k/race"
)

func TestStartAndStop(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.db.grants[chief] = []race.CompetitionID{1, 2}
	b.get(chief, "/admin/competencias/2/").want(t, http.StatusOK, `href="/admin/competencias/2/iniciar/"`, "Sin iniciar")
	b.post(chief, "/admin/competencias/2/iniciar/").want(t, http.StatusUnprocessableEntity, "Confirme antes de continuar")
	if b.db.events[2].Running {
		t.Fatal("started without being confirmed")
	}
	b.post(chief, "/admin/competencias/2/iniciar/", "confirmar", "1", "hora", "ayer").want(t, http.StatusUnprocessableEntity, "fecha y hora válidas", `value="ayer"`)
	a := b.post(chief, "/admin/competencias/2/iniciar/", "confirmar", "1", "hora", "2026-11-26T09:59:30.250").want(t, http.StatusSeeOther)
	if got := a.location(); !strings.HasSuffix(got, "/admin/competencias/2/?hecho=started") {
		t.Error(got)
	}
	if got := b.db.events[2].StartedAt; !got.Equal(gun.Add(59*time.Minute + 30250*time.Millisecond)) {
		t.Errorf("started at %v", got)
	}
	b.get(chief, "/admin/competencias/2/?hecho=started").want(t, http.StatusOK, "La competencia está en curso", fmt.Sprintf(`data-gun="%d"`, gun.Add(59*time.Minute+30250*time.Millisecond).UnixMilli()), `href="/admin/competencias/2/detener/"`)
	b.post(chief, "/admin/competencias/2/iniciar/", "confirmar", "1").want(t, http.StatusUnprocessableEntity, "ya está en curso")
	b.post(chief, "/admin/competencias/2/detener/", "confirmar", "1").want(t, http.StatusSeeOther)
	if b.db.events[2].Running {
		t.Error("still running")
	}
}

func TestGun_ShowsTheEffectFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page := b.get(chief, "/admin/competencias/1/salida/").want(t, http.StatusOK)
	key := page.hidden(t, "clave")
	send := func(more ...string) answer {
		return b.post(chief, "/admin/competencias/1/salida/", append([]string{"clave", key, "modo", "ajuste", "ajuste", "+2.35", "motivo", "reacción"}, more...)...)
	}
	send().want(t, http.StatusOK, "2026-11-26 09:00:02.350", "Los tiempos se acortan en 0:02.350 (5 marcas)", `name="confirmar" value="1"`)
	if got := b.db.events[1].GunShift; got != 0 {
		t.Fatalf("shifted by %v before it was confirmed", got)
	}
	b.post(chief, "/admin/competencias/1/salida/", "clave", key, "modo", "ajuste", "ajuste", "nada").want(t, http.StatusUnprocessableEntity, "segundos con signo", "Complete este campo", `value="nada"`)
	b.post(chief, "/admin/competencias/1/salida/", "clave", key, "modo", "ajuste", "ajuste", "25:00.0", "motivo", "x").want(t, http.StatusUnprocessableEntity, "quedaría antes de la partida")
	send("confirmar", "1").want(t, http.StatusSeeOther)
	send("confirmar", "1").want(t, http.StatusSeeOther) // the browser sent it twice
	if got := b.db.events[1].GunShift; got != 2350*time.Millisecond {
		t.Errorf("shifted by %v", got)
	}
	b.post(chief, "/admin/competencias/1/salida/", "clave", newKey(), "modo", "hora", "salida", "2026-11-26T09:00:01.000", "motivo", "video", "confirmar", "1").want(t, http.StatusSeeOther)
	if got := b.db.events[1].Gun(); !got.Equal(gun.Add(time.Second)) {
		t.Errorf("gun %v", got)
	}
}

func TestReview_EachActionOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page := b.get(chief, "/admin/competencias/1/revision/").want(t, http.StatusOK, "Marca retenida", "Dos marcas casi iguales", "Faltan marcas", "Contar la marca 6", "Anular la marca 5")
	key := page.hidden(t, "clave")
	send := func(action, reason string) answer {
		return b.post(chief, "/admin/competencias/1/decision/", "clave", key, "volver", "/admin/competencias/1/revision/?tipo=near", "accion", action, "motivo", reason)
	}
	send("anular:registro:5", "").want(t, http.StatusUnprocessableEntity, "Anular una marca", "Complete este campo", "23:00.100", `name="registro" value="5"`)
	for range 2 { // a double click
		if got := send("anular:registro:5", "doble toque").want(t, http.StatusSeeOther).location(); !strings.HasSuffix(got, "/admin/competencias/1/revision/?tipo=near&hecho=ruled") {
			t.Error(got)
		}
	}
	if n := len(b.db.rulings[1]); n != 1 {
		t.Fatalf("%d rulings of one click", n)
	}
	send("anular:registro:4", "otra").want(t, http.StatusSeeOther) // another button of the same form
	send("incluir:registro:6", "llegó tarde").want(t, http.StatusSeeOther)
	var got []string
	for _, r := range b.db.rulings[1] {
		got = append(got, fmt.Sprint(r.Kind, " ", r.Record, " ", r.Author, " ", r.Reason))
	}
	if diff := cmp.Diff([]string{"void 5 bea doble toque", "void 4 bea otra", "include 6 bea llegó tarde"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b.post(chief, "/admin/competencias/1/decision/", "clave", "", "accion", "anular:registro:1", "motivo", "x").want(t, http.StatusUnprocessableEntity, "no tiene clave")
	b.post(chief, "/admin/competencias/1/decision/", "clave", key, "accion", "inventar:registro:1").want(t, http.StatusNotFound)
}

func TestEvidence_UndoAndHistory(t *testing.T) {
	t.Parallel()
	b := setup(t)
	rule := func(form ...string) answer {
		return b.post(chief, "/admin/competencias/1/decision/", append([]string{"clave", newKey(), "volver", "/admin/equipos/12/"}, form...)...)
	}
	rule("tipo", "agregar", "equipo", "12", "tiempo", "rápido", "motivo", "hoja").want(t, http.StatusUnprocessableEntity, "tiempo mayor que cero", `value="rápido"`, "hoja")
	rule("tipo", "agregar", "equipo", "12", "tiempo", "2410.5", "motivo", "hoja").want(t, http.StatusSeeOther)
	rule("tipo", "agregar", "equipo", "12", "tiempo", "2411", "motivo", "hoja").want(t, http.StatusUnprocessableEntity, "ya tiene 3 registros")
	b.get(chief, "/admin/equipos/12/").want(t, http.StatusOK, "24:10.500", "Cuenta por decisión", "Marca agregada", "hoja", "bea", "Deshacer", "1.0 ms ± 2.0 ms", "teléfono #4", "Marca retenida")
	id := fmt.Sprint(b.db.rulings[1][0].ID)
	b.get(chief, "/admin/competencias/1/decision/?tipo=deshacer&deshace="+id).want(t, http.StatusOK, "Marca agregada", "hoja")
	rule("tipo", "deshacer", "deshace", id).want(t, http.StatusSeeOther)
	b.get(chief, "/admin/equipos/12/").want(t, http.StatusOK, "Agregada y deshecha", "Deshecha por bea")
	rule("tipo", "deshacer", "deshace", id).want(t, http.StatusUnprocessableEntity, "ya está deshecha")
	rule("tipo", "mover", "registro", "6", "motivo", "x").want(t, http.StatusUnprocessableEntity, "Complete este campo", "103 · Sin juez")
	rule("tipo", "mover", "registro", "6", "equipo_destino", "13", "motivo", "x").want(t, http.StatusSeeOther)
	rule("tipo", "penalizar", "equipo", "11", "penalizacion", "2:00:00", "motivo", "x").want(t, http.StatusUnprocessableEntity, `id="f-penalizacion-fault"`)
	rule("tipo", "penalizar", "equipo", "11", "penalizacion", "1:00", "motivo", "x").want(t, http.StatusSeeOther)
	rule("tipo", "descalificar", "equipo", "11", "motivo", "dorsal tapado").want(t, http.StatusSeeOther)
	b.get(chief, "/admin/competencias/1/resultados/").want(t, http.StatusOK, "dorsal tapado", "1:00.000")
	english := b.do(request{method: http.MethodPost, path: "/admin/competencias/1/decision/", who: chief, lang: site.English, form: url.Values{"clave": {newKey()}, "tipo": {"restituir"}, "registro": {"1"}}})
	english.want(t, http.StatusUnprocessableEntity, "The record is not void", "Reinstate a mark")
}

func TestPublish(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page := b.get(chief, "/admin/competencias/1/resultados/").want(t, http.StatusOK, "Resultados provisionales", "Quedan")
	key := page.hidden(t, "clave")
	b.post(chief, "/admin/competencias/1/oficial/", "clave", key).want(t, http.StatusUnprocessableEntity, "Confirme antes")
	b.post(chief, "/admin/competencias/1/oficial/", "clave", key, "confirmar", "1").want(t, http.StatusUnprocessableEntity, "puntos por revisar")
	b.post(chief, "/admin/competencias/1/oficial/", "clave", key, "confirmar", "1", "forzar", "1").want(t, http.StatusUnprocessableEntity, "Complete este campo")
	for range 2 {
		b.post(chief, "/admin/competencias/1/oficial/", "clave", key, "confirmar", "1", "forzar", "1", "motivo", "ceremonia").want(t, http.StatusSeeOther)
	}
	if n := len(b.db.versions[1]); n != 1 {
		t.Fatalf("%d versions", n)
	}
	b.get(chief, "/admin/competencias/1/resultados/").want(t, http.StatusOK, "Estos son los resultados oficiales, versión 1", "ceremonia")
	b.post(chief, "/admin/competencias/1/decision/", "clave", newKey(), "tipo", "penalizar", "equipo", "11", "penalizacion", "1:00", "motivo", "x").want(t, http.StatusSeeOther)
	b.get(chief, "/admin/competencias/1/resultados/").want(t, http.StatusOK, "Los resultados cambiaron desde la versión 1")
	b.get(chief, "/admin/competencias/1/diferencias/?desde=1").want(t, http.StatusOK, "1:03:00.000", "1:04:00.000", "101 · Lobos")
	b.get(chief, "/admin/competencias/1/versiones/1/").want(t, http.StatusOK, b.db.versions[1][0].Digest.String(), "1:03:00.000")
	b.get(chief, "/admin/competencias/1/versiones/9/").want(t, http.StatusNotFound)
}

func TestSettings_TwoAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tag := b.get(chief, "/admin/competencias/1/ajustes/").want(t, http.StatusOK, "Ñandú &amp; &lt;5K&gt;").hidden(t, "version")
	save := func(tag, name, size string) answer {
		return b.post(chief, "/admin/competencias/1/ajustes/", "version", tag, "name", name, "datetime", "2026-11-26T09:00", "integrantes", size, "politica_redondeo", "raw", "is_active", "1")
	}
	save(tag, "", "tres").want(t, http.StatusUnprocessableEntity, `href="#f-name"`, `href="#f-integrantes"`, `value="tres"`, "Nombre: Complete este campo")
	save(tag, "Primera", "3").want(t, http.StatusSeeOther)
	second := save(tag, "Segunda", "3").want(t, http.StatusPreconditionFailed, "Alguien más cambió", "Primera", "Segunda")
	if got := b.db.events[1].Name; got != "Primera" {
		t.Fatalf("name %q", got)
	}
	save(second.hidden(t, "version"), "Segunda", "3").want(t, http.StatusSeeOther)
	if got := b.db.events[1].Name; got != "Segunda" {
		t.Errorf("name %q", got)
	}
	b.post(chief, "/admin/competencias/1/eliminar/", "confirmar", "1").want(t, http.StatusUnprocessableEntity)
	a := b.post(chief, "/admin/competencias/1/copiar/", "nombre", "2027").want(t, http.StatusSeeOther)
	b.get(chief, strings.TrimPrefix(a.location(), "http://panel.test")).want(t, http.StatusOK, "Copiada", "2027")
}

func TestCompetition_CreateAndFill(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.post(chief, "/admin/competencias/nueva/", "name", "Íñiguez 5K", "datetime", "2027-11-26T09:00", "integrantes", "15", "politica_redondeo", "up-total", "is_active", "1").want(t, http.StatusSeeOther)
	path := strings.TrimSuffix(strings.TrimPrefix(a.location(), "http://panel.test"), "intercambio/?hecho=saved")
	b.get(chief, path).want(t, http.StatusOK, "Íñiguez 5K", "No hay equipos todavía")
	b.post(chief, path+"equipos/nuevo/", "number", "7", "name", "Ñandú", "category", "estudiantes", "juez", "nadie").want(t, http.StatusUnprocessableEntity, "No hay un juez", `value="nadie"`)
	b.post(chief, path+"equipos/nuevo/", "number", "7", "name", "Ñandú", "category", "estudiantes", "juez", "JUEZ1").want(t, http.StatusSeeOther)
	b.get(chief, path).want(t, http.StatusOK, "Ñandú", "juez1")
}

func TestAssign_OnlyWhatChanged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.get(chief, "/admin/competencias/1/asignar/").want(t, http.StatusOK, `name="juez_13"`, `name="era_juez_11" value="juez1"`)
	b.post(chief, "/admin/competencias/1/asignar/", "juez_11", "juez1", "era_juez_11", "juez1", "juez_13", "quién", "era_juez_13", "").want(t, http.StatusUnprocessableEntity, "Sin juez: No hay un juez con ese nombre", `value="quién"`)
	b.post(chief, "/admin/competencias/1/asignar/", "juez_11", "juez1", "era_juez_11", "juez1", "juez_12", "", "era_juez_12", "juez2", "juez_13", "juez2", "era_juez_13", "").want(t, http.StatusSeeOther)
	got := []race.JudgeID{b.db.teams[11].Judge, b.db.teams[12].Judge, b.db.teams[13].Judge}
	if diff := cmp.Diff([]race.JudgeID{1, 0, 2}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJudges(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(chief, "/admin/jueces/nuevo/", "username", "").want(t, http.StatusUnprocessableEntity, "Complete este campo")
	b.post(chief, "/admin/jueces/nuevo/", "username", "nuevo", "first_name", "Ñusta", "is_active", "1", "password", "secreta-1234").want(t, http.StatusSeeOther)
	b.get(chief, "/admin/jueces/?buscar=%C3%B1usta").want(t, http.StatusOK, "nuevo", "Jueces: 1")
	b.post(chief, "/admin/jueces/1/restablecer/").want(t, http.StatusUnprocessableEntity, "Confirme antes")
	page := b.post(chief, "/admin/jueces/1/restablecer/", "confirmar", "1").want(t, http.StatusOK, "no se puede volver a mostrar")
	if m := regexp.MustCompile(`<code>([^<]{10,})</code>`).FindStringSubmatch(page.body); m == nil {
		t.Error("no password on the page")
	}
	tag := b.get(chief, "/admin/jueces/2/").want(t, http.StatusOK).hidden(t, "version")
	b.post(chief, "/admin/jueces/2/", "version", tag, "username", "juez2", "first_name", "Íñigo").want(t, http.StatusSeeOther)
	if b.db.judges[2].Active {
		t.Error("still active")
	}
	if diff := cmp.Diff([]race.JudgeID{1, 2}, b.db.closed); diff != "" {
		t.Errorf("sessions closed (-want +got):\n%s", diff)
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(chief, "/admin/competencias/1/credenciales/", "quienes", "algunos").want(t, http.StatusUnprocessableEntity, "Elija al menos un juez", "Confirme antes")
	a := b.post(chief, "/admin/competencias/1/credenciales/", "quienes", "algunos", "jueces", "1", "confirmar", "1", "formato", "html").want(t, http.StatusOK, "juez1", "data:image/png")
	if strings.Contains(a.body, "juez2") || string(a.header.Peek("Cache-Control")) != "no-store" {
		t.Error("a card of another judge, or one that is kept")
	}
	a = b.post(chief, "/admin/competencias/1/credenciales/", "quienes", "todos", "confirmar", "1", "formato", "pdf").want(t, http.StatusOK, "%PDF")
	if got := string(a.header.ContentType()); got != "application/pdf" {
		t.Error(got)
	}
}

func TestOrganizers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(super, "/admin/organizadores/nuevo/", "username", "nora", "rol", "observador", "competencias", "1").want(t, http.StatusUnprocessableEntity, "Complete este campo", `value="1" checked`)
	b.post(super, "/admin/organizadores/nuevo/", "username", "nora", "rol", "observador", "competencias", "1", "is_active", "1", "password", "otra-larga-1234").want(t, http.StatusSeeOther)
	b.get(super, "/admin/organizadores/").want(t, http.StatusOK, "nora", "observador")
	tag := b.get(super, "/admin/organizadores/2/").hidden(t, "version")
	b.post(super, "/admin/organizadores/2/", "version", tag, "username", "bea", "rol", "organizador", "is_active", "1", "competencias", "1", "competencias", "2").want(t, http.StatusSeeOther)
	if diff := cmp.Diff([]race.CompetitionID{1, 2}, b.db.grants[chief]); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
}

func TestCategories(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(super, "/admin/categorias/", "hacer", "crear", "codigo", "", "nombre", "X").want(t, http.StatusUnprocessableEntity, "Complete este campo")
	b.post(super, "/admin/categorias/", "hacer", "crear", "codigo", "docentes", "nombre", "Docentes").want(t, http.StatusSeeOther)
	b.post(super, "/admin/categorias/", "hacer", "cambiar", "codigo", "docentes", "nombre", "Docentes y más").want(t, http.StatusSeeOther)
	b.get(super, "/admin/categorias/").want(t, http.StatusOK, "Docentes y más")
	b.post(super, "/admin/categorias/", "hacer", "eliminar", "codigo", "docentes").want(t, http.StatusSeeOther)
	if _, found := b.db.categories["docentes"]; found {
		t.Error("still there")
	}
}

func TestImport_ChecksThenWrites(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.upload("", "").want(t, http.StatusUnprocessableEntity, "Elija un archivo")
	b.upload("foto.pdf", "%PDF").want(t, http.StatusUnprocessableEntity, "No es una tabla")
	b.upload("grande.csv", strings.Repeat("x", maxImport+1)).want(t, http.StatusUnprocessableEntity, "demasiado grande")
	bad := b.upload("mal.csv", "1;bien\n2;mal").want(t, http.StatusUnprocessableEntity, "tiene errores", "equipo 2;mal")
	if strings.Contains(bad.body, `name="contenido"`) {
		t.Error("a file with errors can be confirmed")
	}
	page := b.upload("equipos.csv", "201;Ñandú Íñiguez").want(t, http.StatusOK, "equipos.csv se puede importar", "Confirmar la importación")
	if n := len(b.db.teams); n != 3 {
		t.Fatalf("%d teams before it was confirmed", n)
	}
	b.upload("", "", "nombre_archivo", "equipos.csv", "contenido", page.hidden(t, "contenido")).want(t, http.StatusSeeOther)
	b.get(chief, "/admin/competencias/1/").want(t, http.StatusOK, "Ñandú Íñiguez")
}

func TestExport(t *testing.T) {
	t.Parallel()
	b := setup(t)
	withRulings(b)
	get := func(query string) answer { return b.get(chief, "/admin/competencias/1/exportar/?archivo="+query) }
	for _, name := range export.Names() {
		a := get(name+"&equipo=11").want(t, http.StatusOK)
		how := "attachment"
		if strings.HasSuffix(name, ".html") {
			how = "inline"
		}
		if got := string(a.header.Peek("Content-Disposition")); !strings.HasPrefix(got, how) || len(a.body) == 0 {
			t.Errorf("%s: %q, %d bytes", name, got, len(a.body))
		}
	}
	get("results.csv&version=1").want(t, http.StatusOK, "Lobos")
	get("template.xlsx").want(t, http.StatusOK, "PK")
	sheet, err := race.DecodeSheet([]byte(get("results.json").want(t, http.StatusOK).body))
	if err != nil || sheet.Competition != 1 {
		t.Error(sheet, err)
	}
	for _, bad := range []string{"", "results.exe", "../results.csv", "evidence.pdf&equipo=99", "results.csv&version=9"} {
		get(bad).want(t, http.StatusNotFound)
	}
	b.get(other, "/admin/competencias/1/exportar/?archivo=results.json").want(t, http.StatusNotFound)
}

func TestReadiness_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	now := gun.Add(time.Hour)
	c := race.Competition{TeamSize: 3}
	judge := race.Judge{ID: 1}
	heard := func(ago time.Duration, more func(*race.Presence)) *race.Presence {
		p := &race.Presence{HeardAt: now.Add(-ago), ClockUncertainty: time.Millisecond, Battery: 90}
		if more != nil {
			more(p)
		}
		return p
	}
	for name, x := range map[string]struct {
		post        office.Post
		mood, state string
	}{
		"ready":              {office.Post{Judge: judge, Presence: heard(time.Second, nil)}, "ok", "post.ready"},
		"no judge":           {office.Post{}, "bad", "post.no_judge"},
		"absent":             {office.Post{Judge: judge}, "bad", "post.absent"},
		"gone, but complete": {office.Post{Judge: judge, Counted: 3}, "ok", "post.complete"},
		"late":               {office.Post{Judge: judge, Presence: heard(40*time.Second, nil)}, "warn", "post.silent"},
		"lost":               {office.Post{Judge: judge, Presence: heard(80*time.Second, nil)}, "bad", "post.lost"},
		"silent":             {office.Post{Judge: judge, Silent: true, Presence: heard(time.Second, nil)}, "bad", "post.lost"},
		"battery":            {office.Post{Judge: judge, Presence: heard(0, func(p *race.Presence) { p.Battery = 10 })}, "warn", "post.check"},
		"no clock":           {office.Post{Judge: judge, Presence: heard(0, func(p *race.Presence) { p.ClockUncertainty = 0 })}, "warn", "post.check"},
		"unconfirmed":        {office.Post{Judge: judge, Presence: heard(0, func(p *race.Presence) { p.Received = 1 })}, "warn", "post.check"},
		"no battery":         {office.Post{Judge: judge, Presence: heard(0, func(p *race.Presence) { p.Battery = -1 })}, "ok", "post.ready"},
	} {
		if l := lineOf(x.post, c, now); l.Mood != x.mood || l.State != x.state {
			t.Errorf("%s: %s, %s", name, l.Mood, l.State)
		}
	}
}

func TestFragments(t *testing.T) {
	t.Parallel()
	b := setup(t)
	part := func(who race.OrganizerID, path string) answer {
		return b.do(request{method: http.MethodGet, path: path, who: who, header: map[string]string{"HX-Request": "true"}})
	}
	a := part(viewer, "/admin/competencias/1/preparacion/").want(t, http.StatusOK, `id="board"`, "80 %", "1.5 ms ± 4.0 ms", "Sin señal")
	if strings.Contains(a.body, "<html") {
		t.Error("a whole page")
	}
	part(chief, "/admin/competencias/1/?parte=estado").want(t, http.StatusOK, `id="state"`, "Terminada")
	a = part(0, "/admin/competencias/1/preparacion/").want(t, http.StatusUnauthorized)
	if got := string(a.header.Peek("HX-Redirect")); got != "/admin/entrar/" {
		t.Error(got)
	}
}
