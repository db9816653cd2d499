package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	api "server5k/gateway/apidoc/client"
	"server5k/gateway/apidoc/contract"
	"server5k/persistence"
	"server5k/race"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// caller is somebody with the client that is made from the document.
type caller struct {
	*api.ClientWithResponses
	token string
}

// walk goes through what the API offers, at a server of its own, and notes which
// operations it has seen. Its steps build on those before.
type walk struct {
	t     *testing.T
	ctx   context.Context //nolint:containedctx // that of the test, which it lives as long as
	cfg   *Config
	url   string
	end   func() // of the server
	rules *contract.Contract
	boss  caller // a superuser

	competition int64
	judgeIDs    []int64
	tokens      []string // of the judges, once they have logged in
	teamIDs     []int64
	records     []string // ids of what the first team sent, and one more that was refused
	category    string
}

func newWalk(t *testing.T) *walk {
	t.Helper()
	rules, err := contract.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &walk{t: t, ctx: t.Context(), cfg: testConfig(t, t.TempDir()), rules: rules}
	addRace(t, w.cfg, persistence.Dump{})
	w.url, w.end = serveConfig(t, w.cfg)
	in, err := w.as("").LoginOrganizerWithResponse(w.ctx, api.Credentials{Username: testAdmin, Password: testPassword})
	w.good(in, err)
	w.boss = w.as(in.JSON200.Access)
	return w
}

// as returns the client of whoever has a token, or of nobody.
func (w *walk) as(token string) caller {
	w.t.Helper()
	c, err := api.NewClientWithResponses(w.url, api.WithHTTPClient(&http.Client{Transport: w.rules}),
		api.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			return nil
		}))
	if err != nil {
		w.t.Fatal(err)
	}
	return caller{c, token}
}

// replied is what the client makes of an answer.
type replied interface {
	StatusCode() int
	GetBody() []byte
}

// good ends the test unless an operation succeeded.
func (w *walk) good(a replied, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	if a.StatusCode() >= http.StatusMultipleChoices {
		w.t.Fatalf("answered %d: %s", a.StatusCode(), a.GetBody())
	}
}

// refused ends the test unless an operation was answered with a status.
func (w *walk) refused(status int, a replied, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	if a.StatusCode() != status {
		w.t.Fatalf("answered %d, want %d: %s", a.StatusCode(), status, a.GetBody())
	}
}

// plain sends a request without the client and returns the status.
func (w *walk) plain(method, path, token string, body any, match string) int {
	w.t.Helper()
	status, _ := w.fetch(method, path, token, body, match)
	return status
}

func (w *walk) fetch(method, path, token string, body any, match string) (status int, got []byte) {
	w.t.Helper()
	var sent io.Reader = http.NoBody
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		sent = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(w.ctx, method, w.url+path, sent)
	if err != nil {
		w.t.Fatal(err)
	}
	for name, value := range map[string]string{"If-Match": match, "Authorization": token} {
		if name == "Authorization" && value != "" {
			value = "Bearer " + value
		}
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := (&http.Client{Transport: w.rules}).Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Content-Type") == "text/event-stream" { // has no end
		return res.StatusCode, nil
	}
	if got, err = io.ReadAll(res.Body); err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, got
}

// tag is the ETag of an answer.
func tag(r *http.Response) *string { return new(r.Header.Get("ETag")) }

// session renews a token and asks what anybody may.
func (w *walk) session() {
	c := w.as("")
	in, err := c.LoginOrganizerWithResponse(w.ctx, api.Credentials{Username: testAdmin, Password: testPassword})
	w.good(in, err)
	w.good(c.RefreshTokenWithResponse(w.ctx, api.RefreshRequest{Refresh: in.JSON200.Refresh}))
	w.good(c.RefreshTokenAliasWithResponse(w.ctx, api.RefreshRequest{Refresh: in.JSON200.Refresh}))
	w.good(c.GetRootWithResponse(w.ctx))
	w.good(c.GetHealthWithResponse(w.ctx))
	w.good(c.GetLiveWithResponse(w.ctx))
	w.good(c.GetServingWithResponse(w.ctx))
	w.good(c.GetReadyWithResponse(w.ctx))
	w.good(c.GetReadyAliasWithResponse(w.ctx))
	w.good(c.ListCompetitionStatesWithResponse(w.ctx))
	w.good(c.GetPrintStyleWithResponse(w.ctx))
}

