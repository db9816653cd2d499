package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"server5k/gateway/auth"
	"server5k/gateway/site"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.password("correcta-Ñ")
	in := func(user, password string) answer {
		return b.do(request{method: http.MethodPost, path: "/admin/entrar/", form: url.Values{"usuario": {user}, "clave": {password}, "volver": {"/admin/jueces/?buscar=x"}}})
	}
	in("bea", "mala").want(t, http.StatusUnprocessableEntity, "El usuario o la contraseña no son correctos", `value="bea"`)
	in("nadie", "mala").want(t, http.StatusUnprocessableEntity, "El usuario o la contraseña no son correctos")
	in("", "").want(t, http.StatusUnprocessableEntity, "Complete este campo", `href="#f-usuario"`)
	a := in("bea", "correcta-Ñ").want(t, http.StatusSeeOther)
	if got := a.location(); !strings.HasSuffix(got, "/admin/jueces/?buscar=x") {
		t.Errorf("leads to %q", got)
	}
	cookie := string(a.header.PeekCookie(sessionCookie))
	for _, part := range []string{"HttpOnly", "SameSite=Lax", "path=/admin/", "max-age=7200"} {
		if !strings.Contains(strings.ToLower(cookie), strings.ToLower(part)) {
			t.Errorf("cookie %q without %s", cookie, part)
		}
	}
	if strings.Contains(strings.ToLower(cookie), "secure") {
		t.Errorf("a cookie that http cannot use: %q", cookie)
	}
	value, _, _ := strings.Cut(strings.TrimPrefix(cookie, sessionCookie+"="), ";")
	b.do(request{method: http.MethodGet, path: "/admin/", header: map[string]string{"Cookie": sessionCookie + "=" + value}}).want(t, http.StatusOK, "bea")
}

func TestLogin_NeverLeadsElsewhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.password("correcta")
	for _, to := range []string{"https://evil.example/admin/", "//evil.example/admin/", "/api/", `/admin/\evil`, "javascript:alert(1)", "/admin/\r\nX: y"} {
		a := b.do(request{method: http.MethodPost, path: "/admin/entrar/", form: url.Values{"usuario": {"bea"}, "clave": {"correcta"}, "volver": {to}}})
		if got := a.want(t, http.StatusSeeOther).location(); !strings.HasSuffix(got, "/admin/") || strings.Contains(got, "evil") {
			t.Errorf("%q leads to %q", to, got)
		}
	}
}

func TestLogin_Limits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.password("correcta")
	in := func(password string) answer {
		return b.do(request{method: http.MethodPost, path: "/admin/entrar/", form: url.Values{"usuario": {"bea"}, "clave": {password}}})
	}
	for range auth.MaxUserFailures {
		in("mala").want(t, http.StatusUnprocessableEntity)
	}
	if a := in("correcta").want(t, http.StatusTooManyRequests, "Demasiados intentos"); string(a.header.Peek("Retry-After")) != "60" {
		t.Errorf("Retry-After %q", a.header.Peek("Retry-After"))
	}
	b.now = b.now.Add(auth.LoginWindow)
	in("correcta").want(t, http.StatusSeeOther)
}

func TestLogin_InactiveAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.password("correcta")
	o := b.db.organizers[chief]
	o.Active = false
	b.db.organizers[chief] = o
	b.do(request{method: http.MethodPost, path: "/admin/entrar/", form: url.Values{"usuario": {"bea"}, "clave": {"correcta"}}}).want(t, http.StatusUnprocessableEntity)
	if got := b.get(chief, "/admin/").want(t, http.StatusSeeOther).location(); !strings.HasSuffix(got, "/admin/entrar/") {
		t.Error(got)
	}
}

func TestLogout_EndsTheSessionEverywhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.get(chief, "/admin/").want(t, http.StatusOK)
	b.post(chief, "/admin/salir/").want(t, http.StatusSeeOther)
	b.get(chief, "/admin/").want(t, http.StatusSeeOther)
}

