package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	api "server5k/gateway/apidoc/client"
	"server5k/race"
)

// importing reads a file of one more team: first what it would do, then for good.
func (w *walk) importing() {
	const file = "dorsal;equipo;categoria;juez\n103;Ñandú Íñiguez;veteranos;maria.iniguez\n"
	for _, dry := range []string{"1", ""} {
		status, done := w.upload(file, dry)
		if status != http.StatusOK || done != (dry == "") {
			w.t.Errorf("import with simular=%s: %d %v", dry, status, done)
		}
	}
	if status, done := w.upload("dorsal;equipo;categoria\nx;;\n", ""); status != http.StatusBadRequest || done {
		w.t.Errorf("import of nonsense: %d %v", status, done)
	}
}

func (w *walk) upload(file, dry string) (status int, done bool) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("archivo", "equipos.csv")
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := part.Write([]byte(file)); err != nil {
		w.t.Fatal(err)
	}
	if dry != "" {
		if err := form.WriteField("simular", dry); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		w.t.Fatal(err)
	}
	got, err := w.boss.ImportTeamsWithBodyWithResponse(w.ctx, w.competition, form.FormDataContentType(), &body)
	if err != nil {
		w.t.Fatal(err)
	}
	if got.JSON200 == nil {
		return got.StatusCode(), strings.Contains(string(got.Body), `"aplicado":true`)
	}
	return got.StatusCode(), got.JSON200.Done
}

// start gives the judges what they log in with, has them connect and starts.
func (w *walk) start() {
	given, err := w.boss.MakeCredentialsWithResponse(w.ctx, w.competition, api.CredentialsRequest{Judges: &[]int64{w.judgeIDs[0], w.judgeIDs[1]}})
	w.good(given, err)
	cards := *given.JSON200
	byCode, err := w.as("").LoginJudgeByCodeWithResponse(w.ctx, api.CodeLogin{Code: strings.ToLower(cards[0].Code)})
	w.good(byCode, err)
	byName, err := w.as("").LoginJudgeWithResponse(w.ctx, api.Credentials{Username: cards[1].Judge.Username, Password: cards[1].Password})
	w.good(byName, err)
	w.tokens = []string{byCode.JSON200.Access, byName.JSON200.Access}
	judge := w.as(w.tokens[0])
	w.good(judge.GetMeWithResponse(w.ctx))
	own, err := judge.ListTeamsWithResponse(w.ctx, nil)
	w.good(own, err)
	if rows, err := own.JSON200.AsTeams(); err != nil || len(rows) != 1 || rows[0].ID != w.teamIDs[0] {
		w.t.Errorf("the judge's teams %+v, %v", rows, err)
	}
	w.good(judge.GetTeamWithResponse(w.ctx, w.teamIDs[0]))
	w.good(judge.ListCompetitionsWithResponse(w.ctx, nil))
	w.good(judge.GetCompetitionWithResponse(w.ctx, w.competition))
	started, err := w.boss.StartCompetitionWithResponse(w.ctx, w.competition, api.StartRequest{StartedAt: new(time.Now().Add(-30 * time.Minute))})
	w.good(started, err)
	if !started.JSON200.IsRunning || started.JSON200.Gun == nil {
		w.t.Errorf("started %+v", started.JSON200)
	}
}

// record has the first judge send three times and one too many, the second one
// two times by the socket.
func (w *walk) record() {
	judge := w.as(w.tokens[0])
	var sent []api.RecordInput
	for _, ms := range []int64{1_200_000, 1_200_100, 1_300_000} {
		w.records = append(w.records, uuid.NewString())
		sent = append(sent, api.RecordInput{RecordID: new(w.records[len(w.records)-1]), Elapsed: ms})
	}
	w.good(judge.SubmitRecordsWithResponse(w.ctx, w.teamIDs[0], api.SubmitRequest{Records: sent}))
	w.good(judge.GetTeamRecordsWithResponse(w.ctx, w.teamIDs[0]))
	w.records = append(w.records, uuid.NewString())
	full, err := judge.SubmitRecordsWithResponse(w.ctx, w.teamIDs[0], api.SubmitRequest{Records: []api.RecordInput{{RecordID: &w.records[3], Elapsed: 1_250_000}}})
	w.refused(http.StatusBadRequest, full, err)
}