// documents reads what the client leaves out.
func (w *walk) documents() {
	for _, path := range []string{
		"/api/schema/", "/api/schema/?format=json", "/api/schema/asyncapi/", "/api/schema/asyncapi/docs/",
		"/api/schema/swagger-ui/", "/api/docs/", "/api/schema/redoc/", "/api/redoc/",
	} {
		if status := w.plain(http.MethodGet, path, "", nil, ""); status != http.StatusOK {
			w.t.Errorf("GET %s: %d", path, status)
		}
	}
}

// categories makes one that stays and one that goes.
func (w *walk) categories() {
	for _, code := range []string{"veteranos", "otra"} {
		w.good(w.boss.CreateCategoryWithResponse(w.ctx, api.NewCategory{Code: code, Name: "Categoría " + code}))
	}
	got, err := w.boss.GetCategoryWithResponse(w.ctx, "otra")
	w.good(got, err)
	changed, err := w.boss.ReplaceCategoryWithResponse(w.ctx, "otra", &api.ReplaceCategoryParams{IfMatch: tag(got.HTTPResponse)}, api.CategoryChange{Name: new("Otra más")})
	w.good(changed, err)
	stale, err := w.boss.UpdateCategoryWithResponse(w.ctx, "otra", &api.UpdateCategoryParams{IfMatch: tag(got.HTTPResponse)}, api.CategoryChange{Name: new("x")})
	w.refused(http.StatusPreconditionFailed, stale, err)
	w.good(w.boss.UpdateCategoryWithResponse(w.ctx, "otra", nil, api.CategoryChange{Name: new("Otra todavía")}))
	w.good(w.boss.DeleteCategoryWithResponse(w.ctx, "otra", nil))
	list, err := w.boss.ListCategoriesWithResponse(w.ctx, &api.ListCategoriesParams{Sort: new("-nombre"), PageSize: new(2)})
	w.good(list, err)
	if page, err := list.JSON200.AsCategoryPage(); err != nil || len(page.Results) != 2 || page.Count != 3 || page.Next == nil {
		w.t.Errorf("page %+v, %v", page, err)
	}
	w.category = "veteranos"
}

// competitions makes that of the walk, of teams of three, and a copy that goes.
func (w *walk) competitions() {
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	made, err := w.boss.CreateCompetitionWithResponse(w.ctx, api.NewCompetition{Name: "Carrera", Datetime: at, TeamSize: new(3)})
	w.good(made, err)
	w.competition = made.JSON201.ID
	got, err := w.boss.GetCompetitionWithResponse(w.ctx, w.competition)
	w.good(got, err)
	if one, err := got.JSON200.AsOfficeCompetition(); err != nil || one.TeamSize != 3 || *tag(got.HTTPResponse) != *tag(made.HTTPResponse) {
		w.t.Errorf("made %+v, %v with the tag %s", one, err, *tag(made.HTTPResponse))
	}
	changed, err := w.boss.ReplaceCompetitionWithResponse(w.ctx, w.competition, &api.ReplaceCompetitionParams{IfMatch: tag(made.HTTPResponse)},
		api.NewCompetition{Name: "Carrera Ñandú Íñiguez", Datetime: at})
	w.good(changed, err)
	stale, err := w.boss.UpdateCompetitionWithResponse(w.ctx, w.competition, &api.UpdateCompetitionParams{IfMatch: tag(made.HTTPResponse)}, api.CompetitionChange{})
	w.refused(http.StatusPreconditionFailed, stale, err)
	w.good(w.boss.UpdateCompetitionWithResponse(w.ctx, w.competition, nil, api.CompetitionChange{Rounding: new("up-total"), Clock: new("corregido")}))
	twin, err := w.boss.CopyCompetitionWithResponse(w.ctx, w.competition, api.CopyRequest{Name: "Copia"})
	w.good(twin, err)
	if twin.JSON201.Clock != "corregido" || made.JSON201.Clock != "cliente" {
		w.t.Errorf("clocks of the copy and at first: %s, %s", twin.JSON201.Clock, made.JSON201.Clock)
	}
	w.good(w.boss.UpdateCompetitionWithResponse(w.ctx, w.competition, nil, api.CompetitionChange{Clock: new("cliente")}))
	list, err := w.boss.ListCompetitionsWithResponse(w.ctx, &api.ListCompetitionsParams{Sort: new("name"), Search: new("nandu")})
	w.good(list, err)
	if rows, err := list.JSON200.AsOfficeCompetitions(); err != nil || len(rows) != 1 || rows[0].Rounding != "up-total" {
		w.t.Errorf("listed %+v, %v", rows, err)
	}
	w.good(w.boss.ListCompetitionsWithResponse(w.ctx, &api.ListCompetitionsParams{Page: new(2), PageSize: new(1)}))
	w.good(w.boss.DeleteCompetitionWithResponse(w.ctx, twin.JSON201.ID, &api.DeleteCompetitionParams{IfMatch: tag(twin.HTTPResponse)}))
}