func TestSession_EndsWhenTheAccountIsSignedOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.panel.sessions.encode(b.panel.sessions.begin(chief))
	b.now = b.now.Add(time.Minute)
	o := b.db.organizers[chief]
	o.SignedOutAt = b.now
	b.db.organizers[chief] = o
	old := b.do(request{method: http.MethodGet, path: "/admin/competencias/1/", header: map[string]string{"Cookie": sessionCookie + "=" + s}})
	if got := old.want(t, http.StatusSeeOther).location(); !strings.Contains(got, "/admin/entrar/?volver=%2Fadmin%2Fcompetencias%2F1%2F") {
		t.Error(got)
	}
	b.get(chief, "/admin/").want(t, http.StatusOK) // one that began afterwards
}

func TestSession_IsRenewed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.panel.sessions.encode(b.panel.sessions.begin(chief))
	ask := func() answer {
		return b.do(request{method: http.MethodGet, path: "/admin/", header: map[string]string{"Cookie": sessionCookie + "=" + s}}).want(t, http.StatusOK)
	}
	if c := ask().header.PeekCookie(sessionCookie); len(c) > 0 {
		t.Errorf("renewed at once: %s", c)
	}
	b.now = b.now.Add(sessionRenew)
	if c := ask().header.PeekCookie(sessionCookie); len(c) == 0 {
		t.Error("not renewed")
	}
}

func TestForms_OfOtherPagesAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header map[string]string
		token  bool
		status int
	}{
		"ours":                        {map[string]string{"Sec-Fetch-Site": "same-origin"}, true, http.StatusSeeOther},
		"ours over http":              {map[string]string{"Origin": "http://panel.test"}, true, http.StatusSeeOther},
		"another site":                {map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "http://panel.test"}, true, http.StatusForbidden},
		"another host of the site":    {map[string]string{"Sec-Fetch-Site": "same-site"}, true, http.StatusForbidden},
		"another origin over http":    {map[string]string{"Origin": "http://evil.test"}, true, http.StatusForbidden},
		"a port of the host":          {map[string]string{"Origin": "http://panel.test:81"}, true, http.StatusForbidden},
		"opaque origin":               {map[string]string{"Origin": "null"}, true, http.StatusForbidden},
		"neither header":              {nil, true, http.StatusForbidden},
		"without the token":           {map[string]string{"Sec-Fetch-Site": "same-origin"}, false, http.StatusForbidden},
		"the token in htmx's header":  {map[string]string{"Sec-Fetch-Site": "same-origin", csrfHeader: "ours"}, false, http.StatusSeeOther},
		"a wrong token in its header": {map[string]string{"Sec-Fetch-Site": "same-origin", csrfHeader: "wrong"}, true, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			token := b.panel.sessions.formToken(b.session(chief))
			form := url.Values{"confirmar": {"1"}, "clave": {newKey()}}
			if c.token {
				form.Set(csrfField, token)
			}
			if c.header[csrfHeader] == "ours" {
				c.header[csrfHeader] = token
			}
			a := b.do(request{method: http.MethodPost, path: "/admin/competencias/1/reabrir/", who: chief, form: form, header: c.header, bare: true})
			a.want(t, c.status)
			if running := b.db.events[1].Running; running != (c.status == http.StatusSeeOther) {
				t.Errorf("running %t", running)
			}
		})
	}
}

