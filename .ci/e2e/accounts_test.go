package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// helperPassword is that of the accounts which scenes make.
const helperPassword = "clave-de-ayudante-e2e"

// addAccount makes an account that is granted competition 1.
func addAccount(server *Server, name, role string) {
	server.tb.Helper()
	server.Organizer().Must(http.MethodPost, "/api/organizadores/", map[string]any{
		"username": name, "email": name + "@5k.local", "rol": role, "password": helperPassword, "competencias": []int64{1},
	}, nil)
}

// settings are those of competition 1 that a scene changes.
type settings struct {
	Name     string `json:"name"`
	Rounding string `json:"politica_redondeo"`
}

func readSettings(server *Server) (now settings) {
	server.tb.Helper()
	server.Organizer().Must(http.MethodGet, "/api/competencias/1/", nil, &now)
	return now
}

func TestSettings_TwoOrganizersAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	server := StartServer(t, Options{Judges: 1})
	addAccount(server, "ayudante", "organizador")
	first, second := openScene(t, server, deskWidth, "es"), openScene(t, server, deskWidth, "es")
	first.login(AdminName, AdminPassword)
	second.login("ayudante", helperPassword)
	for _, s := range []*scene{first, second} {
		s.visit("/admin/competencias/1/ajustes/")
	}
	const form = `form[action="/admin/competencias/1/ajustes/"] button.go`
	old := readSettings(server)
	first.Fill("#f-name", "Carrera de Íñigo")
	first.Follow(form)
	first.done("saved")

	second.Fill("#f-politica_redondeo", "up-total")
	second.Allow(`^status 412: POST .*/ajustes/$`)
	if status := second.Follow(form); status != http.StatusPreconditionFailed {
		t.Errorf("status %d", status)
	}
	second.WaitText(".note.warn h2", second.say("conflict.title"))
	second.look("conflict")
	rows := second.Texts(".note.warn tbody tr")
	for _, want := range []string{
		second.say("field.name") + "\t" + old.Name + "\tCarrera de Íñigo",
		second.say("field.politica_redondeo") + "\t" + "up-total" + "\t" + old.Rounding,
	} {
		if !slices.Contains(rows, want) {
			t.Errorf("the page shows %q, want %q", rows, want)
		}
	}
	if got, want := readSettings(server), (settings{"Carrera de Íñigo", old.Rounding}); got != want {
		t.Errorf("before anybody decided: got %+v, want %+v", got, want)
	}
	second.Fill("#f-name", "Carrera de Íñigo")
	second.Follow(form)
	second.done("saved")
	if got, want := readSettings(server), (settings{"Carrera de Íñigo", "up-total"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestViewer_SeesAndChangesNothing(t *testing.T) {
	t.Parallel()
	server := prepare(t)
	addAccount(server, "mirador", "observador")
	s := openScene(t, server, deskWidth, "es")
	s.login("mirador", helperPassword)
	s.look("dashboard")
	for _, path := range []string{
		"", "preparacion/", "revision/", "resultados/", "intercambio/", "versiones/1/", "diferencias/?desde=1", "exportar/?archivo=results.html",
	} {
		if status := s.visit("/admin/competencias/1/%s", path); status != http.StatusOK {
			t.Errorf("%s: status %d", path, status)
		}
		s.actionless(path)
	}
	for _, path := range []string{"/admin/", "/admin/equipos/2/", "/admin/jueces/", "/admin/auditoria/"} {
		if status := s.visit("%s", path); status != http.StatusOK {
			t.Errorf("%s: status %d", path, status)
		}
		s.actionless(path)
	}
	s.Allow(`^status 403: `)
	for _, path := range []string{"iniciar/", "detener/", "reabrir/", "salida/", "ajustes/", "asignar/", "credenciales/", "eliminar/", "equipos/nuevo/"} {
		if status := s.visit("/admin/competencias/1/%s", path); status != http.StatusForbidden {
			t.Errorf("GET %s: status %d", path, status)
		}
	}
	before := readOffice(server)
	s.visit("/admin/competencias/1/")
	for path, body := range map[string]string{
		"/admin/competencias/1/iniciar/":  "confirmar=1",
		"/admin/competencias/1/reabrir/":  "confirmar=1&clave=8b7f2a52-6c3f-4c8e-9a51-0d4b3f1c2e11",
		"/admin/competencias/1/decision/": "tipo=penalizar&equipo=2&penalizacion=1:00&motivo=x&clave=8b7f2a52-6c3f-4c8e-9a51-0d4b3f1c2e12",
		"/admin/competencias/1/oficial/":  "confirmar=1&forzar=1&motivo=x&clave=8b7f2a52-6c3f-4c8e-9a51-0d4b3f1c2e13",
		"/admin/competencias/1/ajustes/":  "name=x",
		"/admin/competencias/1/copiar/":   "nombre=x",
		"/admin/jueces/nuevo/":            "username=x",
		"/admin/organizadores/nuevo/":     "username=x",
	} {
		var status int
		s.Eval(fmt.Sprintf(`fetch(%q, {method: "POST", body: new URLSearchParams(%q + "&csrf=" + document.querySelector("meta[name=csrf-token]").content)}).then((r) => r.status)`, path, body), &status)
		if status != http.StatusForbidden {
			t.Errorf("POST %s: status %d", path, status)
		}
	}
	if after := readOffice(server); after != before {
		t.Errorf("a viewer changed something: before %+v, after %+v", before, after)
	}
}

// actionless fails the test for what changes something on a page.
func (s *scene) actionless(path string) {
	s.t.Helper()
	if forms := s.count("main form[method=post]"); forms > 0 {
		s.t.Errorf("%s has %d forms", path, forms)
	}
	for _, part := range []string{"/decision/", "/iniciar/", "/detener/", "/reabrir/", "/salida/", "/nuevo/", "/nueva/", "/editar/", "/eliminar/", "/asignar/", "/credenciales/", "/ajustes/"} {
		if links := s.count(fmt.Sprintf(`main a[href*=%q]`, part)); links > 0 {
			s.t.Errorf("%s has %d links to %s", path, links, part)
		}
	}
}

// officeState is what a viewer might have changed.
type officeState struct {
	Running           bool `json:"is_running"`
	Version           int  `json:"version"`
	Rulings, Accounts int
}

func readOffice(server *Server) (now officeState) {
	server.tb.Helper()
	api := server.Organizer()
	api.Must(http.MethodGet, "/api/competencias/1/", nil, &now)
	var list []struct{}
	api.Must(http.MethodGet, "/api/competencias/1/decisiones/", nil, &list)
	now.Rulings = len(list)
	for _, path := range []string{"/api/jueces/", "/api/organizadores/", "/api/competencias/"} {
		api.Must(http.MethodGet, path, nil, &list)
		now.Accounts += len(list)
	}
	return now
}

func TestJudge_DeactivationHangsThePhoneUp(t *testing.T) {
	t.Parallel()
	server := StartServer(t, Options{Judges: 2})
	fleet := Phones(t, server, server.Judges)
	s := openScene(t, server, deskWidth, "es")
	s.login(AdminName, AdminPassword)
	s.visit("/admin/jueces/%d/", fleet.Phones[0].JudgeID)
	s.WaitText("h1", fleet.Phones[0].Username)
	s.Check("#f-is_active", false)
	s.Follow("main form button.go")
	s.done("saved")
	s.visit("/admin/jueces/")
	s.WaitText(fmt.Sprintf("tr:has(a[href$='/jueces/%d/'])", fleet.Phones[0].JudgeID), s.say("account.inactive"))
	ctx, cancel := context.WithTimeout(t.Context(), answerTimeout)
	defer cancel()
	if err := fleet.Phones[0].Await(ctx, "nunca"); !errors.Is(err, ErrHungUp) {
		t.Errorf("the phone of a judge who may not time any more: %v", err)
	}
	if err := fleet.Phones[1].Ping(ctx, Status{Battery: 50}); err != nil {
		t.Errorf("the phone of another judge: %v", err)
	}
	if _, err := login(ctx, server.URL, "/api/login/", server.Judges[0]); err == nil {
		t.Error("the judge can log in again")
	}
}
