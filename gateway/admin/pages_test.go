package admin

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"server5k/gateway/site"
	"server5k/race"
)

// getPages are the pages of every route with a GET.
var getPages = []string{
	"/admin/", "/admin/competencias/nueva/", "/admin/competencias/1/", "/admin/competencias/2/", "/admin/competencias/1/?estado=revisar&ordenar=-marcas&buscar=c%C3%B3ndores",
	"/admin/competencias/1/iniciar/", "/admin/competencias/1/detener/", "/admin/competencias/1/reabrir/", "/admin/competencias/1/salida/",
	"/admin/competencias/1/preparacion/", "/admin/competencias/1/preparacion/?estado=atender", "/admin/competencias/1/revision/", "/admin/competencias/1/revision/?tipo=held",
	"/admin/competencias/1/decision/?tipo=incluir&registro=6", "/admin/competencias/1/decision/?tipo=anular&registro=1", "/admin/competencias/1/decision/?tipo=mover&registro=1",
	"/admin/competencias/1/decision/?tipo=agregar&equipo=12", "/admin/competencias/1/decision/?tipo=ausencia&equipo=12", "/admin/competencias/1/decision/?tipo=penalizar&equipo=12",
	"/admin/competencias/1/decision/?tipo=descalificar&equipo=12", "/admin/competencias/1/decision/?tipo=aceptar&hallazgo=held-6", "/admin/competencias/1/decision/?tipo=deshacer&deshace=1001",
	"/admin/competencias/1/decision/?tipo=restituir&registro=1", "/admin/competencias/1/decision/?tipo=declarar&equipo=12", "/admin/competencias/1/decision/?tipo=ocultar&equipo=13",
	"/admin/competencias/1/decision/?tipo=ocultar_marca&registro=2", "/admin/competencias/1/puestos/", "/admin/competencias/1/puestos/?estado=atender", "/admin/competencias/2/puestos/",
	"/admin/competencias/1/marcas/importar/", "/admin/competencias/1/revision/?tipo=undeclared", "/admin/competencias/1/revision/?tipo=gap",
	"/admin/competencias/1/resultados/", "/admin/competencias/1/resultados/?categoria=estudiantes", "/admin/competencias/1/versiones/1/", "/admin/competencias/1/diferencias/?desde=1", "/admin/competencias/1/diferencias/?desde=1&hasta=2",
	"/admin/competencias/1/equipos/nuevo/", "/admin/competencias/1/asignar/", "/admin/competencias/1/credenciales/", "/admin/competencias/2/credenciales/", "/admin/competencias/1/ajustes/", "/admin/competencias/1/eliminar/",
	"/admin/competencias/1/intercambio/", "/admin/equipos/11/", "/admin/equipos/12/", "/admin/equipos/13/", "/admin/equipos/12/editar/", "/admin/equipos/12/eliminar/",
	"/admin/jueces/", "/admin/jueces/?buscar=nadie", "/admin/jueces/nuevo/", "/admin/jueces/1/", "/admin/jueces/1/restablecer/", "/admin/jueces/1/eliminar/",
	"/admin/organizadores/", "/admin/organizadores/nuevo/", "/admin/organizadores/2/", "/admin/organizadores/2/eliminar/", "/admin/categorias/", "/admin/categorias/?codigo=estudiantes",
	"/admin/webhooks/", "/admin/webhooks/nuevo/", "/admin/auditoria/", "/admin/auditoria/?accion=team.&competencia=1&autor=ada",
}

// withRulings makes some of every sort, and two versions.
func withRulings(b *bench) {
	b.t.Helper()
	for i, o := range []race.Order{
		{Kind: race.RulingAdd, Team: 12, Elapsed: 24 * time.Minute, Reason: "hoja de papel"},
		{Kind: race.RulingVoid, Record: 5, Reason: "doble"},
		{Kind: race.RulingMove, Record: 3, Team: 13, Reason: "otro equipo"},
		{Kind: race.RulingPenalty, Team: 11, Amount: time.Minute, Reason: "atajo"},
		{Kind: race.RulingAccept, Finding: "held-6"},
		{Kind: race.RulingAbsence, Team: 13, Reason: "no vino"},
		{Kind: race.RulingRetract, Team: 12, Judge: 2, RecordID: b.db.records[1][3].ID, Author: race.JudgeAuthor + "juez2", At: gun.Add(24 * time.Minute)},
		{Kind: race.RulingDeclare, Team: 11, Judge: 1, Author: race.JudgeAuthor + "juez1", Declared: race.Declaration{Total: 3, Device: "teléfono", Highest: 8}},
		{Kind: race.RulingDeclare, Team: 12, Declared: race.Declaration{Total: 4}, Reason: "hoja"},
		{Kind: race.RulingConceal, Team: 12, Reason: "pidió privacidad"},
		{Kind: race.RulingConceal, Record: 1, Reason: "menor de edad"},
		{Kind: race.RulingOfficial, Override: true, Reason: "ceremonia"},
		{Kind: race.RulingUndo, Undoes: 1002},
		{Kind: race.RulingDisqualify, Team: 12, Reason: "dorsal tapado"},
		{Kind: race.RulingGun, Amount: 350 * time.Millisecond, Reason: "pistola"},
		{Kind: race.RulingOfficial, Override: true, Reason: "corregido"},
	} {
		o.Competition, o.Key = 1, race.OrderKey{byte(i + 1)}
		if o.Author == "" {
			o.Author = "bea"
		}
		if o.At.IsZero() {
			o.At = gun.Add(time.Hour)
		}
		if _, err := b.db.Rule(b.t.Context(), o); err != nil {
			b.t.Fatalf("ruling %d: %v", i, err)
		}
	}
}