// TestRoutes_Access asks every route as everybody.
func TestRoutes_Access(t *testing.T) {
	t.Parallel()
	b := setup(t)
	withRulings(b)
	for pattern, r := range b.panel.routes {
		path := strings.NewReplacer("competencias/{}", "competencias/1", "equipos/{}", "equipos/11", "jueces/{}", "jueces/1", "organizadores/{}", "organizadores/2", "versiones/{}", "versiones/1", "webhooks/{}", "webhooks/1").Replace(pattern)
		if strings.Contains(path, "{}") {
			t.Fatalf("no path for %s", pattern)
		}
		if r.access == open {
			continue
		}
		if r.get != nil {
			if a := b.get(0, path); a.status != http.StatusSeeOther || !strings.Contains(a.location(), "/admin/entrar/") {
				t.Errorf("nobody gets %s: %d", path, a.status)
			}
			if a := b.get(viewer, path); (a.status == http.StatusForbidden) != (r.access != readers) {
				t.Errorf("a viewer gets %s: %d", path, a.status)
			}
			if a := b.get(chief, path); (a.status == http.StatusForbidden) != (r.access == superusers) {
				t.Errorf("an organizer gets %s: %d", path, a.status)
			}
			if a := b.get(super, path); a.status == http.StatusForbidden || a.status >= 500 {
				t.Errorf("a superuser gets %s: %d", path, a.status)
			}
			if strings.HasPrefix(path, "/admin/competencias/1/") || strings.HasPrefix(path, "/admin/equipos/") {
				if a := b.get(other, path); a.status != http.StatusNotFound {
					t.Errorf("the organizer of another competition gets %s: %d", path, a.status)
				}
			}
		} else if a := b.get(super, path); a.status != http.StatusMethodNotAllowed || string(a.header.Peek("Allow")) != "POST" {
			t.Errorf("GET %s: %d", path, a.status)
		}
		if r.post == nil {
			continue
		}
		before := len(b.db.audit) + len(b.db.rulings[1])
		if a := b.post(0, path); a.status != http.StatusSeeOther {
			t.Errorf("nobody posts %s: %d", path, a.status)
		}
		if a := b.post(viewer, path, "confirmar", "1"); a.status != http.StatusForbidden {
			t.Errorf("a viewer posts %s: %d", path, a.status)
		}
		if strings.HasPrefix(path, "/admin/competencias/1/") || strings.HasPrefix(path, "/admin/equipos/") {
			if a := b.post(other, path, "confirmar", "1", "clave", newKey(), "tipo", "anular", "registro", "1", "motivo", "x", "quienes", "todos", "nombre", "x", "modo", "ajuste", "ajuste", "1"); a.status != http.StatusNotFound && a.status != http.StatusUnprocessableEntity {
				t.Errorf("the organizer of another competition posts %s: %d", path, a.status)
			}
		}
		if after := len(b.db.audit) + len(b.db.rulings[1]); after != before {
			t.Errorf("%s was changed by somebody who may not", path)
		}
	}
}

func TestViewer_SeesNoActions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	withRulings(b)
	for _, path := range []string{"/admin/", "/admin/competencias/1/", "/admin/competencias/1/revision/", "/admin/competencias/1/resultados/", "/admin/competencias/1/intercambio/", "/admin/competencias/1/preparacion/", "/admin/competencias/1/puestos/", "/admin/equipos/12/", "/admin/jueces/"} {
		a := b.get(viewer, path).want(t, http.StatusOK)
		for _, action := range []string{"/decision/", "/iniciar/", "/detener/", "/reabrir/", "/salida/", "/oficial/", "/importar/", "/asignar/", "/credenciales/", "/editar/", "/restablecer/", "/nueva/", "/nuevo/", "/ajustes/", "/aceptar/", "/marcas/"} {
			if strings.Contains(a.body, action) {
				t.Errorf("%s offers %s", path, action)
			}
		}
	}
}

func TestLanguage_Switch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.get(chief, "/admin/jueces/?buscar=juez&lang=en").want(t, http.StatusOK, "Judges", `name="volver" value="/admin/jueces/?buscar=juez"`)
	if c := string(a.header.PeekCookie(site.LanguageCookie)); !strings.Contains(c, "idioma=en") {
		t.Errorf("cookie %q", c)
	}
	a = b.post(chief, "/admin/idioma/", "idioma", "en", "volver", "/admin/jueces/?buscar=juez").want(t, http.StatusSeeOther)
	if got := a.location(); !strings.HasSuffix(got, "/admin/jueces/?buscar=juez") {
		t.Error(got)
	}
	b.get(chief, "/admin/jueces/?lang=xx").want(t, http.StatusOK, "Jueces")
}

