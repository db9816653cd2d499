package main

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/gateway/auth"
	"server5k/persistence"
	"server5k/race"
)

// earlier is before everything that a test signs out.
func earlier() time.Time { return time.Now().Add(-time.Minute) }

// TestOffice_SignsOut: what ends an account or its password ends the tokens that
// were given out before, and no other.
func TestOffice_SignsOut(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	issuer := auth.NewIssuer([]byte(testSecret), earlier)
	access, refresh, err := issuer.Pair(auth.Token{Audience: auth.JudgeAudience, JudgeID: 1, HasJudgeID: true, Username: "juez1"})
	if err != nil {
		t.Fatal(err)
	}
	old := client{t, b.url, access}
	old.must(http.StatusOK, "GET", "/api/me/", nil, nil)
	connected, err := rest{url: b.url, token: access}.dialJudge(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer connected.cut(false)
	b.judge[0] = client{t, b.url, ""}
	b.judge[0].must(http.StatusOK, "POST", "/api/token/refresh/", map[string]any{"refresh": refresh}, nil)

	var reset struct {
		Password string `json:"password"`
	}
	a := b.ana.must(http.StatusOK, "POST", "/api/jueces/1/restablecer/", struct{}{}, &reset)
	if a.header.Get("Cache-Control") != "no-store" || len(reset.Password) < 10 {
		t.Errorf("reset: %v %q", a.header, reset.Password)
	}
	old.must(http.StatusUnauthorized, "GET", "/api/me/", nil, nil)
	if m, err := connected.read(); err == nil || !strings.Contains(err.Error(), "4002") {
		t.Errorf("the socket read %+v, %v; want the close", m, err)
	}
	if again, err := (rest{url: b.url, token: access}).dialJudge(t.Context(), 1); err == nil {
		again.cut(false)
		t.Error("the old token opens a socket")
	}
	b.judge[0].must(http.StatusUnauthorized, "POST", "/api/token/refresh/", map[string]any{"refresh": refresh}, nil)
	var tokens struct{ Access, Refresh string }
	b.judge[0].must(http.StatusUnauthorized, "POST", "/api/login/", map[string]any{"username": "juez1", "password": testPassword}, nil)
	b.judge[0].must(http.StatusOK, "POST", "/api/login/", map[string]any{"username": "juez1", "password": reset.Password}, &tokens)
	fresh := client{t, b.url, tokens.Access} // of the same second as the reset
	fresh.must(http.StatusOK, "GET", "/api/me/", nil, nil)
	b.ana.must(http.StatusOK, "PATCH", "/api/jueces/1/", map[string]any{"is_active": false}, nil)
	fresh.must(http.StatusUnauthorized, "GET", "/api/me/", nil, nil)

	oldAna, oldRefresh := organizerTokens(t, anaID, earlier)
	client{t, b.url, oldAna}.must(http.StatusOK, "GET", "/api/competencias/1/", nil, nil)
	b.super.must(http.StatusOK, "PATCH", "/api/organizadores/2/", map[string]any{"password": "una-clave-nueva"}, nil)
	client{t, b.url, oldAna}.must(http.StatusUnauthorized, "GET", "/api/competencias/1/", nil, nil)
	b.judge[0].must(http.StatusUnauthorized, "POST", "/api/token/refresh/", map[string]any{"refresh": oldRefresh}, nil)
	b.judge[0].must(http.StatusOK, "POST", "/api/token/", map[string]any{"username": "ana", "password": "una-clave-nueva"}, nil)
}

// TestOffice_DeactivatedJudgeLosesTheSocket: the account ends, and its sockets with it.
func TestOffice_DeactivatedJudgeLosesTheSocket(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	s, err := rest{url: b.url, token: b.judge[1].token}.dialJudge(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.cut(false)
	var board []struct {
		Connected bool `json:"conectado"`
		Silent    bool `json:"en_silencio"`
	}
	b.vera.must(http.StatusOK, "GET", "/api/competencias/1/preparacion/", nil, &board)
	if len(board) != 1 || !board[0].Connected || board[0].Silent {
		t.Errorf("connected: %+v", board)
	}
	b.ana.must(http.StatusOK, "PATCH", "/api/jueces/1/", map[string]any{"is_active": false}, nil)
	for err == nil { // what was on its way, then the end
		_, err = s.read()
	}
	if !strings.Contains(err.Error(), "4002") && !strings.Contains(err.Error(), "EOF") {
		t.Errorf("the socket ended with %v", err)
	}
}

// TestOffice_CredentialsLetIn: what a judge has on paper works, by password and by
// code, and the old password does not.
func TestOffice_CredentialsLetIn(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	var cards []struct {
		Judge struct {
			ID int64 `json:"id"`
		} `json:"juez"`
		Teams []struct {
			Bib int `json:"number"`
		} `json:"equipos"`
		Password string `json:"password"`
		Code     string `json:"codigo"`
		URL      string `json:"url"`
	}
	b.ana.must(http.StatusOK, "POST", "/api/competencias/1/credenciales/", struct{}{}, &cards)
	if len(cards) != 1 || cards[0].Judge.ID != 1 || len(cards[0].Teams) != 1 {
		t.Fatalf("cards: %+v", cards)
	}
	card := cards[0]
	if !regexp.MustCompile(`^[A-Z2-7]{20}$`).MatchString(card.Code) || card.URL != b.url+"/juez/#c="+card.Code {
		t.Errorf("card: %+v", card)
	}
	nobody := client{t, b.url, ""}
	var tokens struct{ Access string }
	nobody.must(http.StatusUnauthorized, "POST", "/api/login/", map[string]any{"username": "juez1", "password": testPassword}, nil)
	nobody.must(http.StatusOK, "POST", "/api/login/", map[string]any{"username": "juez1", "password": card.Password}, nil)
	typed := strings.ToLower(card.Code[:5] + "-" + card.Code[5:10] + " " + card.Code[10:])
	nobody.must(http.StatusOK, "POST", "/api/login/codigo/", map[string]any{"codigo": typed}, &tokens)
	client{t, b.url, tokens.Access}.must(http.StatusOK, "GET", "/api/me/", nil, nil)
	nobody.must(http.StatusUnauthorized, "POST", "/api/login/codigo/", map[string]any{"codigo": strings.Repeat("A", 20)}, nil)
	b.ana.must(http.StatusOK, "POST", "/api/jueces/1/restablecer/", struct{}{}, nil)
	nobody.must(http.StatusUnauthorized, "POST", "/api/login/codigo/", map[string]any{"codigo": card.Code}, nil)
	err := withStore(t.Context(), b.cfg, func(s persistence.Store) error {
		entries, _, err := s.Audit(t.Context(), race.AuditFilter{})
		for _, e := range entries {
			if text := fmt.Sprint(e); strings.Contains(text, card.Code) || strings.Contains(text, card.Password) {
				t.Errorf("the audit log holds a secret: %s", text)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// form is a file as browsers send it.
func form(t *testing.T, name, content string, fields ...string) (body []byte, media string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("archivo", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), w.FormDataContentType()
}

// importing is what an import answers.
type importing struct {
	Done   bool                                     `json:"aplicado"`
	Judges struct{ Nuevos, Cambiados, Iguales int } `json:"jueces"`
	Teams  struct{ Nuevos, Cambiados, Iguales int } `json:"equipos"`
	Errors int                                      `json:"errores"`
	Lines  []struct {
		Row     int    `json:"fila"`
		Outcome string `json:"resultado"`
		Text    string `json:"texto"`
	} `json:"filas"`
}

func (b *officeBench) importCSV(who client, status int, content string, fields ...string) (got importing) {
	who.t.Helper()
	body, media := form(who.t, "equipos.csv", content, fields...)
	who.must(status, "POST", "/api/competencias/1/importar/", body, &got, "Content-Type", media)
	return got
}

// TestOffice_ImportAndExport: a dry run changes nothing, a bad row keeps all others
// out, the same file again changes nothing, and what is exported can be imported.
func TestOffice_ImportAndExport(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	const file = "\uFEFFDorsal;Equipo;Categoría;Juez;Nombre;Apellido\r\n" +
		"201;Ñandú Íñiguez;Estudiantes por Equipos;maria;María;Íñiguez\r\n202;=SUMA(A1);Egresados;maria;;\r\n"
	teams := func() int {
		var list []any
		b.ana.must(http.StatusOK, "GET", "/api/competencias/1/equipos/", nil, &list)
		return len(list)
	}
	if got := b.importCSV(b.ana, http.StatusOK, file, "simular", "1"); got.Done || got.Teams.Nuevos != 2 || got.Judges.Nuevos != 1 || teams() != 1 {
		t.Errorf("dry run: %+v", got)
	}
	if got := b.importCSV(b.ana, http.StatusBadRequest, file+"203;;;;;\r\n"); got.Done || got.Errors == 0 || teams() != 1 {
		t.Errorf("with a bad row: %+v", got)
	}
	if got := b.importCSV(b.ana, http.StatusOK, file); !got.Done || got.Teams.Nuevos != 2 || teams() != 3 {
		t.Errorf("import: %+v", got)
	}
	if got := b.importCSV(b.ana, http.StatusOK, file); !got.Done || got.Teams.Nuevos+got.Teams.Cambiados != 0 || got.Teams.Iguales != 2 {
		t.Errorf("again: %+v", got)
	}
	exported := b.vera.must(http.StatusOK, "GET", "/api/competencias/1/exportar/teams.csv", nil, nil)
	if got := b.importCSV(b.ana, http.StatusOK, string(exported.body)); got.Teams.Iguales != 3 || got.Teams.Cambiados+got.Judges.Cambiados != 0 {
		t.Errorf("round trip: %+v\n%s", got, exported.body)
	}
	if !strings.Contains(string(exported.body), "Ñandú Íñiguez") || !strings.Contains(string(exported.body), "'=SUMA") {
		t.Errorf("exported: %s", exported.body)
	}
	// A judge of another organizer's race is not changed by the way.
	const foreign = "Dorsal;Equipo;Categoría;Juez;Nombre\r\n101;Ñandú;estudiantes;juez2;Otro\r\n"
	body, media := form(t, "a.csv", foreign)
	b.ana.must(http.StatusForbidden, "POST", "/api/competencias/1/importar/", body, nil, "Content-Type", media)
}

// TestOffice_FilesOfEveryKind makes each file once.
func TestOffice_FilesOfEveryKind(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	b.run(1_200_000, 1_300_000)
	b.declare(2)
	b.ana.must(http.StatusOK, "POST", "/api/competencias/1/detener/", struct{}{}, nil)
	b.ana.must(http.StatusCreated, "POST", "/api/competencias/1/resultados/oficial/", struct{}{}, nil)
	got := map[string]string{}
	want := map[string]string{}
	const xlsx, csv, pdf, html = "PK\x03\x04", "\xEF\xBB\xBF", "%PDF", "<!"
	for name, starts := range map[string]string{
		"exportar/results.csv": csv, "exportar/results.xlsx": xlsx, "exportar/results.json": `{"c`, "exportar/results.pdf": pdf, "exportar/results.html": html,
		"exportar/results.pdf?version=1": pdf, "exportar/teams.csv": csv, "exportar/teams.xlsx": xlsx, "exportar/teams.json": `[{"`,
		"exportar/marks.csv": csv, "exportar/marks.xlsx": xlsx, "exportar/marks.json": `[{"`, "exportar/podium.pdf": pdf, "exportar/podium.html": html,
		"exportar/certificates.pdf": pdf, "exportar/certificates.html": html, "exportar/evidence.pdf?equipo=1": pdf, "exportar/evidence.html?equipo=1": html,
		"export.csv": csv, "export.xlsx": xlsx, "export.json": `{"c`,
	} {
		a := b.vera.must(http.StatusOK, "GET", "/api/competencias/1/"+name, nil, nil)
		want[name], got[name] = starts, string(a.body[:min(len(starts), len(a.body))])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files begin with (-want +got):\n%s", diff)
	}
	for _, name := range []string{"teams.pdf", "nothing.csv", "evidence.pdf", "evidence.pdf?equipo=2", "results.pdf?version=2"} {
		b.vera.must(http.StatusNotFound, "GET", "/api/competencias/1/exportar/"+name, nil, nil)
	}
	english := b.vera.must(http.StatusOK, "GET", "/api/competencias/1/export.csv?separador=coma", nil, nil, "Accept-Language", "en")
	if !strings.HasPrefix(string(english.body), "\uFEFFPlace,") || !strings.Contains(string(english.body), "0:20:00.000,0:21:40.000") {
		t.Errorf("in English, with commas: %s", english.body)
	}
}

// TestOffice_OnlyAnImportMayBeLarge: everything else is refused before it is read.
func TestOffice_OnlyAnImportMayBeLarge(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	body, media := form(t, "a.csv", strings.Repeat("x", 100<<10))
	for _, tt := range []struct {
		who    client
		path   string
		status int
	}{
		{b.ana, "/api/competencias/1/importar/", http.StatusBadRequest}, // read, and no table
		{b.judge[1], "/api/competencias/1/importar/", http.StatusRequestEntityTooLarge},
		{client{t, b.url, ""}, "/api/competencias/1/importar/", http.StatusRequestEntityTooLarge},
		{b.ana, "/api/competencias/1/decisiones/", http.StatusRequestEntityTooLarge},
		{b.ana, "/api/competencias/1/importar/nada/", http.StatusRequestEntityTooLarge},
	} {
		if a := tt.who.do("POST", tt.path, body, "Content-Type", media); a.status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.path, a.status, a.body, tt.status)
		}
	}
	body, media = form(t, "a.csv", strings.Repeat("x", 3<<20))
	if a, err := b.ana.try(t.Context(), "POST", "/api/competencias/1/importar/", body, "Content-Type", media); err == nil && a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("3 MiB: %d %s", a.status, a.body)
	}
}

// TestOffice_WebhooksShowTheirSecretOnce: it is in the answer that made it.
func TestOffice_WebhooksShowTheirSecretOnce(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	var made, read struct {
		ID     int64    `json:"id"`
		Kinds  []string `json:"tipos"`
		Secret string   `json:"secreto"`
	}
	in := map[string]any{"competencia_id": 1, "url": "https://example.org/a", "tipos": []string{"resultados.oficiales", "competencia.iniciada"}}
	first := b.ana.must(http.StatusCreated, "POST", "/api/webhooks/", in, &made).header.Get("ETag")
	path := fmt.Sprintf("/api/webhooks/%d/", made.ID)
	tag := b.ana.must(http.StatusOK, "GET", path, nil, &read).header.Get("ETag")
	if made.Secret == "" || read.Secret != "" || len(read.Kinds) != 2 || first != tag {
		t.Errorf("made %+v, read %+v", made, read)
	}
	b.ana.must(http.StatusOK, "PATCH", path, map[string]any{"nuevo_secreto": true}, &read, "If-Match", tag)
	if read.Secret == "" || read.Secret == made.Secret {
		t.Errorf("a new secret: %+v", read)
	}
	b.ana.must(http.StatusOK, "PATCH", path, map[string]any{"is_active": false}, nil)
	b.ana.must(http.StatusPreconditionFailed, "DELETE", path, nil, nil, "If-Match", tag)
	for name, bad := range map[string]map[string]any{
		"url":            {"url": "http://127.0.0.1/", "tipos": in["tipos"], "competencia_id": 1},
		"tipos":          {"url": in["url"], "tipos": []string{"otra"}, "competencia_id": 1},
		"competencia_id": {"url": in["url"], "tipos": in["tipos"], "competencia_id": 2},
	} {
		var faults map[string][]string
		b.ana.must(http.StatusBadRequest, "POST", "/api/webhooks/", bad, &faults)
		if len(faults) != 1 || len(faults[name]) != 1 {
			t.Errorf("%s: %v", name, faults)
		}
	}
	b.ana.must(http.StatusNoContent, "DELETE", path, nil, nil)
}