// board looks at a judge's device while it is connected, and at a public screen.
func (w *walk) board() {
	id, team := race.JudgeID(w.judgeIDs[1]), race.TeamID(w.teamIDs[1])
	sock, err := rest{url: w.url, token: w.tokens[1]}.dialJudge(w.ctx, id)
	if err != nil {
		w.t.Fatal(err)
	}
	defer sock.cut(false)
	w.rules.Upgraded("/ws/juez/" + itoa(int64(id)) + "/")
	for _, message := range []any{
		map[string]any{"tipo": "ping", "bateria": 87, "desfase_ms": -12.5, "incertidumbre_ms": 3, "app": "2.1.0", "dispositivo": "Moto G"},
		manyRecords("a", team, []sentRecord{{ID: uuid.NewString(), Total: 1_100_000}, {ID: uuid.NewString(), Total: 1_150_000}}),
	} {
		if err := sock.send(message); err != nil {
			w.t.Fatal(err)
		}
	}
	for got := (message{}); got.Type != "tiempos_registrados_batch"; {
		if got, err = sock.read(); err != nil {
			w.t.Fatal(err)
		}
	}
	screen, err := rest{url: w.url}.dial(w.ctx, "/ws/competencia/"+itoa(w.competition)+"/")
	if err != nil {
		w.t.Fatal(err)
	}
	defer screen.cut(false)
	w.rules.Upgraded("/ws/competencia/" + itoa(w.competition) + "/")
	if m, err := screen.read(); err != nil || m.Type != "conexion_establecida" {
		w.t.Errorf("the screen got %+v, %v", m, err)
	}
	if status := w.plain(http.MethodGet, "/competencia/"+itoa(w.competition)+"/eventos/", "", nil, ""); status != http.StatusOK {
		w.t.Errorf("the stream: %d", status)
	}
	ready, err := w.boss.GetReadinessWithResponse(w.ctx, w.competition, nil)
	w.good(ready, err)
	posts, err := ready.JSON200.AsPosts()
	if err != nil || len(posts) != 3 || posts[1].Connection == nil || *posts[1].Connection.Battery != 87 || posts[1].Connection.Confirmed != 2 || posts[0].Connected {
		w.t.Errorf("readiness %+v, %v", posts, err)
	}
	w.good(w.boss.GetReadinessWithResponse(w.ctx, w.competition, &api.GetReadinessParams{Page: new(1), Search: new("103")}))
}

// posts looks at what the server has of the marks, and imports one that a phone had
// kept and the judge had taken back.
func (w *walk) posts() {
	first := w.teamIDs[0]
	saved := api.RecordInput{RecordID: new(uuid.NewString()), Elapsed: 1_250_000, DeviceSeq: new(1.0), Device: new("web-1")}
	for n := range 2 {
		status, body := w.fetch(http.MethodPost, "/api/competencias/"+itoa(w.competition)+"/marcas/", w.boss.token, map[string]any{
			"formato": "server5k-marcas-1", "juez": "juez0", "dispositivo": "web-1", "equipos": []any{
				map[string]any{"equipo_id": first, "registros": []any{saved, map[string]any{"tiempo": 7}}},
				map[string]any{"equipo_id": 999, "registros": []any{saved}},
			},
		}, "")
		want := `{"recibidos":3,"guardados":0,"duplicados":0,"retenidos":1,"fallidos":[` +
			`{"equipo_id":` + itoa(first) + `,"indice":1,"error":"Falta el campo id_registro","codigo":"campo_faltante"},` +
			`{"equipo_id":999,"indice":0,"error":"El equipo 999 no existe en esta competencia","codigo":"equipo_inexistente"}]}`
		if status != http.StatusOK || string(body) != want {
			w.t.Errorf("import %d: %d %s", n, status, body)
		}
	}
	own, err := w.as(w.tokens[0]).GetOwnPostWithResponse(w.ctx, first)
	w.good(own, err)
	if p := own.JSON200; p.Counting != 3 || p.Stored != 5 || len(p.Marks) != 5 || p.Declaration != nil || p.Marks[4].Status != "retenida" || p.TeamSize != 3 {
		w.t.Errorf("own post %+v", p)
	}
	w.rule(api.RulingRequest{Kind: "declarar", TeamID: &first, Total: new(5), Device: new("web-1"), DeviceSeq: new(int64(2))})
	list, err := w.boss.ListProofsWithResponse(w.ctx, w.competition, &api.ListProofsParams{Sort: new("-guardadas")})
	w.good(list, err)
	proofs, err := list.JSON200.AsProofs()
	if err != nil || len(proofs) != 3 || proofs[0].TeamID != first || *proofs[0].Declared != 5 || proofs[0].Complete ||
		!slices.Equal(proofs[0].Devices[0].Missing, []int64{2}) {
		w.t.Errorf("proofs %+v, %v", proofs, err)
	}
	w.good(w.boss.ListProofsWithResponse(w.ctx, w.competition, &api.ListProofsParams{Page: new(1), Search: new("103")}))
}