func TestStatic_IsForEver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, name := range []string{"admin.css", "admin.js", "htmx.min.js"} {
		path := b.panel.assets.URL(name)
		plain := b.get(0, path).want(t, http.StatusOK)
		packed := b.do(request{method: http.MethodGet, path: path, header: map[string]string{"Accept-Encoding": "gzip"}}).want(t, http.StatusOK)
		if got := string(packed.header.Peek("Cache-Control")); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %q", name, got)
		}
		if string(packed.header.Peek("Content-Encoding")) != "gzip" || len(packed.body) >= len(plain.body) {
			t.Errorf("%s is not compressed: %d and %d bytes", name, len(packed.body), len(plain.body))
		}
	}
	b.get(0, "/admin/static/admin.000000000000.css").want(t, http.StatusNotFound)
	if !strings.Contains(b.get(0, b.panel.assets.URL("htmx.min.js")).body, `version:"2.0.11"`) {
		t.Error("another htmx")
	}
}

func TestPath_WithoutSlash(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if got := b.get(chief, "/admin").want(t, http.StatusMovedPermanently).location(); !strings.HasSuffix(got, "/admin/") {
		t.Error(got)
	}
	b.get(chief, "/admin/competencias/99999999999999999999/").want(t, http.StatusNotFound)
	b.get(chief, "/admin/competencias/2/").want(t, http.StatusNotFound) // not granted
}

func TestLogin_CookieIsSecureOverTLS(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.password("correcta")
	b.panel.cfg.Secure = func(ctx *fasthttp.RequestCtx) bool {
		return string(ctx.Request.Header.Peek("X-Forwarded-Proto")) == "https"
	}
	a := b.do(request{
		method: http.MethodPost, path: "/admin/entrar/", form: url.Values{"usuario": {"bea"}, "clave": {"correcta"}},
		header: map[string]string{"X-Forwarded-Proto": "https"},
	}).want(t, http.StatusSeeOther)
	got := string(a.header.PeekCookie(securePrefix + sessionCookie))
	if !strings.Contains(strings.ToLower(got), "; secure") {
		t.Fatalf("cookie %q", got)
	}
	value, _, _ := strings.Cut(strings.TrimPrefix(got, securePrefix+sessionCookie+"="), ";")
	both := "server5k_panel=rubbish; " + securePrefix + sessionCookie + "=" + value
	home := func(proto string) answer {
		return b.do(request{method: http.MethodGet, path: "/admin/", bare: true, header: map[string]string{"Cookie": both, "X-Forwarded-Proto": proto}})
	}
	home("https").want(t, http.StatusOK, "bea")
	home("http").want(t, http.StatusSeeOther) // what came over TLS opens nothing without
}

func TestForms_OfTrustedOrigins(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.panel.cfg.TrustedOrigins = []string{"https://carrera.example"}
	send := func(origin string) answer {
		form := url.Values{"idioma": {"en"}, csrfField: {b.panel.sessions.formToken(b.session(chief))}}
		return b.do(request{method: http.MethodPost, path: "/admin/idioma/", who: chief, form: form, header: map[string]string{"Origin": origin}, bare: true})
	}
	send("https://carrera.example").want(t, http.StatusSeeOther)
	send("http://carrera.example").want(t, http.StatusForbidden)
}

func TestRoutes_AreListed(t *testing.T) {
	t.Parallel()
	all := setup(t).panel.Routes()
	if len(all) < 60 || !slices.Contains(all, Route{http.MethodPost, "/admin/competencias/{}/decision/", "editors"}) || slices.Contains(all, Route{http.MethodGet, "/admin/salir/", "anybody"}) {
		t.Errorf("%d routes: %v", len(all), all)
	}
}
