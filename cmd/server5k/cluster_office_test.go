package main

import (
	"fmt"
	"net/http"
	"testing"

	"server5k/race"
)

// order sends an order to one node and returns the status and whether it had
// been carried out before.
func order(t *testing.T, admin rest, body map[string]any) (status int, repeated bool) {
	t.Helper()
	var got struct {
		Repeated bool `json:"repetida"`
	}
	status, err := admin.call(t.Context(), http.MethodPost, "/api/competencias/1/decisiones/", body, &got)
	if err != nil {
		t.Fatal(err)
	}
	return status, got.Repeated
}

// TestCluster_OfficeWorksThroughAnyNode: rulings reach the owner from every node
// and the screens of every node, once each, and every node knows who is connected
// to the others; also after the owner has died.
func TestCluster_OfficeWorksThroughAnyNode(t *testing.T) {
	t.Parallel()
	const judges = 3
	cfg := testConfig(t, t.TempDir())
	cfg.DatabaseURL = databases.Database(t)
	addRace(t, cfg, raceDump(judges))
	c := startNodes(t, cfg, judges)
	urls := c.urls()
	token := rest{url: urls[0]}.login(t, "/api/token/", testAdmin)
	changeRace(t, rest{url: urls[0], token: token}, "iniciar", true)
	for n := 1; n <= judges; n++ {
		sock, err := rest{url: urls[n-1], token: judgeToken(t, race.JudgeID(n))}.dialJudge(t.Context(), race.JudgeID(n))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { sock.cut(false) })
		markOnce(t, sock, n)
	}
	// Three events so far are the marks, one the start.
	for n, url := range urls {
		admin := rest{url: url, token: token}
		body := map[string]any{
			"tipo": "penalizar", "equipo_id": 1, "penalizacion_ms": 1000, "motivo": "prueba", "clave": fmt.Sprintf("00000000-0000-4000-8000-%012d", n+1),
		}
		if status, repeated := order(t, admin, body); status != http.StatusCreated || repeated {
			t.Errorf("order through node %d: %d, repeated %v", n, status, repeated)
		}
		other := rest{url: urls[(n+1)%len(urls)], token: token}
		if status, repeated := order(t, other, body); status != http.StatusOK || !repeated {
			t.Errorf("the same through the next node: %d, repeated %v", status, repeated)
		}
	}
	for _, url := range urls {
		awaitTotal(t, rest{url: url}, 100_001+3000)
		posts := board(t, rest{url: url, token: token})
		nodes := map[string]bool{}
		for _, p := range posts {
			nodes[p.Device.Node] = p.Connected
		}
		if len(posts) != judges || len(nodes) != judges {
			t.Errorf("node %s shows %+v", url, posts)
		}
	}

	dead := c.owner()
	c.killOwner()
	admin := rest{url: c.urls()[0], token: token}
	status := 0
	c.await("a ruling after the owner died", func() bool {
		status, _ = order(t, admin, map[string]any{"tipo": "descalificar", "equipo_id": 2, "motivo": "prueba", "clave": "00000000-0000-4000-8000-0000000000ff"})
		return status == http.StatusCreated || status == http.StatusOK
	})
	connected := 0
	for _, p := range board(t, admin) {
		if p.Connected {
			connected++
		}
	}
	if connected != judges-1 {
		t.Errorf("%d posts are connected without %s", connected, dead.name)
	}
}

// markOnce sends the time of judge n's team, 100 s and n ms, and waits for the
// answer.
func markOnce(t *testing.T, sock *socket, n int) {
	t.Helper()
	if err := sock.send(oneRecord("r", race.TeamID(n), sentRecord{ID: race.NewRecordID().String(), Total: int64(100_000 + n)})); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := sock.read()
		if err != nil {
			t.Fatal(err)
		}
		if m.Type == "tiempo_registrado" {
			return
		}
	}
}

// awaitTotal watches until team 1 has total milliseconds.
func awaitTotal(t *testing.T, r rest, total int64) {
	t.Helper()
	sock, err := r.dial(t.Context(), "/ws/competencia/1/?desde=0")
	if err != nil {
		t.Fatal(err)
	}
	defer sock.cut(false)
	for {
		m, err := sock.read()
		if err != nil {
			t.Fatalf("total of team 1 is not %d: %v", total, err)
		}
		for _, team := range append(m.Data.Teams, m.Data.viewedTotal) {
			if team.ID == 1 && team.Total == total {
				return
			}
		}
	}
}

// boardPost is a line of the readiness board.
type boardPost struct {
	Connected bool `json:"conectado"`
	Device    struct {
		Node string `json:"nodo"`
	} `json:"conexion"`
}

func board(t *testing.T, admin rest) []boardPost {
	t.Helper()
	var posts []boardPost
	status, err := admin.call(t.Context(), http.MethodGet, "/api/competencias/1/preparacion/", nil, &posts)
	if err != nil || status != http.StatusOK {
		t.Fatalf("board: %d %v", status, err)
	}
	return posts
}