func (w *walk) stop() { w.good(w.boss.StopCompetitionWithResponse(w.ctx, w.competition)) }

// evidence looks for the records and rules on them by themselves.
func (w *walk) evidence() {
	list, err := w.boss.ListEvidenceWithResponse(w.ctx, w.competition, &api.ListEvidenceParams{Team: &w.teamIDs[0], Sort: new("-tiempo")})
	w.good(list, err)
	rows, err := list.JSON200.AsEvidenceRows()
	if err != nil || len(rows) != 4 || rows[0].Elapsed != 1_300_000 {
		w.t.Errorf("evidence %+v, %v", rows, err)
	}
	all, err := w.boss.ListAllEvidenceWithResponse(w.ctx, &api.ListAllEvidenceParams{Status: new("retenido"), Page: new(1)})
	w.good(all, err)
	if page, err := all.JSON200.AsEvidencePage(); err != nil || page.Count != 1 || page.Results[0].RecordID.String() != w.records[3] {
		w.t.Errorf("held %+v, %v", page, err)
	}
	void, err := w.boss.VoidEvidenceWithResponse(w.ctx, w.records[0], nil, api.VoidRequest{Reason: "Doble toque"})
	w.good(void, err)
	if void.JSON200.Status != "anulado" || len(void.JSON200.Rulings) != 1 {
		w.t.Errorf("void %+v", void.JSON200)
	}
	back := api.EvidenceChange{Status: new("contado"), Reason: new("Era otro")}
	for range 2 { // the second time there is nothing to do
		w.good(w.boss.ChangeEvidenceWithResponse(w.ctx, w.records[0], &api.ChangeEvidenceParams{IdempotencyKey: new(uuid.New())}, back))
	}
	one, err := w.boss.GetEvidenceWithResponse(w.ctx, w.records[0], nil)
	w.good(one, err)
	if one.JSON200.Status != "contado" || len(one.JSON200.Rulings) != 2 {
		w.t.Errorf("back %+v", one.JSON200)
	}
}

// rulings makes one of every kind but those that have steps of their own. The
// first team has three records that count and a held one, the second two.
func (w *walk) rulings() {
	first, second := w.teamIDs[0], w.teamIDs[1]
	record := func(n int) *uuid.UUID { return new(uuid.MustParse(w.records[n])) }
	w.rule(api.RulingRequest{Kind: "anular", RecordID: record(0)})
	included := w.rule(api.RulingRequest{Kind: "incluir", RecordID: record(3)})
	w.rule(api.RulingRequest{Kind: "deshacer", RulingID: &included.ID})
	w.rule(api.RulingRequest{Kind: "restituir", RecordID: record(0)})
	moved := w.rule(api.RulingRequest{Kind: "mover", Seq: new(int64(2)), TeamID: &second})
	if moved.Seq == nil || *moved.Seq != 2 || moved.TeamID == nil || *moved.TeamID != second {
		w.t.Errorf("moved %+v", moved)
	}
	w.rule(api.RulingRequest{Kind: "ausencia", TeamID: &first})
	hidden := w.rule(api.RulingRequest{Kind: "ocultar", TeamID: &second})
	w.rule(api.RulingRequest{Kind: "ocultar", RecordID: record(1)})
	w.rule(api.RulingRequest{Kind: "deshacer", RulingID: &hidden.ID})
	added := w.rule(api.RulingRequest{Kind: "anular", RecordID: record(2)})
	w.rule(api.RulingRequest{Kind: "agregar", TeamID: &first, Elapsed: new(int64(1_234_567))})
	w.rule(api.RulingRequest{Kind: "penalizar", TeamID: &second, PenaltyMS: new(int64(30_000))})
	out := w.rule(api.RulingRequest{Kind: "descalificar", TeamID: &second})
	undone := w.rule(api.RulingRequest{Kind: "deshacer", RulingID: &out.ID})
	w.rule(api.RulingRequest{Kind: "deshacer", RulingID: &undone.ID})
	full, err := w.boss.RuleWithResponse(w.ctx, w.competition, nil, api.RulingRequest{Kind: "restituir", Seq: added.Seq})
	w.refused(http.StatusConflict, full, err)
	list, err := w.boss.ListRulingsWithResponse(w.ctx, w.competition, &api.ListRulingsParams{Sort: new("-id"), PageSize: new(5)})
	w.good(list, err)
	if page, err := list.JSON200.AsRulingPage(); err != nil || len(page.Results) != 5 || page.Results[0].Kind != "deshacer" || !page.Results[0].Holds {
		w.t.Errorf("rulings %+v, %v", page, err)
	}
	w.good(w.boss.ListRulingsWithResponse(w.ctx, w.competition, nil))
}