// judges makes three and one that goes.
func (w *walk) judges() {
	for n := range int64(4) {
		made, err := w.boss.CreateJudgeWithResponse(w.ctx, api.NewJudge{Username: "juez" + itoa(n), FirstName: new("María"), Password: new(testPassword)})
		w.good(made, err)
		w.judgeIDs = append(w.judgeIDs, made.JSON201.ID)
	}
	id := w.judgeIDs[3]
	got, err := w.boss.GetJudgeWithResponse(w.ctx, id)
	w.good(got, err)
	w.good(w.boss.ReplaceJudgeWithResponse(w.ctx, id, &api.ReplaceJudgeParams{IfMatch: tag(got.HTTPResponse)}, api.NewJudge{Username: "otro"}))
	stale, err := w.boss.UpdateJudgeWithResponse(w.ctx, id, &api.UpdateJudgeParams{IfMatch: tag(got.HTTPResponse)}, api.JudgeChange{LastName: new("x")})
	w.refused(http.StatusPreconditionFailed, stale, err)
	w.good(w.boss.UpdateJudgeWithResponse(w.ctx, id, nil, api.JudgeChange{IsActive: new(false), Email: new("otro@example.com")}))
	list, err := w.boss.ListJudgesWithResponse(w.ctx, &api.ListJudgesParams{Search: new("MARIA"), Sort: new("-username"), Page: new(1)})
	w.good(list, err)
	if page, err := list.JSON200.AsJudgePage(); err != nil || page.Count != 4 || page.Results[0].Username != "otro" {
		w.t.Errorf("listed %+v, %v", page, err)
	}
	w.good(w.boss.DeleteJudgeWithResponse(w.ctx, id, nil))
	reset, err := w.boss.ResetJudgeWithResponse(w.ctx, w.judgeIDs[2])
	w.good(reset, err)
	w.good(w.as("").LoginJudgeWithResponse(w.ctx, api.Credentials{Username: "juez2", Password: reset.JSON200.Password}))
	w.judgeIDs = w.judgeIDs[:3]
}

// judgeToken is a token of the judge at a place, minted without a login.
func (w *walk) judgeToken(n int) string {
	if w.tokens != nil {
		return w.tokens[n]
	}
	return judgeToken(w.t, race.JudgeID(w.judgeIDs[n]))
}