func TestPages_BothLanguages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	withRulings(b)
	for _, lang := range site.Languages {
		for _, path := range getPages {
			a := b.do(request{method: http.MethodGet, path: path, who: super, lang: lang})
			if a.status != http.StatusOK {
				t.Errorf("%s %s: status %d: %s", lang, path, a.status, excerpt(a.body))
				continue
			}
			checkPage(t, lang+" "+path, lang, a)
		}
	}
	for _, lang := range site.Languages {
		checkPage(t, "login", lang, b.do(request{method: http.MethodGet, path: "/admin/entrar/", lang: lang}))
		checkPage(t, "missing", lang, b.do(request{method: http.MethodGet, path: "/admin/nada/", lang: lang, who: super}))
	}
}

var (
	ids      = regexp.MustCompile(`\bid="([^"]+)"`)
	controls = regexp.MustCompile(`<(?:input|select|textarea)\b[^>]*>`)
	inline   = regexp.MustCompile(`\sstyle=|\son[a-z]+=|<style|<script[^>]*>[^<]|javascript:|hx-on`)
	outside  = regexp.MustCompile(`(?:src|href|action)="(?:https?:)?//`)
)

// checkPage checks what holds for every page.
func checkPage(t *testing.T, name, lang string, a answer) {
	t.Helper()
	if strings.Contains(a.body, "⟦") || strings.Contains(a.body, "%!") {
		t.Errorf("%s: a text is missing: %q", name, regexp.MustCompile(`⟦[^⟧]*⟧|%!.{20}`).FindAllString(a.body, 5))
	}
	if n := strings.Count(a.body, "<h1"); n != 1 {
		t.Errorf("%s: %d h1", name, n)
	}
	if !strings.Contains(a.body, `<html lang="`+lang+`"`) {
		t.Errorf("%s: not in %s", name, lang)
	}
	if found := inline.FindString(a.body); found != "" {
		t.Errorf("%s: inline %q", name, found)
	}
	if found := outside.FindString(a.body); found != "" {
		t.Errorf("%s: leads outside: %q", name, found)
	}
	if csp := string(a.header.Peek("Content-Security-Policy")); !strings.Contains(csp, "script-src 'self'; style-src 'self'") || !strings.Contains(csp, "ws://panel.test wss://panel.test") {
		t.Errorf("%s: policy %q", name, csp)
	}
	if got := string(a.header.Peek("Cache-Control")); got != "no-store" {
		t.Errorf("%s: Cache-Control %q", name, got)
	}
	seen := map[string]bool{}
	for _, m := range ids.FindAllStringSubmatch(a.body, -1) {
		if seen[m[1]] {
			t.Errorf("%s: id %q twice", name, m[1])
		}
		seen[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?:for|aria-labelledby|aria-describedby|list)="([^"]*)"`).FindAllStringSubmatch(a.body, -1) {
		for id := range strings.FieldsSeq(m[1]) {
			if !seen[id] {
				t.Errorf("%s: %s names nothing", name, m[0])
			}
		}
	}
	for _, c := range controls.FindAllString(a.body, -1) {
		if strings.Contains(c, `type="hidden"`) || strings.Contains(c, "aria-label") || strings.Contains(c, `type="checkbox"`) || strings.Contains(c, `type="radio"`) {
			continue
		}
		id := ids.FindStringSubmatch(c)
		if id == nil || !strings.Contains(a.body, `for="`+id[1]+`"`) {
			t.Errorf("%s: no label: %s", name, c)
		}
	}
}