// gun corrects the gun in all ways and takes the stop back in all ways.
func (w *walk) gun() {
	w.rule(api.RulingRequest{Kind: "salida", ShiftMS: new(int64(1500))})
	key := new(uuid.New())
	for range 2 {
		moved, err := w.boss.CorrectGunWithResponse(w.ctx, w.competition, &api.CorrectGunParams{IdempotencyKey: key}, api.GunRequest{ShiftMS: new(int64(-500)), Reason: "Del video"})
		w.good(moved, err)
		if moved.JSON200.ShiftMS != 1000 {
			w.t.Errorf("moved %+v", moved.JSON200)
		}
	}
	w.rule(api.RulingRequest{Kind: "reabrir"})
	w.stop()
	w.good(w.boss.ReopenCompetitionWithResponse(w.ctx, w.competition, nil, api.ReopenRequest{Reason: new("Falta un equipo")}))
	w.stop()
}

// review accepts the first of what is to be looked at.
func (w *walk) review() {
	list, err := w.boss.ListFindingsWithResponse(w.ctx, w.competition, &api.ListFindingsParams{Open: new("true")})
	w.good(list, err)
	open, err := list.JSON200.AsFindings()
	if err != nil || len(open) < 2 {
		w.t.Fatalf("open %+v, %v", open, err)
	}
	w.rule(api.RulingRequest{Kind: "aceptar", Finding: &open[0].Key})
	all, err := w.boss.ListFindingsWithResponse(w.ctx, w.competition, &api.ListFindingsParams{Page: new(1)})
	w.good(all, err)
	if page, err := all.JSON200.AsFindingPage(); err != nil || page.Count != len(open) || !page.Results[0].Accepted {
		w.t.Errorf("all %+v, %v", page, err)
	}
	w.refused(http.StatusConflict, must(w.boss.PublishResultsWithResponse(w.ctx, w.competition, nil, api.PublishRequest{})), nil)
}

// publish makes results official twice, with a penalty between.
func (w *walk) publish() {
	w.rule(api.RulingRequest{Kind: "oficial", Override: new(true)})
	w.rule(api.RulingRequest{Kind: "penalizar", TeamID: &w.teamIDs[0], PenaltyMS: new(int64(5000))})
	changed, err := w.boss.GetResultsWithResponse(w.ctx, w.competition)
	w.good(changed, err)
	if r := changed.JSON200; r.Status != "provisional" || !r.Changes || r.Version == nil || r.OpenFindings == 0 {
		w.t.Errorf("results %+v", r)
	}
	order := api.PublishRequest{Override: new(true), Reason: new("Penalización"), Key: new(uuid.New())}
	w.refused(http.StatusCreated, must(w.boss.PublishResultsWithResponse(w.ctx, w.competition, nil, order)), nil)
	w.refused(http.StatusOK, must(w.boss.PublishResultsWithResponse(w.ctx, w.competition, nil, order)), nil)
}

// must is for answers of which the status is looked at next.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // the server is gone, and the test with it
	}
	return v
}

// seen reads what the public sees, which changes only with the race, and names the
// same teams at the same places.
func (w *walk) seen() {
	w.t.Helper()
	anybody := w.as("")
	got, err := anybody.GetPublicDataWithResponse(w.ctx, itoa(w.competition), nil)
	w.good(got, err)
	if d := got.JSON200; d.Status != "oficial" || d.Version == nil || *d.Version != 2 || len(d.Results) != d.Teams {
		w.t.Errorf("public data %+v", d)
	}
	same, err := anybody.GetPublicDataWithResponse(w.ctx, itoa(w.competition), &api.GetPublicDataParams{IfNoneMatch: tag(got.HTTPResponse)})
	w.refused(http.StatusNotModified, same, err)
	gone, err := anybody.GetPublicDataWithResponse(w.ctx, "999999", nil)
	w.refused(http.StatusNotFound, gone, err)
}