// teams makes two, whom the first two judges time, and one that goes.
func (w *walk) teams() {
	for n := range 3 {
		made, err := w.boss.CreateTeamWithResponse(w.ctx, api.NewTeam{
			CompetitionID: w.competition, Name: "Equipo " + itoa(int64(n)), Number: 101 + n, Category: "estudiantes", JudgeID: &w.judgeIDs[2],
		})
		w.good(made, err)
		w.teamIDs = append(w.teamIDs, made.JSON201.ID)
	}
	id := w.teamIDs[2]
	got, err := w.boss.GetTeamWithResponse(w.ctx, id)
	w.good(got, err)
	w.good(w.boss.ReplaceTeamWithResponse(w.ctx, id, &api.ReplaceTeamParams{IfMatch: tag(got.HTTPResponse)}, api.WholeTeam{Name: "Otro", Number: 7, Category: "interfacultades"}))
	stale, err := w.boss.UpdateTeamWithResponse(w.ctx, id, &api.UpdateTeamParams{IfMatch: tag(got.HTTPResponse)}, api.TeamChange{Name: new("x")})
	w.refused(http.StatusPreconditionFailed, stale, err)
	w.good(w.boss.UpdateTeamWithResponse(w.ctx, id, nil, api.TeamChange{Name: new("Otro más")}))
	list, err := w.boss.ListTeamsWithResponse(w.ctx, &api.ListTeamsParams{CompetitionID: &w.competition, Sort: new("-number")})
	w.good(list, err)
	if rows, err := list.JSON200.AsOfficeTeams(); err != nil || len(rows) != 3 || rows[2].Number != 7 {
		w.t.Errorf("listed %+v, %v", rows, err)
	}
	w.good(w.boss.DeleteTeamWithResponse(w.ctx, id, nil))
	w.teamIDs = w.teamIDs[:2]
	assigned, err := w.boss.AssignJudgesWithResponse(w.ctx, w.competition, nil, api.Assignments{Assignments: []struct {
		TeamID  int64  `json:"equipo_id"`
		JudgeID *int64 `json:"juez_id,omitempty"`
	}{{w.teamIDs[0], &w.judgeIDs[0]}, {w.teamIDs[1], &w.judgeIDs[1]}}})
	w.good(assigned, err)
	listed, err := w.boss.ListCompetitionTeamsWithResponse(w.ctx, w.competition, &api.ListCompetitionTeamsParams{PageSize: new(1), Page: new(2)})
	w.good(listed, err)
	if page, err := listed.JSON200.AsOfficeTeamPage(); err != nil || len(page.Results) != 1 || page.Results[0].JudgeID == nil || page.Previous == nil {
		w.t.Errorf("page %+v, %v", page, err)
	}
}

// organizers makes one that goes; the token of another is that of viewer.
func (w *walk) organizers() {
	made, err := w.boss.CreateOrganizerWithResponse(w.ctx, api.NewOrganizer{Username: "otra", Password: testPassword, Competitions: &[]int64{w.competition}})
	w.good(made, err)
	id := made.JSON201.ID
	got, err := w.boss.GetOrganizerWithResponse(w.ctx, id)
	w.good(got, err)
	if *tag(got.HTTPResponse) != *tag(made.HTTPResponse) || !slices.Equal(got.JSON200.Competitions, []int64{w.competition}) {
		w.t.Errorf("made %+v", got.JSON200)
	}
	w.good(w.boss.ReplaceOrganizerWithResponse(w.ctx, id, &api.ReplaceOrganizerParams{IfMatch: tag(got.HTTPResponse)}, api.WholeOrganizer{Username: "otra", Email: new("otra@example.com")}))
	w.good(w.boss.UpdateOrganizerWithResponse(w.ctx, id, nil, api.OrganizerChange{Role: new("observador")}))
	w.good(w.boss.ListOrganizersWithResponse(w.ctx, &api.ListOrganizersParams{Search: new("OTRA"), Page: new(1)}))
	w.good(w.boss.DeleteOrganizerWithResponse(w.ctx, id, nil))
}

// viewer makes one who may look at the competition, and logs in.
func (w *walk) viewer() (token string) {
	w.good(w.boss.CreateOrganizerWithResponse(w.ctx, api.NewOrganizer{
		Username: "observa", Password: testPassword, Role: new("observador"), Competitions: &[]int64{w.competition},
	}))
	in, err := w.as("").LoginOrganizerWithResponse(w.ctx, api.Credentials{Username: "observa", Password: testPassword})
	w.good(in, err)
	return in.JSON200.Access
}

// rule decides and returns what came of it.
func (w *walk) rule(r api.RulingRequest) api.Ruling {
	w.t.Helper()
	if r.Key == nil {
		r.Key = new(uuid.New())
	}
	if r.Reason == nil {
		r.Reason = new("Del video")
	}
	made, err := w.boss.RuleWithResponse(w.ctx, w.competition, nil, r)
	w.refused(http.StatusCreated, made, err)
	again, err := w.boss.RuleWithResponse(w.ctx, w.competition, nil, r)
	w.refused(http.StatusOK, again, err)
	if !again.JSON200.Repeated || again.JSON200.Ruling.ID != made.JSON201.Ruling.ID {
		w.t.Fatalf("%s again: %+v, first %+v", r.Kind, again.JSON200, made.JSON201)
	}
	return made.JSON201.Ruling
}