// results compares the versions.
func (w *walk) results() {
	now, err := w.boss.GetResultsWithResponse(w.ctx, w.competition)
	w.good(now, err)
	if now.JSON200.Status != "oficial" || now.JSON200.Changes {
		w.t.Errorf("results %+v", now.JSON200)
	}
	w.seen()
	w.good(w.boss.ListVersionsWithResponse(w.ctx, w.competition, nil))
	w.good(w.boss.ListVersionsWithResponse(w.ctx, w.competition, &api.ListVersionsParams{Page: new(1)}))
	version, err := w.boss.GetVersionWithResponse(w.ctx, w.competition, 2)
	w.good(version, err)
	digest := sha256.Sum256([]byte(version.JSON200.Sheet))
	if hex.EncodeToString(digest[:]) != version.JSON200.Sha256 {
		w.t.Error("the digest is not that of the sheet")
	}
	changes, err := w.boss.GetDifferenceWithResponse(w.ctx, w.competition, &api.GetDifferenceParams{From: new(1), To: new(2)})
	w.good(changes, err)
	if got := changes.JSON200.Changes; len(got) != 1 || got[0].TeamID != w.teamIDs[0] || got[0].Before == nil || got[0].After.Penalty != 5000 {
		w.t.Errorf("changes %+v", got)
	}
	w.good(w.boss.GetDifferenceWithResponse(w.ctx, w.competition, nil))
}

// exports asks for every file that there is.
func (w *walk) exports() {
	for _, what := range []string{"results", "teams", "marks", "podium", "certificates", "evidence"} {
		formats := []string{"pdf", "html"}
		switch what {
		case "results":
			formats = append(formats, "csv", "xlsx", "json")
		case "teams", "marks":
			formats = []string{"csv", "xlsx", "json"}
		}
		for _, format := range formats {
			file, err := w.boss.ExportFileWithResponse(w.ctx, w.competition, what+"."+format, &api.ExportFileParams{Team: &w.teamIDs[0]})
			w.good(file, err)
			if len(file.Body) < 20 || format != "json" && !strings.Contains(file.HTTPResponse.Header.Get("Content-Disposition"), "filename=") {
				w.t.Errorf("%s.%s: %.40q %v", what, format, file.Body, file.HTTPResponse.Header)
			}
		}
	}
	w.good(w.boss.ExportFileWithResponse(w.ctx, w.competition, "results.pdf", &api.ExportFileParams{Version: new(int64(1))}))
	w.good(w.boss.ExportResultsCSVWithResponse(w.ctx, w.competition, &api.ExportResultsCSVParams{Separator: new("coma")}))
	w.good(w.boss.ExportResultsXLSXWithResponse(w.ctx, w.competition, nil))
	w.good(w.boss.ExportResultsJSONWithResponse(w.ctx, w.competition))
}

// logs reads what happened and who did it.
func (w *walk) logs() {
	all, err := w.boss.ListEventsWithResponse(w.ctx, w.competition, nil)
	w.good(all, err)
	events, err := all.JSON200.AsEvents()
	if err != nil || len(events) < 20 {
		w.t.Fatalf("events %+v, %v", events, err)
	}
	for i, e := range events {
		if e.Event != int64(i+1) {
			w.t.Errorf("event %d is %+v", i+1, e)
		}
	}
	rest, err := w.boss.ListEventsWithResponse(w.ctx, w.competition, &api.ListEventsParams{From: new(int64(len(events) - 1)), Page: new(1)})
	w.good(rest, err)
	if page, err := rest.JSON200.AsEventPage(); err != nil || page.Count != 1 || page.Results[0].Ruling == nil {
		w.t.Errorf("the last event %+v, %v", page, err)
	}
	audit, err := w.boss.ListAuditWithResponse(w.ctx, &api.ListAuditParams{CompetitionID: &w.competition, Action: new("ruling."), Page: new(1), PageSize: new(3)})
	w.good(audit, err)
	if page, err := audit.JSON200.AsAuditPage(); err != nil || len(page.Results) != 3 || page.Results[0].RulingID == nil {
		w.t.Errorf("audit %+v, %v", page, err)
	}
	w.good(w.boss.ListAuditWithResponse(w.ctx, nil))
}
